"""Made pairs of evidence and claim: a grammar that says one thing in many ways, and its opposite in the same.

Each group is one text of evidence (one or two statements, in other words than the claims') with true and
false claims. It teaches what a sentence encoder does not know: who did what to whom, which way a comparison
goes, what is denied, which number belongs to what, how far a statement reaches. The wording is
synthetic_frames.py's, the vocabulary synthetic_words.py's; all of it was written for this project.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.fit.support_model import synthetic_frames as frames
from eval.fit.support_model.data import Example
from eval.fit.support_model.synthetic_words import (
    CLAIM_OPENINGS,
    FIELDS,
    MARKS,
    OPENINGS,
    SYLLABLES,
    Field,
)

SUPPORT, CONTRADICT, NEI = 0, 1, 2
_SHARE_OF_TWO = 0.35
"""Of the texts of evidence: those of two statements."""
_SHARE_KEPT = 0.3
"""Of the groups: those whose claims keep the wording of the evidence: order and direction alone tell."""

Claim = tuple[str, int, str]
"""A claim's text, its label, and its kind."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement as evidence, and claims on it, each written anew."""

    evidence: str
    claims: tuple[Claim, ...]


@dataclass(slots=True)
class Pool:
    """The few things a group's statements are about, so that they get in each other's way."""

    rng: random.Random
    field: Field
    things: list[str]
    agents: list[str]
    measures: list[str]
    settings: list[str]
    predicates: list[str]
    extras: list[str]
    own: str = ""
    """The thing that the paper itself proposes: evidence says "our method", the title its name."""
    wording: dict[tuple[str, str], str] | None = None
    """Where claims keep to the evidence's wording: the template drawn for each frame and state."""

    def name(self, thing: str, *, evidence: bool = False) -> str:
        if evidence and thing == self.own:
            return self.rng.choice(("our method", "the proposed approach", "our approach", "our model"))
        return self.rng.choice(thing.split("|")) if self.wording is None else thing.split("|")[0]

    def word(self, templates: Sequence[str], state: str) -> str:
        """One of the templates, its choices made; those that end in @up or @down say only that state."""
        key = (templates[0], state)
        if self.wording is not None and key in self.wording:
            return self.wording[key]
        fitting = [t for t in templates if "@" not in t or t.endswith(f"@{state}")]
        words = frames.DOWN if state == "down" else frames.UP
        found = frames.expand(self.rng.choice(fitting).split("@")[0], words, self.rng)
        if self.wording is not None:
            self.wording[key] = found
        return found


def make(n_groups: int, seed: int) -> list[Example]:
    """The pairs of `n_groups` texts of evidence, the same for the same seed."""
    rng = random.Random(seed)
    groups = (_group(rng, f"made {seed} {number}", _SHARE_KEPT) for number in range(n_groups))
    return [example for group in groups for example in group]


def make_kept(n_groups: int, seed: int) -> list[Example]:
    """Pairs whose claims keep to the evidence's wording: true, or with roles or sides exchanged."""
    rng = random.Random(seed)
    groups = (_group(rng, f"kept {seed} {number}", 1.0, 0.0) for number in range(n_groups))
    kinds = ("made_para", "made_swapped", "made_reversed")
    return [example for group in groups for example in group if example.kind in kinds]


def _group(
    rng: random.Random, name: str, share_kept: float, share_of_two: float = _SHARE_OF_TWO
) -> list[Example]:
    pool = _pool(rng)
    if rng.random() < share_kept:
        pool.wording = {}
    makers = (
        rng.sample(_MAKERS, 2, counts=_SHARES)
        if rng.random() < _SHARE_OF_TWO
        else rng.choices(_MAKERS, _SHARES)
    )
    if len(makers) == 2 and makers[0] is makers[1]:
        makers = makers[:1]
    facts = [make_fact(pool) for make_fact in makers]
    evidence = _join([fact.evidence for fact in facts], rng)
    claims = [_wrapped(claim, rng) for fact in facts for claim in fact.claims]
    claims += _beyond(pool)
    claims += _mixed(facts, pool)
    true = [claim for claim in claims if claim[1] == SUPPORT]
    false = [claim for claim in claims if claim[1] != SUPPORT]
    chosen = rng.sample(true, min(2, len(true))) + rng.sample(false, min(2, len(false)))
    title = _title(pool) if pool.own or rng.random() < 0.3 else ""
    return [
        Example(
            evidence, _sentence(rng.choice(CLAIM_OPENINGS) + text), label, f"made_{kind}", name, title, "made"
        )
        for text, label, kind in chosen
    ]


