"""Long work in a thread of its own, watched step by step. No Gradio, no HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

Step = TypeVar("Step")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Finished(Generic[Result]):
    result: Result


def watch(
    work: Callable[[Callable[[Step], None]], Result], every_s: float = 0.15
) -> Iterator[Step | Finished[Result]]:
    """Run `work(tell)`. Every `every_s` the newest of what it told since, and last its result.

    Raises what `work` raises."""
    told: list[Step] = []
    with ThreadPoolExecutor(1, "rag-ui") as pool:
        future = pool.submit(work, told.append)
        while not future.done():
            wait([future], every_s)
            if told:
                yield told[-1]
                told.clear()
        yield Finished(future.result())
