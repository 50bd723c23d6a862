"""The records users and modules exchange: frozen, slotted, and nothing but data.

Offsets are Python string indices into `Paper.abstract`, half open: a quote is always
`abstract[start:end]`. JSON keys are the field names; `to_dict` drops nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Mode = Literal["extractive", "llm"]
SearchMode = Literal["hybrid", "dense", "lexical"]
SupportStatus = Literal["supported", "weak", "unsupported"]
SupportLabel = Literal["supported", "contradicted", "not enough information"]
History = tuple[tuple[str, str], ...]
"""Earlier turns, oldest first: ("user" | "assistant", text)."""
Intent = Literal[
    "fact", "definition", "list", "compare", "overview", "stance", "best", "recommend", "meta", "other"
]
"""What kind of answer a question asks for."""
Role = Literal["background", "objective", "method", "result", "definition", "resource", "other"]
"""What a sentence does in its abstract."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper as a reader found it: what is indexed, cited and exported."""

    paper_id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    doi: str = ""
    arxiv_id: str = ""
    url: str = ""
    keywords: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Where it was read, as file names or source names; merged duplicates keep them all."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an abstract; `text == abstract[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk of an abstract: what is embedded. A paper's passages, in order, join to its abstract."""

    passage_id: str
    paper_id: str
    ordinal: int
    n_passages: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What a paper must be to be searched at all. Empty means everything."""

    year_from: int | None = None
    year_to: int | None = None
    authors: tuple[str, ...] = ()
    """Each must occur in some author's name, ignoring case and accents."""
    venue: str = ""
    source: str = ""
    where: tuple[tuple[str, str], ...] = ()
    """Further (field, text) pairs over Paper's fields, each of which must occur."""
    paper_ids: tuple[str, ...] = ()
    """Only these papers; empty: all."""

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class SentenceTraits:
    """What a sentence is within its abstract, whatever is asked."""

    ordinal: int
    """Its place among the abstract's sentences, from 0."""
    n_sentences: int
    role: Role
    role_probabilities: Mapping[Role, float]
    needs: str | None = None
    """Why it cannot be read alone ("connective", "mention", "enumerator", "unnamed"); None where it can."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence with how well it supports an answer (higher is better, not a probability)."""

    paper_id: str
    sentence: Sentence
    score: float
    """A logit within its paper: exp(score), normalised over the paper's sentences, is how likely each is to
    hold the answer, given that the paper does."""
    traits: SentenceTraits | None = None
    """None where the abstract around the sentence was not read."""
    late: float = 0.0
    """Late interaction of the question with the sentence, -1 to 1: what compares sentences of two papers."""
    part_late: tuple[float, ...] = ()
    """The same of each part of a question in several parts."""
    condition_late: tuple[float, ...] = ()
    """The same of what each condition of the question is about."""


