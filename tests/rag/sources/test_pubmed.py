from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from rag.errors import InputError, SourceError
from rag.records import Paper
from rag.sources import pubmed
from rag.sources.client import Client, Service
from rag.sources.pubmed import SOURCE, parse_records
from rag.sources.source import ResultPage, Search
from tests.helpers.web_service import Asked, Reply, WebService, as_json, running

ARTICLE = """<PubmedArticle>
  <MedlineCitation Status="MEDLINE" Owner="NLM">
    <PMID Version="1">{pmid}</PMID>
    <Article PubModel="Print">
      <Journal><ISSN IssnType="Print">0000-0000</ISSN>
        <JournalIssue><PubDate><Year>2024</Year><Month>May</Month></PubDate></JournalIssue>
        <Title>Journal of Looms</Title><ISOAbbreviation>J Looms</ISOAbbreviation></Journal>
      <ArticleTitle>Engines <i>in vivo</i> {pmid}.</ArticleTitle>
      <Abstract>
        <AbstractText Label="BACKGROUND" NlmCategory="BACKGROUND">We weave.</AbstractText>
        <AbstractText Label="RESULTS" NlmCategory="RESULTS">It works in CO<sub>2</sub>.</AbstractText>
      </Abstract>
      <AuthorList CompleteYN="Y">
        <Author><LastName>Lovelace</LastName><ForeName>Ada</ForeName><Initials>A</Initials></Author>
        <Author ValidYN="Y"><CollectiveName>Loom Study Group</CollectiveName></Author>
      </AuthorList>
      <ELocationID EIdType="doi" ValidYN="Y">10.1234/{pmid}</ELocationID>
    </Article>
  </MedlineCitation>
  <PubmedData><ArticleIdList>
    <ArticleId IdType="pubmed">{pmid}</ArticleId><ArticleId IdType="doi">10.1234/{pmid}</ArticleId>
  </ArticleIdList></PubmedData>
</PubmedArticle>"""
SET = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"
 "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>{articles}</PubmedArticleSet>"""
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 8)


def records(pmids: list[int]) -> bytes:
    return SET.format(articles="\n".join(ARTICLE.format(pmid=pmid) for pmid in pmids)).encode()


def found_on(day: date) -> list[int]:
    """Two records entered PubMed every day; their ids tell the day."""
    return [int(f"{day:%m%d}{n}") for n in range(2)]


class Entrez:
    """esearch and efetch with a history, as the E-utilities have it."""

    def __init__(self) -> None:
        self.history: list[list[int]] = []

    def answer(self, asked: Asked) -> Reply:
        params = asked.params
        if asked.path.endswith("/efetch.fcgi"):
            start, size = int(params["retstart"]), int(params["retmax"])
            assert params["WebEnv"] == "MCID_1"
            return Reply(records(self.history[int(params["query_key"]) - 1][start : start + size]))
        first, last = (date(*map(int, params[name].split("/"))) for name in ("mindate", "maxdate"))
        days = [max(first, FIRST) + timedelta(days=n) for n in range((last - max(first, FIRST)).days + 1)]
        self.history.append([pmid for day in days for pmid in found_on(day)])
        result = {
            "count": str(len(self.history[-1])),
            "retmax": "0",
            "retstart": "0",
            "querykey": str(len(self.history)),
            "webenv": "MCID_1",
            "idlist": [],
            "querytranslation": params["term"],
        }
        return as_json({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result})


@pytest.fixture
def service() -> Iterator[WebService]:
    with running(WebService(Entrez().answer)) as each:
        yield each


def pages(service: WebService, cursor: Any = None, since: date | None = FIRST) -> list[ResultPage]:
    settings = Service(
        "PubMed", f"{service.url}/entrez/eutils", 0.0, "me@example.org", "sesame", timeout_s=0.3
    )
    with Client(settings, sleep=lambda _: None) as client:
        return list(SOURCE.pages(client, Search("looms[tiab]", since, LAST, 3), cursor))


def dois(pages: list[ResultPage]) -> list[str]:
    return [paper.doi for page in pages for paper in page.papers if isinstance(paper, Paper)]


ALL = [f"10.1234/{pmid}" for n in range(8) for pmid in found_on(FIRST + timedelta(days=n))]


def test_all_records_are_walked_through_once(service: WebService) -> None:
    found = pages(service)
    assert dois(found) == ALL
    assert [len(page.papers) for page in found] == [3, 3, 3, 3, 3, 1, 0]
    assert found[-1].cursor is None


def test_the_search_is_asked_as_the_manual_has_it(service: WebService) -> None:
    pages(service)
    search, fetch = service.requests[:2]
    assert search.path == "/entrez/eutils/esearch.fcgi"
    assert search.params == {
        "db": "pubmed", "term": "looms[tiab]", "usehistory": "y", "retmax": "0", "retmode": "json",
        "datetype": "edat", "mindate": "2026/03/01", "maxdate": "2026/03/08",
        "tool": "rag-abstracts", "email": "me@example.org", "api_key": "sesame",
    }  # fmt: skip
    assert fetch.path == "/entrez/eutils/efetch.fcgi"
    assert (fetch.params["retmode"], fetch.params["retmax"]) == ("xml", "3")
    assert SOURCE.interval_s >= 1 / 3


def test_a_large_search_is_cut_into_spans_of_days(
    service: WebService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pubmed, "MOST_FOUND", 5)
    assert dois(pages(service)) == ALL
    assert dois(pages(service, since=None)) == ALL


def test_a_day_too_large_is_told(service: WebService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubmed, "MOST_FOUND", 1)
    with pytest.raises(InputError, match="narrow --query"):
        pages(service)


def test_a_run_goes_on_at_its_cursor(service: WebService) -> None:
    found = pages(service)
    assert dois(pages(service, found[2].cursor)) == ALL[9:]


def test_a_record_becomes_a_paper() -> None:
    (paper,) = parse_records(records([7]), 1)
    assert isinstance(paper, Paper)
    assert paper.title == "Engines in vivo 7."
    assert "We weave." in paper.abstract
    assert "It works in CO2." in paper.abstract
    assert paper.authors == ("Ada Lovelace", "Loom Study Group")
    assert (paper.year, paper.venue, paper.doi) == (2024, "Journal of Looms", "10.1234/7")
    assert paper.sources == ("pubmed",)


NO_RECORDS = b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>"


@pytest.mark.parametrize(
    "fault",
    [
        Reply(records([3010, 3011, 3020]), cut=True),
        Reply(records([3010])),
        Reply(NO_RECORDS),
        Reply(b"<PubmedArticleSet>"),
        as_json({"error": "API rate limit exceeded", "count": "4"}, status=429),
        Reply(b"", 502),
        Reply(b"", stall=True),
    ],
    ids=["truncated", "too few", "expired", "malformed", "429", "502", "stall"],
)
def test_a_fault_costs_a_try_and_no_paper(service: WebService, fault: Reply) -> None:
    service.faults = [fault]
    assert dois(pages(service)) == ALL
    first = pages(service)[0]
    service.faults = [service.answer(service.requests[0]), fault]
    assert dois(pages(service, first.cursor)) == ALL[3:]


def test_a_query_that_is_refused_says_why(service: WebService) -> None:
    service.faults = [as_json({"esearchresult": {"ERROR": "Empty term and query_key - nothing todo"}})]
    with pytest.raises(InputError, match="Empty term"):
        pages(service)


def test_what_goes_on_failing_is_a_source_error(service: WebService) -> None:
    service.faults = [as_json({"header": {}})] * 9
    with pytest.raises(SourceError, match="esearchresult"):
        pages(service)
