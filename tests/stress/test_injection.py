from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.attacks import ATTACKS
from tests.stress.injection import (
    Poisoned,
    acts_in_markdown,
    acts_in_terminal,
    answers_in_terminal,
    outcomes,
    poisoned,
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poisoned]:
    with poisoned(tmp_path_factory.mktemp("poisoned")) as each:
        yield each


@pytest.mark.parametrize("n", range(len(ATTACKS)), ids=[attack.name for attack in ATTACKS])
def test_nothing_of_a_hostile_abstract_acts_behind_any_door(served: Poisoned, n: int) -> None:
    assert not [door for door, acted in outcomes(n, served).items() if acted]


def test_a_whole_library_of_them_prints_as_text(served: Poisoned) -> None:
    assert not acts_in_terminal(answers_in_terminal(served))


def test_what_acts_is_seen() -> None:
    assert acts_in_markdown("<script>x</script>")
    assert acts_in_markdown("![x](http://attacker.test/x.png)")
    assert acts_in_terminal("\x1b[31mred")
    assert not acts_in_markdown("a < b [1]")