@dataclass(frozen=True, slots=True)
class RankedPaper:
    """A search result: the paper, its score, and its sentences that fit the query, best first.

    score: in standard deviations within the ranking. confidence: 0 to 1, whatever else was found.
    """

    paper: Paper
    score: float
    evidence: tuple[Evidence, ...] = ()
    confidence: float = 1.0
    met: Mapping[str, float] = field(default_factory=dict)
    """How the pieces of the query are met in it (rag/answering/plans/belonging.py); empty where not read."""

    def to_dict(self) -> dict[str, Any]:
        """As `rag search --json` and GET /search give it: the abstract is left out."""
        paper = self.paper
        return {
            "paper_id": paper.paper_id,
            "title": paper.title,
            "score": self.score,
            "authors": list(paper.authors),
            "year": paper.year,
            "venue": paper.venue,
            "url": paper.url,
            "evidence": [{**asdict(each.sentence), "score": each.score} for each in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Citation:
    """Sentence `n` of an answer's evidence; `quote == abstract[start:end]`."""

    n: int
    paper_id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    venue: str
    url: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence shown to the reader, the citations it rests on, and what the gate found."""

    text: str
    citations: tuple[int, ...]
    support: float
    """0 to 1."""
    status: SupportStatus
    reasons: tuple[str, ...] = ()
    """Why it is not plainly supported, or what was repaired, in words for the reader."""
    label: SupportLabel | None = None
    """What the evidence says of a written sentence; None for a quote."""
    lead: str = ""
    """What is shown before it and is not of the quotation: the name of its paper, say."""


@dataclass(frozen=True, slots=True)
class Section:
    """A headed group of an answer's sentences, as indices into `Answer.sentences`, in reading order."""

    heading: str | None
    sentences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RetrievedPaper:
    """A line of `Answer.retrieved`."""

    paper_id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in US dollars per million tokens."""

    prompt: float
    completion: float

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """US dollars."""
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / 1e6


@dataclass(frozen=True, slots=True)
class Usage:
    """What the model cost. `cost_usd` is None where the price is not known."""

    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None

    def __add__(self, other: Usage) -> Usage:
        """Both calls together; without a cost where one has none, unless that one used nothing."""
        used = [each for each in (self, other) if each.prompt_tokens or each.completion_tokens] or [other]
        costs = [each.cost_usd for each in used]
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            None if None in costs else sum(cost for cost in costs if cost is not None),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What `ask` returns; the JSON of `rag ask --json` is `to_dict()`."""

    question: str
    mode: Mode
    answer: str
    """The text, with [n] markers that name `citations`."""
    abstained: bool
    reason: str | None
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    retrieved: tuple[RetrievedPaper, ...]
    usage: Usage | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    searched_for: tuple[str, ...] = ()
    """The stand-alone queries that were searched."""
    notice: str | None = None
    """Something the reader should know: the model failed and this is the extractive answer, say."""
    confidence: float | None = None
    """0 to 1: how sure the retriever is that the library covers the question; abstention thresholds it."""
    intent: Intent = "other"
    """What kind of answer was asked for; "other" also in answers kept from before it was told."""
    sections: tuple[Section, ...] = ()
    """Each sentence in exactly one, in reading order. Where none are given, one without heading holds all."""
    suggestions: tuple[str, ...] = ()
    """Next questions that the library answers, where they were asked for (`Assistant.suggest`)."""
    id: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where the sections do not hold each sentence once."""
        headings = [section.heading for section in self.sections]
        if headings in ([], [None]):  # no sections were made: one holds whatever sentences there are
            whole = Section(None, tuple(range(len(self.sentences))))
            object.__setattr__(self, "sections", (whole,) if self.sentences else ())
        if sorted(i for section in self.sections for i in section.sentences) != [*range(len(self.sentences))]:
            raise ValueError(
                f"sections {self.sections} do not hold each of {len(self.sentences)} sentences once"
            )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `id` only where one was given."""
        out = asdict(self)
        if self.id is None:
            del out["id"]
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Answer:
        """The Answer whose `to_dict` (or its JSON) is `data`. Raises TypeError or KeyError otherwise."""
        sentences = (
            {
                **sentence,
                "citations": tuple(sentence["citations"]),
                "reasons": tuple(sentence.get("reasons", ())),
            }
            for sentence in data["sentences"]
        )
        parts = {
            "sentences": tuple(AnswerSentence(**sentence) for sentence in sentences),
            "citations": tuple(Citation(**{**c, "authors": tuple(c["authors"])}) for c in data["citations"]),
            "retrieved": tuple(RetrievedPaper(**paper) for paper in data["retrieved"]),
            "usage": Usage(**data["usage"]) if data.get("usage") else None,
            "searched_for": tuple(data.get("searched_for", ())),
            "suggestions": tuple(data.get("suggestions", ())),
            "sections": tuple(
                Section(section["heading"], tuple(section["sentences"]))
                for section in data.get("sections", ())
            ),
        }
        return cls(**{**data, **parts})


@dataclass(frozen=True, slots=True)
class Skip:
    """A record that was not taken: where it was, and why."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, in papers; every record read is counted once."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    reasons: tuple[Skip, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "reasons": [f"{skip.where}: {skip.reason}" for skip in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest has come, in papers read; `total` is None where it is not known beforehand."""

    done: int
    total: int | None
    papers_per_s: float


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Stream event: retrieval is done; the evidence can be shown."""

    papers: tuple[RankedPaper, ...]
    searched_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """Stream event: more text of the answer, as the model writes it. Not yet checked."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """Stream event, always the last: the whole answer, checked."""

    answer: Answer


Event = Retrieved | Delta | Done


def as_history(turns: Iterable[Iterable[str]] | None) -> History:
    """Turns as JSON has them ([["user", "..."], ...]) into History.

    Raises ValueError where a turn is not a (role, text) pair of strings or the role is unknown.
    """
    history = []
    for turn in turns or ():
        pair = tuple(turn)
        if len(pair) != 2 or pair[0] not in ("user", "assistant") or not isinstance(pair[1], str):
            raise ValueError(f'a turn is ["user" or "assistant", text], not {turn!r}')
        history.append((pair[0], pair[1]))
    return tuple(history)