def _pool(rng: random.Random) -> Pool:
    field = rng.choice(FIELDS)
    things, agents = rng.sample(field.things, 3), rng.sample(field.agents, 3)
    for names in (things, agents):
        for i in range(len(names)):
            if rng.random() < 0.3:
                names[i] = _invented(rng)
    own = things[0] if rng.random() < 0.2 and "|" not in things[0] and " " not in things[0] else ""
    return Pool(
        rng,
        field,
        things,
        agents,
        rng.sample(field.measures, 3),
        rng.sample(field.settings, 3),
        rng.sample(field.predicates, 3),
        rng.sample(field.extras, 2),
        own,
    )


def _invented(rng: random.Random) -> str:
    stem = "".join(rng.sample(SYLLABLES, rng.choice((2, 2, 3))))
    shape = rng.choice((str.upper, str.capitalize, str.capitalize, _camel, str.lower))
    return shape(stem) + rng.choice(MARKS)


def _camel(stem: str) -> str:
    return stem[:3].capitalize() + stem[3:].capitalize()


def _title(pool: Pool) -> str:
    rng = pool.rng
    about = f"{_measure(pool.measures[0], rng)} {pool.name(pool.settings[0])}"
    if pool.own:
        verb = rng.choice(("Towards better", "Improving", "A new approach to", "Rethinking"))
        return f"{pool.own}: {verb} {about}"
    return f"{rng.choice(('On', 'A study of', 'Effects on', 'Understanding'))} {about}"


def _measure(measure: str, rng: random.Random) -> str:
    return rng.choice(measure.rstrip("+- ").split("|")).strip()


def _join(statements: Sequence[str], rng: random.Random) -> str:
    if len(statements) == 1:
        return _sentence(rng.choice(OPENINGS) + statements[0])
    first, second = statements
    if rng.random() < 0.5:
        joint = rng.choice(
            (", and ", "; moreover, ", ", while ", ", although ", "; in addition, ", ", and we find that ")
        )
        return _sentence(rng.choice(OPENINGS) + first + joint + second)
    link = rng.choice(("", "", "Moreover, ", "However, ", "In addition, ", "At the same time, "))
    return _sentence(rng.choice(OPENINGS) + first) + " " + _sentence(link + second)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


_YES = ("it is true that ", "there is clear evidence that ", "it was confirmed that ")
_NO = ("it is not true that ", "there is no sign that ", "it was not the case that ", "it was refuted that ")


def _wrapped(claim: Claim, rng: random.Random) -> Claim:
    """Now and then the claim affirmed or denied from outside, with what that makes of its truth."""
    text, label, kind = claim
    chance = rng.random()
    if chance > 0.12 or label == NEI:
        return claim
    if chance < 0.05:
        return rng.choice(_YES) + text, label, kind
    if label == CONTRADICT and kind not in ("reversed", "negated"):
        return claim
    return rng.choice(_NO) + text, CONTRADICT if label == SUPPORT else SUPPORT, "negated"


# --- statements with a direction -------------------------------------------------------------------------

OPPOSITE = {"up": "down", "down": "up"}
_TRUE = {
    "up": ("up", "up", "up", "not_down"),
    "down": ("down", "down", "down", "not_up"),
    "same": ("same", "same", "not_up", "not_down"),
    "not_up": ("not_up",),
    "not_down": ("not_down",),
}
_FALSE = {
    "up": (("down", "reversed"), ("down", "reversed"), ("same", "negated"), ("not_up", "negated")),
    "down": (("up", "reversed"), ("up", "reversed"), ("same", "negated"), ("not_down", "negated")),
    "same": (("up", "negated"), ("down", "negated")),
    "not_up": (("up", "negated"),),
    "not_down": (("down", "negated"),),
}
_STATES = ("up", "up", "up", "down", "down", "down", "same", "not_up", "not_down")


