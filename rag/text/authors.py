"""The authors of a paper in a line."""

from __future__ import annotations

from collections.abc import Sequence


def authors_line(authors: Sequence[str], most: int, shown: int | None = None) -> str:
    """The names with commas between them. Of more than `most`, the first `shown` (`most` where not given)
    and "et al."."""
    if len(authors) <= most:
        return ", ".join(authors)
    return ", ".join(authors[: most if shown is None else shown]) + " et al."
