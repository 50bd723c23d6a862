"""One polite HTTP client for the live sources: paced, patient, and plain when it gives up.

Knows nothing of papers. A reply that does not parse counts as a fault of the moment, like a 503: the
services are known to hand out the odd truncated or empty page, and the second try is usually whole.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from rag.errors import ConfigError, InputError, RagError, SourceError
from rag.retry_after import read_retry_after
from rag.version import __version__

T = TypeVar("T")
Params = Mapping[str, str | int]

WAITS_S = (2.0, 5.0, 15.0, 30.0)
"""Before the second to the last try; a longer Retry-After is honoured."""
LONGEST_WAIT_S = 120.0
"""Asked to wait longer than this, we stop and say so instead of hanging."""
LARGEST_REPLY = 64 * 2**20
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Service:
    """A service and how it wants to be asked."""

    name: str
    url: str
    interval_s: float
    """Least time from the start of one request to the next."""
    contact: str = ""
    """An e-mail address, for the service to write to before it blocks us."""
    key: str = field(default="", repr=False)
    """The user's key for the service, for sources that send one."""
    timeout_s: float = 30.0
    """Longest silence; and ten times that for a whole reply."""


class _Retry(Exception):
    """Worth another try, after `wait_s` at the least."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Client:
    """Asks one service, one request at a time. Use as a context manager."""

    def __init__(self, service: Service, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.service = service
        self._sleep = sleep
        self._next_s = 0.0
        who = f"; mailto:{service.contact}" if service.contact else ""
        agent = {"User-Agent": f"rag-abstracts/{__version__} (paper abstracts{who})"}
        self._http = httpx.Client(headers=agent, timeout=service.timeout_s, follow_redirects=True)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, params: Params, parse: Callable[[bytes], T]) -> T:
        """What `parse` makes of the reply; where it raises ValueError, or the service falters, again.

        Raises InputError where the service refuses the request, ConfigError where it refuses us, and
        SourceError where it goes on failing.
        """
        for wait_s in (*WAITS_S, None):
            try:
                return parse(self._fetch(path, params))
            except _Retry as fault:
                problem, asked_s = str(fault), fault.wait_s
            except ValueError as error:
                problem, asked_s = f"a reply that is not in its documented form ({error})", 0.0
            if wait_s is None or asked_s > LONGEST_WAIT_S:
                break
            self._sleep(max(wait_s, asked_s))
        pause = f" in {asked_s:.0f} s" if asked_s > LONGEST_WAIT_S else " later"
        raise SourceError(
            f"{self._where}: {problem}; what came before is kept, run the same command again{pause} to go on"
        )

    def _fetch(self, path: str, params: Params) -> bytes:
        self._pace()
        url = f"{self.service.url.rstrip('/')}/{path}"
        try:
            with self._http.stream("GET", url, params=dict(params)) as response:
                body = self._read(response)
        except httpx.TimeoutException as error:
            raise _Retry(f"no answer within {self.service.timeout_s:g} s") from error
        except httpx.RequestError as error:
            raise _Retry(f"the connection failed ({error})") from error
        if response.status_code in _AGAIN:
            raise _Retry(
                f"HTTP {response.status_code} ({_message(body)})",
                read_retry_after(response.headers.get("Retry-After")) or 0.0,
            )
        if response.is_error:
            raise self._refusal(response.status_code, _message(body))
        return body

    def _read(self, response: httpx.Response) -> bytes:
        """The body, whole. httpx raises where it ends before its announced length."""
        body, deadline_s = bytearray(), time.monotonic() + 10 * self.service.timeout_s
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST_REPLY:
                raise _Retry(f"a reply of more than {LARGEST_REPLY // 2**20} MB")
            if time.monotonic() > deadline_s:
                raise _Retry(f"a reply that took more than {10 * self.service.timeout_s:g} s")
        return bytes(body)

    def _pace(self) -> None:
        if (early_s := self._next_s - time.monotonic()) > 0:
            self._sleep(early_s)
        self._next_s = time.monotonic() + self.service.interval_s

    def _refusal(self, status: int, message: str) -> RagError:
        if status in (401, 403):
            return ConfigError(
                f"{self._where} lets us not in: HTTP {status} ({message}); check your key for it"
            )
        if status in (400, 404, 414, 422):
            return InputError(f"{self._where} refuses the request: HTTP {status} ({message}); check --query")
        return SourceError(f"{self._where}: HTTP {status} ({message})")

    @property
    def _where(self) -> str:
        return f"{self.service.name} at {self.service.url}"


def _message(body: bytes) -> str:
    """What an error's body says, in a line: the message of a JSON one, else its text without tags."""
    text = body[:4096].decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        text = str(value.get("message") or value.get("error") or text)
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:200] or "no reason given"