def _say(templates: Sequence[str], state: str, slots: dict[str, str], pool: Pool) -> str:
    """One of the templates in words."""
    return frames.fill(pool.word(templates, state), slots)


def _compare(pool: Pool) -> Fact:
    rng = pool.rng
    a, b, c = rng.sample(pool.things, 3)
    measure, setting = pool.measures[0], rng.choice(("", pool.settings[0]))
    state = rng.choice(_STATES)
    amount = rng.randint(2, 60)
    with_amount = state in OPPOSITE and rng.random() < 0.25

    def say(state: str, a: str, b: str, n: int = amount, *, evidence: bool = False) -> str:
        slots = _slots(pool, A=a, B=b, S=setting, evidence=evidence) | {"M": _measure(measure, rng)}
        if state == "same":
            return _say(frames.EQUAL, state, slots, pool)
        if state.startswith("not_"):
            return _say(frames.NOT_MORE, state[4:], slots, pool)
        if rng.random() < 0.25:
            if measure.endswith("+") != (state == "up"):
                slots["A"], slots["B"] = slots["B"], slots["A"]
            return _say(frames.BETTER, "up", slots, pool)
        text = _say(frames.COMPARE, state, slots, pool)
        return f"{text}, by {n}%" if with_amount and (evidence or rng.random() < 0.5) else text

    claims: list[Claim] = [(say(t, a, b), SUPPORT, "para") for t in _TRUE[state]]
    claims += [(say(t, a, b), CONTRADICT, kind) for t, kind in _FALSE[state]]
    if state in OPPOSITE:
        claims += [(say(state, b, a), CONTRADICT, "swapped"), (say(OPPOSITE[state], b, a), SUPPORT, "para")]
        claims.append((say(state, *rng.choice(((a, c), (c, b)))), NEI, "swapped"))
        if with_amount:
            claims.append(
                (
                    say(state, a, b, amount + rng.randint(1, 9)) + f", by {amount * 2 + 1}%",
                    CONTRADICT,
                    "number",
                )
            )
    return Fact(say(state, a, b, evidence=True), tuple(claims))


def _change(pool: Pool) -> Fact:
    rng = pool.rng
    x, other = rng.sample([*pool.things, *pool.agents], 2)
    measure, setting = pool.measures[1], rng.choice(("", pool.settings[1]))
    state = rng.choice(_STATES)

    def say(state: str, x: str, measure: str, *, evidence: bool = False) -> str:
        slots = _slots(pool, X=x, S=setting, evidence=evidence) | {"M": _measure(measure, rng)}
        if state == "same":
            return _say(frames.UNCHANGED, state, slots, pool)
        if state.startswith("not_"):
            return _say(frames.NOT_CHANGE, state[4:], slots, pool)
        return _say(frames.CHANGE, state, slots, pool)

    claims: list[Claim] = [(say(t, x, measure), SUPPORT, "para") for t in _TRUE[state]]
    claims += [(say(t, x, measure), CONTRADICT, kind) for t, kind in _FALSE[state]]
    claims.append((say(state, other, measure), NEI, "swapped"))
    if state in OPPOSITE and x in pool.agents:
        claims.append((say(state, _measure(measure, rng), f"{x} +"), CONTRADICT, "swapped"))
    return Fact(say(state, x, measure, evidence=True), tuple(claims))


def _correlate(pool: Pool) -> Fact:
    rng = pool.rng
    x = rng.choice(pool.agents)
    state = rng.choice(("up", "down"))

    def slots() -> dict[str, str]:
        return _slots(pool, X=x, S=pool.settings[2]) | {"M": _measure(pool.measures[2], rng)}

    def say(state: str) -> str:
        return _say(frames.CORRELATE, state, slots(), pool)

    claims: list[Claim] = [(say(state), SUPPORT, "para"), (say(state), SUPPORT, "para")]
    claims.append((say(OPPOSITE[state]), CONTRADICT, "reversed"))
    claims.append((_say(frames.CHANGE, state, slots(), pool), NEI, "overclaim"))
    claims.append((_say(frames.UNCHANGED, "up", slots(), pool), CONTRADICT, "negated"))
    return Fact(say(state), tuple(claims))


# --- roles ------------------------------------------------------------------------------------------------


