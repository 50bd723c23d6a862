"""Opens what a process serves: the libraries, warmed up, and the service around them.

Owns what a process is told (`ServePlan`), which can be sent to a worker process. What listens, and what ends
it, is rag/server/running.py's and rag/server/workers.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from rag.assistant import Assistant
from rag.config import Config
from rag.library.library import Library
from rag.server.keys import KeyFile
from rag.server.service import DEFAULT, LibraryServer, ServerSettings


@dataclass(frozen=True, slots=True)
class ServePlan:
    """What `rag serve` was told."""

    config: Config
    folders: Mapping[str, Path]
    """The libraries by name, that called DEFAULT first."""
    settings: ServerSettings
    stop_within_s: int


def open_service(plan: ServePlan, closing: ExitStack) -> LibraryServer:
    """The service of a plan, its libraries open; all of it is closed with `closing`. Raises RagError."""
    libraries = open_libraries(plan.config, plan.folders, closing)
    tracing = None
    if plan.config.traces:
        from rag.server.tracing import start_tracing

        tracing = start_tracing()
        closing.callback(tracing.shutdown)
    keys = KeyFile(plan.config.keys, plan.config.serve_key)
    service = LibraryServer(libraries, keys, plan.settings, tracing)
    closing.callback(service.close)
    return service


def open_libraries(config: Config, folders: Mapping[str, Path], closing: ExitStack) -> dict[str, Assistant]:
    """The libraries by name, closed with `closing`. What encodes and judges is loaded once for all, and the
    cap on what models may cost is for all together."""
    libraries: dict[str, Assistant] = {}
    for name, folder in folders.items():
        own = replace(config, library=folder)
        if not libraries:
            opened = Assistant.open(config=own)
        else:
            first = libraries[DEFAULT]
            library = Library.open(folder, own)
            library.check_encoder(first.encoder)
            opened = Assistant(library, first.encoder, own, first)
        libraries[name] = closing.enter_context(opened)
        warm_up(opened)
    return libraries


def warm_up(assistant: Assistant) -> None:
    """Load what the first question would wait for."""
    if assistant.library.n_papers and assistant.library.is_encoded:
        assistant.search("warm up", llm=False)
    if assistant.config.has_model:
        _ = assistant.gate


def shared_plan(plan: ServePlan, folder: Path, n_workers: int) -> ServePlan:
    """The plan of each of `n_workers` processes that share `folder`. Each may spend its part of the cap on
    what models cost, so that all together keep it."""
    cap = plan.config.max_cost_usd
    config = replace(plan.config, max_cost_usd=None if cap is None else cap / n_workers)
    return replace(plan, config=config, settings=replace(plan.settings, shared=folder))
