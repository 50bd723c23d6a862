"""Papers as BibTeX: entry types, citation keys, and text that TeX prints as it stands in the record.

UTF-8, as biber and today's BibTeX styles read it: accented letters stay letters.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from rag.export.bibliography import is_conference, split_name
from rag.export.text import one_line, safe_address, split_math
from rag.records import Paper

NO_NOTES: Mapping[str, str] = MappingProxyType({})
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{char: "\\" + char for char in "{}%&#_$"},
    }
)
_LIGATURES = re.compile(r"-(?=-)|`(?=`)|'(?=')|[?!](?=`)")
"""TeX would draw `--`, two quotes, or ?` as one other sign."""
_UNTELLING = re.compile(r"an?|and|are|as|at|by|do|for|from|how|in|is|it|of|on|or|the|to|via|what|with")


def write(papers: Iterable[Paper], notes: Mapping[str, str] = NO_NOTES) -> Iterator[str]:
    """One entry a piece, in order, with keys from `citation_keys`. `notes` become `annote`, which styles
    do not print."""
    papers = list(papers)
    for paper, key in zip(papers, citation_keys(papers), strict=True):
        kind, fields = _entry(paper)
        fields["annote"] = escape(notes.get(paper.paper_id, ""))
        lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
        yield f"@{kind}{{{key},\n{''.join(lines)}}}\n\n"


def citation_keys(papers: Iterable[Paper]) -> list[str]:
    """A key for each paper, in order, of its first author, year and first telling title words.

    A key depends on its paper alone, so it is the same in every export; only papers that would share
    one have four characters of their id's hash added, and a paper given twice an "x".
    """
    papers = list(papers)
    plain = [_key(paper) for paper in papers]
    shared, used = Counter(key.lower() for key in plain), set[str]()
    keys = []
    for paper, key in zip(papers, plain, strict=True):
        if shared[key.lower()] > 1:
            key += "-" + hashlib.sha256(paper.paper_id.encode()).hexdigest()[:4]
        while key.lower() in used:
            key += "x"
        used.add(key.lower())
        keys.append(key)
    return keys


def escape(text: str) -> str:
    """The text on one line, so that TeX prints it unchanged; mathematics is left as it is."""
    return "".join(
        piece if is_math else _escape_prose(piece) for piece, is_math in split_math(one_line(text))
    )


def _escape_prose(text: str) -> str:
    return _LIGATURES.sub(r"\g<0>{}", text.translate(_ESCAPES))


def _entry(paper: Paper) -> tuple[str, dict[str, str]]:
    conference = is_conference(paper.venue)
    kind = "inproceedings" if conference else "article" if paper.venue else "misc"
    return kind, {
        "title": _title(paper.title),
        "author": " and ".join(_author(name) for name in paper.authors),
        "year": str(paper.year or ""),
        "booktitle" if conference else "journal": escape(paper.venue),
        "doi": escape(paper.doi),
        "eprint": escape(paper.arxiv_id),
        "archiveprefix": "arXiv" if paper.arxiv_id else "",
        "url": escape(safe_address(paper.url)),
        "keywords": escape(", ".join(paper.keywords)),
        "abstract": escape(paper.abstract),
    }


def _title(title: str) -> str:
    """Escaped; styles that lower-case titles leave formulas and words like BERT or ColBERT alone."""
    pieces = []
    for piece, is_math in split_math(one_line(title)):
        if is_math:
            pieces.append("{" + piece + "}")
        else:
            pieces += [_keep_case(word) for word in re.split(r"(\s)", piece)]
    return "".join(pieces)


def _keep_case(word: str) -> str:
    escaped = _escape_prose(word)
    return "{" + escaped + "}" if any(char.isupper() for char in word[1:]) else escaped


def _author(name: str) -> str:
    """A name with a comma or an "and" of its own is braced, so that it stays one name."""
    escaped = escape(name)
    return "{" + escaped + "}" if "," in name or "and" in name.lower().split() else escaped


def _key(paper: Paper) -> str:
    author = "".join(_words(split_name(paper.authors[0])[0])) if paper.authors else ""
    telling = [word for word in _words(paper.title) if not _UNTELLING.fullmatch(word)]
    return f"{author or 'anon'}{paper.year or ''}-{'-'.join(telling[:3]) or 'untitled'}"


def _words(text: str) -> list[str]:
    """Lower-case ASCII words, accents dropped."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return re.findall(r"[a-z0-9]+", "".join(char for char in decomposed if not unicodedata.combining(char)))
