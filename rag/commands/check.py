"""`rag check`: a text of your own against the library, or claims against the evidence given with them."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rag.commands.batch import read_pairs
from rag.commands.options import print_json
from rag.commands.progress import with_progress
from rag.commands.terminal import Terminal, plain, terminal
from rag.config import Config
from rag.errors import InputError
from rag.files import read_text
from rag.records import SupportLabel, SupportStatus

if TYPE_CHECKING:
    from rag.answering.check import CheckedStatement, CitedPaper
    from rag.support.gate import Gate

MARKS: dict[SupportStatus, str] = {"supported": "+", "weak": "~", "unsupported": "!"}
_LEADS: dict[SupportLabel, str] = {"contradicted": "contradicted by: "}
BLOCK = 128
"""Claims that are judged together, and printed before the next."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="Markdown or plain text; - for standard input"
    )
    parser.add_argument(
        "--batch",
        metavar="FILE",
        help='claims as JSON lines {"id": ..., "claim": ..., "evidence": ...}, in place of FILE and library',
    )
    parser.add_argument("--json", action="store_true", help="print JSON: one value, or one line a claim")


def run(args: argparse.Namespace, config: Config) -> int:
    """Print each sentence with what supports or contradicts it, or one JSON line for each claim, in order."""
    if args.batch is not None and args.file is not None:
        raise InputError("there is a FILE and --batch too; give one of them")
    if args.batch is not None:
        return _check_pairs(args.batch, args.json, config)
    if args.file is None:
        raise InputError("there is nothing to check; give a FILE, or - for standard input")
    return _check_text(read_text(args.file), args.json, config)


def _check_pairs(path: str, as_json: bool, config: Config) -> int:
    if not as_json:
        raise InputError("--batch prints JSON lines; add --json")
    pairs = read_pairs(path)

    from rag.support.gate import CheckRequest, Gate

    gate = Gate.load(config)
    blocks = [pairs[start : start + BLOCK] for start in range(0, len(pairs), BLOCK)]
    for block in with_progress(blocks, "Checking"):
        verdicts = gate.check_all([CheckRequest(pair.claim, pair.evidence) for pair in block])
        for pair, verdict in zip(block, verdicts, strict=True):
            print_json(
                {
                    "id": pair.id,
                    "support": verdict.support,
                    "status": verdict.status,
                    "label": verdict.label,
                    "reasons": list(verdict.reasons),
                }
            )
    _tell_problem(gate)
    return 0


def _tell_problem(gate: Gate) -> None:
    if gate.problem:
        print(f"rag check: nothing was checked: {gate.problem}", file=sys.stderr)


def _check_text(text: str, as_json: bool, config: Config) -> int:
    from rag.answering.check import check_text
    from rag.assistant import Assistant

    with Assistant.open(config=config) as assistant:
        checked = check_text(text, assistant)
        if as_json:
            sentences = list(checked)
            counts = Counter(each.status for each in sentences)
            print_json(
                {
                    "sentences": [each.to_dict() for each in sentences],
                    **{status: counts[status] for status in MARKS},
                }
            )
        else:
            _show(checked, terminal())
        _tell_problem(assistant.gate)
    return 0


def _show(checked: Iterable[CheckedStatement], term: Terminal) -> None:
    """A block a sentence as it is done, then the tally."""
    counts: Counter[SupportStatus] = Counter()
    for each in checked:
        counts[each.status] += 1
        print("\n".join(_block(each, term)), end="\n\n", flush=True)
    tally = ", ".join(f"{counts[status]} {status}" for status in MARKS)
    print(tally if counts else "No sentence there claims anything that could be checked.")


def _block(each: CheckedStatement, term: Terminal) -> Iterator[str]:
    head = term.wrap(each.text, f"{MARKS[each.status]} ", "  ")
    yield term.bold(head) if each.status == "supported" else term.warn(head)
    why = f": {'; '.join(each.reasons)}" if each.reasons else ""
    yield term.wrap(f"line {each.line}, {_verdict(each)} ({each.support:.2f}){why}", "    ")
    lead = _LEADS.get(each.label, "nearest: ") if each.status != "supported" else ""
    for citation in each.evidence:
        yield term.wrap(f"{lead}“{plain(citation.quote)}” — {citation.title}", "    ")
    for cited in each.cited:
        yield term.wrap(_cited(cited), "    ")


def _verdict(each: CheckedStatement) -> str:
    """The verdict in a word or two: what contradicts a sentence is another thing than what is not found."""
    if each.status == "unsupported":
        return "contradicted" if each.label == "contradicted" else "not found"
    return each.status


def _cited(cited: CitedPaper) -> str:
    if cited.paper_id is None:
        return f"cites {cited.mention}, which is not in the library"
    if cited.label == "contradicted":
        return f"cites “{cited.title}”, which contradicts it"
    found = {"supported": "supports it", "weak": "may support it", "unsupported": "does not support it"}
    return f"cites “{cited.title}”, which {found[cited.status]}"
