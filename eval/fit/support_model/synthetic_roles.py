"""Made statements of who does what to whom, and of what is said of each of two things."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.fit.support_model import synthetic_frames as frames
from eval.fit.support_model.synthetic_pool import (
    CONTRADICT,
    NEI,
    SUPPORT,
    Claim,
    Fact,
    Pool,
    say_one,
    slot_names,
)


def relation(pool: Pool) -> Fact:
    """Who acts on whom, once or twice."""
    rng = pool.rng
    x, y, z = rng.sample(pool.agents, 3)
    first, second = rng.sample(frames.RELATIONS, 2)

    def say(line: str, x: str, y: str, *, evidence: bool = False) -> str:
        return say_one(_alternatives(line), "up", slot_names(pool, X=x, Y=y, evidence=evidence), pool)

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


def paired(pool: Pool) -> Fact:
    """What is said of each of two things."""
    rng = pool.rng
    a, b = rng.sample(pool.things if rng.random() < 0.5 else pool.agents, 2)
    p, q, other = rng.sample(pool.predicates, 3)

    def say(templates: Sequence[str], a: str, b: str, p: str, q: str, *, evidence: bool = False) -> str:
        slots = slot_names(pool, A=a, B=b, evidence=evidence)
        slots |= {"p": agree(slots["A"], pool.name(p)), "q": agree(slots["B"], pool.name(q))}
        return say_one(templates, "up", slots, pool)

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


def agree(subject: str, predicate: str) -> str:
    """The predicate in the plural where its subject is."""
    head = re.split(r" (?:of|with|for|in|by|on|that|after|before|without|at|to|from)\b", subject)[0]
    if not head.endswith("s") or head.endswith(("ss", "us", "is", "ics")) or head[:1].isupper():
        return predicate
    return (
        base_form(predicate).replace("be ", "are ", 1)
        if predicate.startswith("is ")
        else base_form(predicate)
    )


def base_form(predicate: str) -> str:
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