def _relation(pool: Pool) -> Fact:
    rng = pool.rng
    x, y, z = rng.sample(pool.agents, 3)
    first, second = rng.sample(frames.RELATIONS, 2)

    def say(line: str, x: str, y: str, *, evidence: bool = False) -> str:
        return _say(_alternatives(line), "up", _slots(pool, X=x, Y=y, evidence=evidence), pool)

    claims: list[Claim] = [(say(first, x, y), SUPPORT, "para") for _ in range(3)]
    claims += [(say(first, y, x), CONTRADICT, "swapped") for _ in range(3)]
    claims.append((say(second, x, y), NEI, "beyond"))
    if rng.random() < 0.5:
        return Fact(say(first, x, y, evidence=True), tuple(claims))
    pair = (y, z) if rng.random() < 0.6 else (z, x)
    claims += [(say(second, *pair), SUPPORT, "para") for _ in range(2)]
    claims += [(say(second, *pair[::-1]), CONTRADICT, "swapped") for _ in range(2)]
    claims.append((say(first, *pair), NEI, "swapped"))
    parts = [say(first, x, y, evidence=True), say(second, *pair, evidence=True)]
    rng.shuffle(parts)
    return Fact(rng.choice((", and ", ", while ", "; ", ", whereas ")).join(parts), tuple(claims))


def _alternatives(line: str) -> list[str]:
    """The templates of a line: split at the bars outside brackets."""
    return re.split(r"\|(?![^\[]*\])", line)


def _paired(pool: Pool) -> Fact:
    rng = pool.rng
    a, b = rng.sample(pool.things if rng.random() < 0.5 else pool.agents, 2)
    p, q, other = rng.sample(pool.predicates, 3)

    def say(templates: Sequence[str], a: str, b: str, p: str, q: str, *, evidence: bool = False) -> str:
        slots = _slots(pool, A=a, B=b, evidence=evidence)
        slots |= {"p": _agree(slots["A"], pool.name(p)), "q": _agree(slots["B"], pool.name(q))}
        return _say(templates, "up", slots, pool)

    claims: list[Claim] = [
        (say(frames.SINGLE, a, b, p, q), SUPPORT, "para"),
        (say(frames.SINGLE, b, a, q, p), SUPPORT, "para"),
        (say(frames.PAIRED, b, a, q, p), SUPPORT, "para"),
        (say(frames.EXCEPT, a, b, p, q), SUPPORT, "para"),
        (say(frames.SINGLE, a, b, q, p), CONTRADICT, "swapped"),
        (say(frames.SINGLE, b, a, p, q), CONTRADICT, "swapped"),
        (say(frames.PAIRED, a, b, q, p), CONTRADICT, "swapped"),
        (say(frames.EXCEPT, b, a, p, q), CONTRADICT, "swapped"),
        (say(frames.SINGLE, a, b, other, q), NEI, "beyond"),
        (say(frames.PAIRED, a, b, p, other), NEI, "mixed"),
    ]
    return Fact(say(frames.PAIRED, a, b, p, q, evidence=True), tuple(claims))


def _agree(subject: str, predicate: str) -> str:
    """The predicate in the plural where its subject is."""
    head = re.split(r" (?:of|with|for|in|by|on|that|after|before|without|at|to|from)\b", subject)[0]
    if not head.endswith("s") or head.endswith(("ss", "us", "is", "ics")) or head[:1].isupper():
        return predicate
    return _base(predicate).replace("be ", "are ", 1) if predicate.startswith("is ") else _base(predicate)


def _base(predicate: str) -> str:
    """The predicate without its third person: "is" to "be", "carries" to "carry"."""
    verb, _, rest = predicate.partition(" ")
    if verb in ("is", "has", "cannot"):
        verb = {"is": "be", "has": "have", "cannot": "cannot"}[verb]
    elif verb.endswith(("sses", "ches", "shes", "xes")):
        verb = verb[:-2]
    elif verb.endswith("ies"):
        verb = verb[:-3] + "y"
    else:
        verb = verb.removesuffix("s")
    return f"{verb} {rest}".strip()


# --- numbers and reach ------------------------------------------------------------------------------------


