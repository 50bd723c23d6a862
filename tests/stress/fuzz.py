"""`make fuzz`: broken and hostile files into the readers, a set number of them.

    python -m tests.stress.fuzz [--runs N] [--seed N]      files made from the fixtures by damaging them
    python -m tests.stress.fuzz --atheris [--runs N]       the same rules, steered by coverage (pip install
    atheris)

What holds for every input: nothing but InputError leaves a reader, every skip has a place and a reason, every
paper is whole, none takes long, and the process stays small. An input that breaks a rule is kept and named.
"""

from __future__ import annotations

import argparse
import random
import resource
import secrets
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import InputError
from rag.readers import FORMATS, read_papers
from rag.readers.raw_record import MAX_ABSTRACT, MAX_TITLE
from rag.records import Paper, Skip
from tests.helpers.damage import FIXTURES, damaged_files

MAX_SECONDS = 10.0
MAX_MB = 300
"""Memory that reading may add to what the process has at its start."""


@dataclass(slots=True)
class Tally:
    """What was tried, by format, and what came of it."""

    inputs: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slowest: str = ""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.fuzz", description="Feed the readers broken input."
    )
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, help="(default: drawn, and printed)")
    parser.add_argument("--atheris", action="store_true", help="steer by coverage; needs the package atheris")
    args = parser.parse_args(argv)
    seed = secrets.randbelow(1 << 32) if args.seed is None else args.seed
    print(f"seed {seed}", flush=True)
    if args.atheris:
        return fuzz_by_coverage(args.runs, seed)
    tally = fuzz(args.runs, seed)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{sum(tally.inputs.values()):,} inputs, read as {dict(sorted(tally.inputs.items()))}")
    print(f"gave {dict(sorted(tally.found.items()))}; slowest {tally.slowest_s:.2f} s ({tally.slowest})")
    print(f"peak memory of the process {peak_mb} MB; nothing broke the rules")
    return 0


def fuzz(runs: int, seed: int) -> Tally:
    """Try `runs` damaged files, the same ones for the same seed. Raises AssertionError at the first that
    breaks a rule, after keeping it."""
    tally = Tally()
    allowed_mb = _memory_mb() + MAX_MB
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        for name, data, format in damaged_files(random.Random(seed), runs):
            path.write_bytes(data)
            seconds = check(path, format, tally.found)
            tally.inputs[format or "recognised"] += 1
            if seconds > tally.slowest_s:
                tally.slowest_s, tally.slowest = seconds, f"{name}, {len(data):,} bytes, as {format}"
            if seconds > MAX_SECONDS or _memory_mb() > allowed_mb:
                raise AssertionError(
                    f"{seconds:.1f} s, {_memory_mb()} MB: {_keep(data)} ({name}, as {format})"
                )
    return tally


def check(path: Path, format: str | None, found: Counter[str]) -> float:
    """Read a file whole and hold what comes to the rules. Returns the seconds of processor time it took."""
    began = time.process_time()
    try:
        for item in read_papers(path, format=format, keep_title_only=True):
            found[type(item).__name__] += 1
            _check_item(item, str(path))
    except InputError as error:
        found["InputError"] += 1
        _require(str(error).startswith(str(path)) and "\n" not in str(error), error)
    except Exception as error:
        raise AssertionError(f"{error!r}: {_keep(path.read_bytes())} read as {format}") from error
    return time.process_time() - began


def _check_item(item: Paper | Skip, path: str) -> None:
    if isinstance(item, Skip):
        _require(item.where.startswith(path) and item.reason.strip(), item)
        return
    _require(
        item.paper_id.strip() and 0 < len(item.title) <= MAX_TITLE and len(item.abstract) <= MAX_ABSTRACT,
        item,
    )
    values = item.to_dict().values()
    for text in (str(text) for value in values for text in (value if isinstance(value, tuple) else (value,))):
        _require("\0" not in text, item)
        text.encode()  # raises on half a character


def _require(holds: object, about: object) -> None:
    if not holds:
        raise AssertionError(about)


def _memory_mb() -> int:
    """What the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def _keep(data: bytes) -> Path:
    """Save an input that broke a rule. Returns where."""
    with tempfile.NamedTemporaryFile(prefix="rag-fuzz-", delete=False) as file:
        file.write(data)
    return Path(file.name)


def fuzz_by_coverage(runs: int, seed: int) -> int:
    """Let atheris choose the inputs, from the fixtures on; it ends the process itself."""
    import atheris

    kinds = (None, *FORMATS)
    with tempfile.TemporaryDirectory() as folder:
        path, corpus = Path(folder) / "input", Path(folder) / "corpus"
        corpus.mkdir()
        for fixture in FIXTURES.iterdir():
            (corpus / fixture.name).write_bytes(b"\0" + fixture.read_bytes())

        def one_input(data: bytes) -> None:
            """The first byte chooses the format."""
            path.write_bytes(data[1:])
            check(path, kinds[data[0] % len(kinds)] if data else None, Counter())

        options = [f"-runs={runs}", f"-seed={seed + 1}", f"-rss_limit_mb={2 * MAX_MB}", "-timeout=10"]
        atheris.instrument_all()
        atheris.Setup([sys.argv[0], *options, str(corpus)], one_input)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
