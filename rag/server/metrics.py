"""What the server counts, in Prometheus' form: requests, stages, questions, support, tokens, cost, the
queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from rag.records import Answer, Usage

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)


class Metrics:
    """One server's counts, in a registry of their own."""

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where worker processes keep their counts, so that each can tell those of all. The
        library reads it from PROMETHEUS_MULTIPROC_DIR when it is imported, so that names it, too."""
        self._registry = registry = CollectorRegistry()
        self._told = CollectorRegistry() if folder else registry
        """What is reported."""
        if folder:
            MultiProcessCollector(self._told, str(folder))  # type: ignore[no-untyped-call]
        self.requests = Counter(
            "rag_requests", "Requests by route and status", ["route", "method", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "rag_request_seconds",
            "Seconds to the end of a reply",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.refused = Counter("rag_refused", "Requests refused, by reason", ["reason"], registry=registry)
        self.stage_seconds = Histogram(
            "rag_stage_seconds",
            "Seconds of a stage of an answer",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.questions = Counter(
            "rag_questions", "Questions answered, by intent and mode", ["intent", "mode"], registry=registry
        )
        self.abstentions = Counter("rag_abstentions", "Questions not answered", registry=registry)
        self.sentences = Counter(
            "rag_sentences", "Sentences of answers, by support", ["status"], registry=registry
        )
        self.tokens = Counter("rag_model_tokens", "Tokens of the model", ["kind"], registry=registry)
        self.cost = Counter("rag_model_cost_usd", "US dollars spent on the model", registry=registry)
        self.queue = Gauge(
            "rag_queue",
            "Questions being answered or waiting",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._papers = _PaperCounts()
        self._told.register(self._papers)

    def watch_library(self, name: str, n_papers: Callable[[], float]) -> None:
        """Report how many papers a library holds. Called once for each."""
        self._papers.of[name] = n_papers

    def count_usage(self, usage: Usage) -> None:
        """Count what a language model took for a question."""
        self.tokens.labels("prompt").inc(usage.prompt_tokens)
        self.tokens.labels("completion").inc(usage.completion_tokens)
        self.cost.inc(usage.cost_usd or 0.0)

    def count_answer(self, answer: Answer) -> None:
        """Count an answer: its stages, its intent, whether it abstained, and its support."""
        for stage, ms in answer.timings_ms.items():
            self.stage_seconds.labels(stage).observe(ms / 1000)
        self.questions.labels(answer.intent, answer.mode).inc()
        if answer.abstained:
            self.abstentions.inc()
        for sentence in answer.sentences:
            self.sentences.labels(sentence.status).inc()

    def render(self) -> bytes:
        """All of it, for GET /metrics."""
        return generate_latest(self._told)


class _PaperCounts(Collector):
    """Papers of each library, counted when they are asked for: the same in every process."""

    def __init__(self) -> None:
        self.of: dict[str, Callable[[], float]] = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        papers = GaugeMetricFamily("rag_library_papers", "Papers in a library", labels=["library"])
        for name, count in self.of.items():
            papers.add_metric([name], count())
        yield papers
