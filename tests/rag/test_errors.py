"""The tree of errors: as drawn, one root, and an exit code for every leaf."""

from __future__ import annotations

import inspect
import re

import rag.errors
from rag.errors import RagError, ServiceError, SetupError

CLASSES = dict(inspect.getmembers(rag.errors, inspect.isclass))


def drawn() -> dict[str, str]:
    """Each class of the docstring's drawing with the one it hangs from."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (rag.errors.__doc__ or "").splitlines():
        found = re.match(r"^    ((?:[│ ]   )*)(?:[├└]── )?([A-Z]\w+)", line)
        if found:
            depth = len(found[1]) // 4 + ("── " in line)
            path = [*path[:depth], found[2]]
            parents[found[2]] = path[-2] if depth else "Exception"
    return parents


def test_the_drawing_is_the_tree() -> None:
    assert drawn() == {name: each.__bases__[0].__name__ for name, each in CLASSES.items()}


def test_every_error_says_when_it_is_raised() -> None:
    for each in CLASSES.values():
        assert each is RagError or (each.__doc__ or "").startswith("Raised "), each


def test_what_the_user_can_fix_ends_with_2_and_the_rest_with_1() -> None:
    for each in CLASSES.values():
        assert issubclass(each, RagError)
        assert each.exit_code == (2 if issubclass(each, SetupError) else 1)
        assert each is RagError or issubclass(each, SetupError) != issubclass(each, ServiceError)
