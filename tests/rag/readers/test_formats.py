"""Each format's fixture, in the form its service documents: two papers, and one without an abstract.

And what each format does with what is broken in its own way.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rag.export import PAPER_FORMATS, export_papers
from rag.readers import FORMATS, read_papers
from rag.readers.documents import Document, documents
from rag.readers.raw_record import person
from rag.readers.recognise import recognise
from rag.readers.tex import plain_address, plain_text
from rag.records import Paper
from tests.rag.readers.test_readers import read, write

FIXTURES = Path(__file__).parents[2] / "fixtures"

LANTERNS = "Sparse Lanterns: Nyström Sketches for $k$-NN Search"
KETTLES = "Do Kettles Dream? A Study of 2.5× Faster Boiling"
DOI = "10.5555/jir.2021_17"
SKETCH = "We sketch lanterns with $k$ landmarks. On three invented corpora the sketch keeps 9\\% more light"
LONG = SKETCH.replace("\\", "") + " — at half the cost (cf. Fig. 2)."
SHORT = "We sketch lanterns, and compare."
BOILING = "Kettles boil 2.5$\\times$ faster when asked nicely. We ask 1,024 of them."
TWO = ("Ada Møller", "Jürgen van den Berg")
THREE = (*TWO, "The Kettle Group")
RENEE = ("Renée O'Neil",)
JOURNAL = "Journal of Imaginary Retrieval"
TEA = "Annals of Tea"
SKETCHING = ("sketching", "nearest neighbours")
ARXIV = "2107.01234"
ON_ARXIV = f"https://arxiv.org/abs/{ARXIV}"
PUBMED = "https://pubmed.ncbi.nlm.nih.gov/9900000"
SCHOLAR = "0f0000000000000000000000000000000000000"
AT_SCHOLAR = f"https://www.semanticscholar.org/paper/{SCHOLAR}1"

FULL = Paper(DOI, LANTERNS, LONG, THREE, 2021, JOURNAL, DOI, keywords=SKETCHING)
BRIEF = Paper(DOI, LANTERNS, SHORT, TWO, 2021, JOURNAL, DOI, keywords=SKETCHING)
PREPRINT = Paper(ARXIV, KETTLES, BOILING, RENEE, 2021, arxiv_id=ARXIV, url=ON_ARXIV)


def but(paper: Paper, **changes: object) -> Paper:
    return Paper(**(paper.to_dict() | changes))


CASES: list[tuple[str, str, list[Paper], str]] = [
    ("papers.bib", "bibtex", [FULL, PREPRINT], "26"),
    ("papers.ris", "ris", [FULL, PREPRINT], "25"),
    (
        "papers.nbib",
        "nbib",
        [
            but(FULL, url=f"{PUBMED}1/"),
            but(PREPRINT, paper_id="pmid:99000002", venue=TEA, arxiv_id="", url=f"{PUBMED}2/"),
        ],
        "31",
    ),
    (
        "papers.wos.txt",
        "wos",
        [FULL, but(PREPRINT, paper_id="WOS:000000000000002", venue=TEA, arxiv_id="", url="")],
        "30",
    ),
    (
        "pubmed.xml",
        "pubmed_xml",
        [
            but(
                FULL,
                abstract="METHODS: We sketch lanterns with k landmarks. RESULTS: On three invented corpora"
                " the sketch keeps 9% more light — at half the cost & more.",
                url=f"{PUBMED}1/",
            ),
            but(PREPRINT, paper_id="pmid:99000002", venue=TEA, arxiv_id="", url=f"{PUBMED}2/"),
        ],
        "41",
    ),
    (
        "arxiv.atom",
        "atom",
        [
            Paper(
                DOI,
                LANTERNS,
                f"{SKETCH} <SEG>.",
                TWO,
                2021,
                f"{JOURNAL} 1 (2021) 17",
                DOI,
                "2103.09999",
                "http://arxiv.org/abs/2103.09999v1",
                ("cs.IR", "cs.LG"),
            ),
            but(PREPRINT, url=f"http://arxiv.org/abs/{ARXIV}v2"),
        ],
        "31",
    ),
    (
        "zotero.csv",
        "csv",
        [
            but(FULL, abstract=LONG.replace("invented", '"invented"').replace("corpora ", "corpora\n")),
            PREPRINT,
        ],
        "5",
    ),
    (
        "scopus.csv",
        "csv",
        [
            but(BRIEF, url="https://www.scopus.com/inward/record.uri?eid=2-s2.0-1"),
            but(PREPRINT, paper_id="2-s2.0-2", venue=TEA, arxiv_id="", url=""),
        ],
        "4",
    ),
    (
        "wos.tsv",
        "csv",
        [
            but(BRIEF, abstract=SHORT.replace("lanterns", '"lanterns"')),
            but(PREPRINT, paper_id="WOS:000000000000002", venue=TEA, arxiv_id="", url=""),
        ],
        "4",
    ),
    (
        "semantic_scholar.csv",
        "csv",
        [
            but(BRIEF, url=AT_SCHOLAR, keywords=()),
            but(PREPRINT, paper_id=f"{SCHOLAR}2", abstract=BOILING.replace(",", ";"), arxiv_id="", url=""),
        ],
        "4",
    ),
    (
        "semantic_scholar.json",
        "json",
        [
            but(BRIEF, url=AT_SCHOLAR, keywords=("Computer Science",)),
            but(PREPRINT, venue=TEA, url=""),
        ],
        "4",
    ),
    (
        "openalex.json",
        "json",
        [
            but(
                BRIEF,
                abstract="We sketch lanterns, and compare and compare.",
                url=f"https://doi.org/{DOI}",
                keywords=("sketching",),
            ),
            but(PREPRINT, abstract="Kettles boil."),
        ],
        "5",
    ),
    (
        "crossref.json",
        "json",
        [
            but(
                FULL,
                abstract="Methods: We sketch lanterns with k landmarks. 9% more light & less cost.",
                url=f"https://doi.org/{DOI}",
                keywords=("Lamps",),
            ),
            but(PREPRINT, paper_id="10.5555/tea.2", doi="10.5555/tea.2", venue=TEA, arxiv_id="", url=""),
        ],
        "4",
    ),
    (
        "arxiv_snapshot.jsonl",
        "jsonl",
        [
            Paper(
                "2103.09999",
                'Sparse Lanterns: Nystr\\"om Sketches for $k$-NN Search',
                f"{SKETCH}.",
                TWO,
                2021,
                f"{JOURNAL} 1 (2021) 17",
                DOI,
                "2103.09999",
                "https://arxiv.org/abs/2103.09999",
                ("cs.IR", "cs.LG"),
            ),
            but(PREPRINT, title=KETTLES.replace("×", "$\\times$"), keywords=("cs.AI",)),
        ],
        "3",
    ),
]


@pytest.mark.parametrize(
    ("name", "format", "papers", "without_abstract"), CASES, ids=[case[0] for case in CASES]
)
def test_a_fixture_gives_its_papers_with_all_they_tell(
    name: str, format: str, papers: list[Paper], without_abstract: str, tmp_path: Path
) -> None:
    anonymous = Path(shutil.copy(FIXTURES / name, tmp_path / "x"))
    assert kind(anonymous) == format
    found, skips = read(anonymous)
    assert found == [but(paper, sources=("x",)) for paper in papers]
    assert skips == [f"{without_abstract}: no abstract"]


def kind(path: Path) -> str:
    [document] = documents(path)
    assert isinstance(document, Document)
    return recognise(document)


LISTED = f"{SKETCH}, and on a fourth it keeps none, which we explain at length."
WHISTLE = " of which 1,000 agree, 20 are silent, and 4 prefer to whistle until they are left alone."


@pytest.mark.parametrize(
    ("name", "want"),
    [
        (
            "arxiv_listing.html",
            [
                ("2103.09999", LANTERNS, LISTED, TWO),
                (ARXIV, KETTLES, BOILING[:-1] + "," + WHISTLE, ()),
            ],
        ),
        ("arxiv_search.html", [(ARXIV, KETTLES, BOILING.replace("$\\times$", "×"), (*RENEE, "Ada Møller"))]),
        ("acl_event.html", [("3ca6baa990dcf426", LANTERNS, SHORT, ())]),
        ("huggingface.html", [(ARXIV, KETTLES, BOILING.replace("$\\times$", "×")[:-1] + "," + WHISTLE, ())]),
        (
            "one_paper.html",
            [("10.5555/tea.2", KETTLES, BOILING.replace("$\\times$", "×"), (*RENEE, "Ada Møller"))],
        ),
    ],
)
def test_saved_web_pages_give_titles_and_abstracts(name: str, want: list[object]) -> None:
    assert kind(FIXTURES / name) == "html"
    papers, skips = read(FIXTURES / name)
    assert [(paper.paper_id, paper.title, paper.abstract, paper.authors) for paper in papers] == want
    assert not skips


def test_markdown_gives_headings_with_text_under_them() -> None:
    assert kind(FIXTURES / "papers.md") == "markdown"
    [lanterns, kettles], skips = read(FIXTURES / "papers.md")
    assert lanterns == Paper(
        "2103.09999",
        LANTERNS,
        f"{SKETCH} (code).".replace("\\", ""),
        TWO,
        2021,
        JOURNAL,
        arxiv_id="2103.09999",
        url="https://arxiv.org/abs/2103.09999",
        sources=("papers.md",),
    )
    assert (kettles.title, kettles.abstract) == (KETTLES, BOILING)
    assert not skips


def test_every_format_has_a_fixture_or_a_test_of_its_own() -> None:
    tested = {case[1] for case in CASES} | {"html", "markdown", "pages", "plain"}
    assert tested == set(FORMATS)


EXPORTED = [
    Paper(
        "2004.12832",
        "ColLamp: 100% {Light} & no_fuss for $O(n)$",
        "ColLamp is 170$\\times$ faster -- & cheaper, at 50% of {the} cost_per_query. See C:\\x~y^2 #1.",
        ("Ada Lovelace", "Ludwig van Beethoven", "The Lamp Collaboration"),
        2020,
        "Proceedings of LAMP",
        "10.5555/lamp.1",
        "2004.12832",
        "https://example.org/~lamp/a_b?c=d&e#f",
        ("retrieval", "late interaction"),
    ),
    Paper("x-1", "=1+1 is a title", "- Starts like a list. <SEG> stays, \\sysname too.", year=1999),
]


@pytest.mark.parametrize("format", PAPER_FORMATS)
def test_what_is_exported_is_read_back(format: str, tmp_path: Path) -> None:
    papers, skips = read(write(tmp_path / "x", "".join(export_papers(EXPORTED, format))))
    assert not skips
    for got, paper in zip(papers, EXPORTED, strict=True):
        known = {"title", "abstract", "authors", "year", "venue", "url"}
        if format != "markdown":
            known |= {"doi", "arxiv_id", "keywords"}
        if format in ("csv", "jsonl"):
            known.add("paper_id")
        assert {name: getattr(got, name) for name in known} == {name: getattr(paper, name) for name in known}


def test_one_broken_bibtex_entry_among_a_thousand_costs_only_itself(tmp_path: Path) -> None:
    entry = "@article{{k{0},\n  title = {{Title {0}}},\n  abstract = {{Abstract {0}.}}\n}}\n"
    entries = [entry.format(i) for i in range(1000)]
    entries[499] = entries[499].replace("Title 499}", "Title 499")
    papers, skips = read(write(tmp_path / "x", "".join(entries)))
    assert len(papers) == 999
    assert skips == ["1997: a BibTeX entry that does not end: a brace or quote is missing"]


def test_a_bibtex_field_given_twice_or_joined_from_strings_is_read(tmp_path: Path) -> None:
    text = (
        '@STRING(acl = {ACL })\n@string{pacl = "Proc. of " # acl}\n'
        "@misc{a, title = {One}, title = {Two}, abstract = {A {nested {brace}}.}, journal = pacl # {2020}}\n"
    )
    [paper], _ = read(write(tmp_path / "x", text))
    assert (paper.title, paper.abstract, paper.venue) == ("One", "A nested brace.", "Proc. of ACL 2020")


def test_a_record_without_its_end_does_not_take_the_next_with_it(tmp_path: Path) -> None:
    ris = "TY  - JOUR\nTI  - One\nAB  - A.\nTY  - JOUR\nTI  - Two\nAB  - B.\nER  -\nnoise\n"
    ris += "TY - JOUR\nTI - Three\nAB - C."
    nbib = "PMID- 1\nTI  - One\nAB  - A.\nPMID- 2\nTI  - Two\nAB  - B\n      and b.\n"
    wos = "PT J\nAU X, Y\nTI One\nAB A.\nPT J\nAU X, Y\nTI Two\nAB B.\nER\nEF"
    for text, titles in ((ris, ["One", "Two", "Three"]), (nbib, ["One", "Two"]), (wos, ["One", "Two"])):
        papers, skips = read(write(tmp_path / "x", text))
        assert [paper.title for paper in papers] == titles
        assert not skips


PUBMED_RECORD = (
    "<PubmedArticle><MedlineCitation><PMID>{0}</PMID><Article><ArticleTitle>T{0}</ArticleTitle>\n"
    "<Abstract><AbstractText>A{0}{1}</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>\n"
)


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        (" & b", "broken XML: xmlParseEntityRef: no name"),
        (" \x0b b", "broken XML: PCDATA invalid Char value 11"),
        (" <i>b", "broken XML: Opening and ending tag mismatch: i line 4 and AbstractText"),
    ],
)
def test_broken_xml_costs_the_record_it_is_in(tmp_path: Path, flaw: str, reason: str) -> None:
    records = [PUBMED_RECORD.format(i, flaw if i == 1 else "") for i in range(3)]
    papers, skips = read(write(tmp_path / "x", f"<PubmedArticleSet>{''.join(records)}</PubmedArticleSet>"))
    assert [paper.title for paper in papers] == ["T0", "T2"]
    assert skips == [f"3: {reason}"]


def test_xml_that_is_cut_gives_its_whole_records_and_names_the_other(tmp_path: Path) -> None:
    text = (
        "<PubmedArticleSet>\n"
        + PUBMED_RECORD.format(1, "")
        + PUBMED_RECORD.format(2, " and so on").partition("so on")[0]
    )
    papers, skips = read(write(tmp_path / "x", text))
    assert [paper.title for paper in papers] == ["T1"]
    assert skips == ["4: broken XML: it is cut off"]


def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret", "secret")
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    doctype = f'<!DOCTYPE s [<!ENTITY l0 "ha">{laughs}<!ENTITY file SYSTEM "{secret.as_uri()}">]>'
    record = PUBMED_RECORD.format(1, "&l9;&file;")
    found = list(
        read_papers(write(tmp_path / "x", f"{doctype}\n<PubmedArticleSet>{record}</PubmedArticleSet>"))
    )
    assert len(found) == 1
    assert "hahaha" not in str(found)
    assert "secret." not in str(found).replace(str(secret), "")


@pytest.mark.parametrize(
    "text",
    [
        "<PubmedArticleSet>" + "<a>" * 100_000,
        "<feed>" + "<a/>" * 2_000_000,
        "<feed><entry><title>" + "x" * 12_000_000,
        "<html>" + "<div>" * 200_000 + "<h1>x</h1>",
        "<html>" + "<h1>" * 200_000,
        "<html>" + "<!--" * 200_000,
        "<html><p class=abstract>" + "x" * 3_000_000,
        "[" * 1_000_000,
        '[{"title": ' * 200_000,
        '{"results": [' + '{"a":' * 200_000,
        "@article{a, title = {" + "{" * 100_000,
        "@article{a, title = {" + "\\a{" * 50_000 + "}" * 50_001 + "}",
        '@string{a = "b"}\n' * 20_000,
        "TY  - JOUR\nAB  - x\n" + "more\n" * 300_000,
        "PMID- 1\nAB  - x\n" + "      more\n" * 300_000,
        "title,abstract\n" + '"' * 1_000_001,
        "title,abstract\n" + '"x",' * 100_000,
        "# x\n" + "*_" * 100_000,
        "# x\n" + "[](" * 100_000,
        "# x\n" + "*a " * 100_000,
        "# x\n" + "*" * 200_000,
        "# x" + " " * 200_000 + "y\n",
        "@misc{a, title = {x}, abstract = {" + "\\(" * 100_000 + "}}",
        "@misc{a, title = {x}, abstract = {y}, author = {" + "a and " * 50_000 + "}}",
        "PT J\nAU x\nAB y\n" + "   more\n" * 300_000,
    ],
    ids=lambda text: text[:24],
)
def test_hostile_text_ends_in_faults_and_soon(tmp_path: Path, text: str) -> None:
    for item in read_papers(write(tmp_path / "x", text)):
        assert not isinstance(item, Paper) or len(item.abstract) < 1_000_000


def test_a_broken_record_in_a_json_array_costs_only_itself(tmp_path: Path) -> None:
    records = [
        json.dumps({"title": f"T{i}", "abstract": "A", "authors": [{"name": "X"}]}, indent=1)
        for i in range(5)
    ]
    records[2] = records[2].replace('"abstract": ', '"abstract" ')
    papers, skips = read(write(tmp_path / "x", "[" + ",\n".join(records) + "]"))
    assert [paper.title for paper in papers] == ["T0", "T1", "T3", "T4"]
    assert skips == ["19: broken JSON: Expecting ':' delimiter"]


def test_a_json_record_larger_than_the_window_is_read_whole(tmp_path: Path) -> None:
    records = [{"title": "T", "abstract": "A" * 700_000}, {"title": "U", "abstract": "B"}]
    papers, _ = read(write(tmp_path / "x", json.dumps(records)))
    assert [len(paper.abstract) for paper in papers] == [700_000, 1]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("title;abstract\nA;B, C\n", [("A", "B, C")]),
        ("Title\tAbstract\nA\tB\n", [("A", "B")]),
        ("\ufeffTitle,Abstract,Notes\nA,B\n", [("A", "B")]),
        ("title,abstract\n'=A,'-B\n", [("=A", "-B")]),
        ("id,title,abstract\n1,A,B\n2,C,D\n", [("A", "B"), ("C", "D")]),
    ],
)
def test_tables_are_read_by_the_names_of_their_columns(
    tmp_path: Path, text: str, want: list[tuple[str, str]]
) -> None:
    papers, skips = read(write(tmp_path / "x", text))
    assert [(paper.title, paper.abstract) for paper in papers] == want
    assert all(len(paper.paper_id) == 16 for paper in papers)  # a row's number is nobody's id
    assert not skips


def test_a_row_with_too_many_columns_is_named(tmp_path: Path) -> None:
    papers, skips = read(write(tmp_path / "x", 'title,abstract\n"A\n1",B\nC,D, and E\nF,G\n'))
    assert [paper.title for paper in papers] == ["A 1", "F"]
    assert skips == ["4: 3 columns where the header has 2"]


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        ("{N}ystr{\\\"o}m \\'{E}tude \\c{c} \\v{S} \\H{o} {\\'\\i}", "Nyström Étude ç Š ő í"),
        ("{\\L}ukasz \\O{} stra{\\ss}e {\\aa}", "Łukasz Ø straße å"),
        ("5\\% \\& \\$5 \\#1 a\\_b \\{x\\}", "5% & $5 #1 a_b {x}"),
        ("from \\$5 to \\$ 6, $x_{1}$", "from $5 to $ 6, $x_{1}$"),
        ("``quoted'' -- so---there~now", "“quoted” – so—there now"),
        ("\\emph{a {B}} \\textbf{c} {\\it d}", "a B c d"),
        ("$x_{i}$ and \\(y^{2}\\) stay", "$x_{i}$ and \\(y^{2}\\) stay"),
        ("\\sysname{} and \\textless2MB", "\\sysname and <2MB"),
        ("a \\textbackslash{} b\\\\c d\\ e", "a \\ b c d e"),
        ("O'Neil's 3-4", "O'Neil's 3-4"),
        ("}{ unbalanced $ {", "unbalanced $"),
    ],
)
def test_tex_becomes_the_text_it_prints(tex: str, text: str) -> None:
    assert plain_text(tex) == text


def test_an_address_keeps_its_tildes_and_dashes() -> None:
    assert plain_address("{http://x.org/~a--b\\_c\\%20}") == "http://x.org/~a--b_c%20"


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("Curie, Marie", "Marie Curie"),
        ("Marie Curie", "Marie Curie"),
        ("King, Martin Luther, Jr.", "Martin Luther King Jr."),
        ("van den Berg, J.", "J. van den Berg"),
        ("Collective", "Collective"),
    ],
)
def test_names_are_put_in_reading_order(name: str, want: str) -> None:
    assert person(name) == want
