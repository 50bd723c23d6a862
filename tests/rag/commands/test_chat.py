"""`rag chat`, driven by pipe and, for what it shows while a model writes, by a pseudo-terminal."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome
from tests.helpers.model_server import ModelServer, Scripted

FIRST = "What did SPLADE v2 change in pooling term weights?"
THEN = "How much did NDCG@10 rise with it?"

Talk = Callable[..., Outcome]


@pytest.fixture
def talk(rag: Callable[..., Outcome], demo_library: Path, monkeypatch: pytest.MonkeyPatch) -> Talk:
    """Pipe lines into `rag chat` over the demo papers."""

    def run(*lines: str, args: tuple[str, ...] = ()) -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines) + "\n"))
        return rag("chat", "--library", demo_library, *args)

    return run


def test_questions_are_answered_line_by_line_and_a_follow_up_carries_its_topic(talk: Talk) -> None:
    outcome = talk(FIRST, "", THEN)
    assert outcome.code == 0
    assert outcome.out.count("SPLADE v2: Sparse Lexical") == 2
    assert "more than 9%" in outcome.out
    assert f"searched for: {THEN} ({FIRST}" in " ".join(outcome.err.split())


def test_the_input_ends_at_quit(talk: Talk) -> None:
    outcome = talk("/quit", FIRST)
    assert (outcome.code, outcome.out) == (0, "")


def test_papers_lists_what_the_last_answer_looked_at(talk: Talk) -> None:
    assert " 1. SPLADE v2" in talk(FIRST, "/papers").out


def test_new_forgets_the_conversation(talk: Talk) -> None:
    outcome = talk(FIRST, "/new", THEN)
    assert "searched for" not in outcome.err


def test_save_writes_the_conversation_by_its_ending(talk: Talk, tmp_path: Path) -> None:
    outcome = talk(FIRST, THEN, f"/save {tmp_path}/talk.md", f"/save {tmp_path}/talk.bib")
    text = (tmp_path / "talk.md").read_text()
    assert f"# {FIRST}" in text
    assert f"# {THEN}" in text
    assert "SPLADE v2" in (tmp_path / "talk.bib").read_text()
    assert outcome.out.count("saved ") == 2


def test_help_names_every_command(talk: Talk) -> None:
    help_text = talk("/help").out
    assert all(command in help_text for command in ("/papers", "/mode", "/save", "/new", "/help", "/quit"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/what", "there is no command /what"),
        ("/save", "/save needs a file that ends in one of"),
        ("/save x.doc", "/save needs a file that ends in one of"),
        ("/save x.md", "nothing to save"),
        ("/papers", "no question has been asked yet"),
        ("/mode loud", "there is no mode 'loud'"),
        ("/mode llm", "OPENAI_API_KEY"),
        ("x" * 20_000, "shorten it"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_the_conversation_goes_on(line: str, said: str, talk: Talk) -> None:
    outcome = talk(line, "/mode")
    assert outcome.err.startswith("rag: ")
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
    assert (outcome.code, outcome.out) == (0, "mode: extractive\n")


def test_no_library_is_told_before_anything_is_asked(rag: Callable[..., Outcome], tmp_path: Path) -> None:
    assert rag("chat", "--library", tmp_path / "none").code == 2


def test_a_model_writes_until_told_otherwise(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer(
        [Scripted("NDCG@10 on TREC DL 2019 rises by more than 9% over the first SPLADE [1].")]
    ) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("RAG_LLM_MODEL", "scripted")
        outcome = talk("/mode", "How much better is SPLADE v2?", "/mode extractive", FIRST)
    assert outcome.out.startswith("mode: llm\n")
    assert "mode: extractive\n" in outcome.out
    assert len(server.requests) == 1


def test_text_is_shown_while_the_model_is_still_writing(demo_library: Path) -> None:
    pieces = ["NDCG@10 on TREC DL 2019 ", "rises by more than 9% over the first SPLADE [1]."]
    with ModelServer([Scripted(pieces, pause_s=1.0)]) as server:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "rag", "chat", "--library", str(demo_library)],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENAI_BASE_URL": server.url, "RAG_LLM_MODEL": "scripted", "TERM": "xterm"},
        )
        os.close(theirs)
        try:
            os.write(ours, b"How much better is SPLADE v2?\n")
            _read_until(ours, b"TREC DL 2019")
            assert len(server.sent_at) == 1
            _read_until(ours, b"[1] SPLADE")
            os.write(ours, b"/quit\n")
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()
            os.close(ours)


def test_ask_shows_text_while_the_model_is_still_writing(demo_library: Path) -> None:
    pieces = ["NDCG@10 on TREC DL 2019 ", "rises by more than 9% over the first SPLADE [1]."]
    with ModelServer([Scripted(pieces, pause_s=1.0)]) as server:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "rag",
                "ask",
                "How much better is SPLADE v2?",
                "--library",
                str(demo_library),
            ],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENAI_BASE_URL": server.url, "RAG_LLM_MODEL": "scripted", "TERM": "xterm"},
        )
        os.close(theirs)
        try:
            _read_until(ours, b"TREC DL 2019")
            assert len(server.sent_at) == 1
            _read_until(ours, b"[1] SPLADE")
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()
            os.close(ours)


def _read_until(descriptor: int, wanted: bytes) -> None:
    seen, ends = b"", time.monotonic() + 60
    while wanted not in seen:
        assert select.select([descriptor], [], [], max(0.0, ends - time.monotonic()))[0], seen
        seen += os.read(descriptor, 4096)
