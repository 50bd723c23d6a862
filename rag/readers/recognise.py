"""Which format a document is in, told by its first bytes and never by its name."""

from __future__ import annotations

import json
import re

from rag.readers import pages
from rag.readers.documents import Document

FORMATS = ("pages", "jsonl", "plain")
"""Each is a module of this package."""


def recognise(document: Document) -> str:
    """The format of a document, one of FORMATS; "plain" where nothing says otherwise."""
    head = document.head.decode(document.encoding, errors="ignore").lstrip("\ufeff \t\r\n")
    if head.startswith("{") and _begins_json_lines(head):
        return "jsonl"
    if pages.is_page(head):
        return "pages"
    return "plain"


def _begins_json_lines(head: str) -> bool:
    """Whether the first line is a JSON object (or runs on beyond the head, as one of a pretty-printed file
    does not)."""
    line, *more = head.split("\n", 1)
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return not more or bool(re.match(r'\{\s*".*\}\s*$', line))
    return True
