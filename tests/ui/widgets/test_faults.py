from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest

from rag.errors import InputError
from ui.widgets.faults import fault_line, guarded, reader_line
from ui.widgets.markup import esc


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("no papers in the library at /srv/x/lib; add some: rag ingest PATH... --library /srv/x/lib",
         "No papers in the library."),
        ('the question is empty; write one, like rag ask "What is it?"', "The question is empty."),
        ("/srv/a/c.json: the conversation cannot be saved: No space left on device",
         "The conversation cannot be saved: No space left on device."),
        ("another process (pid 3) writes to /srv/lib/x; try again when it is done",
         "Another process (pid 3) writes; try again when it is done."),
        ("recall/precision is 10/20 at 3/4; see https://example.org/a/b",
         "Recall/precision is 10/20 at 3/4; see https://example.org/a/b."),
        ("unknown format 'x'; it is one of a, b", "Unknown format 'x'; it is one of a, b."),
    ],
)  # fmt: skip
def test_a_reader_is_told_no_command_and_no_path_of_the_server(message: str, told: str) -> None:
    assert reader_line(InputError(message)) == told


def test_a_fault_nobody_foresaw_is_told_in_a_line_and_recovered_from(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", said.append)

    def handler(value: int) -> Any:
        return 1 / value

    def stream(value: int) -> Iterator[Any]:
        yield "begun"
        yield 1 / value

    with caplog.at_level(logging.CRITICAL):
        assert guarded(handler, lambda value: ("as before", value))(0) == ("as before", 0)
        assert list(guarded(stream, lambda value: value)(0)) == ["begun", 0]
    assert guarded(handler)(2) == 0.5
    assert said == [esc(fault_line(ZeroDivisionError()))] * 2
    assert "ZeroDivisionError" in said[0]


def test_an_error_of_ours_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", said.append)

    def handler() -> None:
        raise InputError("that is not here any more; run: rag status")

    guarded(handler, lambda: None)()
    assert said == ["That is not here any more."]


def test_gradio_still_sees_what_a_handler_takes_and_whether_it_streams() -> None:
    def handler(text: str, event: gr.EventData) -> None: ...

    def stream(text: str) -> Iterator[str]:
        yield text

    assert list(inspect.signature(guarded(handler)).parameters) == ["text", "event"]
    assert inspect.isgeneratorfunction(guarded(stream))
    assert not inspect.isgeneratorfunction(guarded(handler))
