"""The parts an abstract may have (task, method, data, result, limitation, code), a sentence each; and the
plan for a question that asks one chosen paper for such a part.

The role of each sentence is rag/retrieval/sentence_roles.py's. A part whose sentence is not there is missing:
nothing is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose
from rag.records import Evidence, Paper, Role, Sentence, SentenceTraits
from rag.text.latex import readable

_CODE = re.compile(
    r"https?://\S+|\b(?:code|software|source|package|implementation|toolkit|library|scripts?|weights)\b"
    r"[^.]{0,80}\b(?:available|released?|open[- ]?sourced?|public\w*|download\w*)\b"
    r"|\bopen[- ]?sourced?\b|\b(?:we|is|are)\b[^.]{0,20}\breleas\w+",
    re.I,
)
_LIMIT = re.compile(
    r"\b(?:limitations? of (?:our|this|these|the (?:study|present|proposed|current))"
    r"|(?:one|a|main) limitation"
    r"|(?:our|this) (?:study|method|approach|work|model|analysis|protocol)\b[^.]{0,60}"
    r"\b(?:limited (?:to|by)|cannot|fails? to|struggles?)"
    r"|(?:left|leave|remains?)\b[^.]{0,30}\bfuture work"
    r"|future (?:work|research|studies) (?:should|could|needs?)"
    r"|further (?:research|studies|work) (?:is|are) (?:needed|required|necessary)|caveats?)\b",
    re.I,
)
"""A paper's own limits, said as such. Looser words ("does not", "limited") chose 8 sentences in 60 papers of
machine learning, and none was a limit of the paper; these choose none there."""
_COUNT = r"\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|several|[Mm]ultiple"
_DATA = re.compile(
    rf"\b(?:{_COUNT})(?:\s[\w-]+){{0,4}}\s"
    r"(?:data ?sets?|benchmarks?|corpora|collections|cohorts?|participants?|patients|subjects|respondents"
    r"|trials|samples|recordings|images|documents|queries|studies)\b"
    r"|\b[A-Z][\w-]*[A-Z0-9][\w-]*(?:\s[\w-]+){0,3}"
    r"\s(?:data ?sets?|benchmarks?|corpus|corpora|cohort|trial)\b"
)
"""Data that are counted or named: of 21 such sentences in 90 papers of machine learning, 20 name the data."""
_NUMBER = re.compile(r"\d")
_ASKED: Sequence[tuple[str, tuple[str, ...], re.Pattern[str]]] = (
    ("limitations", ("limitation",), re.compile(r"\blimit\w*|\bdrawbacks?|\bweakness\w*|\bcaveats?", re.I)),
    ("code", ("code",), re.compile(r"\bcode\b|\bsoftware\b|\bimplementation\b|\brepositor", re.I)),
    (
        "data",
        ("data",),
        re.compile(
            r"\bbenchmarks?\b|\bdata ?sets?\b|\bdata\b|\bcorpus\b|\bparticipants\b|\bevaluated on\b", re.I
        ),
    ),
    ("results", ("result",), re.compile(r"\bresults?\b|\bfindings?\b|\bfind\b|\bconclu\w+|\bshow\b", re.I)),
    ("method", ("method",), re.compile(r"\bmethods?\b|\bapproach\b|\bhow does it\b|\bhow do they\b", re.I)),
    (
        "subject",
        ("task", "method", "result"),
        re.compile(
            r"\babout\b|\bsummar\w+|\boverview\b|\bpropose[sd]?\b|\bcontribut\w+|\bgist\b|\btl;?dr\b", re.I
        ),
    ),
)
"""What a question may ask a paper for: what to call it, the parts that answer it, the words that ask it."""

ReadSentences = Sequence[tuple[Sentence, SentenceTraits]]
"""The sentences of an abstract with what each is (rag/retrieval/sentence_scoring.py reads them)."""


def asks_subject(question: str) -> bool:
    """Whether a question asks what papers are about, with no word of their own."""
    return any(name == "subject" and words.search(question) for name, _, words in _ASKED)


def paper_parts(read: ReadSentences) -> dict[str, Sentence]:
    """The sentences of the abstract that are its parts, by the part's name; a part not said is missing."""
    return {name: found for name, choose in _CHOOSE.items() if (found := choose(read))}


def answer_of_paper(question: str, paper: Paper, read: ReadSentences) -> AnswerText | str | None:
    """What the paper says of the part that is asked for; in words, that it says nothing of it; None where the
    question asks for no such part."""
    asked = next(((name, parts) for name, parts, words in _ASKED if words.search(question)), None)
    if asked is None:
        return None
    name, wanted = asked
    parts = paper_parts(read)
    found = {parts[part].start: parts[part] for part in wanted if part in parts}
    if not found and name == "subject" and read:
        found = {sentence.start: sentence for sentence, _ in (read[0], read[-1])}
    if not found:
        title = readable(paper.title).rstrip(".")
        return f"This paper does not say: the abstract of “{title}” tells nothing of its {name}."
    evidence = tuple(Evidence(paper.paper_id, found[start], 0.0) for start in sorted(found))
    return compose([LineGroup(None, (AnswerLine(paper, "", evidence),))])


def _of_role(role: Role, least: float = 0.5) -> Callable[[ReadSentences], Sentence | None]:
    """The likeliest sentence of this role, the first of equals."""

    def choose(read: ReadSentences) -> Sentence | None:
        scored = [(t.role_probabilities.get(role, 0.0), s) for s, t in read]
        best = max((score for score, _ in scored), default=0.0)
        return next((s for score, s in scored if score >= max(best - 1e-9, least)), None)

    return choose


def _result(read: ReadSentences) -> Sentence | None:
    """The likeliest result, one with a number before one without."""
    likely = [(s, p) for s, t in read if (p := t.role_probabilities.get("result", 0.0)) >= 0.5]
    best = max(likely, key=lambda each: (bool(_NUMBER.search(each[0].text)), each[1]), default=None)
    return best[0] if best else None


def _last_with(
    pattern: re.Pattern[str], besides: frozenset[Role] = frozenset()
) -> Callable[[ReadSentences], Sentence | None]:
    """The last sentence with the pattern whose role is not among `besides`."""

    def choose(read: ReadSentences) -> Sentence | None:
        found = [s for s, t in read if t.role not in besides and pattern.search(s.text)]
        return found[-1] if found else None

    return choose


def _limitation(read: ReadSentences) -> Sentence | None:
    """A sentence that bounds the paper's own work: behind its method, not the background's complaint."""
    own = next((i for i, (_, t) in enumerate(read) if t.role in ("method", "result", "objective")), len(read))
    found = [s for s, t in read[own + 1 :] if t.role != "background" and _LIMIT.search(s.text)]
    return found[-1] if found else None


_CHOOSE: Mapping[str, Callable[[ReadSentences], Sentence | None]] = {
    "task": _of_role("objective"),
    "method": _of_role("method"),
    "data": _last_with(_DATA, frozenset({"background", "objective"})),
    "result": _result,
    "limitation": _limitation,
    "code": _last_with(_CODE),
}
