"""Answers, papers and a parser for the page's tests: small, whole, and hostile where it counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from rag.records import Answer, AnswerSentence, Citation, Paper, RetrievedPaper

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[click](javascript:alert(1))",
    "<SEG> and <EOS>",
    r"2.27\times \textless b \{x\} ${value} {{value}} `code`",
    "</details></article><style>*{display:none}</style>",
    "' onmouseover='alert(1)",
)
VOID = {"input", "img", "br", "path", "rect", "circle", "meta", "link"}

PAPER = Paper(
    paper_id="p1",
    title="Sparse Vectors",
    abstract="First sentence. Recall rises by 9%. Last sentence.",
    authors=("Ada Lovelace", "Karen Spärck Jones"),
    year=2021,
    venue="SIGIR",
    url="https://example.org/p1",
    sources=("page.txt",),
)
OTHER = Paper("p2", "Dense Vectors", "Nothing on recall here.", year=2019)


def citation(n: int, paper: Paper, quote: str) -> Citation:
    start = paper.abstract.index(quote)
    return Citation(
        n, paper.paper_id, paper.title, paper.authors, paper.year, paper.venue, paper.url,
        quote, start, start + len(quote),
    )  # fmt: skip


def an_answer(*sentences: AnswerSentence, text: str = "") -> Answer:
    """An answer that cites PAPER as [1] and found OTHER as well."""
    sentences = sentences or (AnswerSentence("Recall rises by 9%.", (1,), 0.98, "supported"),)
    return Answer(
        question="What rises?",
        mode="extractive",
        answer=text or " ".join(s.text for s in sentences),
        abstained=False,
        reason=None,
        sentences=sentences,
        citations=(citation(1, PAPER, "Recall rises by 9%."),),
        retrieved=(RetrievedPaper("p1", PAPER.title, 2.0), RetrievedPaper("p2", OTHER.title, 1.0)),
        timings_ms={"total": 41.0},
        searched_for=("what rises", "recall"),
    )


def an_abstention(reason: str = "This library does not say: nothing is near. Nearest: x.") -> Answer:
    return replace(
        an_answer(), abstained=True, reason=reason, answer=reason, sentences=(), citations=(), sections=()
    )


@dataclass
class Parsed:
    """What a browser would make of some HTML."""

    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    """(tag, name, value)"""
    text: str = ""
    open: list[str] = field(default_factory=list)
    """Elements that were never closed."""
    unbalanced: list[str] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]

    def with_class(self, css: str) -> int:
        return sum(css in value.split() for value in self.values("class"))


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Parsed()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.tags.append(tag)
        self.found.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.found.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.tags.append(tag)
        self.found.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if not self.found.open or self.found.open.pop() != tag:
            self.found.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.found.text += data


def parse(html: str) -> Parsed:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.found


def assert_harmless(html: str, hostile: str) -> None:
    """The hostile text is there to read, and made no element, no handler and no address."""
    found = parse(html)
    assert hostile in found.text + "".join(value for _, _, value in found.attributes)
    assert not {"script", "img", "style", "iframe", "object", "embed"} & set(found.tags)
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert all(value.startswith(("http://", "https://")) for value in found.values("href"))
    assert not found.open
    assert not found.unbalanced
