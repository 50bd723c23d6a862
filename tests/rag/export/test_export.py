from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors
from markdown_it import MarkdownIt

from rag.errors import InputError
from rag.export import ANSWER_FORMATS, PAPER_FORMATS, SUFFIXES, export_answers, export_papers
from rag.export.bibliography import split_name
from rag.export.bibtex import citation_keys, escape
from rag.export.tables import CLAIM_COLUMNS, neutralise
from rag.records import Answer, AnswerSentence, Citation, Paper

COLBERT = Paper(
    paper_id="2004.12832",
    title="ColBERT: Efficient and Effective Passage Search",
    abstract="We present ColBERT. It is 170$\\times$ faster & cheaper, at 50% of {the} cost_per_query.",
    authors=("Omar Khattab", "Matei Zaharia"),
    year=2020,
    venue="Proceedings of SIGIR",
    arxiv_id="2004.12832",
    url="https://arxiv.org/abs/2004.12832",
    keywords=("retrieval", "late interaction"),
)
NYSTROM = Paper(
    paper_id="10.1609/aaai.v35i16.17664",
    title="Nyströmformer -- a 'fast' ``attention''",
    abstract="Scales as $O(n)$.",
    authors=("Yunyang Xiong", "Ludwig van Beethoven", "The ATLAS Collaboration"),
    year=2021,
    venue="AAAI",
    doi="10.1609/aaai.v35i16.17664",
)
BARE = Paper(paper_id="note-7", title="Untitled note", abstract="")
PAPERS = [COLBERT, NYSTROM, BARE]

EVIL = "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) \"q\" 'a' & `c`"

ANSWER = Answer(
    question="How fast is ColBERT?",
    mode="extractive",
    answer="It is 170 times faster [1]. It may be free [2], says [9].",
    abstained=False,
    reason=None,
    sentences=(
        AnswerSentence("It is 170 times faster [1].", (1,), 0.98, "supported"),
        AnswerSentence("It may be free [2], says [9].", (2, 1), 0.2, "weak", ("silent on price",)),
        AnswerSentence("Nobody knows.", (), 0.0, "unsupported"),
    ),
    citations=(
        Citation(
            1, "2004.12832", COLBERT.title, COLBERT.authors, 2020, "SIGIR", COLBERT.url,
            COLBERT.abstract[:20], 0, 20,
        ),
        Citation(2, "10.1609/aaai.v35i16.17664", NYSTROM.title, (), None, "", "", "Scales as $O(n)$.", 0, 17),
    ),
    retrieved=(),
)  # fmt: skip


def exported(*papers: Paper, format: str) -> str:
    return "".join(export_papers(papers, format))


def read_bibtex(text: str) -> list[dict[str, object]]:
    library = parse_string(text, append_middleware=[LatexDecodingMiddleware(), SeparateCoAuthors()])
    assert not library.failed_blocks
    return [
        {"key": entry.key, "kind": entry.entry_type} | {field.key: field.value for field in entry.fields}
        for entry in library.entries
    ]


def test_every_format_has_a_file_name_ending() -> None:
    assert set(PAPER_FORMATS) | set(ANSWER_FORMATS) == set(SUFFIXES)


@pytest.mark.parametrize("format", PAPER_FORMATS)
def test_no_papers_is_no_error(format: str) -> None:
    assert exported(format=format).count("\n") <= 1


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="bibtex, ris"):
        exported(format="endnote")
    with pytest.raises(InputError, match="markdown, html"):
        export_answers([ANSWER], "pdf")


def test_bibtex_reads_back_as_it_was() -> None:
    first, second, third = read_bibtex(exported(*PAPERS, format="bibtex"))
    assert (first["kind"], second["kind"], third["kind"]) == ("inproceedings", "article", "misc")
    assert first["title"] == COLBERT.title
    assert first["abstract"] == COLBERT.abstract
    assert first["author"] == list(COLBERT.authors)
    assert (first["eprint"], first["archiveprefix"], first["url"]) == ("2004.12832", "arXiv", COLBERT.url)
    assert second["title"] == NYSTROM.title
    assert second["doi"] == NYSTROM.doi
    assert second["journal"] == "AAAI"
    assert third["key"] == "anon-untitled-note"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (r"50% of a_b & #1 {x} \cmd", r"50\% of a\_b \& \#1 \{x\} \textbackslash{}cmd"),
        ("a $k$-NN", "a $k$-NN"),
        (r"\(x_1\) costs", r"\(x_1\) costs"),
        ("from $5 to $6", r"from \$5 to \$6"),
        ("odd ${$ braces", r"odd \$\{\$ braces"),
        ("a -- b --- c ``d'' ?`", "a -{}- b -{}-{}- c `{}`d'{}' ?{}`"),
        ("two\n\n lines", "two lines"),
        ("Ångström", "Ångström"),
    ],
)
def test_tex_prints_the_text_as_it_stands(text: str, written: str) -> None:
    assert escape(text) == written


