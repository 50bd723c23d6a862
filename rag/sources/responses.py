"""What a service sent, as papers: XML parsed safely, records read by the readers of the same formats."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Protocol
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from rag.readers.documents import HEAD, Document
from rag.readers.raw_record import RawRecord, UnreadableRecord, to_paper
from rag.records import Paper, Skip


class Reader(Protocol):
    """A module of `rag.readers`."""

    def read(self, document: Document) -> Iterator[RawRecord | UnreadableRecord]: ...


def papers_in(reader: Reader, body: bytes, source: str) -> tuple[Paper | Skip, ...]:
    """The papers of a reply in a format that `reader` reads, in order."""
    document = Document(source, source, "utf-8", body[:HEAD], io.BytesIO(body))
    return tuple(to_paper(found, source, source) for found in reader.read(document))


def xml_of(body: bytes) -> Element:
    """The root element. Raises ValueError where it is not well-formed, or declares entities."""
    try:
        root: Element = fromstring(body)
    except ParseError as error:
        raise ValueError(str(error)) from error
    return root
