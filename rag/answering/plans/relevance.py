"""Which of the ranked papers an answer may draw on, and which it must leave out.

Relevance is cut where it drops, within one ranking; what a question excludes is read in
rag/retrieval/conditions.py and applied here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from rag.answering.plans.diversity import near_duplicates
from rag.papers.identifiers import title_key
from rag.records import Evidence, Paper, RankedPaper
from rag.text.folding import fold
from rag.text.stopwords import STOP_WORDS
from rag.text.words import content_words

SHARE_OF_BEST = 0.4
"""A paper belongs while the ranking's sum is at least this share of the best paper's."""
LEAST_CONFIDENCE = 0.2
_OPENING = 40
"""Characters by which a quoted sentence is known again."""
FEW = 12
"""With fewer papers a standard deviation says little, and each one's own confidence decides."""
REACH = 6
"""Words before a word that can deny it."""
_WITHOUT = re.compile(
    r"(?:without|no|lacks?|lacking|with no|have no|does(?:n['’]t| not) \w+|not)\s+(?:any\s+|the\s+)?", re.I
)
_DOES_WITHOUT = re.compile(
    r"\b(?:without|no|not|nor|neither|never|eliminat\w+|avoid\w*|lack\w*|remov\w+|obviat\w+|instead of)\b"
    r"|n['’]t\b"
)
_FREE = re.compile(r"\w-free\b|\bun\w{4,}ed\b", re.I)
"""Going without, within one word: \"oil-free\", \"untreated\"."""
SAME_THING = 0.7
"""Late interaction from which a sentence speaks of what a condition is about. Chosen by hand: at .6 "without
manually labeled data" met "without training"."""
LEAST_PREFIX = 4
LONG_KEY = 5
"""Letters of a name that hardly stand in another word by chance."""
_STEM = 5
"""Letters of a word that are compared: "retrieval" is "retrievers"."""


def relevant(papers: Sequence[RankedPaper], share: float = SHARE_OF_BEST) -> list[RankedPaper]:
    """The papers, best first, up to where relevance drops; of near duplicates the best one alone.

    The first is always among them. Only papers whose sentences were read.
    """
    kept: list[RankedPaper] = []
    for ranked in papers:
        if kept and not _belongs(ranked, papers, share):
            continue
        if ranked.evidence and not any(near_duplicates(ranked.paper, each.paper) for each in kept):
            kept.append(ranked)
    return kept


def shown_before(ranked: RankedPaper, shown: Sequence[str]) -> bool:
    """Whether a paper was quoted or named in these lines of an earlier answer."""
    text = " ".join(" ".join(shown).split()).lower()
    name = title_key(ranked.paper.title.partition(":")[0])
    return (len(name) > 3 and name in title_key(text)) or any(
        each.sentence.text[:_OPENING].lower() in text for each in ranked.evidence
    )


def _belongs(ranked: RankedPaper, papers: Sequence[RankedPaper], share: float) -> bool:
    if ranked.confidence < LEAST_CONFIDENCE:
        return False
    if len(papers) < FEW:
        return True
    best = papers[0].score
    return ranked.score >= best - (1 - share) * abs(best)


def without_excluded(papers: Sequence[RankedPaper], excluded: Sequence[str]) -> list[RankedPaper]:
    """The papers that are not about what is excluded: their title and best sentence do not name it."""
    if not excluded:
        return list(papers)
    return [ranked for ranked in papers if not any(_is_about(ranked, term) for term in excluded)]


def _is_about(ranked: RankedPaper, term: str) -> bool:
    if mentions(ranked.paper.title, term):
        return True
    if any(mentions(evidence.sentence.text, term) for evidence in ranked.evidence[:1]):
        return True
    said = sum(mentions(evidence.sentence.text, term) for evidence in ranked.evidence)
    return said >= 2


def coverage(question: str, text: str, rarity: Callable[[str], float]) -> float:
    """The share of a question's content, each word by how rare it is, that a text holds. 0 to 1."""
    return covering(question, rarity)(text)


def covering(question: str, rarity: Callable[[str], float]) -> Callable[[str], float]:
    """The same for many texts: what says of each how much of the question's content it holds."""
    weights = {_stem(word): rarity(word) for word in content_words(fold(question))}
    total = sum(weights.values())
    abbreviations = _abbreviations(question)

    def share(text: str) -> float:
        held = stems(text)
        for letters, spelled in abbreviations:
            if letters in text:  # "KD" says "knowledge distillation"
                held = held | spelled
        return sum(weight for stem, weight in weights.items() if stem in held) / total if total else 0.0

    return share


