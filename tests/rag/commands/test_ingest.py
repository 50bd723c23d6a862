"""`rag ingest` as it is typed: what it prints, what it leaves, how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Outcome

Rag = Callable[..., Outcome]


def write(path: Path, *records: dict[str, object]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def record(number: int, **other: object) -> dict[str, object]:
    text = f"We rank papers in {number} ways. It helps."
    return {"id": f"p{number}", "title": f"Title {number}", "abstract": text, **other}


def test_ingest_counts_what_is_new_changed_known_and_skipped(rag: Rag, tmp_path: Path) -> None:
    library = tmp_path / "library"
    papers = write(tmp_path / "a.jsonl", record(1), record(2), {"title": "No abstract"})
    first = rag("ingest", papers, "--library", library)
    assert first == Outcome(
        0, "2 added, 0 updated, 0 unchanged, 1 skipped\n", f"skipped {papers}:3: no abstract\n"
    )
    write(papers, record(1, abstract="Another text."), record(2), record(3))
    second = json.loads(rag("ingest", papers, "--library", library, "--json").out)
    assert second == {"added": 1, "updated": 1, "unchanged": 1, "skipped": 0, "reasons": []}


def test_a_dry_run_tells_the_same_and_changes_nothing(rag: Rag, tmp_path: Path) -> None:
    library = tmp_path / "library"
    papers = write(tmp_path / "a.jsonl", record(1), record(1), {"abstract": "No title."})
    outcome = rag("ingest", papers, "--library", library, "--dry-run")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "p1  Title 1",
        "    We rank papers in 1 ways. It helps.",
        "1 would be added, 0 would be updated, 1 unchanged, 1 would be skipped",
    ]
    assert not library.exists()
    rag("ingest", papers, "--library", library)
    write(papers, record(1), record(2), record(3, year=2020))
    told = json.loads(rag("ingest", papers, "--library", library, "--dry-run", "--json").out)
    assert (told["added"], told["updated"], told["unchanged"]) == (2, 0, 1)
    assert [paper["paper_id"] for paper in told["sample"]] == ["p1", "p2", "p3"]
    done = json.loads(rag("ingest", papers, "--library", library, "--json").out)
    assert {key: told[key] for key in done} == done


def test_nothing_usable_is_the_users_mistake_and_leaves_no_library(rag: Rag, tmp_path: Path) -> None:
    library = tmp_path / "library"
    missing = rag("ingest", tmp_path / "no such file", "--library", library)
    assert missing == Outcome(
        2, "", f"rag: {tmp_path}/no such file: No such file or directory; nothing was read\n"
    )
    assert not library.exists()
    broken = rag("ingest", write(tmp_path / "x", {"title": "T"}), "--library", library)
    assert broken.code == 2
    assert broken.err.endswith("x:1: no abstract\n")


def test_titles_alone_go_in_when_asked_for_and_a_format_can_be_forced(rag: Rag, tmp_path: Path) -> None:
    library = tmp_path / "library"
    titles = write(tmp_path / "titles.jsonl", {"title": "A title"}, {"title": "Another"})
    assert rag("ingest", titles, "--library", library, "--keep-title-only").out.startswith("2 added")
    forced = rag("ingest", titles, "--library", library, "--format", "plain", "--dry-run", "--json")
    assert json.loads(forced.out)["sample"][0]["title"] == '{"title": "A title"}'
    assert "invalid choice: 'docx'" in rag("ingest", titles, "--format", "docx").err
