"""Spans by OpenTelemetry: FastAPI's of requests, the MCP SDK's of calls, and ours of answers.

Nothing is sent unless OTEL_EXPORTER_OTLP_ENDPOINT (or the like for traces) is set; the exporter reads it
itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from opentelemetry import trace

from rag.errors import ConfigError
from rag.records import Answer
from rag.version import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


def start_tracing() -> TracerProvider:
    """Send spans by OTLP over HTTP from now on, wherever in this process they are made. Shut it down to send
    the last. Raises ConfigError where the extra is not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ConfigError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but there is nothing to send traces with; "
            "install it: pip install 'rag-abstracts[otel]', or unset it"
        ) from error
    about = Resource.create({"service.name": "rag", "service.version": __version__})
    provider = TracerProvider(resource=about)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def trace_answer(answer: Answer, provider: trace.TracerProvider) -> None:
    """A span of an answer that was just made, under the request's; its stages in milliseconds as
    attributes."""
    end = time.time_ns()
    start = end - int(answer.timings_ms.get("total", 0.0) * 1e6)
    span = provider.get_tracer("rag", __version__).start_span("rag.answer", start_time=start)
    span.set_attributes(
        {
            "rag.intent": answer.intent,
            "rag.mode": answer.mode,
            "rag.abstained": answer.abstained,
            **{f"rag.stage.{name}_ms": ms for name, ms in answer.timings_ms.items() if name != "total"},
        }
    )
    span.end(end)
