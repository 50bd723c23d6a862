"""What a group of made statements is about: the few things, measures and settings it draws from a field."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from eval.fit.support_model import synthetic_frames as frames
from eval.fit.support_model.synthetic_field import Field
from eval.fit.support_model.synthetic_words import FIELDS, MARKS, SYLLABLES

SUPPORT, CONTRADICT, NEI = 0, 1, 2
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


def draw_pool(rng: random.Random) -> Pool:
    """Things of one field, some of them under invented names."""
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


def measure_name(measure: str, rng: random.Random) -> str:
    """One of a measure's names."""
    return rng.choice(measure.rstrip("+- ").split("|")).strip()


def say_one(templates: Sequence[str], state: str, slots: dict[str, str], pool: Pool) -> str:
    """One of the templates in words."""
    return frames.fill(pool.word(templates, state), slots)


def slot_names(pool: Pool, *, evidence: bool = False, **things: str) -> dict[str, str]:
    """A name for each thing; none where there is no thing."""
    return {slot: pool.name(thing, evidence=evidence) if thing else "" for slot, thing in things.items()}
