"""What the server counts, in Prometheus' form: requests, stages, questions, support, tokens, cost, the
queue."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from rag.records import Answer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)


class Metrics:
    """One server's counts, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
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
        self.papers = Gauge("rag_library_papers", "Papers in a library", ["library"], registry=registry)

    def watch_queue(self, inside: Callable[[], float]) -> None:
        """Report how many questions are being answered or waiting."""
        gauge = Gauge("rag_queue", "Questions being answered or waiting", registry=self._registry)
        gauge.set_function(inside)

    def watch_library(self, name: str, n_papers: Callable[[], float]) -> None:
        """Report how many papers a library holds. Called once for each."""
        self.papers.labels(name).set_function(n_papers)

    def count_answer(self, answer: Answer) -> None:
        """Count an answer: its stages, its intent, whether it abstained, its support and what it cost."""
        for stage, ms in answer.timings_ms.items():
            self.stage_seconds.labels(stage).observe(ms / 1000)
        self.questions.labels(answer.intent, answer.mode).inc()
        if answer.abstained:
            self.abstentions.inc()
        for sentence in answer.sentences:
            self.sentences.labels(sentence.status).inc()
        if answer.usage:
            self.tokens.labels("prompt").inc(answer.usage.prompt_tokens)
            self.tokens.labels("completion").inc(answer.usage.completion_tokens)
            self.cost.inc(answer.usage.cost_usd or 0.0)

    def render(self) -> bytes:
        """All of it, for GET /metrics."""
        return generate_latest(self._registry)