@lru_cache(maxsize=256)
def _abbreviations(question: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Runs of two to four words of a question as papers abbreviate them, with the stems they stand for."""
    words = re.findall(r"[^\W\d_]+", fold(question).lower())
    runs = (words[i : i + n] for n in (4, 3, 2) for i in range(len(words) - n + 1))
    told = (run for run in runs if all(word not in STOP_WORDS for word in run))
    return tuple(("".join(word[0] for word in run).upper(), stems(" ".join(run))) for run in told)


def meets(text: str, condition: str) -> bool:
    """Whether a text speaks of a condition: all its content words, and going without for "without X"."""
    wanted = stems(_WITHOUT.sub("", condition))
    if not wanted or not wanted <= stems(text):
        return False
    if not _WITHOUT.match(condition):
        return True
    words = re.findall(r"[\w'’-]+", text.lower())
    for i, word in enumerate(words):
        if stems(word) & wanted:
            before = " ".join(words[max(0, i - REACH) : i])
            if _DOES_WITHOUT.search(before) or re.search(r"-free\b|\bfree\b", " ".join(words[i : i + 2])):
                return True
    return False


def meets_in(evidence: Evidence, conditions: Sequence[str], place: int) -> bool:
    """Whether a sentence speaks of the condition at `place`, in its words or in others that mean the same."""
    text, condition = evidence.sentence.text, conditions[place]
    if meets(text, condition):
        return True
    if not _WITHOUT.match(condition) or place >= len(evidence.condition_late):
        return False  # "a single GPU" is not met by any GPU
    denied = bool(_DOES_WITHOUT.search(text) or _FREE.search(text))
    return denied and evidence.condition_late[place] >= SAME_THING


def met_by(ranked: RankedPaper, conditions: Sequence[str]) -> list[bool]:
    """Of each condition, whether a sentence of the paper or its title speaks of it."""
    return [
        meets(ranked.paper.title, condition) or any(meets_in(e, conditions, place) for e in ranked.evidence)
        for place, condition in enumerate(conditions)
    ]


def mentions(text: str, term: str) -> bool:
    """Whether a text holds all content words of a term, near enough ("retrievers" for "retrieval"), or
    letters that stand for them ("LLMs" for "language models")."""
    wanted = stems(term)
    letters = "".join(word[0] for word in term.split()).upper()
    stands_for = len(letters) > 1 and re.search(rf"\b[A-Z]?{re.escape(letters)}s?\b", text)
    return bool(wanted) and (_holds_all(stems(text), wanted) or bool(stands_for))


def knows(text: str, name: str) -> bool:
    """Whether a text has a name, however it is joined or folded, or the words that its capitals stand for."""
    key = title_key(name).removesuffix("s")
    if len(key) >= LONG_KEY:
        return key in title_key(text) or mentions(text, name)
    spelled = r"[\s-]+".join(rf"{re.escape(letter)}\w*" for letter in name if letter.isalpha())
    return bool(
        re.search(rf"(?<![^\W_]){re.escape(key)}s?(?![^\W_])", fold(text).lower())
        or mentions(text, name)
        or (name.isupper() and len(key) > 1 and re.search(rf"\b{spelled}", text, re.I))
    )


def _holds_all(held: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whether every stem is there, or one that goes on from it ("harder" for "hard")."""
    return wanted <= held or all(
        stem in held or (len(stem) >= LEAST_PREFIX and any(each.startswith(stem) for each in held))
        for stem in wanted
    )


@lru_cache(maxsize=8192)
def stems(text: str) -> frozenset[str]:
    """The beginnings of a text's content words, folded; parts of joined words count, too."""
    words = (
        part
        for word in content_words(fold(text))
        for part in (word, word.replace("-", ""), *re.split(r"[-/.]", word))
    )
    return frozenset(_stem(word) for word in words if word)


def _stem(word: str) -> str:
    word = word.lower()
    return word.removesuffix("s")[:_STEM] if len(word) > 3 else word


def named(
    question: str, papers: Sequence[RankedPaper], name_of: dict[str, str], longest: int
) -> list[RankedPaper]:
    """The papers whose name stands in the question, in its order; "SPLADE v2" does not name SPLADE.

    name_of: paper id -> name. longest: words that a name has at most.
    """
    by_name = {title_key(name_of[each.paper.paper_id]): each for each in reversed(papers)}
    words, found, at = question.split(), list[RankedPaper](), 0
    while at < len(words):
        runs = ((n, title_key(" ".join(words[at : at + n]))) for n in range(longest, 0, -1))
        n, ranked = next(((n, by_name[key]) for n, key in runs if key in by_name), (1, None))
        found += [ranked] if ranked and ranked not in found else []
        at += n
    return found


def texts_of(paper: Paper) -> str:
    """Title and abstract, as one text."""
    return f"{paper.title}. {paper.abstract}"


def best_for(ranked: RankedPaper, term: str) -> Evidence | None:
    """The best of a paper's sentences that hold all words of `term`; None where none does."""
    return next((each for each in ranked.evidence if mentions(each.sentence.text, term)), None)


def any_mentions(texts: Iterable[str], term: str) -> bool:
    return any(mentions(text, term) for text in texts)
