"""What goes in, what is skipped and in which words: pages, JSON lines, plain text, all bad input."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.readers import html, read_papers, read_paths
from rag.records import Paper, Skip

ABSTRACT = "We study how to rank papers. " * 12
GOOD = f"A good title of a paper\n{ABSTRACT}\n"


def read(path: Path, **options: object) -> tuple[list[Paper], list[str]]:
    """The papers of a path, and its skips as "place: reason", without the path's name."""
    found = list(read_papers(path, **options))  # type: ignore[arg-type]
    papers = [item for item in found if isinstance(item, Paper)]
    skips = [f"{item.where}: {item.reason}" for item in found if isinstance(item, Skip)]
    return papers, [skip.removeprefix(str(path)).lstrip(":/ ") for skip in skips]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*records: object) -> str:
    return "".join(f"{json.dumps(record)}\n" for record in records)


def test_the_five_pages_hold_765_entries_and_714_papers(shared_dir: Path) -> None:
    found = list(read_paths(sorted((shared_dir / "corpus").glob("*.txt"))))
    papers = [paper for paper in found if isinstance(paper, Paper)]
    assert len(found) == len(papers) == 765
    assert len({paper.paper_id for paper in papers}) == 714
    assert len({(paper.title, paper.abstract) for paper in papers}) == 714
    assert all(16 <= len(paper.title) <= 176 and 405 <= len(paper.abstract) <= 1919 for paper in papers)
    text = " ".join(paper.abstract for paper in papers)
    for left_over in (
        "<SEG>",
        "<EOS>",
        "9\\%",
        "2.27times",
        "\\textless",
        "\\sysname",
        "{\\Lambda}",
        "S^2IP",
    ):
        assert left_over in text


MAIL = "Get trending papers in your email inbox"
PAGE = [
    (f"{MAIL} once a day!\n{MAIL}!\nSubscribe", "\n"),
    (f"new\n\n{MAIL}!\n\nSubscribe\n\nbyAK and the research community\n\nMar 12\n\n", "\n\n"),
]


@pytest.mark.parametrize(("boilerplate", "end"), PAGE)
def test_a_page_is_title_and_abstract_by_turns(tmp_path: Path, boilerplate: str, end: str) -> None:
    text = boilerplate + end.join(["First title?", ABSTRACT, "Subscribe to second title....", ABSTRACT])
    papers, skips = read(write(tmp_path / "page", text + "\n" + text))
    assert [paper.title for paper in papers] == ["First title?", "Subscribe to second title...."] * 2
    assert {paper.abstract for paper in papers} == {ABSTRACT.strip()}
    assert not skips


@pytest.mark.parametrize(
    ("content", "titles", "skips"),
    [
        (["One", ABSTRACT, "Two"], ["One"], ["5: a title without an abstract: the page ends here"]),
        (["One", "Two", ABSTRACT], ["Two"], ["3: a title without an abstract after it"]),
        (
            ["One", ABSTRACT, ABSTRACT, "Two", ABSTRACT],
            ["One", "Two"],
            ["5: an abstract without a title before it"],
        ),
        (["One", ABSTRACT, "Two", ABSTRACT[:100]], ["One", "Two"], []),
        (["One", ABSTRACT[:100], "Two", ABSTRACT[:90], "Three", ABSTRACT], ["One", "Two", "Three"], []),
    ],
)
def test_a_cut_page_loses_only_what_was_cut(
    tmp_path: Path, content: list[str], titles: list[str], skips: list[str]
) -> None:
    papers, found = read(write(tmp_path / "page", PAGE[0][0] + "\n".join(content)))
    assert [paper.title for paper in papers] == titles
    assert found == skips


