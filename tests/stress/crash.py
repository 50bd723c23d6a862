"""Kills a process that changes a library, over and over, and looks at what it left.

    python -m tests.stress.crash --kills 200 --seed 1

Each round a child does a random run of additions, updates, removals and repairs, reporting what is done, and
is killed (SIGKILL) at a random moment or at a boundary between two stages of writing. Another child then
opens what is left and checks it: each paper whole, once, and as it was before or after the change that was
cut short; the three indexes in agreement; each paper found by its vector and by its words; nothing lost that
had been reported. The papers are those of the saved pages where they are, else made up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial, wraps
from pathlib import Path
from typing import Any, Literal

from rag.config import Config
from rag.index import passage_store
from rag.index.passage_store import Dense
from rag.index.token_store import TokenStore
from rag.index.vector_files import VectorFiles
from rag.index.word_index import Lexical
from rag.library import ingest
from rag.library.library import Library
from rag.papers.identifiers import paper_id
from rag.readers import read_paths
from rag.records import Paper, Progress
from tests.helpers.fakes import FakeEncoder

NAMESAKE = "Editorial"
SYNC_THRESHOLD = 40
"""Vectors after which Chroma writes its vector index: seldom enough to test its log, often enough to hit."""
BATCH = 16
STAGES: tuple[tuple[Any, str], ...] = (
    (TokenStore, "commit"),
    (TokenStore, "_write"),
    (TokenStore, "compact"),
    (Dense, "upsert"),
    (Dense, "delete"),
    (Dense, "set_stamp"),
    (Dense, "set_vectors"),
    (Lexical, "write"),
    (Lexical, "set_stamp"),
    (VectorFiles, "set_seal"),
    (VectorFiles, "repair"),
)
DAMAGES = (
    "lexical/meta.json",
    "lexical/*.idx",
    "tokens/head",
    "tokens/blocks-*",
    "chroma/*/*.bin",
    "nothing",
)


@dataclass(frozen=True, slots=True)
class Change:
    """Papers to add (or replace), or to remove; or files to damage and then repair."""

    kind: Literal["add", "remove", "repair"]
    papers: tuple[Paper, ...] = ()
    damage: str = ""

    @property
    def outcome(self) -> list[tuple[str, Paper | None]]:
        return [(key_of(paper), paper if self.kind == "add" else None) for paper in self.papers]


@dataclass(frozen=True, slots=True)
class Stage:
    """The `nth` call of a method, its beginning or its end."""

    owner: Any
    method: str
    nth: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.owner.__name__}.{self.method} ({self.nth})"


Versions = dict[str, list[Paper | None]]
"""What a library may hold: each paper in one of these versions, None if it may be absent."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.crash", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--made-up", type=int, metavar="N", help="N made-up papers instead of the saved pages'"
    )
    args = parser.parse_args(argv)
    began = time.monotonic()
    papers = made_up_papers(args.made_up) if args.made_up else saved_papers() or made_up_papers(300)
    report = run(args.kills, args.seed, [*papers, *namesakes()], partial(print, flush=True))
    print(json.dumps({**report, "seconds": round(time.monotonic() - began)}))
    return 1 if report["failures"] else 0


def run(kills: int, seed: int, papers: Sequence[Paper], say: Callable[[str], None]) -> dict[str, Any]:
    """Kill until `kills` processes have died. Returns counts, and failures with where to look."""
    rng = random.Random(seed)
    count: Counter[str] = Counter()
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="rag-crash-") as root:
        folder, known = Path(root) / "library", dict[str, list[Paper | None]]()
        while count["kills"] < kills:
            changes = [_change(rng, papers) for _ in range(rng.randint(1, 6))]
            end = _stage(rng) if rng.random() < 0.6 else rng.uniform(0.0, 1.2)
            problems = _round(folder, known, changes, end, count)
            if problems:
                failures.append(f"round {count['rounds']}, {end}: {problems}")
                say(failures[-1])
                shutil.move(folder, Path(tempfile.mkdtemp(prefix="rag-crashed-")))
                known.clear()
            if count["rounds"] % 20 == 0:
                say(f"{count['kills']} kills, {len(failures)} failures")
    return {**count, "failures": failures}


