"""What a format's reader yields, and the one way from there to a Paper.

Owns what every format has in common: which fields make a paper, what is refused and in which words, how
names and years are written. A reader owns its syntax and nothing of this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.papers.identifiers import MAX_ID, clean_arxiv_id, clean_doi, paper_id
from rag.records import Paper, Skip

MAX_ABSTRACT = 1_000_000
"""Characters; a longer one is a file read in the wrong format, or a book."""
MAX_TITLE = 2_000
MAX_REASON = 200
MAX_NAMES = 20_000
"""Authors and keywords; the largest collaborations sign with 5,000."""

_UNDECODED = re.compile(r"[\ud800-\udfff]")
_LABEL = re.compile(r"(?:title|authors?|abstract|summary)\s?:\s*", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as its format has it; `place` is its line, or "record 7" where lines mean nothing."""

    place: int | str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    doi: str = ""
    arxiv_id: str = ""
    url: str = ""
    keywords: tuple[str, ...] = ()
    own_id: str = ""
    keeps_id: bool = False
    """Whether `own_id` is the paper's id even where it has a DOI."""


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A record that could not be read, and why."""

    place: int | str
    reason: str


def to_paper(
    found: RawRecord | UnreadableRecord, document: str, source: str, *, keep_title_only: bool = False
) -> Paper | Skip:
    """The paper of an entry, or why there is none; `document` is the file as errors name it, `source` as
    papers do."""
    reason = found.reason if isinstance(found, UnreadableRecord) else _objection(found, keep_title_only)
    if reason or isinstance(found, UnreadableRecord):
        return Skip(f"{document}:{found.place}", " ".join(reason.split())[:MAX_REASON])
    title = " ".join(found.title.split())
    arxiv_id = next(filter(None, map(clean_arxiv_id, (found.arxiv_id, found.url, found.doi))), "")
    named = paper_id(title, doi=found.doi, arxiv_id=arxiv_id, own_id=found.own_id)
    return Paper(
        paper_id=found.own_id if found.keeps_id and found.own_id else named,
        title=title,
        abstract=found.abstract.strip(),
        authors=tuple(_readable(author) for author in found.authors if author.strip()),
        year=found.year,
        venue=_readable(found.venue),
        doi=_readable(clean_doi(found.doi)),
        arxiv_id=arxiv_id,
        url=_readable(found.url),
        keywords=tuple(_readable(keyword) for keyword in found.keywords if keyword.strip()),
        sources=(source,),
    )


def person(name: str) -> str:
    """A name in reading order: "Curie, Marie" is "Marie Curie"."""
    last, _, first = name.partition(",")
    suffix = ""
    if "," in first:  # "King, Martin Luther, Jr."
        first, _, suffix = first.partition(",")
    return " ".join(f"{first} {last} {suffix}".split())


def year_in(text: object) -> int | None:
    """The first year in a text or number."""
    match = _YEAR.search(str(text)) if text is not None else None
    return int(match[0]) if match else None


def split_names(text: str, separator: str = ";") -> tuple[str, ...]:
    """The parts of a list in one field, blank ones left out."""
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def without_label(text: str) -> str:
    """Text without a "Title:", "Authors:" or "Abstract:" before it."""
    label = _LABEL.match(text)
    return text[label.end() :] if label else text


def _objection(entry: RawRecord, keep_title_only: bool) -> str:
    """Why this entry makes no paper, or ""."""
    if not entry.title.strip():
        return "no title"
    if not entry.abstract.strip() and not keep_title_only:
        return "no abstract"
    if len(entry.title) > MAX_TITLE:
        return f"a title of {len(entry.title):,} characters (at most {MAX_TITLE:,})"
    if len(entry.abstract) > MAX_ABSTRACT:
        return f"an abstract of {len(entry.abstract):,} characters (at most {MAX_ABSTRACT:,})"
    if (n_id := max(len(entry.own_id), len(entry.doi))) > MAX_ID:
        return f"an id of {n_id:,} characters (at most {MAX_ID:,})"
    if (n_names := len(entry.authors) + len(entry.keywords)) > MAX_NAMES:
        return f"{n_names:,} authors and keywords (at most {MAX_NAMES:,})"
    text = f"{entry.title}\n{entry.abstract}\n{entry.own_id}"
    if "\0" in text:
        return "a NUL byte in its text"
    if undecoded := _UNDECODED.search(text):
        return f"{_byte(undecoded[0])} in its text; save the file as UTF-8"
    return ""


def _byte(char: str) -> str:
    code = ord(char)
    return f"byte 0x{code - 0xDC00:02x}, which is not UTF-8," if code >= 0xDC80 else "half of a character"


def _readable(text: str) -> str:
    """One line, with what could not be decoded or shown replaced."""
    return " ".join(_UNDECODED.sub("\ufffd", text).replace("\0", "\ufffd").split())