def test_json_lines_keep_the_given_id_and_every_field(tmp_path: Path) -> None:
    record: dict[str, object] = {
        "title": "A title",
        "abstract": "An abstract.",
        "authors": ["Ada Lovelace", {"name": "Alan Turing"}],
        "year": 2020,
        "venue": "ACL",
        "doi": "https://doi.org/10.1000/X",
        "url": "https://example.org/x",
    }
    given: list[dict[str, object]] = [{"id": "a"}, {"_id": 7}, {"paper_id": "c"}]
    papers, skips = read(write(tmp_path / "x", lines(*(record | key for key in given))))
    assert [paper.paper_id for paper in papers] == ["a", "7", "c"]
    assert not skips
    assert papers[0] == Paper(
        "a",
        "A title",
        "An abstract.",
        authors=("Ada Lovelace", "Alan Turing"),
        year=2020,
        venue="ACL",
        doi="10.1000/x",
        url="https://example.org/x",
        sources=("x",),
    )


def test_json_lines_take_text_for_abstract_and_name_papers_without_id(tmp_path: Path) -> None:
    [one, two, three], _ = read(
        write(
            tmp_path / "x",
            lines(
                {"title": "A", "text": "B"},
                {"title": "A", "text": "B", "doi": "10.1000/Y"},
                {"title": "A", "text": "B", "arxiv_id": "arXiv:2101.00001v2"},
            ),
        )
    )
    assert len(one.paper_id) == 16
    assert (two.paper_id, three.paper_id) == ("10.1000/y", "2101.00001")


def test_a_broken_line_is_named_and_the_others_go_in(tmp_path: Path) -> None:
    good = [json.dumps({"id": str(i), "title": f"T{i}", "abstract": "A."}) for i in range(5)]
    papers, skips = read(write(tmp_path / "x", "\n".join([*good[:2], good[2][:-4], *good[3:]])))
    assert [paper.paper_id for paper in papers] == ["0", "1", "3", "4"]
    assert skips == ["3: no JSON at column 40: Unterminated string starting at"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"title": "T"}, "no abstract"),
        ({"title": "T", "abstract": " \n"}, "no abstract"),
        ({"abstract": "A"}, "no title"),
        ({"title": ["T"], "abstract": "A"}, "no title"),
        (["T", "A"], "JSON, but no object"),
        (
            {"title": "T", "abstract": "x" * 5_000_000},
            "an abstract of 5,000,000 characters (at most 1,000,000)",
        ),
        ({"title": "t" * 3000, "abstract": "A"}, "a title of 3,000 characters (at most 2,000)"),
        ({"id": "x" * 3000, "title": "T", "abstract": "A"}, "an id of 3,000 characters (at most 1,000)"),
        ({"title": "T", "abstract": "A\0B"}, "a NUL byte in its text"),
        ({"title": "T", "abstract": "A\ud800B"}, "half of a character in its text; save the file as UTF-8"),
    ],
)
def test_a_record_that_makes_no_paper_is_skipped_with_its_reason(
    tmp_path: Path, record: object, reason: str
) -> None:
    good = {"title": "T", "abstract": "A"}
    papers, skips = read(write(tmp_path / "x", lines(good, record, good)))
    assert len(papers) == 2
    assert skips == [f"2: {reason}"]


@pytest.mark.parametrize(
    "line", ['{"title": ' + "[" * 100_000, '{"year": ' + "9" * 5000 + "}", "{", "[1]", "null", "7"]
)
def test_a_line_of_malicious_json_costs_only_itself(tmp_path: Path, line: str) -> None:
    good = json.dumps({"title": "T", "abstract": "A"})
    papers, [skip] = read(write(tmp_path / "x", f"{good}\n{line}\n{good}"))
    assert len(papers) == 2
    assert skip.startswith("2: ")