def _round(
    folder: Path, known: Versions, changes: Sequence[Change], end: Stage | float, count: Counter[str]
) -> list[str]:
    """Work, die, look. Returns what is wrong."""
    stage, delay_s = (end, None) if isinstance(end, Stage) else (None, end)
    lines_out, died = _in_child(lambda out: _work(folder, changes, stage, out), delay_s)
    _account(known, changes, lines_out)
    began = {int(line.split()[1]) for line in lines_out if line.startswith("begin")}
    count["rounds"] += 1
    count["kills"] += died == signal.SIGKILL
    count["kills at a stage"] += died == signal.SIGKILL and stage is not None
    count["changes begun"] += len(began)
    count["left to be repaired"] += (folder / "journal.json").exists()
    if died not in (0, signal.SIGKILL):
        return [f"the worker died of {died}", *lines_out[-4:]]
    damaged = any(changes[n].damage for n in began)
    lines_out, died = _in_child(lambda out: _check(folder, known, damaged, out), None)
    if died or not lines_out:
        return [f"the check died of {died}", *lines_out[-4:]]
    for key, version in json.loads(lines_out[-1]).items():
        known[key] = [known[key][version]]
    count["papers looked at"] += sum(versions != [None] for versions in known.values())
    return []


def _account(known: Versions, changes: Sequence[Change], lines_out: Sequence[str]) -> None:
    """What may be there after what the worker lines_out."""
    for line in lines_out:
        match line.split():
            case ["begin", n]:
                for key, after in changes[int(n)].outcome:
                    known.setdefault(key, [None]).append(after)
            case ["did", n, k]:
                known.update({key: [after] for key, after in changes[int(n)].outcome[: int(k)]})
            case ["end", n]:
                known.update({key: [after] for key, after in changes[int(n)].outcome})


def _change(rng: random.Random, papers: Sequence[Paper]) -> Change:
    kind = rng.choices(("add", "remove", "repair"), (6, 2, 2))[0]
    if kind == "repair":
        return Change("repair", damage=rng.choice(DAMAGES))
    some = rng.sample(papers, rng.randint(1, min(60, len(papers))))
    return (
        Change("add", tuple(_version(rng, paper) for paper in some))
        if kind == "add"
        else Change("remove", tuple(some))
    )


def _version(rng: random.Random, paper: Paper) -> Paper:
    """The paper, or another version of it: other metadata, longer, or of several passages."""
    match rng.randrange(4):
        case 0:
            return paper
        case 1:
            return replace(paper, year=rng.randint(1990, 2025))
        case 2:
            return replace(paper, abstract=f"{paper.abstract} Revised {rng.randrange(9)}.")
        case _:
            return replace(paper, abstract=f"{paper.abstract} " * 8 + "The end.")


def _stage(rng: random.Random) -> Stage:
    owner, method = rng.choice(STAGES)
    return Stage(owner, method, rng.choice((1, 1, 2, 3, 5)), rng.random() < 0.5)


def _in_child(job: Callable[[Callable[[str], None]], None], delay_s: float | None) -> tuple[list[str], int]:
    """Run `job` in a child, killed after `delay_s`. Returns the lines it gave out, and what it died of:
    a signal, 1 for an exception, 0 for the end."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            job(lambda line: _say(write_end, line))
            code = 0
        except Exception:  # noqa: BLE001  whatever it is, the parent tells
            os.write(write_end, traceback.format_exc().encode())
        finally:
            os._exit(code)
    os.close(write_end)
    if delay_s is not None:
        time.sleep(delay_s)
        os.kill(pid, signal.SIGKILL)
    with os.fdopen(read_end, encoding="utf-8", errors="replace") as lines:
        lines_out = lines.read().splitlines()
    return lines_out, abs(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def saved_papers() -> list[Paper]:
    pages = sorted((Path(__file__).parents[3] / "shared" / "corpus").glob("*.txt"))
    papers = [paper for paper in read_paths(pages) if isinstance(paper, Paper)] if pages else []
    return list({paper.paper_id: paper for paper in papers}.values())


def made_up_papers(n: int) -> list[Paper]:
    rng = random.Random(0)
    words = [f"word{i}" for i in range(3000)]
    return [
        Paper(
            f"p{i}",
            f"Title {i} of {rng.choice(words)}",
            " ".join(rng.choices(words, k=rng.choice((80, 200, 900)))) + ".",
        )
        for i in range(n)
    ]


def namesakes(n: int = 12) -> list[Paper]:
    """Papers of one title, each by somebody else, in another year, about something else."""
    rng = random.Random(1)
    return [
        Paper(
            paper_id(NAMESAKE),
            NAMESAKE,
            " ".join(f"about{rng.randrange(10_000)}" for _ in range(60)) + ".",
            (f"Ada Surname{'abcdefghijklmnop'[i]}",),
            1960 + i,
        )
        for i in range(n)
    ]


def key_of(paper: Paper) -> str:
    """What tells a paper here from all others: its id, or its author where the title is not its own."""
    return paper.authors[0] if paper.title == NAMESAKE else paper.paper_id


def _is_version(stored: Paper | None, version: Paper | None) -> bool:
    """Which paper of a title has the title's id depends on what came first; all else must agree."""
    if stored and version and stored.title == NAMESAKE:
        return stored == replace(version, paper_id=stored.paper_id)
    return stored == version


