"""Papers as RIS: tags as reference managers read them, a value a line, since the format cannot break one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rag.export.bibliography import is_conference, split_name
from rag.export.bibtex import NO_NOTES
from rag.export.text import one_line, safe_address
from rag.records import Paper


def write(papers: Iterable[Paper], notes: Mapping[str, str] = NO_NOTES) -> Iterator[str]:
    """One record a piece, in order, with the `notes` on them as N1. An arXiv id goes into AN (accession
    number), our id into ID."""
    for paper in papers:
        kind = "GEN" if not paper.venue else "CPAPER" if is_conference(paper.venue) else "JOUR"
        pairs = [("TY", kind), *((tag, one_line(text)) for tag, text in _values(paper))]
        pairs += [("N1", one_line(notes.get(paper.paper_id, ""))), ("ER", "")]
        yield "".join(f"{tag}  - {text}\n" for tag, text in pairs if text or tag == "ER") + "\n"


def _values(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "TI", paper.title
    for name in paper.authors:
        family, given = split_name(name)
        yield "AU", f"{family}, {given}" if given else family
    yield "PY", str(paper.year or "")
    yield "T2", paper.venue
    yield "DO", paper.doi
    yield "AN", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else ""
    yield "UR", safe_address(paper.url)
    for keyword in paper.keywords:
        yield "KW", keyword
    yield "AB", paper.abstract
    yield "ID", paper.paper_id
