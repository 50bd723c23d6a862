"""The labelled questions: every line is whole, known in its labels, said once, and borrowed from nowhere."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

DATA = ROOT / "eval" / "fit" / "data"
INTENTS = (
    *("fact", "definition", "list", "compare", "overview"),
    *("stance", "best", "recommend", "meta", "other"),
)
STYLES = ("plain", "named", "keyword", "clumsy", "lay", "polite", "specific")
REFERS = ("answer", "item", "list", "question")
FOLLOWUP_KEYS = ["history", "question", "follows", "refers", "item", "standalone", "field"]


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


INTENT_LINES = records(DATA / "intents.jsonl")
FOLLOWUP_LINES = records(DATA / "followups.jsonl")


def words(text: str) -> str:
    """The words alone, or the text as it stands where it has none ("???")."""
    return " ".join(re.findall(r"\w+", text.lower())) or text


def share(a: set[str], b: set[str]) -> float:
    """The words in both, of those in either."""
    return len(a & b) / len(a | b)


def test_every_question_has_an_intent_a_field_and_a_style() -> None:
    for record in INTENT_LINES:
        assert list(record) == ["question", "intent", "field", "style"], record
        assert record["question"].strip() == record["question"] != "", record
        assert record["intent"] in INTENTS, record
        assert record["style"] in STYLES, record
        assert record["field"], record


def test_no_question_is_there_twice() -> None:
    seen = Counter(words(record["question"]) for record in [*INTENT_LINES, *FOLLOWUP_LINES])
    assert [question for question, n in seen.items() if n > 1] == []


def test_no_two_questions_share_nearly_all_their_words() -> None:
    """Templates filled in by a loop would show here: four words in five are the same."""
    sets = sorted((set(words(record["question"]).split()) for record in INTENT_LINES), key=len)
    near = [(a, b) for a, b in combinations(sets, 2) if len(a) >= 0.8 * len(b) and share(a, b) >= 0.8]
    assert near == []


def test_no_intent_field_or_style_crowds_out_the_others() -> None:
    n = len(INTENT_LINES)
    assert n >= 1300
    by_intent = Counter(record["intent"] for record in INTENT_LINES)
    assert {intent: count for intent, count in by_intent.items() if not 0.04 * n <= count <= 0.22 * n} == {}
    assert sorted(by_intent) == sorted(INTENTS)
    by_field = Counter(record["field"] for record in INTENT_LINES)
    assert len([field for field, count in by_field.items() if count >= 30]) >= 12
    assert max(by_field.values()) <= 0.2 * n
    by_style = Counter(record["style"] for record in INTENT_LINES)
    assert sorted(by_style) == sorted(STYLES)
    assert min(by_style.values()) >= 0.03 * n


@pytest.mark.parametrize("intent", [intent for intent in INTENTS if intent not in ("meta", "other")])
def test_an_intent_is_asked_in_most_fields_and_begins_in_many_ways(intent: str) -> None:
    of_intent = [record for record in INTENT_LINES if record["intent"] == intent]
    assert len({record["field"] for record in of_intent}) >= 25
    first = Counter(record["question"].split()[0].lower() for record in of_intent)
    assert len(first) >= 8
    assert first.most_common(1)[0][1] <= 0.75 * len(of_intent)


def test_every_follow_up_has_a_history_and_says_what_it_refers_to() -> None:
    for record in FOLLOWUP_LINES:
        assert list(record) == FOLLOWUP_KEYS, record
        roles = [role for role, _ in record["history"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2) != [], record
        assert all(text.strip() for _, text in record["history"]), record
        assert record["follows"] is (record["refers"] is not None), record
        assert record["refers"] is None or record["refers"] in REFERS, record
        assert (record["item"] is not None) is (record["refers"] == "item"), record
        assert record["item"] is None or 1 <= record["item"] <= 5, record
        assert record["field"], record


def test_a_new_question_stands_alone_as_asked_and_a_follow_up_does_not() -> None:
    for record in FOLLOWUP_LINES:
        stands_alone = words(record["standalone"]) == words(record["question"])
        assert stands_alone is not record["follows"], record


def test_follow_ups_and_new_questions_are_in_balance() -> None:
    assert len(FOLLOWUP_LINES) >= 350
    assert 0.45 <= sum(record["follows"] for record in FOLLOWUP_LINES) / len(FOLLOWUP_LINES) <= 0.55
    refers = Counter(record["refers"] for record in FOLLOWUP_LINES if record["follows"])
    assert min(refers[each] for each in REFERS) >= 15


def test_the_readme_counts_what_is_there() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    table = {name: int(n) for name, n in re.findall(r"^\| (\w+) \| (\d+) \|", readme, re.MULTILINE)}
    assert table == Counter(record["intent"] for record in INTENT_LINES)
    follows = sum(record["follows"] for record in FOLLOWUP_LINES)
    assert f"{follows} follow the turn before; {len(FOLLOWUP_LINES) - follows} are new." in readme
    assert f"intents.jsonl: {len(INTENT_LINES):,} questions" in readme
    refers = Counter(record["refers"] for record in FOLLOWUP_LINES)
    assert all(f"`{kind}` ({refers[kind]}:" in readme for kind in REFERS)
    for key in ("style", "field"):
        for name, n in Counter(record[key] for record in INTENT_LINES).items():
            assert re.search(rf"\b{name.split()[0]}\b[^.;]*?\b{n}\b", readme, re.IGNORECASE), (name, n)


def test_no_question_is_borrowed_from_the_evaluation(shared_dir: Path) -> None:
    theirs: set[str] = set()
    for name in ("natural_dev", "questions_dev", "questions_train"):
        for record in records(shared_dir / "eval" / f"{name}.jsonl"):
            theirs.add(words(record["question"]))
            theirs.update(words(text) for role, text in record.get("history", []) if role == "user")
    assert len(theirs) > 400
    ours = [record["question"] for record in INTENT_LINES]
    for record in FOLLOWUP_LINES:
        turns = [text for role, text in record["history"] if role == "user"]
        ours += [record["question"], record["standalone"], *turns]
    assert [text for text in ours if words(text) in theirs] == []