def _values(pool: Pool) -> Fact:
    rng = pool.rng
    a, b = rng.sample(pool.things, 2)
    measure = pool.measures[0]
    s, t = pool.settings[:2]
    v, w, u = (f"{n / 10:.1f}%" if rng.random() < 0.5 else f"{n}" for n in rng.sample(range(11, 990), 3))
    by_setting = rng.random() < 0.5

    def say(
        templates: Sequence[str], a: str, b: str, s: str, t: str, v: str, w: str, *, evidence: bool = False
    ) -> str:
        slots = _slots(pool, A=a, B=b, S=s, T=t, evidence=evidence) | {"v": v, "w": w}
        return _say(templates, "up", slots | {"M": _measure(measure, rng)}, pool)

    if by_setting:
        evidence = say(frames.VALUES, a, b, s, t, v, w, evidence=True)
        true = [say(frames.VALUE, a, b, s, t, v, w), say(frames.VALUE, a, b, t, s, w, v)]
        true.append(say(frames.VALUES, a, b, t, s, w, v))
        false = [say(frames.VALUE, a, b, t, s, v, w), say(frames.VALUE, a, b, s, t, w, v)]
        false.append(say(frames.VALUES, a, b, s, t, w, v))
    else:
        evidence = say(frames.RESPECTIVE, a, b, s, t, v, w, evidence=True)
        true = [say(frames.VALUE, a, b, s, t, v, w), say(frames.VALUE, b, a, s, t, w, v)]
        true.append(say(frames.RESPECTIVE, b, a, s, t, w, v))
        false = [say(frames.VALUE, a, b, s, t, w, v), say(frames.VALUE, b, a, s, t, v, w)]
        false.append(say(frames.RESPECTIVE, a, b, s, t, w, v))
    claims: list[Claim] = [(text, SUPPORT, "para") for text in true]
    claims += [(text, CONTRADICT, "swapped") for text in false]
    claims.append((say(frames.VALUE, a, b, s, t, u, w), CONTRADICT, "number"))
    return Fact(evidence, tuple(claims))


_PARTS = {
    "all": "all",
    "most": "[most|the majority of]",
    "half": "half of the",
    "few": "[few|a minority of]",
    "none": "none of the",
}


def _counted(pool: Pool) -> Fact:
    rng = pool.rng
    a, b = rng.sample(pool.things, 2)
    m = rng.randint(3, 12)
    n = rng.choice((m, m - 1, rng.randint(1, m), rng.randint(1, m)))
    part = "all" if n == m else "half" if 2 * n == m else "most" if 2 * n > m else "few"
    verbs = rng.choice(
        (
            "[outperforms|beats|does better than]",
            "[exceeds|surpasses]",
            "[replaces|displaces]",
            "[precedes|comes before]",
        )
    )
    tail = rng.choice(("trials", "tests", "cases", "sites"))

    def number(n: int) -> str:
        words = (
            "no",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        )
        return rng.choice((str(n), words[n]))

    def say(n: int, a: str, b: str, part: str = "", *, evidence: bool = False) -> str:
        template = frames.COUNTED[2] if part else rng.choice(frames.COUNTED[:2])
        template = template.replace("[trials|tests|cases|sites]", tail)
        slots = _slots(pool, A=a, B=b, evidence=evidence) | {"n": number(n), "m": number(m)}
        slots["part"] = frames.expand(_PARTS.get(part, ""), {}, rng)
        return frames.fill(frames.expand(template, {"verbs": verbs}, rng), slots)

    claims: list[Claim] = [(say(n, a, b), SUPPORT, "para"), (say(n, a, b, part), SUPPORT, "para")]
    claims.append((say(n, b, a), CONTRADICT, "swapped"))
    claims.append((say(rng.choice([k for k in range(1, m + 1) if k != n]), a, b), CONTRADICT, "number"))
    claims += [
        (say(n, a, b, p), CONTRADICT, "overclaim")
        for p in _PARTS
        if p != part and {p, part} != {"half", "most"}
    ]
    return Fact(say(n, a, b, evidence=True), tuple(claims))


