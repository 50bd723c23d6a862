"""The parts an abstract may have (task, method, data, result, limitation, code), a sentence each; and the
plan for a question that asks one chosen paper for such a part.

The role of each sentence is rag/retrieval/sentence_roles.py's. A part whose sentence is not there is missing:
nothing is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose
from rag.records import Evidence, Paper, Sentence, SentenceTraits
from rag.text.latex import readable

_CODE = re.compile(
    r"https?://\S+|\b(?:code|software|source|package|implementation|toolkit|library|scripts?|weights)\b"
    r"[^.]{0,80}\b(?:available|released?|open[- ]?sourced?|public\w*|download\w*)\b"
    r"|\bopen[- ]?sourced?\b|\bwe\b[^.]{0,20}\breleas\w+",
    re.I,
)
_LIMIT = re.compile(
    r"\b(?:limitations? of (?:our|this|these|the (?:study|present|proposed|current))"
    r"|(?:one|a|main) limitation"
    r"|(?:our|this) (?:study|method|approach|work|model|analysis|protocol)\b[^.]{0,60}"
    r"\b(?:limited (?:to|by)|cannot|fails? to|struggles?)"
    r"|(?:left|leave|remains?)\b[^.]{0,30}\bfuture work"
    r"|future (?:work|research|studies) (?:should|could|needs?)"
    r"|further (?:research|studies|work) (?:is|are) (?:needed|required|necessary)|need for further"
    r"|caveats?)\b",
    re.I,
)
"""A paper's own limits, said as such. Looser words ("does not", "limited") chose 8 sentences in 60 papers of
machine learning, and none was a limit of the paper; these choose none there."""
_PART = re.compile(r"(?:among|of|in) the\b|(?:conclusions?|results?)\b", re.I)
"""Opens a sentence that tells what became of some of the data."""
_COUNT = r"\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten"
_DATA = re.compile(
    rf"\b(?:{_COUNT})(?:\s[\w-]+){{0,4}}\s"
    r"(?:data ?sets?|benchmarks?|corpora|collections|cohorts?|participants?|patients|subjects|respondents"
    r"|trials|samples|recordings|images|documents|queries|studies)\b"
    r"|\b[A-Z][\w-]*[A-Z0-9][\w-]*(?:\s[\w-]+){0,3}"
    r"\s(?:data ?sets?|benchmarks?|corpus|corpora|cohort|trial)\b"
)
"""Data that are counted or named: of 21 such sentences in 90 papers of machine learning, 20 name the data."""
_NUMBER = re.compile(r"\d")
_AIM = re.compile(
    r"^(?:in )?this (?:paper|work|study|article)\b|\b(?:aim|goal|objective|purpose)s?\b|^here\b"
    r"|\bwe (?:\w+ )?(?:stud(?:y|ied)|investigat\w+|address\w*|propos\w+|present\w*|examin\w+|ask\w*"
    r"|explor\w+|test(?:ed)?|sought|develop\w*|introduc\w+|consider\w*)\b",
    re.I,
)
"""Says what the paper sets out to do."""
_SURE = 0.65
"""Chance of the role from which a task needs no such words."""
_ACTS = re.compile(
    r"\b(?:we|our|using|uses?|used|based on|propos\w+|introduc\w+|methods?|approach\w*|framework|models?"
    r"|algorithms?|consists? of|compris\w+|design\w*|randomi[sz]ed|participants|enrolled|collected|measured"
    r"|performed|assessed|analy[sz]ed|trained|interviews?|surveys?|simulations?|experiments? (?:was|were))\b",
    re.I,
)
_FINDS = re.compile(
    r"\bwe (?:\w+ ){0,2}(?:demonstrat\w+|show\w*|f[io]u?nd|identif\w+|observ\w+|reveal\w*|report\w*"
    r"|conclud\w+)\b"
    r"|^(?:one|some) of (?:these|the|those)\b|^(?:one common|according to)\b"
    r"|\banalys[ei]s (?:reveal|show)s?\b",
    re.I,
)
"""A method is something done, and said as done: without such words, or with a finding's, most sentences of
biology that look like a method tell a finding (9 of 13 in 16 abstracts). With these rules, and before the
last few words were added to them, 97 of 111 cells read of 54 other abstracts said what their column is
for: 58 of 65 in machine learning, 39 of 46 in biology and medicine."""
_NO_RESULT = re.compile(
    r"\bwe (?:\w+ )?(?:conduct|perform|introduc|propos|present|hope|anticipat|expect|releas|believ|posit"
    r"|discuss|review|describ|address)\w*\b"
    r"|\b(?:was|were) (?:created|built|collected|constructed)\b",
    re.I,
)
"""Says that something was done, or is hoped for, and not what came of it."""
_LONGEST_NOTICE = 400
"""Characters of a notice of code; a longer sentence lists everything."""
_CHOSEN = (
    r"(?:it|this|these|those|them|(?:the|this|these|those|my|your)\s(?:\w+\s)?(?:papers?|lists?|articles?"
    r"|stud(?:y|ies)|works?))"
)
"""What stands for papers that were chosen."""
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
            rf"\b(?:about|summar\w+|overview)"
            rf"(?:(?:\s(?:of|for))?\s{_CHOSEN}\b|(?:\sin \w+ \w+)?(?:,? please)?\W*$)"
            rf"|\bon {_CHOSEN}\W*$|\bpropose[sd]?\b|\bcontribut\w+\b|\bgist\b|\btl;?dr\b",
            re.I,
        ),
    ),
)
"""What a question may ask a paper for: what to call it, the parts that answer it, the words that ask it.
"About olive trees", or an overview of them, asks for something else."""

ReadSentences = Sequence[tuple[Sentence, SentenceTraits]]
"""The sentences of an abstract with what each is (rag/retrieval/sentence_scoring.py reads them)."""


@dataclass(frozen=True, slots=True)
class AskedPart:
    """A part that a question asks for: what to call it, and the parts of an abstract that answer it."""

    name: str
    wanted: tuple[str, ...]


def part_asked(question: str) -> AskedPart | None:
    """The part of a paper that a question asks for; None where it asks for no such part."""
    found = (AskedPart(name, wanted) for name, wanted, words in _ASKED if words.search(question))
    return next(found, None)


def paper_parts(read: ReadSentences) -> dict[str, Sentence]:
    """The sentences of the abstract that are its parts, by the part's name; a part not said is missing."""
    return {name: found for name, choose in _CHOOSE.items() if (found := choose(read))}


