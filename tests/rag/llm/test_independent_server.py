"""The protocol, with a server nobody here wrote. Runs where INDEPENDENT_SERVER names one:

    transformers serve FOLDER --port 8765
    export INDEPENDENT_SERVER=http://127.0.0.1:8765/v1 INDEPENDENT_MODEL=FOLDER
    pytest tests/rag/llm/test_independent_server.py

The model may be tiny and its weights random: what it says does not matter, how it says it does.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.llm.client import LanguageModel, Message, Reply
from rag.records import Delta, Done

pytestmark = pytest.mark.skipif("INDEPENDENT_SERVER" not in os.environ, reason="no INDEPENDENT_SERVER is set")


@pytest.fixture
def independent(config: Config) -> Config:
    url, model = os.environ["INDEPENDENT_SERVER"], os.environ.get("INDEPENDENT_MODEL")
    return replace(config, base_url=url, model=model, llm_cache=False, max_tokens=60)


def test_a_reply_streams_and_is_counted_by_the_server(independent: Config) -> None:
    llm = LanguageModel(independent)
    *pieces, reply = llm.stream([Message("system", "Be brief."), Message("user", "What is SPLADE?")])
    llm.close()
    assert isinstance(reply, Reply)
    assert len(pieces) > 1
    assert "".join(str(piece) for piece in pieces) == reply.text
    assert 0 < reply.usage.completion_tokens <= 60
    assert reply.usage.prompt_tokens > 0


def test_an_answer_is_written_and_none_of_its_nonsense_believed(
    independent: Config, demo_library: Path
) -> None:
    with Assistant.open(demo_library, config=independent) as assistant:
        *events, done = assistant.stream("What did SPLADE v2 change in pooling term weights?")
    assert any(isinstance(event, Delta) for event in events)
    assert isinstance(done, Done)
    if done.answer.mode == "llm":
        assert {sentence.status for sentence in done.answer.sentences} == {"unsupported"}
    else:
        assert done.answer.notice
