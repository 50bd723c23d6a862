"""Speaking to a Chroma server: real ones on loopback, and proxies before one that fail as the world does."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest

from rag.config import CLOUD, ChromaAccess, Config
from rag.errors import ConfigError, LibraryNotFound, RagError, ServerUnreachable, StorageError
from rag.index.chroma_client import ChromaCollection, ChromaConnection, records_per_request
from rag.index.chroma_server import server_connection
from tests.helpers.chroma_server import ChromaServer, Proxy, proxying

PLACE = {"hnsw": {"space": "l2"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with ChromaServer(tmp_path_factory.mktemp("chroma")) as running:
        yield running


def connected(url: str, **access: object) -> ChromaConnection:
    known = ChromaAccess(**{"retry_s": 0.2, "timeout_s": 20.0, **access})  # type: ignore[arg-type]
    return server_connection(replace(Config.from_env({}), chroma_url=url, chroma=known))


def refused(url: str, **access: object) -> RagError:
    """The error of connecting: one line, which names the server."""
    with pytest.raises(RagError) as raised:
        connected(url, **access)
    message = str(raised.value)
    assert "\n" not in message
    assert url in message
    return raised.value


@pytest.mark.parametrize("header", ["Authorization", "X-Own"])
def test_a_key_goes_with_every_request_in_the_header_that_is_set(server: ChromaServer, header: str) -> None:
    sent = "Bearer s3cret" if header == "Authorization" else "s3cret"
    with proxying(Proxy(key=sent, header=header), server.url) as proxy:
        connection = connected(proxy.url, key="s3cret", header=header)
        assert connection.call(lambda client: client.count_collections()) >= 0
        connection.close()


@pytest.mark.parametrize("access", [{}, {"key": "wrong"}, {"key": "s3cret", "header": "X-Other"}])
def test_a_wrong_key_is_the_users_to_mend_and_is_not_shown(
    server: ChromaServer, access: dict[str, str]
) -> None:
    with proxying(Proxy(key="s3cret"), server.url) as proxy:
        error = refused(proxy.url, **access)
    assert isinstance(error, ConfigError)
    assert "RAG_CHROMA_KEY" in str(error)
    assert "s3cret" not in str(error)
    assert "wrong" not in repr(ChromaAccess(key="wrong"))


def test_a_key_that_is_revoked_meanwhile_is_the_users_to_mend(server: ChromaServer) -> None:
    with proxying(Proxy(key="s3cret"), server.url) as proxy:
        connection = connected(proxy.url, key="s3cret")
        proxy.key = "another"
        with pytest.raises(ConfigError, match="RAG_CHROMA_KEY"):
            connection.call(lambda client: client.list_collections())
        connection.close()


def test_a_tenant_and_a_database_keep_libraries_apart(server: ChromaServer) -> None:
    httpx.post(f"{server.url}/api/v2/tenants", json={"name": "lab"}).raise_for_status()
    httpx.post(f"{server.url}/api/v2/tenants/lab/databases", json={"name": "papers"}).raise_for_status()
    ours = connected(server.url, tenant="lab", database="papers")
    ChromaCollection(ours, "rag-ours", PLACE)
    assert [each.name for each in ours.call(lambda client: client.list_collections())] == ["rag-ours"]
    others = connected(server.url)
    names = [each.name for each in others.call(lambda client: client.list_collections())]
    assert "rag-ours" not in names
    for each in (ours, others):
        each.close()
    error = refused(server.url, tenant="lab", database="paperz")
    assert isinstance(error, ConfigError)
    assert "paperz" in str(error)
    assert "RAG_CHROMA_DATABASE" in str(error)


def test_an_address_may_have_a_path_and_need_no_port(server: ChromaServer) -> None:
    from rag.index.chroma_server import _base

    assert _base("http://chroma") == "http://chroma:8000"
    assert _base("https://chroma.example/x/") == "https://chroma.example/x"
    with proxying(Proxy(), server.url) as proxy:
        connected(proxy.url + "/").close()


def test_nobody_there_is_said_at_once() -> None:
    began = time.monotonic()
    error = refused("http://127.0.0.1:9", retry_s=30.0)
    assert isinstance(error, ServerUnreachable)
    assert "chroma run" in str(error)
    assert time.monotonic() - began < 10


def test_an_old_server_and_none_of_chromas_are_told_from_one_that_is_down(server: ChromaServer) -> None:
    with proxying(Proxy(status=404, body=b'{"detail":"Not Found"}'), server.url) as proxy:
        error = refused(proxy.url)
    assert type(error) is StorageError
    assert "Chroma 1.0 or later" in str(error)
    with proxying(Proxy(status=200, body=b'"0.5.20"'), server.url) as proxy:
        assert "'\"0.5.20\"'" in str(refused(proxy.url))


def test_a_slow_server_is_given_up_in_time(server: ChromaServer) -> None:
    with proxying(Proxy(), server.url) as proxy:
        connection = connected(proxy.url, timeout_s=0.3)
        proxy.delay_s = 2.0
        began = time.monotonic()
        with pytest.raises(StorageError, match="RAG_CHROMA_TIMEOUT_S"):
            connection.call(lambda client: client.list_collections())
        assert time.monotonic() - began < 1.9
        connection.close()
        assert "RAG_CHROMA_TIMEOUT_S" in str(refused(proxy.url, timeout_s=0.2))


@pytest.mark.parametrize("status", [429, 503])
def test_a_gateway_that_has_no_server_behind_it_is_asked_again(server: ChromaServer, status: int) -> None:
    with proxying(Proxy(), server.url) as proxy:
        connection = connected(proxy.url, retry_s=0.5)
        proxy.status, n_before = status, len(proxy.requests)
        with pytest.raises(ServerUnreachable):
            connection.call(lambda client: client.list_collections())
        assert len(proxy.requests) > n_before + 1
        proxy.status = None
        connection.call(lambda client: client.list_collections())
        proxy.status, proxy.body = 500, b"what is this?"
        with pytest.raises(StorageError, match="status 500: what is this"):
            connection.call(lambda client: client.list_collections())
        connection.close()


def test_a_server_that_stays_away_is_waited_for_once(server: ChromaServer) -> None:
    """Of many threads that miss it, the last is not to wait for all before it."""
    with proxying(Proxy(), server.url) as proxy:
        connection = connected(proxy.url, retry_s=0.5)
        proxy.status = 503
        with pytest.raises(ServerUnreachable):
            connection.call(lambda client: client.list_collections())
        began = time.monotonic()
        with pytest.raises(ServerUnreachable):
            connection.call(lambda client: client.list_collections())
        assert time.monotonic() - began < 0.4
        connection.close()


def test_a_collection_that_was_restored_is_found_again_and_one_that_is_gone_is_missed(
    server: ChromaServer,
) -> None:
    connection = connected(server.url)
    collection = ChromaCollection(connection, "rag-restored", PLACE)
    collection.upsert(ids=["a"], embeddings=[[0.0, 1.0]], metadatas=[{"x": 1}])
    connection.call(lambda client: client.delete_collection("rag-restored"))
    with pytest.raises(LibraryNotFound, match="gone from the Chroma server"):
        collection.get(["metadatas"])
    connection.call(lambda client: client.create_collection("rag-restored", embedding_function=None))
    assert collection.get(["metadatas"]) == []
    connection.close()


def test_what_is_read_is_asked_for_in_parts_where_a_request_is_bounded(server: ChromaServer) -> None:
    connection = connected(server.url)
    collection = ChromaCollection(connection, "rag-parts", PLACE)
    ids = [f"{i:02}" for i in range(25)]
    collection.upsert(
        ids=ids, embeddings=[[i, 1.0] for i in range(25)], metadatas=[{"x": i} for i in range(25)]
    )
    whole = [
        collection.get(["metadatas"]),
        collection.get(["metadatas"], limit=12, offset=3),
        collection.get([], ids=[*ids[5:20], "none"]),
        collection.get([], where={"x": {"$gt": 4}}),
    ]
    assert [records_per_request(each) for each in (CLOUD, "https://x.trychroma.com:443", server.url)] == [
        300,
        300,
        None,
    ]
    collection._most_read = 5
    assert whole == [
        collection.get(["metadatas"]),
        collection.get(["metadatas"], limit=12, offset=3),
        collection.get([], ids=[*ids[5:20], "none"]),
        collection.get([], where={"x": {"$gt": 4}}),
    ]
    collection._most_read = 4
    collection.most_written = 4
    collection.delete(ids)
    assert collection.get([]) == []
    connection.close()


def test_a_certificate_of_an_authority_of_ones_own_is_taken_and_no_other(
    server: ChromaServer, tmp_path: Path
) -> None:
    certificate, key = _certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with proxying(Proxy(), server.url, tls) as proxy:
        connection = connected(proxy.url, ca=certificate)
        connection.call(lambda client: client.list_collections())
        connection.close()
        error = refused(proxy.url)
    assert isinstance(error, ConfigError)
    assert "RAG_CHROMA_CA" in str(error)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key, as PEM files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def test_the_settings_are_read_and_the_clouds_own_names_too(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    config = Config.from_env(
        {
            "RAG_CHROMA_URL": "https://chroma.example",
            "RAG_CHROMA_KEY": "k",
            "RAG_CHROMA_HEADER": "Authorization",
            "RAG_CHROMA_TENANT": "t",
            "RAG_CHROMA_DATABASE": "d",
            "RAG_CHROMA_CA": str(tmp_path / "ca.pem"),
            "RAG_CHROMA_TIMEOUT_S": "5",
            "RAG_CHROMA_RETRY_S": "6",
            "RAG_CHROMA_LIBRARY": "lab",
            "CHROMA_TENANT": "not the cloud's",
        }
    )
    expected = ChromaAccess("k", "Authorization", "t", "d", tmp_path / "ca.pem", 5.0, 6.0, "lab")
    assert (config.chroma_url, config.chroma) == ("https://chroma.example", expected)
    assert "'k'" not in repr(config)
    cloud = Config.from_env(
        {"RAG_CHROMA_URL": "cloud", "CHROMA_API_KEY": "k", "CHROMA_TENANT": "t", "CHROMA_DATABASE": "d"}
    )
    assert (cloud.chroma_url, cloud.chroma) == (CLOUD, ChromaAccess("k", tenant="t", database="d"))
    assert Config.from_env({}).chroma == ChromaAccess()


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"RAG_CHROMA_URL": "chroma:8000"}, "RAG_CHROMA_URL is 'chroma:8000'"),
        ({"RAG_CHROMA_URL": "cloud"}, "set RAG_CHROMA_KEY"),
        ({"RAG_CHROMA_KEY": "a\nb"}, "RAG_CHROMA_KEY holds"),
        ({"RAG_CHROMA_CA": "/no/such.pem"}, "RAG_CHROMA_CA is '/no/such.pem'"),
        ({"RAG_CHROMA_TIMEOUT_S": "0"}, "RAG_CHROMA_TIMEOUT_S is '0'"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(env: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Config.from_env(env)