def test_titles_keep_their_capitals() -> None:
    title = replace(COLBERT, title="Deep BERT and $L_2$ for GPT-3")
    assert "title = {Deep {BERT} and {$L_2$} for {GPT-3}}" in exported(title, format="bibtex")


def test_an_author_with_a_comma_or_an_and_stays_one() -> None:
    paper = replace(COLBERT, authors=("Smith and Sons", "OpenAI, Inc.", "Ann Lee"))
    assert "author = {{Smith and Sons} and {OpenAI, Inc.} and Ann Lee}" in exported(paper, format="bibtex")


def test_keys_are_author_year_and_telling_title_words() -> None:
    assert citation_keys(PAPERS) == [
        "khattab2020-colbert-efficient-effective",
        "xiong2021-nystromformer-fast-attention",
        "anon-untitled-note",
    ]


def test_keys_do_not_depend_on_order_or_company() -> None:
    twins = [replace(COLBERT, paper_id=f"10.1/{n}", doi=f"10.1/{n}") for n in range(3)]
    keys = dict(zip(twins, citation_keys(twins), strict=True))
    assert len(set(keys.values())) == 3
    assert citation_keys(twins[::-1]) == [keys[paper] for paper in twins[::-1]]
    assert citation_keys(twins[:2]) == [keys[paper] for paper in twins[:2]]


def test_keys_are_unique_even_for_the_same_paper_twice() -> None:
    assert len(set(citation_keys([COLBERT, COLBERT, BARE, BARE, BARE]))) == 5


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Omar Khattab", ("Khattab", "Omar")),
        ("Ludwig van Beethoven", ("van Beethoven", "Ludwig")),
        ("Martin Luther King Jr.", ("King Jr.", "Martin Luther")),
        ("Plato", ("Plato", "")),
        ("The ATLAS Collaboration", ("The ATLAS Collaboration", "")),
        ("van Rossum", ("Rossum", "van")),
        ("OpenAI, Inc.", ("OpenAI, Inc.", "")),
        ("", ("", "")),
    ],
)
def test_family_names(name: str, split: tuple[str, str]) -> None:
    assert split_name(name) == split


def test_ris_is_what_rispy_reads() -> None:
    first, second, third = rispy.loads(exported(*PAPERS, format="ris"))
    assert [each["type_of_reference"] for each in (first, second, third)] == ["CPAPER", "JOUR", "GEN"]
    assert first["title"] == COLBERT.title
    assert first["abstract"] == COLBERT.abstract
    assert first["authors"] == ["Khattab, Omar", "Zaharia, Matei"]
    assert first["year"] == "2020"
    assert first["accession_number"] == "arXiv:2004.12832"
    assert first["urls"] == [COLBERT.url]
    assert first["keywords"] == list(COLBERT.keywords)
    assert second["doi"] == NYSTROM.doi
    assert second["authors"][1:] == ["van Beethoven, Ludwig", "The ATLAS Collaboration"]
    assert third == {"type_of_reference": "GEN", "title": BARE.title, "id": "note-7"}


def test_a_value_cannot_break_out_of_its_ris_line() -> None:
    paper = replace(BARE, title="a\nER  - \nTY  - JOUR", abstract="x\r\nTI  - y\u2028z")
    (read,) = rispy.loads(exported(paper, format="ris"))
    assert read["title"] == "a ER - TY - JOUR"
    assert read["abstract"] == "x TI - y z"


def test_jsonl_holds_every_field() -> None:
    assert [json.loads(line) for line in exported(*PAPERS, format="jsonl").splitlines()] == [
        json.loads(json.dumps(paper.to_dict())) for paper in PAPERS
    ]


@pytest.mark.parametrize(
    ("text", "is_formula"),
    [
        ("=1+1", True),
        ("+1", True),
        ("-cmd|' /C calc'!A0", True),
        ("@SUM(A1)", True),
        ("\t=1", True),
        ("\rx", True),
        ("\n=1", True),
        ("  =1", True),
        ("\uff1d1", True),
        ("a=1", False),
        ("", False),
        ("10.1/x", False),
    ],
)
def test_spreadsheet_formulas_become_text(text: str, is_formula: bool) -> None:
    assert neutralise(text) == ("'" + text if is_formula else text)


def test_no_csv_cell_is_a_formula() -> None:
    paper = Paper("=id", "=t", "-a", ("=x", "@y"), 2020, "+v", "@d", "=i", "=u", ("=k",), ("-s",))
    _, row = csv.reader(io.StringIO(exported(paper, format="csv"), newline=""))
    assert row == ["'=id", "'=t", "'-a", "'=x; @y", "2020", "'+v", "'@d", "'=i", "'=u", "'=k", "'-s"]


