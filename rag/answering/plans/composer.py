"""From chosen sentences to the text of an answer: names before them, headings over them, numbers behind them.

A sentence is quoted as it stands, or without opening words that lean on the one before; only its LaTeX is
made readable where it is shown. The paper's name stands
before it, outside the quotation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.records import AnswerSentence, Citation, Evidence, Paper, Section
from rag.text.latex import readable
from rag.text.standalone import cut_opening

NAME_WORDS = 5
"""Words that the part of a title before its colon has at most to be the paper's name."""

CUT = "\u2026 "
"""Before a quotation whose opening words are left out, for they lean on a sentence that is not shown."""


@dataclass(frozen=True, slots=True)
class AnswerText:
    """An answer's text with the sentences and citations it is made of.

    remark: what the answer says beside its quotations, and no paper; it stands in the text, too.
    """

    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    sections: tuple[Section, ...] = ()
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What is said of one paper: what stands before it (its name, say), and sentences in order."""

    paper: Paper
    name: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Lines under one heading, which is None where there is none."""

    heading: str | None
    lines: tuple[AnswerLine, ...]


def compose(
    groups: Sequence[LineGroup], *, before: str | None = None, after: str | None = None
) -> AnswerText:
    """The answer of these lines, in order, with a citation a sentence.

    before, after: remarks that open and close the text. Groups without lines are left out.
    """
    groups = [group for group in groups if group.lines]
    sentences: list[AnswerSentence] = []
    citations: list[Citation] = []
    sections: list[Section] = []
    blocks: list[str] = [before] if before else []
    bulleted = sum(len(group.lines) for group in groups) > 1
    for group in groups:
        first = len(sentences)
        if group.heading:
            blocks.append(f"{group.heading}:")
        for line in group.lines:
            own = list(_quoted(line, len(citations)))
            sentences += [sentence for sentence, _ in own]
            citations += [citation for _, citation in own]
            said = " ".join(f"{sentence.text} [{citation.n}]" for sentence, citation in own)
            blocks.append(("- " if bulleted else "") + (f"{line.name}: {said}" if line.name else said))
        sections.append(Section(group.heading, tuple(range(first, len(sentences)))))
    blocks += [after] if after else []
    remark = " ".join(filter(None, (before, after))) or None
    return AnswerText("\n".join(blocks), tuple(sentences), tuple(citations), tuple(sections), remark)


def with_remark(written: AnswerText, remark: str) -> AnswerText:
    """The answer with a remark before it."""
    told = f"{remark} {written.remark}" if written.remark else remark
    return replace(written, text=f"{remark}\n{written.text}", remark=told)


def _quoted(line: AnswerLine, n_before: int) -> Iterator[tuple[AnswerSentence, Citation]]:
    for i, evidence in enumerate(line.evidence):
        follows = i > 0 and _is_next(line.evidence[i - 1], evidence)
        n_cut = 0 if follows else cut_opening(evidence.sentence.text)
        citation = cite(n_before + i + 1, line.paper, evidence, n_cut)
        text = (CUT if n_cut else "") + readable(citation.quote)
        sentence = AnswerSentence(text, (citation.n,), 1.0, "supported")
        yield replace(sentence, lead=line.name if i == 0 else ""), citation


def _is_next(before: Evidence, evidence: Evidence) -> bool:
    """Whether a sentence follows the other in its abstract."""
    if before.traits is None or evidence.traits is None:
        return False
    return before.traits.ordinal + 1 == evidence.traits.ordinal


def cite(n: int, paper: Paper, evidence: Evidence, n_cut: int = 0) -> Citation:
    """Citation `n`: the evidence's sentence of the paper, without its first `n_cut` characters."""
    return Citation(
        n=n,
        paper_id=paper.paper_id,
        title=paper.title,
        authors=paper.authors,
        year=paper.year,
        venue=paper.venue,
        url=paper.url,
        quote=evidence.sentence.text[n_cut:],
        start=evidence.sentence.start + n_cut,
        end=evidence.sentence.end,
    )


def short_name(title: str) -> str:
    """What a reader would call the paper: the part of its title before a colon if that is a name."""
    title = readable(title)
    head, colon, _ = title.partition(":")
    return head.strip() if colon and n_words(head) <= NAME_WORDS else title.rstrip(".")


def n_words(text: str) -> int:
    """Words as a reader counts them: runs without white space."""
    return len(text.split())
