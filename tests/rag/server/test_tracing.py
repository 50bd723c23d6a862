from __future__ import annotations

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rag.assistant import Assistant
from rag.config import Config
from rag.server.service import LibraryServer
from tests.helpers.serving import serving_service


def test_an_answer_is_a_span_within_its_requests_with_its_stages(demo_assistant: Assistant) -> None:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with serving_service(LibraryServer({"default": demo_assistant}, tracing=provider)) as url:
        reply = httpx.post(f"{url}/v1/ask", json={"question": "What is late interaction?"}, timeout=60)
    spans = {span.name: span for span in kept.get_finished_spans()}
    answer = spans["rag.answer"]
    request = next(span for name, span in spans.items() if "/v1/ask" in name)
    assert answer.context is not None
    assert request.context is not None
    assert answer.context.trace_id == request.context.trace_id
    assert answer.parent is not None
    stages = {name: ms for name, ms in reply.json()["timings_ms"].items() if name != "total"}
    assert answer.attributes is not None
    assert {name: answer.attributes[f"rag.stage.{name}_ms"] for name in stages} == stages
    assert not any(
        "late interaction" in str(value)
        for span in spans.values()
        for value in (span.attributes or {}).values()
    )


@pytest.mark.parametrize(
    ("environment", "traces"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
    ],
)
def test_nothing_is_traced_unless_it_is_said_where_to(environment: dict[str, str], traces: bool) -> None:
    assert Config.from_env(environment).traces is traces