def test_claims_have_a_row_for_each_citation() -> None:
    header, *rows = csv.reader(io.StringIO(export_answers([ANSWER], "csv"), newline=""))
    assert tuple(header) == CLAIM_COLUMNS
    n = [CLAIM_COLUMNS.index(name) for name in ("claim_n", "status", "support", "citation", "paper_id")]
    assert [[row[i] for i in n] for row in rows] == [
        ["1", "supported", "0.980", "1", "2004.12832"],
        ["2", "weak", "0.200", "2", "10.1609/aaai.v35i16.17664"],
        ["2", "weak", "0.200", "1", "2004.12832"],
        ["3", "unsupported", "0.000", "", ""],
    ]


def test_an_answers_bibliography_has_each_paper_once_and_prefers_the_full_record() -> None:
    entries = read_bibtex(export_answers([ANSWER, ANSWER], "bibtex", [COLBERT]))
    assert len(entries) == 2
    assert entries[0]["abstract"] == COLBERT.abstract
    assert entries[1]["doi"] == "10.1609/aaai.v35i16.17664"
    assert len(rispy.loads(export_answers([ANSWER], "ris"))) == 2


def test_the_lines_of_a_list_stay_a_list_in_markdown() -> None:
    text = export_answers([replace(ANSWER, answer="- Fast: *so* [1]\n- Free: perhaps [2]")], "markdown")
    assert "\n- Fast: \\*so\\* [1]\n\n- Free: perhaps [2]" in text


def test_markdown_answer_has_marks_doubts_and_references() -> None:
    text = export_answers([ANSWER], "markdown")
    assert text.startswith("# How fast is ColBERT?\n")
    assert "It is 170 times faster [1]. It may be free [2], says \\[9\\]." in text
    assert '- weak: silent on price: "It may be free' in text
    assert "\\[1\\] **ColBERT: Efficient" in text
    assert "> Scales as $O(n)$." in text


@pytest.mark.parametrize("format", ["markdown", "html"])
@pytest.mark.parametrize("answer", ["", "This library does not say."])
def test_an_abstention_says_why_once(format: str, answer: str) -> None:
    reason = "This library does not say."
    silent = replace(ANSWER, answer=answer, abstained=True, reason=reason, citations=(), sentences=())
    assert export_answers([silent], format).count(reason) == 1
    assert "The model was away." in export_answers([replace(silent, notice="The model was away.")], format)


def evil_answer(text: str) -> Answer:
    url = "javascript:alert(1)"
    return Answer(
        question=text, mode="llm", answer=f"{text} [1]", abstained=False, reason=text,
        sentences=(AnswerSentence(text, (1,), 0.1, "weak", (text,)),),
        citations=(Citation(1, text, text, (text,), 2020, text, url, text, 0, len(text)),),
        retrieved=(),
    )  # fmt: skip


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("evil", [EVIL, f"${EVIL}$", f"\\({EVIL}\\)"])
def test_no_text_becomes_a_tag_or_a_link(evil: str) -> None:
    paper = Paper(evil, evil, evil, (evil,), 2020, evil, url="javascript:alert(1)")
    markdown = export_answers([evil_answer(evil)], "markdown") + exported(paper, format="markdown")
    pages = [
        MarkdownIt("commonmark").render(markdown),
        export_answers([evil_answer(evil)] * 2, "html", [paper]),
    ]
    for page in pages:
        tags = Tags(page)
        assert not tags.names & {"script", "img", "iframe", "code"}
        assert not [value for _, value in tags.attributes if value and "javascript" in value]
        assert EVIL.split("`")[0].strip() in " ".join(tags.text.split())


def test_html_loads_nothing() -> None:
    tags = Tags(export_answers([ANSWER], "html", PAPERS))
    assert not {name for name, _ in tags.attributes} & {
        "src",
        "srcset",
        "onload",
        "onclick",
        "style",
        "action",
    }
    assert not tags.names & {"link", "script", "img", "iframe", "object", "base"}
    hrefs = [value for name, value in tags.attributes if name == "href"]
    assert hrefs == ["#1-1", "#1-2", COLBERT.url]


def test_html_lights_the_quote_in_its_abstract_only_while_it_is_still_there() -> None:
    page = export_answers([ANSWER], "html", [COLBERT])
    assert "<mark>We present ColBERT. </mark>It is 170" in page
    changed = export_answers([ANSWER], "html", [replace(COLBERT, abstract="Something else.")])
    assert "<mark>We present ColBERT. </mark></p>" in changed


def test_markdown_papers_show_as_written() -> None:
    text = exported(COLBERT, replace(BARE, title="1. *Not* a # list", abstract="- no"), format="markdown")
    assert "170$\\times$ faster & cheaper, at 50% of \\{the\\} cost\\_per\\_query." in text
    assert (
        "Omar Khattab, Matei Zaharia · 2020 · Proceedings of SIGIR · <https://arxiv.org/abs/2004.12832>"
        in text
    )
    page = Tags(MarkdownIt("commonmark").render(text))
    assert not page.names & {"li", "em", "ul", "ol"}
    assert "1. *Not* a # list" in page.text