def _say(descriptor: int, line: str) -> None:
    os.write(descriptor, f"{line}\n".encode())


# The child that works


def _work(folder: Path, changes: Sequence[Change], stage: Stage | None, out: Callable[[str], None]) -> None:
    """Do the changes, saying what is done: "begin N", "did N k" (of its papers), "end N"."""
    encoder, config = FakeEncoder(), replace(Config.from_env({}), library=folder)
    ingest.BATCH = BATCH
    passage_store.CONFIGURATION["hnsw"]["sync_threshold"] = SYNC_THRESHOLD
    if stage:
        _die_at(stage)
    for n, change in enumerate(changes):
        out(f"begin {n}")
        if change.kind == "repair":
            _damage(folder, change.damage)
        with Library.open(folder, config, create=True) as library:
            if change.kind == "add":
                library.add(change.papers, encoder, progress=partial(_report, out, n))
            elif change.kind == "remove":
                wanted = set(map(key_of, change.papers))
                library.remove([paper.paper_id for paper in library.papers() if key_of(paper) in wanted])
            if change.kind == "repair" or library.needs_repair:
                library.repair(encoder)
        out(f"end {n}")


def _report(out: Callable[[str], None], n: int, progress: Progress) -> None:
    out(f"did {n} {progress.done}")


def _die_at(stage: Stage) -> None:
    method, calls = getattr(stage.owner, stage.method), 0

    @wraps(method)
    def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == stage.nth and not stage.after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*args, **kwargs)
        if calls == stage.nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(stage.owner, stage.method, dying)


def _damage(folder: Path, pattern: str) -> None:
    """Overwrite the middle of a file that can be made again."""
    for path in list(folder.glob(pattern))[:1]:
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(size // 3)
            file.write(os.urandom(max(1, size // 3)))


# The child that checks


def _check(folder: Path, known: Versions, damaged: bool, out: Callable[[str], None]) -> None:
    """Say which version of each paper is there, as JSON {id: index}. Raises AssertionError where none is."""
    encoder, config = FakeEncoder(), replace(Config.from_env({}), library=folder)
    with Library.open(folder, config, create=True) as library:
        if library.needs_repair or (damaged and not library.verify().ok):
            library.repair(encoder)
        found = library.verify()
        papers = {key_of(paper): paper for paper in library.papers()}
        assert found.ok, found
        assert [len(papers), library.n_papers, found.n_papers] == [len(list(library.papers()))] * 3, (
            "not once"
        )
        indices = {}
        for key in papers | known:
            versions, stored = known.get(key, [None]), papers.get(key)
            fitting = [i for i, version in enumerate(versions) if _is_version(stored, version)]
            assert fitting, (key, stored, versions)
            indices[key] = fitting[0]
        for paper in list(papers.values())[:: max(1, len(papers) // 20)]:
            _search(library, paper)
        out(json.dumps({key: indices[key] for key in known}))


def _search(library: Library, paper: Paper) -> None:
    (candidate,) = library.candidates([f"{paper.paper_id}#0"])
    by_words = library.matching(f"{paper.title} {paper.abstract[:1500]}", 50)
    assert f"{paper.paper_id}#0" in {hit.passage_id for hit in by_words}, "not by words"
    nearest = library.nearest(candidate.block.vector, 3)
    assert max(nearest.values()) > 0.999, ("not by vector", paper.paper_id, nearest)


if __name__ == "__main__":
    sys.exit(main())
