"""What `rag list`, `rag show` and `rag export` say of a library."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.assistant import Assistant
from rag.errors import InputError
from rag.library.lookup import named_paper, select_papers
from rag.records import Filters

Rag = Callable[..., Any]


def test_papers_are_all_or_the_named_or_those_that_pass(demo_assistant: Assistant) -> None:
    library = demo_assistant.library
    every = list(select_papers(library))
    assert len(every) == library.n_papers
    last, first = every[-1], every[0]
    assert list(select_papers(library, [last.paper_id, first.paper_id])) == [last, first]
    year = first.year or 0
    some = list(select_papers(library, filters=Filters(year_from=year, year_to=year)))
    assert some == [paper for paper in every if paper.year == year]
    assert list(select_papers(library, [first.paper_id], Filters(year_from=9999))) == []


def test_an_unknown_id_is_refused_before_anything_is_given(demo_assistant: Assistant) -> None:
    first = next(demo_assistant.library.papers())
    with pytest.raises(InputError, match="rag list"):
        select_papers(demo_assistant.library, [first.paper_id, "nope"])
    with pytest.raises(InputError, match="nope"):
        named_paper(demo_assistant.library, "nope")


def test_list_has_a_line_for_each_paper_and_json_the_records(
    rag: Rag, demo_library: Path, demo_assistant: Assistant
) -> None:
    lines = rag("list", "--library", demo_library).out.splitlines()
    papers = json.loads(rag("list", "--library", demo_library, "--json").out)
    assert len(lines) == len(papers) == demo_assistant.library.n_papers
    assert [line.split("\t")[0] for line in lines] == [paper["paper_id"] for paper in papers]
    assert all(line.count("\t") == 3 for line in lines)
    assert len(rag("list", "--library", demo_library, "--limit", "2").out.splitlines()) == 2
    assert rag("list", "--library", demo_library, "--author", "No One At All").out == ""


def test_show_gives_the_whole_paper(rag: Rag, demo_library: Path, demo_assistant: Assistant) -> None:
    paper = next(demo_assistant.library.papers())
    shown = rag("show", paper.paper_id, "--library", demo_library)
    assert " ".join(paper.abstract.split()) in " ".join(shown.out.split())
    assert paper.paper_id in shown.out
    record = json.loads(rag("show", paper.paper_id, "--json", "--library", demo_library).out)
    assert record == json.loads(json.dumps(paper.to_dict()))


@pytest.mark.parametrize("ending", ["bib", "ris", "csv", "jsonl", "md"])
def test_export_takes_its_format_from_the_files_ending(
    rag: Rag, demo_library: Path, tmp_path: Path, demo_assistant: Assistant, ending: str
) -> None:
    path = tmp_path / f"my papers.{ending}"
    outcome = rag("export", "--library", demo_library, "--output", path)
    assert (outcome.code, outcome.out) == (0, "")
    paper = next(demo_assistant.library.papers())
    assert paper.title.split()[0].strip(":") in path.read_text(encoding="utf-8")


def test_csv_files_are_marked_as_utf_8_for_spreadsheets(rag: Rag, demo_library: Path, tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    rag("export", "--library", demo_library, "--output", path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(newline="", encoding="utf-8-sig") as file:
        assert next(csv.reader(file))[0] == "paper_id"


def test_out_is_still_taken_for_output(rag: Rag, demo_library: Path, tmp_path: Path) -> None:
    assert rag("export", "--library", demo_library, "--out", tmp_path / "papers.ris").code == 0
    assert (tmp_path / "papers.ris").read_text(encoding="utf-8").startswith("TY  - ")
    assert "--out " not in rag("export", "--help").out


def test_answers_are_exported_with_their_abstracts(rag: Rag, demo_library: Path, tmp_path: Path) -> None:
    asked = rag("ask", "What is late interaction?", "--json", "--library", demo_library)
    path = tmp_path / "answers.jsonl"
    path.write_text(asked.out * 2, encoding="utf-8")
    page = rag("export", "--answer", path, "--format", "html", "--library", demo_library).out
    assert page.count("<section>") == 2
    quote = json.loads(asked.out)["citations"][0]["quote"]
    assert page.count("<mark>") >= 2
    assert quote.split()[0] in page
    alone = rag("export", "--answer", path, "--format", "bibtex", "--library", tmp_path / "none")
    assert alone.code == 0
    assert alone.out.startswith("@")


@pytest.mark.parametrize(
    ("args", "names"),
    [
        (("export", "nope"), "nope"),
        (("export", "--output", "papers.xyz"), "--format"),
        (("export", "--format", "html"), "html"),
        (("export", "--format", "endnote"), "endnote"),
        (("export", "--output", "/no/such/folder/x.bib"), "--output"),
        (("export", "--answer", "{answers}", "--year", "2020"), "--answer"),
        (("export", "--answer", "{answers}", "--format", "html"), "answers"),
        (("export", "--answer", "missing.json"), "missing.json"),
        (("show", "nope"), "nope"),
        (("list", "--limit", "0"), "0"),
        (("list", "--year", "soon"), "--year"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    rag: Rag, demo_library: Path, tmp_path: Path, args: tuple[str, ...], names: str
) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text('{"question": "?"}', encoding="utf-8")
    outcome = rag(*(arg.format(answers=answers) for arg in args), "--library", demo_library)
    assert outcome.code == 2
    assert names in outcome.err
    assert outcome.err.count("\n") == 1
