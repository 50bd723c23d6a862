"""Settings from the environment."""

from __future__ import annotations

import pytest

from rag.config import Config
from rag.errors import ConfigError


def test_what_is_not_set_has_its_default() -> None:
    config = Config.from_env({"RAG_LLM_TIMEOUT_S": "", "RAG_LLM_MAX_CALL_USD": " "})
    assert (config.timeout_s, config.max_call_usd, config.max_cost_usd) == (60.0, None, None)


def test_a_models_time_and_cost_are_read() -> None:
    env = {"RAG_LLM_TIMEOUT_S": "7.5", "RAG_LLM_MAX_CALL_USD": "0.02", "RAG_LLM_MAX_COST_USD": "3"}
    config = Config.from_env(env)
    assert (config.timeout_s, config.max_call_usd, config.max_cost_usd) == (7.5, 0.02, 3.0)


@pytest.mark.parametrize("name", ["RAG_LLM_TIMEOUT_S", "RAG_LLM_MAX_CALL_USD", "RAG_LLM_MAX_COST_USD"])
@pytest.mark.parametrize("text", ["soon", "0", "-1", "inf", "nan"])
def test_what_is_no_positive_number_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is '{text}'"):
        Config.from_env({name: text})


def test_the_optional_parts_are_off_unless_set() -> None:
    config = Config.from_env({})
    assert (config.rerank, config.compress, config.context_papers) == ("off", 1.0, "share")
    assert config.small_model is None
    env = {"RAG_RERANK": "llm", "RAG_LLM_COMPRESS": "0.5", "RAG_LLM_PAPERS": "drop"}
    config = Config.from_env(env | {"RAG_LLM_SMALL_MODEL": "tiny"})
    assert (config.rerank, config.compress, config.context_papers) == ("llm", 0.5, "drop")
    assert config.small_model == "tiny"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("RAG_RERANK", "yes", "set it to off, llm, llm-window"),
        ("RAG_LLM_COMPRESS", "1.5", "no share up to 1"),
        ("RAG_LLM_PAPERS", "all", "set it to share, drop"),
        ("RAG_LLM_SMALL_URL", "localhost", "no http"),
    ],
)
def test_a_part_set_up_wrongly_is_refused_by_name(name: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is '{text}'.*{said}"):
        Config.from_env({name: text})