def test_a_title_alone_is_a_paper_when_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "x", lines({"title": "T"}, {"abstract": "A"}))
    [paper], skips = read(path, keep_title_only=True)
    assert (paper.title, paper.abstract) == ("T", "")
    assert skips == ["2: no title"]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("One\nAn abstract.", [("One", "An abstract.")]),
        (
            "One\nAn abstract\nof two lines.\n\nTwo\nAnother.",
            [("One", "An abstract of two lines."), ("Two", "Another.")],
        ),
        ("Title: One\nAbstract: An abstract.\n", [("One", "An abstract.")]),
        (f"One\n{ABSTRACT}\nTwo\n{ABSTRACT}", [("One", ABSTRACT.strip()), ("Two", ABSTRACT.strip())]),
        (f"One\n\n{ABSTRACT}\n\nTwo\n\n{ABSTRACT}", [("One", ABSTRACT.strip()), ("Two", ABSTRACT.strip())]),
        (f"One\r\n\r\n{ABSTRACT}\r\n\r\n{ABSTRACT}", [("One", ABSTRACT + ABSTRACT.strip())]),
        ("One\rAn abstract.\r", [("One", "An abstract.")]),
    ],
)
def test_plain_text_is_a_title_and_an_abstract(
    tmp_path: Path, text: str, want: list[tuple[str, str]]
) -> None:
    papers, skips = read(write(tmp_path / "x", text))
    assert [(paper.title, paper.abstract) for paper in papers] == want
    assert not skips


def test_plain_text_names_what_lacks_its_other_half(tmp_path: Path) -> None:
    papers, skips = read(write(tmp_path / "x", f"{ABSTRACT}\n\n{GOOD}\nA lonely title"))
    assert len(papers) == 1
    assert skips == ["1: an abstract without a title before it", "6: no abstract"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\r\n\t", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF, not text"),
        (bytes(range(256)) * 8, "not text"),
        (b"\0" * 2000, "not text"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xff\xfe\x00\xd8\x00\xd8" * 9, "not text: it begins as UTF-16 does"),
        (b"BZh91AY&SY", "packed with bzip2"),
        (b"PK\x03\x04 and no more", r"damaged \(File is not a zip file\)"),
        (b"\x1f\x8b\x08 and no more", "damaged"),
    ],
)
def test_a_file_that_is_no_text_is_refused_alone_and_skipped_among_others(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    bad = write(tmp_path / "bad", content)
    with pytest.raises(InputError, match=reason) as caught:
        list(read_papers(bad))
    assert str(caught.value).startswith(f"{bad}: ")
    assert "\n" not in str(caught.value)
    found = list(read_paths([bad, write(tmp_path / "good", GOOD), bad]))
    assert [type(item) for item in found] == [Skip, Paper, Skip]


def test_a_missing_path_is_refused_alone_and_skipped_among_others(tmp_path: Path) -> None:
    missing = tmp_path / "no such thing"
    with pytest.raises(InputError, match=r"no such thing: No such file or directory; nothing was read"):
        list(read_papers(missing))
    [skip, paper] = read_paths([missing, write(tmp_path / "good", GOOD)])
    assert isinstance(skip, Skip)
    assert isinstance(paper, Paper)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_is_read_in_the_encoding_its_first_bytes_show(tmp_path: Path, encoding: str) -> None:
    [paper], skips = read(write(tmp_path / "x", f"Über die Größe\n{ABSTRACT} λ".encode(encoding)))
    assert paper.title == "Über die Größe"
    assert paper.abstract.endswith("λ")
    assert not skips


def test_stray_western_bytes_among_utf8_are_read_and_other_bytes_cost_their_record(tmp_path: Path) -> None:
    def record(title: bytes) -> bytes:
        return b'{"title": "' + title + b'", "abstract": "A."}\n'

    titles = [b"L\xe9vy walks", "Lévy walks".encode(), b"The \x93best\x94", b"\xff\xfe\xfa", b"cut \xe4\xb8"]
    papers, skips = read(write(tmp_path / "x", b"".join(map(record, titles))))
    assert [paper.title for paper in papers] == ["Lévy walks", "Lévy walks", "The “best”"]
    assert skips == [
        f"{line}: byte {byte}, which is not UTF-8, in its text; save the file as UTF-8"
        for line, byte in ((4, "0xff"), (5, "0xe4"))
    ]


def test_a_line_without_end_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("w") as file:
        file.write(lines({"title": "T", "abstract": "A"}))
        for _ in range(40):
            file.write("x" * 1_000_000)
        file.write("\n" + lines({"title": "T", "abstract": "A"}))
    papers, [skip] = read(path)
    assert len(papers) == 2
    assert skip.startswith("2: no JSON at column 1")


def test_of_a_web_page_too_long_to_hold_the_papers_before_the_bound_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "MAX_PAGE", 2**20)
    abstract = ABSTRACT * 3
    articles = (
        f"<article><h2>Lanterns, part {i}</h2><p class='abstract'>{abstract}</p></article>"
        for i in range(1500)
    )
    papers, skips = read(write(tmp_path / "x.html", f"<html><body>{''.join(articles)}</body></html>"))
    assert 500 < len(papers) < 1500
    assert skips == ["not read to its end: a web page of more than 1 MB"]


