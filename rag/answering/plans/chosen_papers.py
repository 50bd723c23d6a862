"""The plan for what several chosen papers are asked in words that name no subject: "What are they about?",
"Which data do they use?".

A sentence a paper, in the order in which the papers were chosen. One chosen paper is asked in
rag/answering/plans/paper_parts.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.answering.plans.paper_parts import AskedPart, ReadSentences, paper_parts
from rag.index.candidates import Candidate
from rag.records import Evidence, Paper, Sentence
from rag.retrieval.sentence_scoring import read_sentences

WORDS = 200
AT_ONCE = 12
"""Papers read at a time; most answers need no more."""
MOST = 8
LOOKED_AT = 60
"""Chosen papers that are read: of more, only the first are asked while somebody waits."""


class PassageReader(Protocol):
    """What of a library is needed here."""

    def passages_of(self, passage_ids: Sequence[str]) -> list[list[Candidate]]: ...


def answer_of_papers(
    asked: AskedPart, library: PassageReader, chosen: Sequence[str], words: int | None = None
) -> AnswerText | str:
    """What each of the `chosen` papers of the library says of the part. See `answer_of_read`."""
    first = [f"{paper_id}#0" for paper_id in chosen[:LOOKED_AT]]
    starts = range(0, len(first), AT_ONCE)
    passages = (each for start in starts for each in library.passages_of(first[start : start + AT_ONCE]))
    read = ((each[0].paper, read_sentences(each)) for each in passages)
    return answer_of_read(asked, read, len(chosen), words)


def answer_of_read(
    asked: AskedPart, papers: Iterable[tuple[Paper, ReadSentences]], n_chosen: int, words: int | None = None
) -> AnswerText | str:
    """What each paper says of the part, in about `words` words; in words, that none says anything of it.

    papers: the first of the `n_chosen` papers, in their order."""
    lines: list[AnswerLine] = []
    n_read = used = 0
    for paper, read in papers:
        sentence = _sentence(asked, read)
        name = short_name(paper.title)
        length = n_words(name) + n_words(sentence.text) if sentence else 0
        if len(lines) == MOST or (len(lines) >= 2 and used + length > (words or WORDS) * 1.1):
            break
        n_read, used = n_read + 1, used + length
        if sentence:
            evidence = Evidence(paper.paper_id, sentence, 0.0)
            lines.append(AnswerLine(paper, name, (evidence,)))
    if not lines:
        return f"These papers do not say: of {n_read} abstracts none tells anything of its {asked.name}."
    return compose([LineGroup(None, tuple(lines))], after=_remark(asked, len(lines), n_read, n_chosen))


def _sentence(asked: AskedPart, read: ReadSentences) -> Sentence | None:
    """The first of the wanted parts that is there; for what a paper is about, else its first sentence."""
    parts = paper_parts(read)
    found = next((parts[name] for name in asked.wanted if name in parts), None)
    return found or (read[0][0] if asked.name == "subject" and read else None)


def _remark(asked: AskedPart, n_said: int, n_read: int, n_chosen: int) -> str | None:
    """How many papers this is not about, and why."""
    silent = n_read - n_said
    told = f"{silent} {'abstract tells' if silent == 1 else 'abstracts tell'} nothing of {asked.name}."
    rest = f"These are the first {n_read} of {n_chosen:,} papers." if n_read < n_chosen else ""
    return " ".join(filter(None, (told if silent else "", rest))) or None
