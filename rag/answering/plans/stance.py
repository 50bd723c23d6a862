"""The plan for a question of yes or no, for or against: findings side by side, and no verdict of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from rag.answering.plans.belonging import belonging
from rag.answering.plans.choosing import fill, leans, only_closes, shares, verdicts_first
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.answering.plans.headings import Rarity
from rag.answering.plans.relevance import coverage, mentions, stems
from rag.records import Evidence, RankedPaper
from rag.retrieval.question import Question
from rag.text.standalone import dangles

WORDS = 160
MOST = 5
FROM_ONE = 80
"""Words where one paper alone speaks."""
NEAREST = 3
LEAST = 0.4
"""Chance of belonging from which a paper may speak."""
COVERS = 0.65
"""Share of the question's content, by rarity, that a finding must hold to speak to it: the mean of what the
sentence holds and what it holds with its title."""
MOST_NEUTRAL = 1
"""Findings shown that take no side, before those that do."""
NEAR = 6
"""Words between a denial and what it denies."""
CLOSE = 0.8
"""Share of the best paper's coverage that another's must reach, or the best speaks alone."""
ONE_PAPER = "Of the papers found, only this one comes close to what is asked."
ONE_SIDED = "No finding on the other side was found here."
NOT_SAID_OUTRIGHT = "No abstract found here answers this outright; the nearest say:"
NO_SIDE = "These speak of it; none takes a side in so many words:"
Direction = Literal["For", "Against", "Depends"]
DIRECTIONS: tuple[Direction, ...] = ("For", "Against", "Depends")
Judge = Callable[[str, Sequence[str]], Sequence[Direction | None]]
"""For a question and findings: the direction of each, or None where it takes none."""

_DEPENDS = re.compile(
    r"(?<![-\w])(?:depends? (?:up)?on|depending on|trade-?offs?|no one-size"
    r"|not (?:always|necessarily|universal\w*)|only (?:when|if|for)|sometimes|whether .* or|varies|vary"
    r"|under certain|in some (?:cases|settings))\b"
    r"|^(?:while|although|though)\b|\bwhile\b.*\b(?:not|less|worse|fail|limited|do not)\b",
    re.I,
)
_DENIES = re.compile(
    r"\b(?:not|no|never|neither|nor|cannot|without|fail\w*|worse|worsen\w*|degrad\w+|hurt\w*|harm\w*|lack\w*|declin\w+"
    r"|limit(?:s|ed|ation\w*)?|suffer\w*|struggl\w+|hinder\w*|unnecessary|unsuitable|ineffective|bottleneck\w*"
    r"|underperform\w*|inferior|insufficient|contrary|little|only marginal\w*|drawback\w*|vulnerab\w+)\b"
    r"|n['’]t\b",
    re.I,
)
_AFFIRMS = re.compile(
    r"\b(?:improv\w+|better|benefi\w+|outperform\w*|surpass\w*|exceed\w*|superior|effective\w*|enhanc\w+"
    r"|boost\w*|gain\w*|helps?|helped|helpful|reduc\w+|faster|stronger|robust\w*|success\w*|confirm\w*|support\w*"
    r"|competitive|essential|necessary|crucial|beneficial|useful|accurate\w*|lossless|identical|guarantee\w*)\b",
    re.I,
)
_FRAME = re.compile(
    r"\b(?:evidence|papers?|stud(?:y|ies)|literature|conflict\w*|contradict\w*|disagree\w*|agree\w*|argu\w+|claims?"
    r"|against|always|ever|really|actually|better|best|worse|more|less|good|should|worth|help(?:s|ful)?)\b",
    re.I,
)
"""Words of a question that ask for a stance and name no subject."""
_ASKS_DENIAL = re.compile(
    r"\b(?:not|no|never|fails?|worse|less|hurts?|harms?|without|unnecessary"
    r"|argu\w+ against|speaks? against)\b",
    re.I,
)

_EVALUATES = re.compile(
    r"\b(?:help\w*|better|best|worth|improv\w+|benefi\w+|useful|effective\w*|good|should|superior|outperform\w*"
    r"|works?|replace\w*|beat\w*|enough|need\w*|necessary|for (?:and|or) against)\b",
    re.I,
)
"""What asks whether something is good; other questions ask whether something is so."""
ALL_BUT = 0.75
"""Share of such a question's content that a finding must hold to say yes or no to it."""
_BOTH_SIDES = re.compile(r"\bfor (?:and|or) against\b", re.I)
_OF_SEVERAL = re.compile(
    r"\b(?:papers|studies|works|evidence|literature|research\w*|disagree\w*|contradict\w*|conflict\w*|consensus"
    r"|controvers\w+|dispute\w*|debate\w*|(?:for|pros) (?:and|or) (?:against|cons))\b",
    re.I,
)
"""What asks for more than one paper, whatever they hold."""
_MORE_THAN = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|can|will|should)\s+(?P<one>[^?.;,]{2,60}?)\s+(?:(?:\w+ly|always|ever|much|far|work\w*|perform\w*|an?|the)\s+)*"
    r"(?:better|worse|more|less|\w+er)\b[^?.;,]{0,40}?\bthan\s+(?P<other>[^?.;,]+)",
    re.I,
)
"""The two sides of "is A better than B"."""
_THAN = re.compile(r"\bthan\s+([^?.;,]+)", re.I)


