from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import ConfigError, InputError
from rag.server.keys import KeyFile, ServerKey
from tests.conftest import Outcome


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


def test_a_key_is_found_by_its_secret_and_by_nothing_else(keys: KeyFile) -> None:
    secret = keys.make(ServerKey("anna", "", can_write=True, per_minute=30))
    found = keys.find(secret)
    assert found is not None
    assert (found.name, found.can_write, found.per_minute) == ("anna", True, 30)
    for wrong in ("", secret[:-1], secret + "x", secret.upper(), "anna", found.sha256):
        assert keys.find(wrong) is None


def test_the_secret_is_nowhere_in_the_file_and_the_file_is_its_owners(keys: KeyFile) -> None:
    secret = keys.make(ServerKey("anna", ""))
    assert keys.path is not None
    text = keys.path.read_text("utf-8")
    assert secret not in text
    assert secret.removeprefix("rag_") not in text
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600


def test_a_revoked_key_opens_nothing_and_its_name_is_free(keys: KeyFile) -> None:
    first = keys.make(ServerKey("anna", ""))
    keys.revoke("anna")
    assert keys.find(first) is None
    assert keys.valid == ()
    second = keys.make(ServerKey("anna", ""))
    assert keys.find(second) is not None
    assert keys.find(first) is None
    assert [key.revoked is None for key in keys.all()] == [False, True]


def test_changes_by_another_process_are_seen_at_once(keys: KeyFile) -> None:
    assert keys.valid == ()
    other = KeyFile(keys.path)
    secret = other.make(ServerKey("anna", ""))
    assert keys.find(secret) is not None
    other.revoke("anna")
    assert keys.find(secret) is None


@pytest.mark.parametrize("name", ["", " ", "a b", "../x", "é", "x" * 65])
def test_a_name_that_logs_could_not_hold_is_refused(keys: KeyFile, name: str) -> None:
    with pytest.raises(InputError, match="cannot be called"):
        keys.make(ServerKey(name, ""))


def test_a_name_is_given_once_and_an_unknown_one_not_revoked(keys: KeyFile) -> None:
    keys.make(ServerKey("anna", ""))
    with pytest.raises(InputError, match="there is a key"):
        keys.make(ServerKey("anna", ""))
    with pytest.raises(InputError, match="there is no key"):
        keys.revoke("ben")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": [{"colour": "red"}]}', '{"keys": 3}'])
def test_a_damaged_file_opens_nothing_and_says_so(keys: KeyFile, content: str) -> None:
    assert keys.path is not None
    keys.path.write_text(content)
    with pytest.raises(ConfigError, match="do not read"):
        keys.find("x")


def test_the_key_of_the_environment_reads_only() -> None:
    found = KeyFile(None, "schlüssel").find("schlüssel")
    assert found is not None
    assert (found.name, found.can_write) == ("RAG_SERVE_KEY", False)
    assert KeyFile(None).valid == ()


def test_rag_keys_makes_lists_and_revokes(
    rag: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_SERVE_KEYS", str(tmp_path / "own" / "keys.json"))
    made = rag("keys", "make", "anna", "--write", "--per-minute", "20", "--usd-per-day", "1.5")
    assert made.code == 0
    secret = made.out.strip()
    assert KeyFile(tmp_path / "own" / "keys.json").find(secret)
    listed = rag("keys", "list", "--json")
    assert secret not in listed.out
    assert "sha256" not in listed.out
    (line,) = json.loads(listed.out)
    assert (line["name"], line["can_write"], line["per_minute"], line["usd_per_day"]) == (
        "anna",
        True,
        20,
        1.5,
    )
    assert "anna: read-write" in rag("keys", "list").out
    assert rag("keys", "revoke", "anna").code == 0
    assert "revoked" in rag("keys", "list").out
    assert rag("keys", "revoke", "anna").code == 2
    assert rag("keys", "make", "ben", "--per-minute", "0").code == 2
