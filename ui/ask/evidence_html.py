"""The evidence panel as HTML: a card a paper, its abstract with the sentences that an answer cites lit.

Pure: an Answer and the papers it names in, HTML out, everything escaped.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag.records import Answer, Citation, Paper, RankedPaper
from ui.widgets.markup import attributes, button, byline, esc, icon, out_link, plural
from ui.widgets.readable import readable

OPEN = 3
"""Cards of cited papers that are open from the start; the rest open at a click on a mark."""
BEFORE = "The papers an answer rests on appear here, each with the sentences it cites marked in its abstract."
LIT_PER_PAPER = 2
"""Sentences lit in a paper that was found but is not (yet) cited."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of an abstract to light; `numbers` are the citations it stands for, if any."""

    start: int
    end: int
    numbers: tuple[int, ...] = ()
    sentence: str = ""
    """The element of the answer that a click on it leads back to."""


def render_evidence(
    answer: Answer, papers: Mapping[str, Paper], number: int, starred: Container[str] = ()
) -> str:
    """Cards of the cited papers in the order of their first citation, then the others that were found.

    `papers` are the full records by paper_id; a cited paper that is not among them (removed since)
    is shown by its quotes. `number` is the turn's; `starred` are the papers on the reader's list.
    """
    cited: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        cited.setdefault(citation.paper_id, []).append(citation)
    cards = [
        _cited_card(citations, papers.get(paper_id), answer, number, is_open=place < OPEN, starred=starred)
        for place, (paper_id, citations) in enumerate(cited.items())
    ]
    others = [
        _found_card(papers[found.paper_id], (), number, starred=starred)
        for found in answer.retrieved
        if found.paper_id not in cited and found.paper_id in papers
    ]
    if not cards and not others and not answer.abstained:
        return render_nothing("This answer is about the library itself: it rests on no paper.", number)
    title = "Nearest papers" if answer.abstained else "Evidence"
    head = _panel_title(title, _counted(answer, len(cited)))
    rest = (
        f'<h3 class="rest">Also found, not cited</h3>{"".join(others)}'
        if others and cards
        else "".join(others)
    )
    return f'<div class="cards"{attributes(turn=number)}>{head}{"".join(cards)}{rest}</div>'


def render_found(ranked: Sequence[RankedPaper], number: int) -> str:
    """What retrieval found, before there is an answer: the sentences that bear on the question lit."""
    cards = (
        _found_card(
            found.paper,
            [Span(e.sentence.start, e.sentence.end) for e in found.evidence[:LIT_PER_PAPER]],
            number,
            is_open=place == 0,
        )
        for place, found in enumerate(ranked)
    )
    head = _panel_title("Reading", plural(len(ranked), "paper"))
    return f'<div class="cards"{attributes(turn=number)}>{head}{"".join(cards)}</div>'


def render_nothing(words: str = BEFORE, number: int | None = None) -> str:
    """The panel before the first question, or where an answer rests on no paper."""
    turn = "" if number is None else attributes(turn=number)
    return f'<div class="cards"{turn}>{_panel_title("Evidence", "")}<p class="hint">{esc(words)}</p></div>'


def lit(abstract: str, spans: Iterable[Span]) -> str:
    """The abstract, escaped, with each span in a <mark>; spans that overlap are lit as one."""
    pieces, place = [], 0
    for span in _joined(spans):
        numbers = " ".join(map(str, span.numbers))
        names = "".join(f'<sup class="num">{n}</sup>' for n in span.numbers)
        pieces.append(readable(abstract[place : span.start]))
        text = readable(abstract[span.start : span.end])
        back = f' tabindex="0" role="button"{attributes(sentence=span.sentence)}' if span.sentence else ""
        pieces.append(f"<mark{attributes(n=numbers)}{back}>{text}{names}</mark>")
        place = span.end
    return "".join(pieces) + readable(abstract[place:])


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if joined and span.start < joined[-1].end:
            last = joined[-1]
            joined[-1] = Span(
                last.start, max(last.end, span.end), (*last.numbers, *span.numbers), last.sentence
            )
        else:
            joined.append(span)
    return joined