def answer_stance(
    question: Question,
    papers: Sequence[RankedPaper],
    words: int,
    rarity: Rarity,
    judge: Judge | None = None,
) -> AnswerText:
    """Findings under For, Against and Depends, as far as there are any, in about `words` words.

    judge: says a finding's direction; by default the words of denial and condition in it do.
    """
    subject = _FRAME.sub(" ", question.text)
    findings = [
        (each, *_finding(each, subject, rarity)) for each in belonging(question.text, papers, rarity, LEAST)
    ]
    best = max(covered for _, _, covered in findings)
    first = findings[0][0]
    speaking = [each for each in findings if each[2] >= CLOSE * best or each[0] is first][:MOST]
    sides = _MORE_THAN.search(question.text)
    both = sides and any(
        all(mentions(said.sentence.text, sides[side]) for side in ("one", "other")) for _, said, _ in speaking
    )
    if sides and not both and (beside := _side_by_side(question.text, papers)):
        return beside
    of_several = bool(_OF_SEVERAL.search(question.text)) and len(findings) > 1
    if len(speaking) == 1 and not of_several:
        return _one_paper(*speaking[0][:2], words)
    if best < COVERS or len(speaking) == 1:
        lines = [AnswerLine(r.paper, short_name(r.paper.title), (said,)) for r, said, _ in findings[:NEAREST]]
        return compose([LineGroup(None, tuple(lines))], before=NOT_SAID_OUTRIGHT)
    directions = (judge or by_words)(question.text, [said.sentence.text for _, said, _ in speaking])
    groups: dict[Direction | None, list[AnswerLine]] = {}
    used = 0
    for (ranked, said, _), found in zip(speaking, directions, strict=True):
        direction = None if _sets_the_scene(said) else found
        name = short_name(ranked.paper.title)
        used += n_words(name) + n_words(said.sentence.text)
        if used > words and groups:
            break
        groups.setdefault(direction, []).append(AnswerLine(ranked.paper, name, (said,)))
    made = [LineGroup(each, tuple(groups.get(each, ()))) for each in DIRECTIONS]
    asks_worth = bool(_EVALUATES.search(question.text))
    outright = not asks_worth and any(covered >= ALL_BUT for _, _, covered in speaking)
    before = None
    if groups.keys() == {None} and (not outright or of_several):
        before = NO_SIDE if outright else NOT_SAID_OUTRIGHT
    neutral = tuple(groups.get(None, ()))
    if len(groups) > 1:
        neutral = neutral[:MOST_NEUTRAL]
    one_sided = groups.keys() - {None} in ({"For"}, {"Against"})
    after = ONE_SIDED if one_sided else None
    return compose([LineGroup(None, neutral), *made], before=before, after=after)


