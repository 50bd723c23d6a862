"""Help is true and light: every command has it, README's command lines parse, nothing heavy is imported."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.cli import COMMANDS, command_parser
from tests.conftest import ROOT, Outcome

HEAVY = {
    *("chromadb", "gradio", "llama_index", "numpy", "onnxruntime", "openai"),
    *("pandas", "rich", "tantivy", "tiktoken", "tokenizers"),
}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def modules_after(program: str) -> set[str]:
    """Names of the modules a fresh Python has after running the program, its output apart."""
    program = f"import sys, rag.cli\n{program}\nprint('\\n#', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("#")[2].split())


def test_the_list_of_commands_imports_none_of_them() -> None:
    loaded = modules_after("rag.cli.main(['--help'])")
    ours = {name for name in loaded if name.partition(".")[0] in ("rag", "ui", "eval")}
    assert ours == {"rag", "rag.cli", "rag.errors", "rag.version"}
    assert not loaded & {*HEAVY, "asyncio", "platformdirs"}


def test_no_commands_help_imports_what_only_its_work_needs() -> None:
    loaded = modules_after(f"for name in {list(COMMANDS)}: rag.cli.main([name, '--help'])")
    assert sorted(loaded & HEAVY) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_names_the_library_option(rag: Callable[..., Outcome], name: str) -> None:
    outcome = rag(name, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"usage: rag {name} ")
    assert "--library DIR" in outcome.out


def command_lines(page: Path) -> Iterator[list[str]]:
    """The `rag ...` lines of the page's code blocks, as words; settings before and pipes after left out."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    for block in re.findall(r"^```(?:console|sh|bash|shell)?\n(.*?)^```|((?:^ {4}.*\n)+)", text, re.M | re.S):
        for line in re.sub(r"\\\n", " ", "".join(block)).splitlines():
            found = re.match(r"\s*(?:\$ )?(?:[A-Z_]+=\S* )*(?:\.venv/bin/)?(rag .*)", line)
            if found:
                words = shlex.split(found[1], comments=True)
                stop = next(
                    (i for i, word in enumerate(words) if word in ("|", "&&", "||", ">", "<", ";", "&")), None
                )
                yield words[:stop]


@pytest.mark.parametrize(
    "words", [pytest.param(words, id=" ".join(words)) for page in PAGES for words in command_lines(page)]
)
def test_a_command_line_of_the_documentation_parses(words: list[str]) -> None:
    assert words[1] in COMMANDS or words[1:] in (["--help"], ["--version"])
    if words[1] in COMMANDS and "--help" not in words:
        command_parser(words[1]).parse_args(words[2:])


def test_make_targets_of_the_documentation_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    for page in filter(Path.exists, PAGES):
        named = re.findall(
            r"(?:^|`)(?: {4})?make ([a-z][a-z -]*[a-z])", page.read_text(encoding="utf-8"), re.M
        )
        assert {target for words in named for target in words.split()} <= targets, page


def test_every_command_module_has_its_row() -> None:
    modules = {
        f"rag.commands.{path.stem}"
        for path in (ROOT / "rag" / "commands").glob("*.py")
        if "\ndef run(args" in path.read_text(encoding="utf-8")
    }
    rows = {command.module for command in COMMANDS.values()}
    assert modules == {module for module in rows if module.startswith("rag.")}
