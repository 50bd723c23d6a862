"""The numbered papers a model may write from, packed into what its window leaves for them.

Best paper first, whole sentences, titles and years. One number is one paper: models keep to those, and the
gate finds the sentence afterwards (rag/answering/attribution.py). Calls no model and judges no relevance of
its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.answering.compression import keep_sentences
from rag.llm.prompts import quoted
from rag.records import Paper, RankedPaper, Sentence
from rag.text.sentences import split_sentences

SHARE_OF_BEST = 0.3
"""Papers are taken while the ranking's sum is at least this share of the best paper's. On questions_dev .93
of the gold papers are then shown, 8.0 papers a question; the best eight of every question hold .90."""
LEFT_OUT = " \u2026 "
"""Where sentences of an abstract did not fit."""


@dataclass(frozen=True, slots=True)
class ContextPaper:
    """Paper `n` of the context, with all sentences of its abstract, shown or not."""

    n: int
    paper: Paper
    sentences: tuple[Sentence, ...]
    shown: tuple[Sentence, ...] = ()
    """Those of them that a model sees."""

    @property
    def shown_text(self) -> str:
        """The title, and what of the abstract the model sees."""
        return "\n".join([self.paper.title, *(sentence.text for sentence in self.shown)])


@dataclass(frozen=True, slots=True)
class Context:
    """What the model is shown: entries numbered from 1, and their text."""

    entries: tuple[ContextPaper, ...]
    text: str
    n_tokens: int

    def entry(self, n: int) -> ContextPaper | None:
        """The entry a marker [n] names, if there is one."""
        return self.entries[n - 1] if 1 <= n <= len(self.entries) else None


def pack_context(
    papers: Sequence[RankedPaper],
    budget: int,
    count: Callable[[str], int],
    *,
    share: float = 1.0,
    cut: bool = True,
) -> Context:
    """As many of `papers` (best first) as help to answer and fit in `budget` tokens by `count`.

    An abstract that does not fit whole gives the sentences that answer best; the first paper of which not
    one sentence fits ends the context. `n_tokens` never passes `budget`. share: of the tokens that would be
    shown, how many are; what answers least is left out. cut: leave out papers far behind the best one.
    """
    entries: list[ContextPaper] = []
    blocks: list[str] = []
    text, used = "", 0
    papers = list(worth_showing(papers)) if cut else papers
    kept = keep_sentences(papers, share, count) if share < 1 else {}
    for ranked in papers:
        sentences = tuple(split_sentences(ranked.paper.abstract))
        wanted = kept.get(ranked.paper.paper_id, () if share < 1 and ranked.evidence else sentences)
        if share < 1 and not wanted:
            continue
        for shown in _choices(ranked, wanted, budget - used, count):
            entry = ContextPaper(len(entries) + 1, ranked.paper, sentences, tuple(shown))
            longer = "\n\n".join([*blocks, _block(entry)])
            if (n_tokens := count(longer)) <= budget:
                entries.append(entry)
                blocks.append(_block(entry))
                text, used = longer, n_tokens
                break
        else:
            break
    return Context(tuple(entries), text, used)


def worth_showing(papers: Iterable[RankedPaper]) -> Iterator[RankedPaper]:
    """The papers before the ranking drops, each once, also where two records hold one abstract."""
    best: float | None = None
    seen: set[str] = set()
    for ranked in papers:
        best = ranked.score if best is None else best
        if ranked.score < best - (1 - SHARE_OF_BEST) * abs(best):
            return
        abstract = " ".join(ranked.paper.abstract.casefold().split())
        if abstract and not {abstract, ranked.paper.paper_id} & seen:
            seen |= {abstract, ranked.paper.paper_id}
            yield ranked


def _choices(
    ranked: RankedPaper, sentences: Sequence[Sentence], room: int, count: Callable[[str], int]
) -> Iterator[Sequence[Sentence]]:
    """What of these sentences to try to show: all of them, then ever fewer of the best."""
    yield sentences
    best = [e.sentence for e in ranked.evidence if e.sentence in sentences] or list(sentences)
    sizes = [count(sentence.text) for sentence in best]
    n = next((n for n in range(len(best)) if sum(sizes[: n + 1]) > room), len(best) - 1)
    for kept in range(n, 0, -1):
        yield sorted(best[:kept], key=lambda sentence: sentence.start)


def _block(entry: ContextPaper) -> str:
    year = f" ({entry.paper.year})" if entry.paper.year else ""
    whole = len(entry.shown) == len(entry.sentences)
    body = (" " if whole else LEFT_OUT).join(quoted(sentence.text) for sentence in entry.shown)
    return f'<paper n="{entry.n}">\n{quoted(entry.paper.title)}{year}\n{body}\n</paper>'
