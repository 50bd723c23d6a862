"""PubMed by NCBI's E-utilities: esearch keeps the result on their history server, efetch hands it out.

As "The E-utilities In-Depth" (NBK25499) has it: 9,999 records a search at most, so a larger one is cut into
spans of days, by the day a record entered PubMed; three requests a second. Records are read as saved
PubMed XML is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rag.errors import InputError
from rag.readers import pubmed_xml
from rag.records import Paper, Skip
from rag.sources.client import Client, Params
from rag.sources.responses import papers_in, xml_of
from rag.sources.source import Cursor, ResultPage, Search, Source

NAME = "pubmed"
MOST_FOUND = 9_999
FIRST_DAY = date(1800, 1, 1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HistorySearch:
    """A search kept on the history server: records that entered from `first` to `last`."""

    first: date
    last: date
    count: int
    web_env: str
    query_key: str


def pages(client: Client, search: Search, cursor: Cursor | None) -> Iterator[ResultPage]:
    """Span after span of days, oldest first; within one, as PubMed orders it."""
    first, start = search.since or FIRST_DAY, 0
    if cursor:
        first, start = date.fromisoformat(str(cursor["first"])), int(cursor["start"])
    while first <= search.until:
        found = _find(client, search.query, first, search.until)
        while start < found.count:
            papers = _fetch(client, found, start, search.page_size)
            start += search.page_size
            yield ResultPage(papers, {"first": first.isoformat(), "start": start})
        first, start = found.last + _DAY, 0
    yield ResultPage((), None)


def _find(client: Client, query: str, first: date, last: date) -> HistorySearch:
    """The search from `first` to `last`, or to as late a day as keeps it small enough."""
    while True:
        found = _search(client, query, first, last)
        if found.count <= MOST_FOUND:
            return found
        if first == last:
            raise InputError(f"more than {MOST_FOUND:,} papers of one day answer; narrow --query")
        last = first + (last - first) // 2


def _search(client: Client, query: str, first: date, last: date) -> HistorySearch:
    asked: Params = {
        **_common(client),
        "term": query,
        "usehistory": "y",
        "retmax": 0,
        "retmode": "json",
        "datetype": "edat",
        "mindate": f"{first:%Y/%m/%d}",
        "maxdate": f"{last:%Y/%m/%d}",
    }
    count, web_env, query_key = client.get("esearch.fcgi", asked, parse_search)
    return HistorySearch(first, last, count, web_env, query_key)


def _fetch(client: Client, found: HistorySearch, start: int, size: int) -> tuple[Paper | Skip, ...]:
    asked: Params = {
        **_common(client),
        "WebEnv": found.web_env,
        "query_key": found.query_key,
        "retstart": start,
        "retmax": size,
        "retmode": "xml",
    }
    expected = min(size, found.count - start)
    return client.get("efetch.fcgi", asked, lambda body: parse_records(body, expected))


def _common(client: Client) -> Params:
    given = {"email": client.service.contact, "api_key": client.service.key}
    return {"db": "pubmed", "tool": "rag-abstracts"} | {name: value for name, value in given.items() if value}


def parse_search(body: bytes) -> tuple[int, str, str]:
    """(records found, WebEnv, query key) of an esearch reply. Raises ValueError where it is none, InputError
    where it tells an error."""
    reply = json.loads(body)
    try:
        result = reply["esearchresult"]
        if "ERROR" in result:
            raise InputError(f"PubMed refuses the query: {result['ERROR']}")
        return int(result["count"]), str(result["webenv"]), str(result["querykey"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"no {error} in an esearch reply") from error


def parse_records(body: bytes, expected: int) -> tuple[Paper | Skip, ...]:
    """The records of an efetch reply. Raises ValueError where it is none, or has fewer than were found."""
    records = xml_of(body)
    if records.tag != "PubmedArticleSet" or len(records) < expected:
        raise ValueError(f"{len(records)} records where {expected} were due")
    return papers_in(pubmed_xml, body, NAME)


SOURCE = Source(
    name=NAME,
    title="PubMed",
    url="https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
    interval_s=0.34,
    overlap_days=1,
    page_size=200,
    pages=pages,
    key_variable="NCBI_API_KEY",
)
