"""Speaking to a Chroma server, or to Chroma's cloud: key, tenant, database, certificate, version, time.

The first request is our own: chromadb's client tells a wrong key, an old server and none apart only by
sentences. It understands protocol v2, that of Chroma 1.0 and later.
"""

from __future__ import annotations

import json
import ssl
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

from rag.config import ChromaAccess, Config
from rag.errors import ConfigError, StorageError
from rag.index.chroma_client import ChromaConnection

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from httpx import Response

_API = "/api/v2"


def server_connection(config: Config) -> ChromaConnection:
    """A connection to the configured server.

    Raises ServerUnreachable at once where none answers; ConfigError where the key, the database or the
    certificate is not right; StorageError where it is no Chroma server that this program can speak to.
    """
    url = config.chroma_url or ""
    return ChromaConnection(
        partial(server_client, url, config.chroma), url, retry_s=config.chroma.retry_s, is_server=True
    )


def server_client(url: str, access: ChromaAccess) -> Client:
    """Raises what httpx and chromadb raise, and StorageError where the version does not fit."""
    import chromadb
    from chromadb.config import Settings
    from httpx import Timeout

    base, headers = _base(url), _headers(access)
    tenant, database = _looked_up(base, access, headers)
    # Loading the known authorities takes 40 ms, which without TLS is for nothing.
    verify = base.startswith("https") and (str(access.ca) if access.ca else True)
    settings = Settings(anonymized_telemetry=False, chroma_server_ssl_verify=verify)
    with warnings.catch_warnings():
        # chromadb hands httpx the file's name, which httpx would rather not have.
        warnings.simplefilter("ignore", DeprecationWarning)
        client = chromadb.HttpClient(
            host=base,  # a whole address goes before port and ssl
            ssl=base.startswith("https"),
            headers=headers,
            tenant=tenant,
            database=database,
            settings=settings,
        )
    session = cast("Any", client)._server._session
    session.timeout = Timeout(access.timeout_s)  # which chromadb leaves unbounded
    session.event_hooks = {"response": [_refuse]}
    return cast("Client", client)


def _headers(access: ChromaAccess) -> dict[str, str]:
    if not access.key:
        return {}
    is_bearer = access.header.lower() == "authorization" and " " not in access.key
    return {access.header: f"Bearer {access.key}" if is_bearer else access.key}


def _looked_up(base: str, access: ChromaAccess, headers: dict[str, str]) -> tuple[str, str]:
    """Tenant and database: those set, else those that the server says the key is for. They are there.

    Looked at before chromadb's client is made, which leaves its connections open where it fails.
    """
    import httpx

    verify: ssl.SSLContext | bool = base.startswith("https")
    if verify and access.ca:
        verify = ssl.create_default_context(cafile=access.ca)
    with httpx.Client(headers=headers, verify=verify, timeout=access.timeout_s) as http:
        reply = http.get(f"{base}{_API}/auth/identity")
        if reply.status_code in (404, 405, 410) or (reply.is_success and not _is_object(reply)):
            old = http.get(f"{base}/api/v1/version")
            version = f"version {old.text.strip()!r}" if old.is_success else "not one of Chroma's, it seems"
            raise StorageError(
                f"the server at {base} does not speak Chroma's protocol v2 ({version}); this program needs "
                "Chroma 1.0 or later: pip install --upgrade chromadb there, or correct RAG_CHROMA_URL"
            )
        _refuse(reply)
        identity = reply.json() if reply.is_success else {}
        tenant = access.tenant or identity.get("tenant") or "default_tenant"
        database = access.database or next(iter(identity.get("databases") or ()), "default_database")
        reply = http.get(f"{base}{_API}/tenants/{quote(tenant, '')}/databases/{quote(database, '')}")
        if reply.status_code == 404:
            raise ConfigError(
                f"the Chroma server at {base} has no database {database!r} of a tenant {tenant!r}; set "
                "RAG_CHROMA_TENANT and RAG_CHROMA_DATABASE, or have them made"
            )
        _refuse(reply)
    return tenant, database


def _base(url: str) -> str:
    """The address, with Chroma's own port where it names none and has no TLS."""
    address = urlsplit(url.rstrip("/"))
    if address.scheme == "https" or address.port:
        return address.geturl()
    return address._replace(netloc=f"{address.netloc}:8000").geturl()


def _is_object(reply: Response) -> bool:
    try:
        return isinstance(reply.json(), dict)
    except ValueError:
        return False


def _refuse(reply: Response) -> None:
    """Raises httpx.HTTPStatusError for what chromadb would raise a bare Exception for: replies that are not
    Chroma's own, such as a proxy's."""
    from chromadb.errors import error_types
    from httpx import HTTPStatusError

    if not reply.is_error:
        return
    reply.read()
    try:
        body = json.loads(reply.text)
        is_known = isinstance(body, dict) and body.get("error") in error_types and "message" in body
    except ValueError:
        is_known = False
    if not is_known or reply.status_code in (401, 403):
        text = f"status {reply.status_code}: {' '.join(reply.text.split())[:200]}"
        raise HTTPStatusError(text, request=reply.request, response=reply)
