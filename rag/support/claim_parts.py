"""A claim cut into the parts it puts together, so that the true half of one does not carry the other.

"X does A, and it does B" says two things. Cut where English joins clauses (closed classes of words alone:
conjunctions, auxiliaries, pronouns); a part that lacks its subject gets the first one's. Where no join is
certain the claim stays whole. Judging the parts is rag/support/gate.py's.
"""

from __future__ import annotations

import re

SHORTEST = 3
"""Words a part needs to say anything."""
MOST_PARTS = 4
_LONGEST_SUBJECT = 8

_AUXILIARY = (
    r"(?:is|are|was|were|be|been|has|have|had|does|do|did|can|could|may|might|must|will|would|should|cannot)"
)
_PRONOUN = r"(?:it|they|he|she|we)"
_AFTER_VERB = (
    r"(?:an?|the|its|their|our|this|these|those|no|all|both|each|every|any|some|more|fewer|less|to|in|on|by"
    r"|from|with|not|\d+)"
)
_FINITE = (
    rf"(?:{_AUXILIARY}\b|(?!(?:its|this|whose|as)\b)[a-z]{{2,}}(?:s|ed)\b(?<!ss)(?<!us)(?=\s{_AFTER_VERB}\b))"
)
_NOT_ALONE = r"(?!not\s+(?:on|in|for|by|from|to)\b)"
_JOIN = re.compile(
    rf"""(?: ;\s+ (?:and\s|but\s)?
    | ,\s+ (?:and|but|yet|while|whereas|although|though|because|since|(?=which\s[^,]*$)) \s* {_NOT_ALONE}
    | \s+ (?:but|while|whereas|although|because) \s+ {_NOT_ALONE}
    | \s+ and \s+ (?= (?:also\s+|thus\s+|then\s+|therefore\s+|neither\s+)? (?:{_FINITE} | {_PRONOUN}\b) )
    )""",
    re.X | re.I,
)
_OPENS_WITH_VERB = re.compile(_FINITE)
_LEADING = re.compile(r"(?:also|thus|then|therefore|as a result|in turn)\b,?\s*", re.I)
_NO_CLAUSE = re.compile(r"(?:with|in|on|for|by|at|under|from|given|unlike|between|among|over)\b[^,]*$", re.I)
_VERB = re.compile(rf"\b(?:{_AUXILIARY}|[a-z]{{3,}}(?:s|ed))\b(?<!ss)(?<!us)", re.I)
_SURE_VERB = re.compile(rf"\b{_FINITE}")


def claim_parts(claim: str) -> tuple[str, ...]:
    """The parts of a claim in order, each a statement of its own; none where it says one thing.

    Together they say what the claim says, if less fluently.
    """
    pieces = [piece.strip(" ,;.") for piece in _JOIN.split(claim)]
    if not 1 < len(pieces) <= MOST_PARTS or not all(map(_is_clause, pieces)):
        return ()
    subject = _subject(pieces[0])
    parts = [_statement(piece, subject) for piece in pieces]
    return tuple(parts) if all(parts) else ()


def _is_clause(piece: str) -> bool:
    """Whether a piece has words enough, and something that may be its verb."""
    return len(piece.split()) >= SHORTEST and bool(_VERB.search(piece)) and not _NO_CLAUSE.match(piece)


def _subject(piece: str) -> str:
    """The words before the first verb of a clause; "" where it opens with one, or with something long."""
    verb = _SURE_VERB.search(piece)
    words = piece[: verb.start()].strip() if verb else ""
    return words if 0 < len(words.split()) <= _LONGEST_SUBJECT and "," not in words else ""


def _statement(piece: str, subject: str) -> str:
    """A piece as a sentence, with the subject where it opens with its verb; "" where it needs one that is not
    known."""
    piece = _LEADING.sub("", piece, count=1) if _LEADING.match(piece) else piece
    if piece.lower().startswith("which "):
        piece = "This " + piece[len("which ") :]
    elif _OPENS_WITH_VERB.match(piece):
        piece = f"{subject} {piece}" if subject else ""
    return piece[:1].upper() + piece[1:] + "." if piece else ""
