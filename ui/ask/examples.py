"""Questions to begin with: those of the demo set that this very library can answer."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet

from rag.demo import demo_questions_path

TYPES = ("fact", "method", "compare", "list")


def example_questions(titles: AbstractSet[str]) -> list[str]:
    """The shortest question of each of TYPES whose gold papers are all among `titles`: often none."""
    lines = demo_questions_path().read_text(encoding="utf-8").splitlines()
    answerable = [q for q in map(json.loads, lines) if q["gold"] and titles >= set(q["gold"])]
    of_type = ([q["question"] for q in answerable if q["type"] == name] for name in TYPES)
    return [min(questions, key=len) for questions in of_type if questions]
