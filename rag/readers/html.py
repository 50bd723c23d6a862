"""Saved web pages that list papers, or show one: a heading, then its abstract.

Titles are headings, elements whose class says "title", and strong links; abstracts are elements whose class
says "abstract" or "summary", else long paragraphs. So the pages of arXiv, Hugging Face, the ACL Anthology and
others are read without knowing each. A page that describes itself in `citation_` tags is one paper.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, cast

from lxml import etree

from rag.errors import InputError
from rag.readers.documents import Document
from rag.readers.html_blocks import Block, Target
from rag.readers.raw_record import RawRecord, UnreadableRecord, person, split_names, without_label, year_in

MAX_PAGE = 64 * 2**20
_CHUNK = 65_536
_SHORTEST_PARAGRAPH = 150
"""Characters from which a paragraph that is not called an abstract may be one."""
_LESS = re.compile(r"\s*[△▽]\s*(?:less|more)$", re.IGNORECASE)


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The papers in order; `place` counts them."""
    papers = _Papers()
    try:
        for block in _blocks(document):
            if entry := papers.take(block):
                yield entry
    except etree.LxmlError as error:
        yield UnreadableRecord("page", f"broken HTML: {error}")
    if entry := papers.finish():
        yield entry


def _blocks(document: Document) -> Iterator[Block]:
    """What matters of a page, in the order in which it ends."""
    target = Target()
    parser = etree.HTMLParser(target=cast(Any, target), encoding=document.encoding.removesuffix("-sig"))
    left = MAX_PAGE
    while chunk := document.stream.read(_CHUNK):
        left -= len(chunk)
        if left < 0:  # the parser keeps what it has read
            raise InputError(f"a web page of more than {MAX_PAGE // 2**20} MB")
        parser.feed(chunk)
        yield from target.drain()
    parser.close()
    yield from target.drain()


class _Papers:
    """Puts blocks together: what follows a title, up to the next, is of its paper."""

    def __init__(self) -> None:
        self._n = 0
        self._title: Block | None = None
        self._abstract = ""
        self._is_named = False
        """Whether the abstract was called one."""
        self._authors = ""
        self._meta: defaultdict[str, list[str]] = defaultdict(list)

    def take(self, block: Block) -> RawRecord | None:
        """The paper that this block ends, if any."""
        text = without_label(block.text) if block.kind != "meta" else block.text
        if block.kind == "meta":
            self._meta[block.name].append(text)
        elif block.kind == "title":
            return self._begin(block)
        elif block.kind == "authors":
            self._authors = self._authors or text
        elif block.kind == "abstract":
            text = _LESS.sub("", text)
            if not self._is_named or len(text) > len(self._abstract):
                self._abstract, self._is_named = text, True
        elif not self._abstract and len(text) >= _SHORTEST_PARAGRAPH:
            self._abstract = text
        return None

    def finish(self) -> RawRecord | None:
        """The last paper, or the one that the whole page is about."""
        if not self._meta["citation_title"]:
            return self._entry()
        return self._of_meta()

    def _begin(self, title: Block) -> RawRecord | None:
        if self._title and title.text == self._title.text:
            return None
        if self._meta["citation_title"]:  # headings of a page about one paper
            return None
        entry = self._entry()
        if self._title and not title.arxiv_id and self._title.text.startswith("arXiv:"):
            title.arxiv_id = self._title.arxiv_id  # arXiv's search results: the id on a line of its own
        self._title, self._abstract, self._is_named, self._authors = title, "", False, ""
        return entry

    def _entry(self) -> RawRecord | None:
        if not self._title or not self._abstract:
            return None
        self._n += 1
        return RawRecord(
            f"paper {self._n}",
            title=without_label(self._title.text),
            abstract=self._abstract,
            authors=tuple(map(person, split_names(self._authors.replace(",", ";")))),
            arxiv_id=self._title.arxiv_id,
            url=self._title.href if self._title.href.startswith("http") else "",
        )

    def _of_meta(self) -> RawRecord:
        def first(*names: str) -> str:
            return next((text for name in names for text in self._meta[name] if text), "")

        return RawRecord(
            "paper 1",
            title=first("citation_title"),
            abstract=first("citation_abstract")
            or self._abstract
            or first("dc.description", "og:description"),
            authors=tuple(map(person, self._meta["citation_author"])),
            year=year_in(first("citation_publication_date", "citation_date", "citation_year")),
            venue=first("citation_journal_title", "citation_conference_title"),
            doi=first("citation_doi"),
            arxiv_id=first("citation_arxiv_id"),
            url=first("citation_abstract_html_url", "citation_public_url", "og:url"),
            keywords=tuple(self._meta["citation_keywords"]),
        )
