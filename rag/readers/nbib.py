"""PubMed's NBIB (MEDLINE) format: "TAG - value" lines, values going on in lines that are indented by six."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from rag.readers.documents import Document
from rag.readers.raw_record import MAX_ABSTRACT, RawRecord, UnreadableRecord, person, year_in
from rag.readers.text_lines import numbered_lines

_TAG = re.compile(r"([A-Z]{2,4}) *- ")
_DOI = re.compile(r"(\S+) \[doi\]")
_FIRST = "PMID"

Fields = Mapping[str, list[str]]


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The records in order; `place` is the line of its PMID."""
    start, size = 0, 0
    values: list[tuple[str, list[str]]] = []
    for number, line in numbered_lines(document.stream, document.encoding):
        found = _TAG.match(line.lstrip("\ufeff"))
        if found and found[1] == _FIRST:
            if start:
                yield _entry(start, _joined(values))
            start, size = number, 0
            values.clear()
        size += len(line)
        if size > 4 * MAX_ABSTRACT:  # what follows a record without end is not kept
            continue
        if found:
            values.append((found[1], [line[found.end() :]]))
        elif line.startswith(" ") and values:
            values[-1][1].append(line)
    if start:
        yield _entry(start, _joined(values))


def _joined(values: list[tuple[str, list[str]]]) -> Fields:
    fields: defaultdict[str, list[str]] = defaultdict(list)
    for tag, lines in values:
        fields[tag].append(" ".join(map(str.strip, lines)))
    return fields


def _entry(line: int, fields: Fields) -> RawRecord:
    def first(*tags: str) -> str:
        return next((fields[tag][0] for tag in tags if fields.get(tag)), "")

    pmid = first("PMID")
    dois = (found[1] for tag in ("LID", "AID") for text in fields.get(tag, ()) if (found := _DOI.match(text)))
    return RawRecord(
        line,
        title=first("TI", "BTI", "TT"),
        abstract=first("AB"),
        authors=tuple(map(person, fields.get("FAU") or fields.get("AU") or fields.get("CN") or ())),
        year=year_in(first("DP", "DEP")),
        venue=first("JT", "TA"),
        doi=next(dois, ""),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        keywords=tuple(fields.get("OT", ())),
        own_id=f"pmid:{pmid}" if pmid else "",
    )
