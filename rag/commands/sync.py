"""`rag sync`: bring in what is new at a live source. The only command that asks the network for papers."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, date, datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from rag.commands.options import positive, print_json
from rag.config import Config
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.sources.client import Service
    from rag.sources.source import Source
    from rag.sources.sync import SyncStep

SOURCES = {name: name.replace("-", "_") for name in ("arxiv", "openalex", "pubmed", "huggingface-papers")}
"""Their modules in `rag.sources`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", choices=list(SOURCES), help="the service to ask")
    parser.add_argument(
        "--query", default="", help="as the service spells it; arXiv: 'cat:cs.IR AND abs:rerank'"
    )
    parser.add_argument(
        "--since",
        type=_day,
        metavar="DATE",
        help="where the first sync begins; later ones go on from the last",
    )
    parser.add_argument(
        "--limit", type=positive, metavar="N", help="stop at some N papers; the next sync goes on"
    )
    parser.add_argument("--restart", action="store_true", help="forget how far earlier syncs came")
    parser.add_argument(
        "--contact", metavar="EMAIL", help="an address the service may write to ($RAG_CONTACT)"
    )
    parser.add_argument("--base-url", metavar="URL", help="where the service is ($RAG_ARXIV_URL and so on)")
    parser.add_argument("--json", action="store_true", help="print what was done as one JSON value")
    parser.epilog = "A key of yours for the service is taken from $OPENALEX_API_KEY or $NCBI_API_KEY."


def run(args: argparse.Namespace, config: Config) -> int:
    """Fetch and store page by page; what was stored stays, however the run ends."""
    source: Source = import_module(f"rag.sources.{SOURCES[args.source]}").SOURCE
    query = args.query.strip()
    if source.needs_query and not query:
        raise InputError(f"{source.title} needs a query; add --query '...'")
    service = _service(source, args.contact, args.base_url)

    from rag.assistant import Assistant
    from rag.sources.client import Client
    from rag.sources.sync import SyncRequest, SyncStep, sync

    request = SyncRequest(query, args.since, args.limit, args.restart)
    step = SyncStep()
    with Client(service) as client, Assistant.open(config=config, create=True) as assistant:
        store = partial(assistant.library.add, encoder=assistant.encoder)
        for step in sync(source, client, request, config.library, store, datetime.now(UTC).date()):
            of = f" of {step.total:,}" if step.total is not None else ""
            print(f"{source.title}: {step.fetched:,}{of} fetched", file=sys.stderr)
    if args.json:
        print_json({"source": source.name, "query": query, **step.to_dict()})
    else:
        print(summary(source, step))
    return 0


def summary(source: Source, step: SyncStep) -> str:
    done = step.report
    counts = {
        "added": done.added,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "skipped": done.skipped,
    }
    end = f"complete to {step.synced_to}" if step.synced_to else "more to come: run the same command again"
    return f"{source.title}: {', '.join(f'{n:,} {what}' for what, n in counts.items())}; {end}"


def _service(source: Source, contact: str | None, base_url: str | None) -> Service:
    """The service at its address, or where the flag or the environment says it is. Raises InputError."""
    from rag.sources.client import Service

    variable = f"RAG_{source.name.upper().replace('-', '_')}_URL"
    url = base_url or os.environ.get(variable) or source.url
    if not url.startswith(("http://", "https://")):
        raise InputError(f"{url!r} is not an http(s) address; correct --base-url or {variable}")
    contact = contact or os.environ.get("RAG_CONTACT") or ""
    if contact and (
        "@" not in contact or not contact.isascii() or not contact.isprintable() or " " in contact
    ):
        raise InputError(f"{contact!r} is not an e-mail address; correct --contact or RAG_CONTACT")
    key = os.environ.get(source.key_variable, "") if source.key_variable else ""
    return Service(source.title, url, source.interval_s, contact, key)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2024-01-31") from None
