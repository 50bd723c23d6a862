"""Made pairs of evidence and claim: a grammar that says one thing in many ways, and its opposite in the same.

Each group is one text of evidence (one or two statements, in other words than the claims') with true and
false claims. It teaches what a sentence encoder does not know: who did what to whom, which way a comparison
goes, what is denied, which number belongs to what, how far a statement reaches. The wording is
synthetic_frames.py's, the vocabulary synthetic_words.py's; what is stated is in synthetic_directions.py,
synthetic_roles.py and synthetic_reach.py. All of it was written for this project.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from eval.fit.support_model.data import Example
from eval.fit.support_model.synthetic_directions import change, compare, correlate
from eval.fit.support_model.synthetic_pool import (
    CONTRADICT,
    NEI,
    SUPPORT,
    Claim,
    Fact,
    Pool,
    draw_pool,
    measure_name,
)
from eval.fit.support_model.synthetic_reach import bound, counted, hedged, values
from eval.fit.support_model.synthetic_roles import paired, relation
from eval.fit.support_model.synthetic_words import CLAIM_OPENINGS, OPENINGS

_SHARE_OF_TWO = 0.35
"""Of the texts of evidence: those of two statements."""
_SHARE_KEPT = 0.3
"""Of the groups: those whose claims keep the wording of the evidence: order and direction alone tell."""


def make(n_groups: int, seed: int) -> list[Example]:
    """The pairs of `n_groups` texts of evidence, the same for the same seed."""
    rng = random.Random(seed)
    groups = (_group(rng, f"made {seed} {number}", _SHARE_KEPT) for number in range(n_groups))
    return [example for group in groups for example in group]


def make_kept(n_groups: int, seed: int) -> list[Example]:
    """Pairs whose claims keep to the evidence's wording: true, or with roles or sides exchanged."""
    rng = random.Random(seed)
    groups = (_group(rng, f"kept {seed} {number}", 1.0) for number in range(n_groups))
    kinds = ("made_para", "made_swapped", "made_reversed")
    return [example for group in groups for example in group if example.kind in kinds]


def _group(rng: random.Random, name: str, share_kept: float) -> list[Example]:
    pool = draw_pool(rng)
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


def _title(pool: Pool) -> str:
    rng = pool.rng
    about = f"{measure_name(pool.measures[0], rng)} {pool.name(pool.settings[0])}"
    if pool.own:
        verb = rng.choice(("Towards better", "Improving", "A new approach to", "Rethinking"))
        return f"{pool.own}: {verb} {about}"
    return f"{rng.choice(('On', 'A study of', 'Effects on', 'Understanding'))} {about}"


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


_MAKERS: tuple[Callable[[Pool], Fact], ...] = (
    compare, change, correlate, relation, paired, values, counted, hedged, bound,
)  # fmt: skip
_SHARES = (6, 5, 1, 7, 5, 2, 1, 4, 2)