def test_a_folder_is_read_in_order_of_names_without_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/1", "a file, \"quoted\" and 'so' 🙂.txt", "c", ".hidden"):
        write(tmp_path / name, GOOD)
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    found = list(read_papers(tmp_path))
    assert [paper.sources for paper in found if isinstance(paper, Paper)] == [
        ("a file, \"quoted\" and 'so' 🙂.txt",),
        ("1",),
        ("c",),
    ]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="a folder without files"):
        list(read_papers(tmp_path / "empty"))


def test_standard_input_is_read_also_packed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("inner.txt", GOOD)
    for content in (GOOD.encode(), gzip.compress(GOOD.encode()), zipped.getvalue()):
        with (write(tmp_path / "in", content)).open("rb", buffering=0) as file:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(NoSeek(file))))
            [paper] = read_papers("-")
            assert isinstance(paper, Paper)
            assert paper.sources[0].startswith("stdin")


class NoSeek(io.RawIOBase):
    """A file as a pipe."""

    def __init__(self, file: io.RawIOBase) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        return self._file.readinto(buffer)


def test_gzip_and_zip_are_read_through_also_nested(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/inner.txt", GOOD)
        archive.writestr("empty.txt", "")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("x.jsonl.gz", gzip.compress(lines({"title": "T", "abstract": "A"}).encode()))
        archive.writestr("__MACOSX/x", "junk")
        archive.writestr("folder/", "")
    papers, skips = read(tmp_path / "outer.zip")
    assert [paper.sources for paper in papers] == [
        ("outer.zip/inner.zip/inner.txt",),
        ("outer.zip/x.jsonl.gz",),
    ]
    assert skips == ["inner.zip/empty.txt: empty"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outer.zip"]


def test_archives_that_swell_or_nest_without_end_are_cut_short(tmp_path: Path) -> None:
    bomb = gzip.compress(b"x" * 40_000_000)
    papers, [skip] = read(write(tmp_path / "bomb.gz", bomb))
    assert not papers
    assert "cut short: it unpacks to more than 200 times its size" in skip
    nested = GOOD.encode()
    for _ in range(4):
        nested = gzip.compress(nested)
    with pytest.raises(InputError, match="packed more than 3 times over"):
        read(write(tmp_path / "nest.gz", nested))


def test_a_cut_gzip_gives_what_is_whole_and_says_so(tmp_path: Path) -> None:
    content = "".join(lines({"title": f"T{i}", "abstract": f"A{i * i}."}) for i in range(40_000))
    packed = gzip.compress(content.encode())
    papers, [skip] = read(write(tmp_path / "x.gz", packed[: len(packed) // 2]))
    assert len(papers) > 1000
    assert "not read to its end: damaged (Compressed file ended" in skip


def test_a_locked_zip_and_an_office_document_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
    with pytest.raises(InputError, match="an Office document"):
        list(read_papers(tmp_path / "x.docx"))


def test_a_file_read_as_the_wrong_format_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "x", "new\nSubscribe\n")
    _, [skip] = read(path, format="pages")
    assert skip == "no paper in it, read as pages; another format can be given with --format"
    with pytest.raises(InputError, match="unknown format 'docx'; it is one of "):
        list(read_papers(path, format="docx"))