def answer_of_paper(question: str, paper: Paper, read: ReadSentences) -> AnswerText | str | None:
    """What the paper says of the part that is asked for; in words, that it says nothing of it; None where the
    question asks for no such part."""
    asked = part_asked(question)
    if asked is None:
        return None
    parts = paper_parts(read)
    found = {parts[part].start: parts[part] for part in asked.wanted if part in parts}
    if not found and asked.name == "subject" and read:
        found = {sentence.start: sentence for sentence, _ in (read[0], read[-1])}
    if not found:
        title = readable(paper.title).rstrip(".")
        return f"This paper does not say: the abstract of “{title}” tells nothing of its {asked.name}."
    evidence = tuple(Evidence(paper.paper_id, found[start], 0.0) for start in sorted(found))
    return compose([LineGroup(None, (AnswerLine(paper, "", evidence),))])


def _result(read: ReadSentences) -> Sentence | None:
    """The likeliest result, one with a number before one without."""
    likely = [
        (s, p)
        for s, t in read
        if (p := t.role_probabilities.get("result", 0.0)) >= 0.5
        and t.role != "resource"
        and not _LIMIT.search(s.text)
        and not _NO_RESULT.search(s.text)
    ]
    best = max(likely, key=lambda each: (bool(_NUMBER.search(each[0].text)), each[1]), default=None)
    return best[0] if best else None


def _task(read: ReadSentences) -> Sentence | None:
    """The likeliest objective, if it says so or is surely one."""
    scored = [
        (p, s)
        for s, t in read
        if (p := t.role_probabilities.get("objective", 0.0)) >= 0.5 and (p >= _SURE or _AIM.search(s.text))
    ]
    return max(scored, key=lambda each: each[0], default=(0.0, None))[1]


def _method(read: ReadSentences) -> Sentence | None:
    """The likeliest method that tells what was done."""
    scored = [
        (p, s)
        for s, t in read
        if (p := t.role_probabilities.get("method", 0.0)) >= 0.5
        and _ACTS.search(s.text)
        and not _FINDS.search(s.text)
    ]
    return max(scored, key=lambda each: each[0], default=(0.0, None))[1]


def _data(read: ReadSentences) -> Sentence | None:
    """The last sentence of method or result that counts or names its data; not what became of part of
    them."""
    found = [
        s
        for s, t in read
        if t.role not in ("background", "objective") and _DATA.search(s.text) and not _PART.match(s.text)
    ]
    return found[-1] if found else None


def _code(read: ReadSentences) -> Sentence | None:
    """The last notice of code."""
    found = [s for s, _ in read if len(s.text) <= _LONGEST_NOTICE and _CODE.search(s.text)]
    return found[-1] if found else None


def _limitation(read: ReadSentences) -> Sentence | None:
    """A sentence that bounds the paper's own work: behind its method, not the background's complaint."""
    own = next((i for i, (_, t) in enumerate(read) if t.role in ("method", "result", "objective")), len(read))
    found = [s for s, t in read[own + 1 :] if t.role != "background" and _LIMIT.search(s.text)]
    return found[-1] if found else None


_CHOOSE: Mapping[str, Callable[[ReadSentences], Sentence | None]] = {
    "task": _task,
    "method": _method,
    "data": _data,
    "result": _result,
    "limitation": _limitation,
    "code": _code,
}
