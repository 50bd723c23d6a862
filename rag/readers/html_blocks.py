"""The elements of a web page that may be of a paper, recognised by name and class while it is parsed.

No tree is built, and what a block holds is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rag.readers.raw_record import MAX_ABSTRACT

Kind = Literal["title", "abstract", "authors", "paragraph", "meta"]

_MOST_OPEN = 50
_SKIPPED = {"script", "style", "nav", "footer", "noscript", "template", "select", "button"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6", "strong"}
_BROAD = {
    "html",
    "body",
    "main",
    "article",
    "section",
    "header",
    "li",
    "ul",
    "ol",
    "table",
    "tr",
    "dl",
    "form",
}
"""Elements that hold more than a title, whatever their class says."""
_PARAGRAPHS = {"p", "dd", "blockquote"}
_ARXIV = re.compile(r"(?:arxiv\.org)?/(?:abs|papers|pdf)/(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})")


@dataclass(slots=True)
class Block:
    """An element that matters: its text, the first address it links to, the arXiv id it stands by."""

    kind: Kind
    depth: int
    tag: str = ""
    name: str = ""
    href: str = ""
    arxiv_id: str = ""
    pieces: list[str] = field(default_factory=list)
    size: int = 0
    is_wrapper: bool = False
    """Whether an element of the same kind lies within it."""

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())


class Target:
    """What lxml's parser tells of elements and text, kept as blocks until they are drained."""

    def __init__(self) -> None:
        self._depth = 0
        self._skip_from: int | None = None
        self._open: list[Block] = []
        self._done: list[Block] = []
        self._arxiv_id = ""

    def drain(self) -> Iterator[Block]:
        """The blocks that have ended since the last call."""
        done, self._done = self._done, []
        return iter(done)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "meta":
            name = (attributes.get("name") or attributes.get("property") or "").lower()
            if name.startswith(("citation_", "dc.", "og:")):
                self._done.append(Block("meta", 0, name=name, pieces=[attributes.get("content", "")]))
        if tag in _VOID:
            self.data(" ")
            return
        self._depth += 1
        if self._skip_from is None and tag in _SKIPPED:
            self._skip_from = self._depth
        if tag == "a":
            self._link(attributes.get("href", ""))
        kind = _kind(tag, attributes.get("class", "").lower())
        if kind and self._skip_from is None and len(self._open) < _MOST_OPEN:
            self._open.append(Block(kind, self._depth, tag=tag))

    def end(self, tag: str) -> None:
        if tag in _VOID:
            return
        while self._open and self._open[-1].depth >= self._depth:
            self._close(self._open.pop())
        if self._skip_from is not None and self._depth <= self._skip_from:
            self._skip_from = None
        self._depth -= 1

    def data(self, text: str) -> None:
        if self._skip_from is None:
            for block in self._open:
                if block.size <= MAX_ABSTRACT:  # more is refused in any case, and need not be kept
                    block.pieces.append(text)
                    block.size += len(text)

    def close(self) -> None:
        while self._open:
            self._close(self._open.pop())

    def _link(self, href: str) -> None:
        if found := _ARXIV.search(href):
            self._arxiv_id = found[1]
        for block in self._open:
            block.href = block.href or href

    def _close(self, block: Block) -> None:
        for outer in self._open:
            outer.is_wrapper |= outer.kind == block.kind == "abstract"
        if block.is_wrapper or not block.text or (block.tag == "strong" and not block.href):
            return
        if block.kind == "title":
            own = _ARXIV.search(block.href)
            block.arxiv_id, self._arxiv_id = own[1] if own else self._arxiv_id, ""
        self._done.append(block)


def _kind(tag: str, classes: str) -> Kind | None:
    if tag in _HEADINGS:
        return "title"
    if tag in _BROAD:
        return None
    if "abstract" in classes or "summary" in classes:
        return "abstract"
    if "author" in classes:
        return "authors"
    if "title" in classes and tag != "a":
        return "title"
    return "paragraph" if tag in _PARAGRAPHS else None
