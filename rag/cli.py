"""`rag COMMAND ...`: finds the command, runs it, and turns what it raises into one line and an exit code.

Owns the table of commands, `--library`, and the exit codes: 0 done (an abstention too), 1 a service
failed, 2 the user can fix it, 130 interrupted, 141 nobody reads our output any more. What a command
does is its own module's, imported only when it is called: `rag --help` imports none of them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from rag.errors import InputError, RagError
from rag.version import __version__

if TYPE_CHECKING:
    from rag.config import Config

INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""
PIPE_CLOSED = 141
"""128 + SIGPIPE."""


@dataclass(frozen=True, slots=True)
class Command:
    """A module with `add_arguments(parser)` and `run(args, config)`, and its line in the help."""

    module: str
    summary: str


COMMANDS = {
    "demo": Command("rag.commands.demo", "ask the bundled demo papers a question, to see how it works"),
    "ingest": Command("rag.commands.ingest", "add papers from files and folders to a library"),
    "sync": Command("rag.commands.sync", "fetch new papers from arXiv, OpenAlex, ..."),
    "ask": Command("rag.commands.ask", "answer a question, every sentence cited"),
    "search": Command("rag.commands.search", "list the papers that match a query"),
    "weigh": Command("rag.commands.weigh", "list what speaks for a claim, and what against it"),
    "check": Command("rag.commands.check", "check the claims of a text against the library"),
    "chat": Command("rag.commands.chat", "ask and follow up, in the terminal"),
    "ui": Command("ui.command", "serve the chat page, and open it in your browser"),
    "serve": Command("rag.commands.serve", "answer over HTTP: REST, OpenAI's protocol, MCP"),
    "keys": Command("rag.commands.keys", "make, list and revoke keys to the server"),
    "status": Command("rag.commands.status", "show what a library holds"),
    "list": Command("rag.commands.list", "list the papers of a library"),
    "show": Command("rag.commands.show", "show one paper in full"),
    "feedback": Command("rag.commands.feedback", "rate, keep or drop papers, and see what comes of it"),
    "export": Command("rag.commands.export", "write papers or an answer as BibTeX, RIS, CSV, Markdown, ..."),
    "remove": Command("rag.commands.remove", "remove papers from a library"),
    "dedup": Command("rag.commands.dedup", "list the papers that may be one"),
    "backup": Command("rag.commands.backup", "write a library into one file"),
    "restore": Command("rag.commands.restore", "make a library from a backup"),
    "attach": Command("rag.commands.attach", "copy a library that is on a Chroma server to this machine"),
    "shard": Command("rag.commands.shard", "cut a library into shards, or join them"),
    "eval": Command("eval.command", "measure retrieval and answers"),
    "doctor": Command("rag.commands.doctor", "check that everything is in order, and repair what can be"),
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are our errors: one line, with the next command."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see '{self.prog} --help'")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (default: this process's) and return its exit code."""
    try:
        code = _dispatch(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except RagError as error:
        return _complain(str(error), error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # What is still buffered has no reader: send it nowhere, or the interpreter complains at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except MemoryError as error:
        detail = f" ({error})" if str(error) else ""
        return _complain(
            f"out of memory{detail}; what was reported as done is kept; free some, and repeat", 1
        )
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error), 1)
    return code


def command_parser(name: str) -> Parser:
    """The whole parser of one command, its module imported."""
    parser = Parser(prog=f"rag {name}", description=sentence(COMMANDS[name].summary))
    import_module(COMMANDS[name].module).add_arguments(parser)
    parser.add_argument(
        "--library",
        metavar="DIR",
        help="the library's folder (default: $RAG_LIBRARY, else one in your data folder)",
    )
    return parser


def help_text() -> str:
    """What `rag --help` prints."""
    width = max(map(len, [*COMMANDS, "--version"]))
    rows = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: rag COMMAND [ARGUMENT ...]",
            "",
            "Cited answers from a pile of paper abstracts.",
            "",
            "commands:",
            *rows,
            "",
            "options:",
            f"  {'--help':<{width}}  show this; 'rag COMMAND --help' shows more",
            f"  {'--version':<{width}}  show the version",
        ]
    )


def sentence(summary: str) -> str:
    return summary[0].upper() + summary[1:] + ("" if summary.endswith(".") else ".")


def _dispatch(argv: list[str]) -> int:
    name = argv[0] if argv else "--help"
    if name in ("-h", "--help", "help"):
        print(help_text())
        return 0
    if name == "--version":
        print(f"rag {__version__}")
        return 0
    if name not in COMMANDS:
        raise InputError(f"there is no command {name!r}{_nearest(name)}; see 'rag --help'")
    return _run(name, argv[1:])


def _run(name: str, argv: list[str]) -> int:
    parser = command_parser(name)
    try:
        args = parser.parse_args(argv)
    except SystemExit as stop:  # argparse's way to end after --help
        return int(stop.code or 0)
    # Our matrix products are small: threads that wait for each other cost more than they bring, several
    # fold on a busy machine. Read when numpy is first imported, which is later than here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code: int = import_module(COMMANDS[name].module).run(args, _config(args.library))
    return code


def _config(library: str | None) -> Config:
    from dataclasses import replace
    from pathlib import Path

    from rag.config import Config

    config = Config.from_env()
    if library is None:
        return config
    if not library:
        raise InputError("--library is empty; give a folder, or leave it out")
    return replace(config, library=Path(library).expanduser())


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _complain(message: str, code: int) -> int:
    """One line on stderr, whatever the message holds; returns the code."""
    line = " ".join(message.split())
    print("rag: " + "".join(char if char.isprintable() else "?" for char in line), file=sys.stderr)
    return code
