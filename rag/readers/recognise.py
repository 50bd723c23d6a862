"""Which format a document is in, recognised by its first bytes and never by its name."""

from __future__ import annotations

import json
import re

from rag.readers import csv, pages
from rag.readers.documents import Document

FORMATS = (
    "bibtex",
    "ris",
    "nbib",
    "wos",
    "pubmed_xml",
    "atom",
    "csv",
    "json",
    "jsonl",
    "html",
    "markdown",
    "pages",
    "plain",
)
"""Each is a module of this package; csv is TSV too."""

_FIRST_LINES = {
    "ris": re.compile(r"TY\s{0,2}- "),
    "nbib": re.compile(r"PMID ?- ?\d"),
    "wos": re.compile(r"FN .*\nVR |PT [A-Z]\nAU "),
}
_BIBTEX = re.compile(r"^\s{0,8}@\s*[A-Za-z]+\s*[{(]", re.MULTILINE)
_MARKDOWN = re.compile(r"^(?:#{1,6}\s+\S|(?:\*\*|__)[^*_\n]+(?:\*\*|__)\s*$)", re.MULTILINE)
_XML = {"PubmedArticleSet": "pubmed_xml", "PubmedArticle": "pubmed_xml", "feed": "atom", "entry": "atom"}
_ROOT = re.compile(r"<(?:\w+:)?([A-Za-z]\w*)[\s/>]")


def recognise(document: Document) -> str:
    """The format of a document, one of FORMATS; "plain" where nothing says otherwise."""
    head = document.head.decode(document.encoding, errors="ignore").lstrip("\ufeff \t\r\n")
    head = head.replace("\r\n", "\n").replace("\r", "\n")
    if head.startswith("<"):
        root = _ROOT.search(re.sub(r"<[?!][^>]*>", "", head))
        return _XML.get(root[1], "html") if root else "html"
    if head.startswith("{"):
        return "jsonl" if _begins_json_lines(head) else "json"
    if re.match(r'\[\s*[{"\[\]]', head):
        return "json"
    if pages.is_page(head):
        return "pages"
    for name, first_lines in _FIRST_LINES.items():
        if first_lines.match(head):
            return name
    if _BIBTEX.search(head):
        return "bibtex"
    if csv.is_table(head):
        return "csv"
    return "markdown" if _MARKDOWN.search(head) else "plain"


def _begins_json_lines(head: str) -> bool:
    """Whether the first line is an object of its own, and not one that holds the records."""
    line, *more = head.split("\n", 1)
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return bool(re.fullmatch(r'\{\s*".*\}\s*', line)) or (not more and '"title"' in line)
    return "title" in record or bool(more and more[0].lstrip().startswith("{"))
