"""Sentences of a text, by exact offsets.

Sentence ends are those of sentencex (Wikimedia's rule-based splitter, in Rust), which is right on names,
numbers, addresses and common abbreviations, but takes a stray apostrophe or bracket for a quotation without
end and does not know the abbreviations of papers. So it is shown a mask of the text, of the same length:
brackets and quotes are blank, a stop that ends nothing is a comma, and the word before a stop that does end
a sentence is made plain. Offsets in the mask are offsets in the text.
"""

from __future__ import annotations

import re

from sentencex import get_sentence_boundaries

from rag.records import Sentence

_BLANK = str.maketrans(dict.fromkeys("()[]{}<>\"'“”‘’‚„«»`*", " "))
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")
_OPENER = re.compile(r"(?:[(\[{<“‘«]+|(?<=\s)\"|(?<=\s)\*\s*)$")
_SOFT = str.maketrans(".?!", ",,,")
_ASIDE = re.compile(r"(?<=[\w,;:%]\s)\([^()]{2,400}\)")
"""A bracket within a sentence, not one that opens it."""
_STOP = re.compile(r"[.?!]+[)\]}\"'”’»]*")
_SEEN = 24
"""Characters before and after a stop that are looked at."""

_NEVER_LAST = re.compile(
    r"a\.k\.a|c\.?f|ca|dept|dr|e\.g|eqn?s?|et|figs?|i\.e|prof|st|subsp|suppl|v\.?s|viz|w\.r\.t"
)
_SELDOM_LAST = re.compile(
    r"al|algs?|apps?|approx|avg|chs?|defs?|eds?|esp|etc|exps?|hrs|i\.i\.d|inc|incl|lem|max|min|nos?|params?"
    r"|pp?|props?|pts?|refs?|resp|secs?|sect|spp?|tabs?|thms?|vols?|yrs?"
)
"""Abbreviations, in lower case: those that stand before something, and those that may end a sentence."""
_WORD = re.compile(r"[A-Za-z.]+$")
_INITIALS = re.compile(r"\b(?:[A-Za-z]\.)*[A-Za-z]$")
_STARTER = re.compile(
    r"\s+[(\"“]?(?:(?:Additionally|All|Also|Although|An|As|Based|Because|Both|By|Code|Current|Each|Everything"
    r"|Existing|Experiments?|Extensive|Finally|First|For|Further|Furthermore|Given|Hence|Here|However|If|In|It"
    r"|Its|Many|Moreover|Most|Notably|On|Other|Our|Recent|Recently|Results?|Second|Several|Since|Some"
    r"|Specifically|Such|That|The|Their|Then|There|Therefore|These|They|This|Those|Through|Thus|To|Two|Unlike"
    r"|Using|We|When|Where|While|With)\b|A\s[a-z])"
)
"""A word that begins a sentence and is hardly ever a name."""
_ITEM = re.compile(r"[:;,]\s(?:and\s)?\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})$")
"""The number of a listed item: "in two ways: 1. Fast ones"."""
_GOING_ON = re.compile(r"\s*[\d(\[$\\a-z]|\s*[A-Z]\b|\s*[IVX]+\b")
_GENUS = re.compile(r"\b[A-Z][a-z]{1,2}$")
_LOWER_WORD = re.compile(r"\s+[a-z]+[\s,;.)]")
_GLUED = re.compile(r"(?:[A-Z][a-z]+|[AI])\s")
_NOTE = re.compile(r"(?:(?<=[a-z]{2}\.)|(?<=\)\.))(?:\d{1,3}(?:[,–-]\d{1,3})*|\[\d[\d,– -]*\])(?=\s+[A-Z])")
"""A footnote's number after a stop: "was reported.12 The"."""


def split_sentences(text: str) -> list[Sentence]:
    """The sentences of a text in order, without space around them; all that is not space is in one of them.

    `sentence.text == text[sentence.start:sentence.end]`. Linear in the length of the text.
    """
    starts = [found["start_index"] for found in get_sentence_boundaries("en", _mask(text))]
    sentences: list[Sentence] = []
    start = 0
    for cut in [*(_before_openers(text, index) for index in starts[1:]), len(text)]:
        is_fragment = sum(map(str.isalpha, text[start : min(cut, start + 60)])) < 2
        if is_fragment and cut < len(text):  # "(2)" goes with what follows
            continue
        if body := text[start:cut].strip():
            first = text.index(body[0], start)
            if is_fragment and sentences:  # "}" at the end, with what went before
                first = sentences.pop().start
                body = text[first:cut].rstrip()
            sentences.append(Sentence(body, first, first + len(body)))
        start = cut
    return sentences


def _mask(text: str) -> str:
    """The text as the splitter sees it; the same length."""
    text = _NOTE.sub(lambda note: " " * len(note[0]), text)
    text = _ASIDE.sub(lambda aside: aside[0][:-2].translate(_SOFT) + aside[0][-2:], text)
    parts: list[str] = []
    done = 0
    for stop in _STOP.finditer(text):
        left = text[max(0, stop.start() - _SEEN) : stop.start()]
        right = text[stop.end() : stop.end() + _SEEN]
        verdict = _ends(left, stop[0], right)
        plain = min(3, stop.start() - done) if verdict else 0
        parts += text[done : stop.start() - plain], "x" * plain
        parts.append(stop[0].translate(_SOFT) if verdict is False else stop[0])
        done = stop.end()
    parts.append(text[done:])
    # At a stop after a space of more than one byte ("O\u00a0.") sentencex 1.0 cuts within it and panics.
    return _WIDE_SPACE.sub(" ", "".join(parts)).translate(_BLANK)


def _ends(left: str, stop: str, right: str) -> bool | None:
    """Whether a stop between these texts ends a sentence; None where the splitter's own rules do as well."""
    if not left or not right.strip():
        return None
    if not right[0].isspace() and stop[-1] in ".?!":
        return None if left[-3:].isalpha() and _GLUED.match(right) else False  # "the problem.In", but "H2A.X"
    if right.lstrip()[0] in ",;:.":
        return False
    if _LOWER_WORD.match(right) and (stop != "." or _GENUS.search(left)):
        return False  # asks "why?" and goes on; An. gambiae
    word = match[0][0].lower() + match[0][1:] if (match := _WORD.search(left)) else ""
    if _NEVER_LAST.fullmatch(word):
        return False
    if _STARTER.match(right):
        return True
    if _ITEM.search(left) or ("." in word and _INITIALS.search(left)):
        return False
    if _SELDOM_LAST.fullmatch(word):
        return not _GOING_ON.match(right)
    return True if left[-1] in ')]}"”’' else None


def _before_openers(text: str, cut: int) -> int:
    """A cut moved left over the bracket, quote or bullet that opens what follows it."""
    opener = _OPENER.search(text[max(0, cut - 4) : cut])
    return cut - len(opener[0]) if opener else cut
