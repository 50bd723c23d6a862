"""The form of a field's vocabulary in the made statements."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """A field's words. `things` can be compared and act; `agents` act on each other; `predicates` are said of
    a thing, with "is" or another verb in the third person; `settings` are where something is found."""

    name: str
    things: tuple[str, ...]
    agents: tuple[str, ...]
    measures: tuple[str, ...]
    settings: tuple[str, ...]
    predicates: tuple[str, ...]
    extras: tuple[str, ...]
    """Further facts that could be said of a thing, to be left out of the evidence."""


def lines(text: str) -> tuple[str, ...]:
    """The entries of a list with one on each line."""
    return tuple(line.strip() for line in text.strip().splitlines())
