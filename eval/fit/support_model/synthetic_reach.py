"""Made statements of numbers and of how far something holds: values, counts, hedges, bounds."""

from __future__ import annotations

from collections.abc import Sequence

from eval.fit.support_model import synthetic_frames as frames
from eval.fit.support_model.synthetic_directions import OPPOSITE
from eval.fit.support_model.synthetic_pool import (
    CONTRADICT,
    NEI,
    SUPPORT,
    Claim,
    Fact,
    Pool,
    measure_name,
    say_one,
    slot_names,
)
from eval.fit.support_model.synthetic_roles import agree, base_form


def values(pool: Pool) -> Fact:
    """Numbers, and whose they are."""
    rng = pool.rng
    a, b = rng.sample(pool.things, 2)
    measure = pool.measures[0]
    s, t = pool.settings[:2]
    v, w, u = (f"{n / 10:.1f}%" if rng.random() < 0.5 else f"{n}" for n in rng.sample(range(11, 990), 3))
    by_setting = rng.random() < 0.5

    def say(
        templates: Sequence[str], a: str, b: str, s: str, t: str, v: str, w: str, *, evidence: bool = False
    ) -> str:
        slots = slot_names(pool, A=a, B=b, S=s, T=t, evidence=evidence) | {"v": v, "w": w}
        return say_one(templates, "up", slots | {"M": measure_name(measure, rng)}, pool)

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


def counted(pool: Pool) -> Fact:
    """In how many of so many trials."""
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
        slots = slot_names(pool, A=a, B=b, evidence=evidence) | {"n": number(n), "m": number(m)}
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


def hedged(pool: Pool) -> Fact:
    """How far, how surely, for whom."""
    rng = pool.rng
    a = rng.choice([*pool.things, *pool.agents])
    p, other = rng.sample(pool.predicates, 2)
    kind, full, beyond = rng.choice(frames.HEDGES)

    def say(template: str, p: str, *, evidence: bool = False) -> str:
        slots = slot_names(pool, A=a, S=pool.settings[0], T=pool.settings[1], evidence=evidence)
        predicate = pool.name(p)
        slots |= {"verb": base_form(predicate), "verbs": agree(slots["A"], predicate)}
        return say_one([template], "up", slots, pool)

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


def bound(pool: Pool) -> Fact:
    """A change by at least, at most, or about so much."""
    rng = pool.rng
    x = rng.choice(pool.things)
    state, bound, other = rng.choice(("up", "down")), *rng.sample(sorted(_BOUNDS), 2)
    n, k = rng.sample(range(3, 90), 2)
    unit = rng.choice(("%", "%", " points", "-fold", "x"))

    def say(state: str, bound: str, n: int, *, evidence: bool = False) -> str:
        slots = slot_names(pool, X=x, S=pool.settings[2], evidence=evidence) | {
            "M": measure_name(pool.measures[2], rng)
        }
        return (
            say_one(frames.CHANGE[:5], state, slots, pool)
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
