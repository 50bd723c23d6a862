"""How long each step of an answer took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """`with clock("retrieve"): ...` counts towards that stage; the total counts from the clock's making."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._spent: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self._spent[stage] = self._spent.get(stage, 0.0) + time.perf_counter() - began

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds by stage so far, with "total" first."""
        total = time.perf_counter() - self._began
        return {name: round(1000 * s, 2) for name, s in {"total": total, **self._spent}.items()}
