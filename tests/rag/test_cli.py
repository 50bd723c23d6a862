"""The frame of the command line: exit codes, one line on stderr, interruption, and a closed pipe."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from rag.cli import COMMANDS, Command, main
from rag.config import Config
from rag.errors import InputError, ModelUnavailable, RagError
from rag.version import __version__
from tests.conftest import Outcome

Rag = Callable[..., Outcome]


def command_that(act: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a command named `act` into the table, whose run is `act()`."""
    module = ModuleType("tests_act")
    module.__dict__["add_arguments"] = lambda parser: None
    module.__dict__["run"] = lambda args, config: act()
    monkeypatch.setitem(sys.modules, "tests_act", module)
    monkeypatch.setitem(COMMANDS, "act", Command("tests_act", "do as the test says"))


def raising(error: BaseException) -> Callable[[], int]:
    def act() -> int:
        raise error

    return act


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"], ["help"]])
def test_help_names_every_command(rag: Rag, argv: list[str]) -> None:
    outcome = rag(*argv)
    assert (outcome.code, outcome.err) == (0, "")
    for name, command in COMMANDS.items():
        assert name in outcome.out
        assert command.summary in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_version_is_the_packages(rag: Rag) -> None:
    assert rag("--version") == Outcome(0, f"rag {__version__}\n", "")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["serach"], "rag: there is no command 'serach' (did you mean 'search'?); see 'rag --help'\n"),
        (["--frobnicate"], "rag: there is no command '--frobnicate'; see 'rag --help'\n"),
        (["ask", "x", "--top", "0"], "rag: argument --top: '0' is not a whole number of 1 or more; see"),
        (["search", "x", "--mode", "magic"], "rag: argument --mode: invalid choice: 'magic' (choose from"),
        (["status", "--jso"], "rag: unrecognized arguments: --jso; see 'rag status --help'\n"),
        (["status", "--library", ""], "rag: --library is empty; give a folder, or leave it out\n"),
        (["ask"], "rag: the question is empty;"),
        (["ask", "  \n "], "rag: the question is empty;"),
        (["ask", "x" * 100_000], "rag: the question has 100,000 characters, more than the limit of 10,000;"),
        (["ask", "caf\udce9"], "rag: the question is not valid UTF-8;"),
        (["ask", "x", "--batch", "f"], "rag: there is a question and --batch too; give one of them\n"),
        (["ask", "--batch", "f"], "rag: --batch prints JSON lines; add --json\n"),
        (["search", "--batch", "f"], "rag: --batch needs a place for its rankings; add --run"),
        (["search", "x", "--run", "f"], "rag: --run is for many queries; add --batch FILE\n"),
        (["ask", "--json", "--batch", "no/such.jsonl"], "rag: no/such.jsonl: cannot be read: No such file"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_exit_2(rag: Rag, argv: list[str], said: str) -> None:
    outcome = rag(*argv)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(said)
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("a file is wrong;\nmend it"), 2, "rag: a file is wrong; mend it\n"),
        (InputError("title \x1b[31mred\x07"), 2, "rag: title ?[31mred?\n"),
        (ModelUnavailable("the model is not there"), 1, "rag: the model is not there\n"),
        (OSError(28, "No space left on device", "/x/y"), 1, "rag: /x/y: No space left on device\n"),
        (
            MemoryError("for a batch of texts"),
            1,
            "rag: out of memory (for a batch of texts); what was reported as done is kept;"
            " free some, and repeat\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_a_command_raises_ends_as_a_line_and_a_code(
    rag: Rag, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    command_that(raising(error), monkeypatch)
    assert rag("act") == Outcome(code, "", said)


def test_a_bug_is_not_dressed_up_as_a_users_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    command_that(raising(ZeroDivisionError("oops")), monkeypatch)
    with pytest.raises(ZeroDivisionError):
        main(["act"])


def test_library_is_taken_from_the_option_before_the_environment(
    rag: Rag, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Config] = []

    def run(args: Namespace, config: Config) -> int:
        seen.append(config)
        return 0

    command_that(lambda: 0, monkeypatch)
    monkeypatch.setattr("tests_act.run", run, raising=False)
    monkeypatch.setenv("RAG_LIBRARY", "from-env")
    assert rag("act").code == 0
    assert rag("act", "--library", "~/from-option").code == 0
    assert [str(config.library)[-11:] for config in seen] == ["from-env", "from-option"]
    assert "~" not in str(seen[1].library)


def test_a_closed_pipe_is_quiet() -> None:
    """The reader goes away before the help is written."""
    program = "import sys, time; time.sleep(0.3); from rag.cli import main; sys.exit(main(['--help']))"
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    with child.stderr as stderr:
        said = stderr.read()
    assert (child.wait(), said) == (141, b"")


def test_an_interruption_is_quiet_and_ends_as_shells_expect(tmp_path: Path) -> None:
    questions = tmp_path / "questions"
    os.mkfifo(questions)
    command = [sys.executable, "-m", "rag", "ask", "--json", "--batch", str(questions)]
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore it
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=listen
    ) as child:
        try:
            with questions.open("wb"):  # opens when the child reads: it is at work now
                child.send_signal(signal.SIGINT)
                assert child.communicate(timeout=60) == (b"", b"")
        finally:
            child.kill()
    assert child.returncode == 130


def test_python_dash_m_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rag", "serach"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rag: there is no command 'serach'")


def test_every_error_of_the_tree_has_an_exit_code_of_1_or_2() -> None:
    def below(kind: type[RagError]) -> list[type[RagError]]:
        return [kind, *(each for child in kind.__subclasses__() for each in below(child))]

    assert {kind.exit_code for kind in below(RagError)} == {1, 2}


def test_the_parser_refuses_abbreviations_so_that_options_can_be_added_later() -> None:
    from rag.cli import command_parser

    parser: ArgumentParser = command_parser("status")
    with pytest.raises(InputError, match="unrecognized"):
        parser.parse_args(["--libr", "x"])
