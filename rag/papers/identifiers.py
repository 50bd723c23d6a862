"""What names a paper: its DOI, arXiv id, or a key of its title. Spelling is rag/text/folding.py's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from rag.text.folding import fold

MAX_ID = 1_000
"""Characters of a paper's id; no DOI, address or citation key is that long. The word index cannot find, nor
remove, a paper whose id has more than 65,530 bytes."""

_TITLE_PART = re.compile(r"[^\W_]+|(?<=\w)[+#*]+(?!\w)")


_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)


_ARXIV = re.compile(
    r"(?:^|arxiv(?:\.org)?[:/.]\s*(?:(?:abs|pdf|html)/)?)"
    r"(?:(?P<id>\d\d(?:0[1-9]|1[0-2])\.\d{4,5})"
    r"|(?P<archive>astro-ph|cond-mat|cs|gr-qc|hep-(?:ex|lat|ph|th)|math(?:-ph)?|nlin|nucl-(?:ex|th)|physics|q-bio"
    r"|q-fin|quant-ph|stat)(?:\.[a-z-]+)?/(?P<number>\d{7}))(?!\d)",
    re.IGNORECASE,
)


_ARXIV_DOI = "10.48550/arxiv."


def title_key(title: str) -> str:
    """The letters and digits of a folded title, run together: equal for one title however it was typed.

    A plus or a sharp glued to a word counts (SPLADE and SPLADE++ are two). Never empty for a title that
    is not blank.
    """
    folded = fold(title).replace("&", " and ")
    return "".join(_TITLE_PART.findall(folded)) or "".join(title.split())


def clean_doi(doi: str) -> str:
    """A DOI in lower case without its prefix, or "" where the text is none."""
    match = _DOI.fullmatch(doi.strip())
    return match[1].lower().rstrip(".,;") if match and doi.isprintable() else ""


def clean_arxiv_id(text: str) -> str:
    """The arXiv id that a text is or names (an address, arXiv's own DOI), without its version, or ""."""
    if not (match := _ARXIV.search(text.strip())):
        return ""
    return match["id"] or f"{match['archive'].lower()}/{match['number']}"


def paper_id(title: str, *, doi: str = "", arxiv_id: str = "", own_id: str = "") -> str:
    """What a paper is called: its DOI, else arXiv id, else the record's own id, else a hash of its title.

    A DOI that arXiv gave is its arXiv id, so that a preprint has one name.
    """
    doi = clean_doi(doi)
    if doi.startswith(_ARXIV_DOI):
        doi, arxiv_id = "", arxiv_id or doi
    return doi or clean_arxiv_id(arxiv_id) or own_id.strip() or title_id(title)


def title_id(title: str, authors: Sequence[str] = (), year: int | None = None) -> str:
    """An id made of a title alone; with authors or a year, of those too: 16 hexadecimal digits."""
    parts = [title_key(title)]
    if authors or year:
        parts += [*(title_key(name) for name in authors), str(year or "")]
    content = "\n".join(parts).encode(errors="surrogatepass")
    return hashlib.blake2b(content, digest_size=8).hexdigest()
