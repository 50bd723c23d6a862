"""Claims made from real sentences by rule: the sentence shortened or reworded, or changed in what it says.

Real wording where synthetic.py has only its own. The sentences are those of CSAbstruct (Apache-2.0) and of
SciFact's abstracts (ODC-By 1.0) whose papers no labelled pair is about; they are read from ../shared and never
kept. A true claim is edited as well as a false one, so that an edit as such says nothing.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from eval.fit.support_model.data import Example, paper_key
from eval.fit.support_model.edit_words import OPPOSITES, RAISED, SAME_WORDS

SUPPORT, CONTRADICT, NEI = 0, 1, 2

_OPENING = re.compile(
    r"^(?i:however|moreover|furthermore|in addition|additionally|finally|here|thus|therefore|in this (?:paper|work|study)"
    r"|interestingly|specifically|in particular|to this end),?\s+|^[A-Z]{4,}(?: [A-Z]{3,})*:?\s+(?=[A-Z])|"
    r"^(?i:we|our (?:results|experiments|data|findings)|(?:these|the) (?:results|data|findings))\s+(?:further |also )?"
    r"(?:show|demonstrate|find|found|showed|demonstrated|report|indicate|conclude) that\s+"
)
_TAIL = re.compile(
    r",\s+(?:which|thus|suggesting|indicating|leading|thereby|while|whereas|because|so that|and|but|resulting)\b.*$"
)
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_NAME = re.compile(
    r"(?<![\w-])(?=[\w-]*[A-Z0-9])(?=[\w-]*[A-Za-z])(?!The|We|Our|This|These|In|It|A\b)[A-Za-z][\w-]{2,}"
)
_NUMBER = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-]|\.\d)")
_BE = re.compile(r"\b(is|are|was|were|can|could|does|do|did|has|have|had|will|may)\b(?! not\b)")
_DENIED = re.compile(
    r"\b(is|are|was|were|could|does|do|did|has|have|had|will|may) not\b|\bcannot\b|\bno\b(?= \w)"
)
_MIN_WORDS, _MAX_WORDS, _MIN_CLAIM = 9, 45, 6


def make(shared: Path, taken: set[str], n_sentences: int, seed: int) -> list[Example]:
    """Pairs from `n_sentences` sentences of papers not in `taken` (keys of titles), the same for one seed."""
    rng = random.Random(seed)
    papers = list(abstracts(shared, taken))
    rng.shuffle(papers)
    found: list[Example] = []
    n_used = 0
    for number, (title, sentences) in enumerate(papers):
        for at in rng.sample(range(len(sentences)), min(2, len(sentences))):
            pairs = _claims(sentences, at, rng)
            if not pairs:
                continue
            n_used += 1
            found += [
                Example(sentences[at], claim, label, f"edited_{kind}", f"edited {number}", title, "edited")
                for claim, label, kind in pairs
            ]
            if n_used == n_sentences:
                return found
    return found


def abstracts(shared: Path, taken: set[str]) -> Iterator[tuple[str, list[str]]]:
    """Title ("" where none is known) and sentences of abstracts whose papers are not in `taken`."""
    with (shared / "train" / "csabstruct" / "train.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield "", _fitting(json.loads(line)["sentences"])
    with (shared / "eval" / "scifact" / "corpus.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if paper_key(record["title"]) not in taken:
                yield record["title"], _fitting(re.split(r"(?<=[.?!])\s+(?=[A-Z])", record["text"]))


def _fitting(sentences: Sequence[str]) -> list[str]:
    return [
        s.strip() for s in sentences if _MIN_WORDS <= len(s.split()) <= _MAX_WORDS and s.strip().endswith(".")
    ]


def _claims(sentences: Sequence[str], at: int, rng: random.Random) -> list[tuple[str, int, str]]:
    sentence = sentences[at]
    base = without_brackets(without_opening(sentence))
    if rng.random() < 0.5:
        base = _shortened(base)
    base = base[:1].upper() + base[1:]
    if len(base.split()) < _MIN_CLAIM:
        return []
    false = falsified(base, rng)
    if not false:
        return []
    others = [
        rest
        for i, s in enumerate(sentences)
        if i != at and len((rest := _OPENING.sub("", s)).split()) >= _MIN_CLAIM
    ]
    chosen = rng.sample(false, min(2, len(false)))
    if others and rng.random() < 0.5:
        other = rng.choice(others)
        joint = base.rstrip(".") + rng.choice((", and ", "; ", ", while ")) + other[:1].lower() + other[1:]
        chosen[-1] = (reworded(joint, rng), NEI, "mixed")
    if others and rng.random() < 0.25:
        other = rng.choice(others)
        chosen[-1] = (other[:1].upper() + other[1:], NEI, "beyond")
    true = [reworded(base, rng)]
    if rng.random() < 0.6:
        true.append(reworded(_shortened(base), rng))
    return [
        *((claim, SUPPORT, "near") for claim in dict.fromkeys(true)),
        *((reworded(c, rng), y, k) for c, y, k in chosen),
    ]


def without_opening(sentence: str) -> str:
    """The sentence without "However, we find that " and the like."""
    return _OPENING.sub("", _OPENING.sub("", sentence))


def without_brackets(sentence: str) -> str:
    """The sentence without what stands in brackets."""
    return _BRACKETS.sub("", sentence)


def falsified(text: str, rng: random.Random) -> list[tuple[str, int, str]]:
    """The text changed in what it says, once in each way that fits: (text, label, kind)."""
    return [
        *_changed(text, _turned(text, rng), CONTRADICT, "reversed"),
        *_changed(text, _denied(text, rng), CONTRADICT, "negated"),
        *_changed(text, _exchanged(text, rng), CONTRADICT, "swapped"),
        *_changed(text, _renumbered(text, rng), CONTRADICT, "number"),
        *_changed(text, _raised(text, rng), NEI, "overclaim"),
    ]


def _shortened(text: str) -> str:
    """The text without what follows its main clause, where that can stand alone."""
    short = _TAIL.sub(".", text)
    return (
        short
        if len(short.split()) >= _MIN_CLAIM
        and not short.lower().startswith(("while", "when", "if", "although"))
        else text
    )


def _changed(base: str, text: str | None, label: int, kind: str) -> list[tuple[str, int, str]]:
    return [] if text is None or text == base else [(text, label, kind)]


def reworded(text: str, rng: random.Random) -> str:
    """Some words replaced by others that mean the same."""
    words = text.split(" ")
    for i, word in enumerate(words):
        if word.lower() in SAME_WORDS and rng.random() < 0.6:
            new = rng.choice(SAME_WORDS[word.lower()])
            words[i] = new.capitalize() if word[:1].isupper() else new
    return " ".join(words)


def _one(text: str, pattern: re.Pattern[str], rng: random.Random) -> re.Match[str] | None:
    matches = list(pattern.finditer(text))
    return rng.choice(matches) if matches else None


def _turned(text: str, rng: random.Random) -> str | None:
    """One word turned into its opposite."""
    words = text.split(" ")
    places = [i for i, word in enumerate(words) if word.lower() in OPPOSITES]
    if not places:
        return None
    at = rng.choice(places)
    words[at] = rng.choice(OPPOSITES[words[at].lower()])
    return " ".join(words)


def _denied(text: str, rng: random.Random) -> str | None:
    """A negation taken out, or put in."""
    if match := _one(text, _DENIED, rng):
        kept = "can" if match[0] == "cannot" else "a" if match[0] == "no" else match[1]
        return text[: match.start()] + kept + text[match.end() :]
    if match := _one(text, _BE, rng):
        return text[: match.end()] + " not" + text[match.end() :]
    return None


def _exchanged(text: str, rng: random.Random) -> str | None:
    """Two names exchanged that do not stand side by side in a list."""
    # A sentence's first word has its capital for nothing.
    names = [name for name in _NAME.finditer(text) if name.start() or re.search("[A-Z0-9]", name[0][1:])]
    pairs = [
        (a, b)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if a[0].lower() != b[0].lower() and len(between := text[a.end() : b.start()].split()) >= 2
        and not re.fullmatch(r",? ?(?:and|or|,).*", text[a.end() : b.start()].strip()) and between
    ]  # fmt: skip
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :]


def _renumbered(text: str, rng: random.Random) -> str | None:
    match = _one(text, _NUMBER, rng)
    if match is None or rng.random() < 0.5:
        return None
    value = float(match[0]) * rng.choice((0.1, 0.5, 0.7, 1.3, 2, 10)) + rng.choice((0, 1))
    new = f"{value:.1f}" if "." in match[0] else str(round(value))
    return text[: match.start()] + new + text[match.end() :] if new != match[0] else None


def _raised(text: str, rng: random.Random) -> str | None:
    """What was limited or likely said of all, or for certain."""
    if "up to " in text:
        return text.replace("up to ", rng.choice(("at least ", "more than ")), 1)
    words = text.split(" ")
    places = [i for i, word in enumerate(words) if word.lower() in RAISED]
    if not places:
        return None
    at = rng.choice(places)
    words[at] = RAISED[words[at].lower()]
    return " ".join(words)
