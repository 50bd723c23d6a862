"""An answer as text for the clipboard: the words as they stand, and the papers they cite. Pure."""

from __future__ import annotations

from rag.export.text import byline
from rag.records import Answer, Citation


def copy_text(answer: Answer) -> str:
    """The answer with its [n] marks and a list of references, each paper with all its numbers once."""
    headed = [section for section in answer.sections if section.heading]
    text = answer.answer
    if headed and not all(str(section.heading) in text for section in headed):
        text = "\n\n".join(
            "\n".join(filter(None, (section.heading, *(_line(answer, i) for i in section.sentences))))
            for section in answer.sections
        )
    numbers: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        numbers.setdefault(citation.paper_id, []).append(citation)
    references = [_reference(citations) for citations in numbers.values()]
    return "\n".join([text, *(["", "References", *references] if references else [])])


def _line(answer: Answer, i: int) -> str:
    sentence = answer.sentences[i]
    marks = "".join(f" [{n}]" for n in sentence.citations if f"[{n}]" not in sentence.text)
    return f"- {sentence.text}{marks}"


def _reference(citations: list[Citation]) -> str:
    """ "[1], [3] A. Author, B. Author (2021). Title. Venue. https://..." """
    first = citations[0]
    who = byline(first.authors)
    year = f"({first.year})" if first.year else ""
    head = " ".join(filter(None, (who, year)))
    parts = [head, first.title.rstrip("."), first.venue]
    told = ". ".join(part for part in parts if part)
    return f"{', '.join(f'[{c.n}]' for c in citations)} {told}.{' ' + first.url if first.url else ''}"