def _side_by_side(question: str, papers: Sequence[RankedPaper]) -> AnswerText | None:
    """The nearest sentence on each side of a comparison that none makes; None where a side has none."""
    sides = _MORE_THAN.search(question)
    if sides is None:
        return None
    lines = []
    for side in (sides["one"], sides["other"]):
        words = r"[\s-]+".join(rf"{re.escape(word[:6])}\w*" for word in side.split())
        named = re.compile(rf"\b{words}", re.I)
        told = [
            (e.late - leans(e) - dangles(e.sentence.text), r, e)
            for r in papers
            for e in r.evidence
            if named.search(e.sentence.text)
        ]
        if not told:
            return None
        _, ranked, said = max(told, key=lambda each: each[0])
        lines.append(AnswerLine(ranked.paper, short_name(ranked.paper.title), (said,)))
    if lines[0].evidence == lines[1].evidence:
        return None
    before = f"No abstract found here sets {sides['one']} against {sides['other']}; the nearest on each:"
    return compose([LineGroup(None, tuple(lines))], before=before)


def _one_paper(ranked: RankedPaper, said: Evidence, words: int) -> AnswerText:
    """What one paper found, its sentence on what is asked among it."""
    name = short_name(ranked.paper.title)
    first, *others = verdicts_first(ranked.evidence)
    rest = [each for each in (first, *others) if each.sentence != said.sentence]
    best = replace(said, score=max(first.score, said.score))
    chosen = fill([best, *rest], min(words, FROM_ONE) - n_words(name))
    line = AnswerLine(ranked.paper, name, chosen)
    return compose([LineGroup(None, (line,))], after=ONE_PAPER)


def _sets_the_scene(evidence: Evidence) -> bool:
    """Whether a sentence is background: what it says is not this paper's finding."""
    role = evidence.traits.role_probabilities if evidence.traits else {}
    return role.get("background", 0.0) > role.get("result", 0.0)


def _finding(ranked: RankedPaper, subject: str, rarity: Rarity) -> tuple[Evidence, float]:
    """The sentence with what a paper found on the subject, and the share of the subject it and the title
    cover."""
    likely, title = shares(ranked.evidence), ranked.paper.title
    covered = [
        (coverage(subject, text, rarity) + coverage(subject, f"{title}. {text}", rarity)) / 2
        for text in (each.sentence.text for each in ranked.evidence)
    ]

    def worth(place: int) -> float:
        evidence = ranked.evidence[place]
        value = likely[place] + 0.8 * evidence.late + 1.5 * covered[place]
        if evidence.traits is not None:
            role = evidence.traits.role_probabilities
            value += 0.6 * role.get("result", 0.0)
            value -= 0.35 * role.get("background", 0.0) + 0.5 * role.get("resource", 0.0)
            value -= 0.5 * role.get("other", 0.0)
        text = evidence.sentence.text
        return value - 0.3 * leans(evidence) - 0.3 * dangles(text) - 0.8 * only_closes(text)

    best = max(range(len(ranked.evidence)), key=worth)
    return ranked.evidence[best], covered[best]


def by_words(question: str, findings: Sequence[str]) -> list[Direction | None]:
    """The direction of each finding by its own words: of condition; of denial or praise, near what is asked.

    A finding without such a word takes no side: to put it under one would mislead.
    """
    asks_denial = bool(_ASKS_DENIAL.search(_BOTH_SIDES.sub(" ", question)))
    asked = stems(question)
    other_side = stems(compared[1]) if (compared := _THAN.search(question)) else frozenset()
    content = stems(_FRAME.sub(" ", question))
    found: list[Direction | None] = []
    for finding in findings:
        whole = not _EVALUATES.search(question) or _OF_SEVERAL.search(question)
        if whole and len(content & stems(finding)) < ALL_BUT * len(content):
            found.append(None)  # words of praise say nothing of whether something is so, or in dispute
            continue
        denies, affirms = _near(_DENIES, finding, asked), _near(_AFFIRMS, finding, asked)
        if other_side and not other_side & stems(finding):
            found.append(None)  # it does not speak of what is compared with
        elif _DEPENDS.search(finding):
            found.append("Depends")
        elif denies or affirms:
            found.append("Against" if denies != asks_denial else "For")
        else:
            found.append(None)
    return found


def _near(wanted: re.Pattern[str], finding: str, asked: frozenset[str]) -> bool:
    """Whether such a word stands within NEAR words of one that is asked about."""
    words = finding.split()
    places = [i for i, word in enumerate(words) if wanted.search(word)]
    return any(stems(word) & asked for i in places for word in words[max(0, i - NEAR) : i + NEAR + 1])
