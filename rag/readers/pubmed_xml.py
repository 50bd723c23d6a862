"""PubMed as XML: what its site and efetch hand out, a PubmedArticleSet of PubmedArticle."""

from __future__ import annotations

from collections.abc import Iterator

from rag.readers.documents import Document
from rag.readers.raw_record import RawRecord, UnreadableRecord, year_in
from rag.readers.xml import Element, read_records, text_of

TAG = "PubmedArticle"


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The articles in order; `place` is the line where one begins."""
    return read_records(document, TAG, _entry)


def _entry(record: Element, line: int) -> RawRecord:
    article = record.find(".//Article")
    if article is None:
        return RawRecord(line, "")
    ids = {
        node.get("IdType"): text_of(node) for node in record.iterfind("PubmedData/ArticleIdList/ArticleId")
    }
    ids |= {node.get("EIdType"): text_of(node) for node in article.iterfind("ELocationID")}
    pmid = text_of(record.find("MedlineCitation/PMID"))
    return RawRecord(
        line,
        title=text_of(article.find("ArticleTitle")) or text_of(article.find("VernacularTitle")),
        abstract=" ".join(filter(None, map(_section, article.iterfind("Abstract/AbstractText")))),
        authors=tuple(filter(None, map(_name, article.iterfind("AuthorList/Author")))),
        year=_year(article),
        venue=text_of(article.find("Journal/Title")) or text_of(article.find("Journal/ISOAbbreviation")),
        doi=ids.get("doi", ""),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        keywords=tuple(map(text_of, record.iterfind("MedlineCitation/KeywordList/Keyword"))),
        own_id=f"pmid:{pmid}" if pmid else "",
    )


def _section(section: Element) -> str:
    """A part of a structured abstract after its label, as "METHODS: ..."."""
    label, text = section.get("Label", ""), text_of(section)
    return f"{label}: {text}" if label and text and label != "UNLABELLED" else text


def _name(author: Element) -> str:
    first = author.find("ForeName")
    parts = (
        first if first is not None else author.find("Initials"),
        author.find("LastName"),
        author.find("Suffix"),
    )
    return " ".join(filter(None, map(text_of, parts))) or text_of(author.find("CollectiveName"))


def _year(article: Element) -> int | None:
    dates = (article.find("Journal/JournalIssue/PubDate"), article.find("ArticleDate"))
    return next((year for date in dates if (year := year_in(text_of(date)))), None)
