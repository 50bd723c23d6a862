"""Made statements with a direction: comparisons, changes, correlations."""

from __future__ import annotations

from eval.fit.support_model import synthetic_frames as frames
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


def compare(pool: Pool) -> Fact:
    """Which of two things has more of a measure, or is better in it."""
    rng = pool.rng
    a, b, c = rng.sample(pool.things, 3)
    measure, setting = pool.measures[0], rng.choice(("", pool.settings[0]))
    state = rng.choice(_STATES)
    amount = rng.randint(2, 60)
    with_amount = state in OPPOSITE and rng.random() < 0.25

    def say(state: str, a: str, b: str, n: int = amount, *, evidence: bool = False) -> str:
        slots = slot_names(pool, A=a, B=b, S=setting, evidence=evidence) | {"M": measure_name(measure, rng)}
        if state == "same":
            return say_one(frames.EQUAL, state, slots, pool)
        if state.startswith("not_"):
            return say_one(frames.NOT_MORE, state[4:], slots, pool)
        if rng.random() < 0.25:
            if measure.endswith("+") != (state == "up"):
                slots["A"], slots["B"] = slots["B"], slots["A"]
            return say_one(frames.BETTER, "up", slots, pool)
        text = say_one(frames.COMPARE, state, slots, pool)
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


def change(pool: Pool) -> Fact:
    """What a thing does to a measure."""
    rng = pool.rng
    x, other = rng.sample([*pool.things, *pool.agents], 2)
    measure, setting = pool.measures[1], rng.choice(("", pool.settings[1]))
    state = rng.choice(_STATES)

    def say(state: str, x: str, measure: str, *, evidence: bool = False) -> str:
        slots = slot_names(pool, X=x, S=setting, evidence=evidence) | {"M": measure_name(measure, rng)}
        if state == "same":
            return say_one(frames.UNCHANGED, state, slots, pool)
        if state.startswith("not_"):
            return say_one(frames.NOT_CHANGE, state[4:], slots, pool)
        return say_one(frames.CHANGE, state, slots, pool)

    claims: list[Claim] = [(say(t, x, measure), SUPPORT, "para") for t in _TRUE[state]]
    claims += [(say(t, x, measure), CONTRADICT, kind) for t, kind in _FALSE[state]]
    claims.append((say(state, other, measure), NEI, "swapped"))
    if state in OPPOSITE and x in pool.agents:
        claims.append((say(state, measure_name(measure, rng), f"{x} +"), CONTRADICT, "swapped"))
    return Fact(say(state, x, measure, evidence=True), tuple(claims))


def correlate(pool: Pool) -> Fact:
    """What a measure goes up or down with."""
    rng = pool.rng
    x = rng.choice(pool.agents)
    state = rng.choice(("up", "down"))

    def slots() -> dict[str, str]:
        return slot_names(pool, X=x, S=pool.settings[2]) | {"M": measure_name(pool.measures[2], rng)}

    def say(state: str) -> str:
        return say_one(frames.CORRELATE, state, slots(), pool)

    claims: list[Claim] = [(say(state), SUPPORT, "para"), (say(state), SUPPORT, "para")]
    claims.append((say(OPPOSITE[state]), CONTRADICT, "reversed"))
    claims.append((say_one(frames.CHANGE, state, slots(), pool), NEI, "overclaim"))
    claims.append((say_one(frames.UNCHANGED, "up", slots(), pool), CONTRADICT, "negated"))
    return Fact(say(state), tuple(claims))
