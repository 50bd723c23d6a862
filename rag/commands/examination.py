"""What could keep the program from working, looked at one by one: weights, library, indexes, model.

Each look is a `Check`, with what to do where something is wrong. Looking changes nothing but the cache
of encoder graphs, which it may build; repairing is `repair`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rag.config import Config
from rag.encoder.load import load_encoder
from rag.encoder.minilm import Encoder
from rag.errors import IndexDamaged, LibraryNotFound, RagError
from rag.library.library import Library

NAMED = 5
"""Damaged papers that are named; `Library.verify` has them all."""

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `note`: nothing is wrong, but it is worth knowing."""

    name: str
    state: State
    found: str
    remedy: str = ""


def examine(config: Config) -> Iterator[Check]:
    """All checks, in the order in which a question needs what they look at."""
    try:
        encoder = load_encoder(config)
        encoder.encode_query("Does this run?")
    except RagError as error:
        yield Check("encoder", "wrong", str(error))
    else:
        yield Check("encoder", "ok", f"{encoder.fingerprint}, in {config.cache}")
        yield from _library(config, encoder)
    yield _model(config)


def repair(config: Config) -> str:
    """Rebuild what is derived and does not agree with the papers; returns what was done.

    Raises LibraryNotFound, LibraryLocked, LibraryDamaged, EncoderMismatch, WeightsError.
    """
    with Library.open(config.library, config) as library:  # opening repairs what needs no encoder
        n_encoded = library.repair(load_encoder(config))
        return f"{library.n_papers:,} papers checked, {n_encoded:,} encoded again"


def _library(config: Config, encoder: Encoder) -> Iterator[Check]:
    try:
        library = Library.open(config.library, config, read_only=True)
        with library:
            library.check_encoder(encoder)
            yield _papers(library)
            yield _indexes(library)
    except LibraryNotFound as error:
        yield Check("library", "note", str(error))
    except IndexDamaged as error:
        yield Check("indexes", "wrong", str(error), _repair_command(config.library))
    except RagError as error:
        yield Check("library", "wrong", str(error))


def _papers(library: Library) -> Check:
    if library.n_papers == 0:
        remedy = f"rag ingest PATH... --library {library.path}"
        return Check("library", "note", f"no papers in {library.path}", remedy)
    return Check("library", "ok", f"{library.n_papers:,} papers in {library.path}")


def _indexes(library: Library) -> Check:
    """Every paper reads back as it was written, and every index has all of them and nothing else."""
    status = library.status()
    if status["writer"]:
        return Check("indexes", "note", f"being written by {status['writer']}; look again later")
    verified = library.verify()
    if verified.damaged:
        some = ", ".join(verified.damaged[:NAMED])
        more = f" and {len(verified.damaged) - NAMED:,} more" if len(verified.damaged) > NAMED else ""
        remedy = "rag ingest their files again, or rag restore a backup"
        return Check("papers", "wrong", f"not as they were written: {some}{more}", remedy)
    if status["needs_repair"] or not verified.ok:
        behind = ", ".join(f"{name} ({len(ids):,})" for name, ids in verified.stale.items() if ids)
        return Check(
            "indexes", "wrong", f"not in agreement with Chroma: {behind}", _repair_command(library.path)
        )
    return Check("indexes", "ok", f"vectors, words and tokens agree with {verified.n_papers:,} papers")


def _repair_command(library: Path) -> str:
    return f"rag doctor --repair --library {library}"


def _model(config: Config) -> Check:
    """The settings name a model, and its server is there and takes the key."""
    if not config.has_model:
        remedy = "to have answers written, set OPENAI_API_KEY or OPENAI_BASE_URL"
        return Check("model", "note", "none is set: answers quote the papers", remedy)
    from rag.llm.client import OPENAI_URL, LanguageModel

    try:
        model = LanguageModel(config)
        found = f"{model.name} at {model.host}"
        # Without a name set, the name is the first that the server lists: asking for it reaches the server.
        _ = LanguageModel(replace(config, model=None, base_url=config.base_url or OPENAI_URL)).name
    except RagError as error:
        return Check("model", "wrong", str(error))
    return Check("model", "ok", found)
