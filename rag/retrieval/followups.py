"""Follow-ups made stand-alone by rule: whether a question leans on earlier turns, and what it then needs.

Owns no search and asks no model; the rewriting by prompt is rag/retrieval/query_rewriting.py's.
"""

from __future__ import annotations

import re

from rag.records import History
from rag.retrieval.question import Reference
from rag.text.citation_marks import without_marks
from rag.text.words import content_words, names

TOPIC_WORDS = 40
"""Words of the last answer that are carried into a follow-up."""
BOUND_AFTER = 3
"""A pronoun after this many content words refers back inside its own question,"""
SHORT = 5
"""if that has more content words than this in all."""

_OPENER = re.compile(r"(?:and|but|so|then|also|or|what about|how about|how so|which ones?|same)\b", re.I)
_MENTION = re.compile(
    r"""
    \b(?: its? | itself | they | them | theirs? | he | she | his | hers? | these | those | this
        | (?: that | this | each | which | the\ (?:other|first|second) | an?\ \w+ )\ one
        | the\ (?: former | latter | same | others? )
    )\b
    | \b(?: of|for|in|on|with|to|by|from|about|at|do|does|did|is|are|was|were|has|had|can )
        \ that\b (?!\ (?:an?|the)\b)
    | \bsuch\ (?! as\b | an?\b )
    | \bthe\ (?: two | three | four | authors? | papers? | study | work | method | approach | technique
        | model | system | idea | finding | results? | baselines? | data\ ?set | benchmark | experiments?
        | steps? | variants? )\b (?!\ (?:of|for|that|which|to|in|on)\b)
    """,
    re.I | re.X,
)
"""A pronoun, or a definite mention of something not yet spoken of."""
_BRINGS_UP = re.compile(
    r"""
    \b(?: an? | some | someone | anyone )\ \w (?! .*\bof\ $ )
    | ^what\ (?:is|are)\ (?! (?: the | its? | their | this | that | they | there )\b )\w
    """,
    re.I | re.X,
)
"""A first mention: the question introduces what it goes on to call "it"."""
_MEASURE = re.compile(
    r"""\S+@\S+ | \b(?: F\d(?:\.\d)? | BLEU | ROUGE\S* | MRR | [Nn]?DCG | MAP | EM | AUC | GPUs? | RAM )\b
    | \b[Oo]n\ [A-Z]\S*(?:\ [A-Z]\S*)?""",
    re.X,
)
"""What is measured and on what: named, but no subject that "it" could be."""


def follows(question: str) -> bool:
    """Whether `question` leans on the turns before it: it opens like a continuation, has a mention that
    nothing before it in the question can stand for, or says too little to be searched alone. A
    question that brings up its own subject first is stand-alone, whatever comes after."""
    if _OPENER.match(question.strip()):
        return True
    mention = _MENTION.search(question)
    before = _MEASURE.sub("", question[: mention.start()] if mention else question)
    if names(before) or _BRINGS_UP.search(before):
        return False
    is_short = bool(mention) and len(content_words(question)) <= SHORT
    return is_short or len(content_words(before)) < BOUND_AFTER


def refer(question: str, history: History) -> Reference | None:
    """What `question` refers to in the turns before it, and the words that carry it over; None where it
    stands alone.

    The words are the user's last question (with what that referred to in its turn) and the opening of the
    answer to it, which names what "it" and "they" now are.
    """
    if not history or not follows(question):
        return None
    last = max((i for i, (role, _) in enumerate(history) if role == "user"), default=-1)
    asked = _standalone(history[last][1], history[:last]) if last >= 0 else ""
    answered = " ".join(text for role, text in history[last + 1 :] if role == "assistant")
    topic = " ".join(filter(None, (asked, _opening(answered))))
    return Reference("question", topic) if topic else None


def _standalone(question: str, history: History) -> str:
    reference = refer(question, history)
    return f"{question} ({reference.text})" if reference else question


def _opening(answer: str) -> str:
    return " ".join(without_marks(answer).split()[:TOPIC_WORDS])