def _cited_card(
    citations: Sequence[Citation],
    paper: Paper | None,
    answer: Answer,
    number: int,
    is_open: bool,
    starred: Container[str],
) -> str:
    first = citations[0]
    whole = paper is not None and all(paper.abstract[c.start : c.end] == c.quote for c in citations)
    if paper is not None and whole:
        spans = [Span(c.start, c.end, (c.n,), _cited_in(c, answer, number)) for c in citations]
        text = lit(paper.abstract, spans)
    else:
        parts = ((c.quote, Span(0, len(c.quote), (c.n,), _cited_in(c, answer, number))) for c in citations)
        quotes = " … ".join(lit(quote, [span]) for quote, span in parts)
        text = (
            f'{quotes}<small class="gone">The library no longer holds this abstract as it was cited.</small>'
        )
    numbers = "".join(f'<span class="num">{c.n}</span>' for c in citations)
    byline_text = byline(first.authors, first.year, first.venue)
    foot = _cited_by(citations, answer, number) + star(first.paper_id, first.paper_id in starred)
    foot += paper_link(paper, first.url)
    return _card(_Card(first.paper_id, first.title, byline_text, numbers, text, foot), is_open)


def _found_card(
    paper: Paper,
    spans: Sequence[Span],
    number: int,
    is_open: bool = False,
    starred: Container[str] = (),
) -> str:
    line = byline(paper.authors, paper.year, paper.venue)
    text = lit(paper.abstract, spans)
    foot = star(paper.paper_id, paper.paper_id in starred) + paper_link(paper)
    return _card(_Card(paper.paper_id, paper.title, line, "", text, foot), is_open)


@dataclass(frozen=True, slots=True)
class _Card:
    paper_id: str
    title: str
    byline: str
    numbers: str
    """HTML, as are `text` and `foot`; the rest is text."""
    text: str
    foot: str


def _card(card: _Card, is_open: bool) -> str:
    numbers = f'<span class="nums">{card.numbers}</span>' if card.numbers else ""
    line = f'<span class="byline">{esc(card.byline)}</span>' if card.byline else ""
    title = f'<span class="title" dir="auto">{readable(card.title)}</span>'
    return (
        f'<details class="card{" cited" if card.numbers else ""}"{attributes(paper=card.paper_id)}'
        f'{" open" if is_open else ""}><summary>{numbers}<span class="head">{title}{line}</span></summary>'
        f'<p class="abstract" dir="auto">{card.text}</p><div class="card-foot">{card.foot}</div></details>'
    )


def _cited_in(citation: Citation, answer: Answer, number: int) -> str:
    """The first sentence of the answer that cites it, by the name of its element."""
    places = (i for i, sentence in enumerate(answer.sentences) if citation.n in sentence.citations)
    return next((f"s-{number}-{i}" for i in places), "")


def _cited_by(citations: Sequence[Citation], answer: Answer, number: int) -> str:
    """Which sentences of the answer cite this card, as buttons that show them."""
    numbers = {citation.n for citation in citations}
    places = [i for i, sentence in enumerate(answer.sentences) if numbers & set(sentence.citations)]
    buttons = "".join(button(f"sentence {i + 1}", "back", sentence=f"s-{number}-{i}") for i in places)
    return f'<span class="by">Cited by {buttons}</span>' if buttons else ""


def paper_link(paper: Paper | None, url: str = "") -> str:
    """Where the paper can be read: its own address, else its DOI's, else arXiv's; "" where none is known."""
    if paper is not None:
        url = paper.url or url
        url = url or (f"https://doi.org/{paper.doi}" if paper.doi else "")
        url = url or (f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id else "")
    return out_link(url, "Open paper")


def star(paper_id: str, starred: bool) -> str:
    """Puts a paper on the reading list, or takes it off."""
    return button(icon("star"), "tool star", "On your reading list", starred, event="star", paper=paper_id)


def _panel_title(words: str, counted: str) -> str:
    close = button(icon("close"), "tool", "Close", close_sheet="")
    return f'<h2 class="panel-title">{words}<small>{counted}</small>{close}</h2>'


def _counted(answer: Answer, n_cited: int) -> str:
    if answer.abstained:
        return plural(len(answer.retrieved), "paper")
    return f"{plural(len(answer.citations), 'sentence')} from {plural(n_cited, 'paper')}"
