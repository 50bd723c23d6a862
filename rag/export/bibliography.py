"""What a bibliography asks that a record does not say: the papers cited, their kind, the family names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rag.papers.identifiers import clean_arxiv_id, clean_doi
from rag.records import Answer, Citation, Paper

_CONFERENCE = re.compile(r"proceedings|conference|workshop|symposium", re.IGNORECASE)
_GROUP = re.compile(r"\b(collaboration|consortium|team|group|initiative|society|network|committee)\b", re.I)
_SUFFIX = re.compile(r"(jr|sr)\.?|i{2,3}|iv", re.IGNORECASE)


def cited_papers(answers: Iterable[Answer], known: Mapping[str, Paper]) -> list[Paper]:
    """Each cited paper once, in order of first citation: the known record, else what the citation tells."""
    cited: dict[str, Paper] = {}
    for answer in answers:
        for citation in answer.citations:
            if citation.paper_id not in cited:
                cited[citation.paper_id] = known.get(citation.paper_id) or _as_paper(citation)
    return list(cited.values())


def is_conference(venue: str) -> bool:
    """Whether the venue names itself a conference; "SIGIR" alone does not, and passes for a journal."""
    return bool(_CONFERENCE.search(venue))


def split_name(name: str) -> tuple[str, str]:
    """(family, given) of a name in display order: "Ludwig van Beethoven" is ("van Beethoven", "Ludwig").

    A rule of thumb: particles in lower case and a suffix belong to the family name; a group, a name of
    one word, or one with a comma is all family name.
    """
    words = name.split()
    if len(words) < 2 or _GROUP.search(name) or "," in name:
        return " ".join(words), ""
    start = len(words) - 1
    if start > 1 and _SUFFIX.fullmatch(words[start]):
        start -= 1
    while start > 1 and words[start - 1][0].islower():
        start -= 1
    return " ".join(words[start:]), " ".join(words[:start])


def _as_paper(citation: Citation) -> Paper:
    """A DOI or an arXiv id is known where the paper goes by it."""
    arxiv_id = clean_arxiv_id(citation.paper_id)
    return Paper(
        paper_id=citation.paper_id,
        title=citation.title,
        abstract="",
        authors=citation.authors,
        year=citation.year,
        venue=citation.venue,
        doi=clean_doi(citation.paper_id),
        arxiv_id=arxiv_id if arxiv_id == citation.paper_id else "",
        url=citation.url,
    )
