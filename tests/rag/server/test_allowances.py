from __future__ import annotations

from pathlib import Path

import pytest

from rag.records import Usage
from rag.server.allowances import FILE, Allowances
from rag.server.keys import ServerKey

NOON = 1_800_014_400.0
"""2027-01-15, 12:00 UTC."""


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def test_a_key_may_use_its_minute_at_once_and_gets_it_back_evenly(tmp_path: Path) -> None:
    clock = Clock()
    allowances = Allowances(tmp_path / FILE, clock)
    key = ServerKey("anna", "", per_minute=6)
    assert [allowances.take_request(key) for _ in range(6)] == [None] * 6
    refused = allowances.take_request(key)
    assert refused is not None
    assert refused.retry_after_s == 10
    clock.now += 10
    assert allowances.take_request(key) is None
    assert allowances.take_request(key) is not None
    clock.now += 3600
    assert [allowances.take_request(key) is None for _ in range(7)] == [True] * 6 + [False]


def test_keys_do_not_use_each_others_requests(tmp_path: Path) -> None:
    allowances = Allowances(tmp_path / FILE, Clock())
    one, other = ServerKey("one", "", per_minute=1), ServerKey("other", "", per_minute=1)
    assert allowances.take_request(one) is None
    assert allowances.take_request(one) is not None
    assert allowances.take_request(other) is None
    assert all(allowances.take_request(ServerKey("free", "")) is None for _ in range(1000))


def test_a_spent_budget_refuses_until_midnight_and_survives_a_restart(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / FILE
    allowances = Allowances(path, clock)
    key = ServerKey("anna", "", usd_per_day=1.0)
    allowances.spend(key, Usage(100, 10, 0.6))
    assert allowances.over_budget(key) is None
    allowances.spend(key, Usage(100, 10, 0.6))
    for each in (allowances, Allowances(path, clock)):
        refused = each.over_budget(key)
        assert refused is not None
        assert refused.retry_after_s == 12 * 3600
    clock.now += 12 * 3600
    assert allowances.over_budget(key) is None
    assert Allowances(path, clock).over_budget(key) is None


def test_tokens_are_counted_where_no_price_is_known(tmp_path: Path) -> None:
    allowances = Allowances(tmp_path / FILE, Clock())
    key = ServerKey("anna", "", tokens_per_day=150)
    allowances.spend(key, Usage(100, 49, None))
    assert allowances.over_budget(key) is None
    allowances.spend(key, Usage(1, 0, None))
    assert allowances.over_budget(key) is not None


def test_processes_that_share_the_file_count_together(tmp_path: Path) -> None:
    clock = Clock()
    one, other = (Allowances(tmp_path / FILE, clock) for _ in range(2))
    key = ServerKey("anna", "", per_minute=3, tokens_per_day=20)
    taken = [each.take_request(key) is None for each in (one, other, one, other)]
    assert taken == [True, True, True, False]
    one.spend(key, Usage(9, 2, None))
    assert other.over_budget(key) is None
    other.spend(key, Usage(9, 0, None))
    assert one.over_budget(key) is not None
    one.close()
    one.spend(key, Usage(9, 0, None))  # of a question that was still ending
    assert other.over_budget(key) is not None
    other.close()


def test_a_file_that_is_no_database_is_told_and_forgives_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_text("no database, but long enough to be taken for one " * 50)
    allowances = Allowances(tmp_path / FILE, Clock())
    key = ServerKey("anna", "", per_minute=1, tokens_per_day=5)
    assert [allowances.take_request(key) is None for _ in range(2)] == [True, False]
    allowances.spend(key, Usage(9, 0, None))
    assert allowances.over_budget(key) is not None
    assert "not a database" in caplog.text


def test_a_disk_that_takes_nothing_does_not_forgive(tmp_path: Path) -> None:
    allowances = Allowances(tmp_path / "missing" / FILE, Clock())
    key = ServerKey("anna", "", tokens_per_day=1)
    allowances.spend(key, Usage(1, 1, None))
    assert allowances.over_budget(key) is not None