def _hedged(pool: Pool) -> Fact:
    rng = pool.rng
    a = rng.choice([*pool.things, *pool.agents])
    p, other = rng.sample(pool.predicates, 2)
    kind, full, beyond = rng.choice(frames.HEDGES)

    def say(template: str, p: str, *, evidence: bool = False) -> str:
        slots = _slots(pool, A=a, S=pool.settings[0], T=pool.settings[1], evidence=evidence)
        predicate = pool.name(p)
        slots |= {"verb": _base(predicate), "verbs": _agree(slots["A"], predicate)}
        return _say([template], "up", slots, pool)

    alike = [template for name, template, _ in frames.HEDGES if name == kind]
    claims: list[Claim] = [(say(rng.choice(alike), p), SUPPORT, "para"), (say(full, p), SUPPORT, "para")]
    claims += [(say(beyond, p), NEI, "overclaim"), (say(full, other), NEI, "beyond")]
    if rng.random() < 0.3:  # the plain statement, so that "always" and "in general" are not false as such
        claims = [
            (say(beyond, p), SUPPORT, "para"),
            (say("{A} {verbs}", p), SUPPORT, "para"),
            (say(beyond, other), NEI, "beyond"),
        ]
        return Fact(say(beyond, p, evidence=True), tuple(claims))
    return Fact(say(full, p, evidence=True), tuple(claims))


_BOUNDS = {
    "at most": "[up to|at most|no more than|as much as]",
    "at least": "[at least|no less than|a minimum of]",
    "more than": "[more than|over|above]",
    "less than": "[less than|below|under]",
    "about": "[about|around|roughly]",
}


def _bound(pool: Pool) -> Fact:
    rng = pool.rng
    x = rng.choice(pool.things)
    state, bound, other = rng.choice(("up", "down")), *rng.sample(sorted(_BOUNDS), 2)
    n, k = rng.sample(range(3, 90), 2)
    unit = rng.choice(("%", "%", " points", "-fold", "x"))

    def say(state: str, bound: str, n: int, *, evidence: bool = False) -> str:
        slots = _slots(pool, X=x, S=pool.settings[2], evidence=evidence) | {
            "M": _measure(pool.measures[2], rng)
        }
        return (
            _say(frames.CHANGE[:5], state, slots, pool)
            + " by "
            + frames.expand(_BOUNDS[bound], {}, rng)
            + f" {n}{unit}"
        )

    claims: list[Claim] = [(say(state, bound, n), SUPPORT, "para"), (say(state, bound, n), SUPPORT, "para")]
    claims += [
        (say(OPPOSITE[state], bound, n), CONTRADICT, "reversed"),
        (say(state, bound, k), CONTRADICT, "number"),
    ]
    claims.append((say(state, other, n), NEI, "overclaim"))
    return Fact(say(state, bound, n, evidence=True), tuple(claims))


# --- what the evidence does not say -----------------------------------------------------------------------


def _beyond(pool: Pool) -> list[Claim]:
    thing = pool.rng.choice([*pool.things, *pool.agents])
    name = pool.name(thing)
    return [(f"{name} {pool.rng.choice(pool.extras)}", NEI, "beyond")] if pool.rng.random() < 0.5 else []


def _mixed(facts: Sequence[Fact], pool: Pool) -> list[Claim]:
    """Two clauses: both true, or the second not said or false."""
    rng = pool.rng
    true = [[text for text, label, _ in fact.claims if label == SUPPORT] for fact in facts]
    if rng.random() < 0.5 or not all(true):
        return []
    first = rng.choice(true[0])
    joint = rng.choice((", and ", ", while ", "; ", ", because ", " and, at the same time, "))
    found: list[Claim] = []
    if len(true) == 2:
        found.append((first + joint.replace("because", "and") + rng.choice(true[1]), SUPPORT, "para"))
        false = [(text, label) for text, label, _ in facts[1].claims if label != SUPPORT]
        text, label = rng.choice(false)
        found.append((first + joint.replace("because", "and") + text, label, "mixed"))
    found.append((first + joint + "it " + rng.choice(pool.extras), NEI, "mixed"))
    return found


def _slots(pool: Pool, *, evidence: bool = False, **things: str) -> dict[str, str]:
    return {slot: pool.name(thing, evidence=evidence) if thing else "" for slot, thing in things.items()}


_MAKERS: tuple[Callable[[Pool], Fact], ...] = (
    _compare, _change, _correlate, _relation, _paired, _values, _counted, _hedged, _bound,
)  # fmt: skip
_SHARES = (6, 5, 1, 7, 5, 2, 1, 4, 2)
