"""Tokens of a text as a language model counts them, by tiktoken, offline.

Owns the choice of vocabulary and where it is found. The encoder's own tokens are rag/encoder/minilm.py's.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ConfigError

if TYPE_CHECKING:
    from tiktoken import Encoding

OTHER_VOCABULARY = "cl100k_base"
"""Counts for models tiktoken does not know: reads in half the time of the larger one, and counts more."""
OTHER_MARGIN = 1.2
"""How far such a count may lie below the model's own: open models' vocabularies are smaller."""
_SHIPPED = ("cl100k_base", "o200k_base")


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """Counts tokens for one model. `margin` is 1 where the model's own vocabulary is used."""

    encoding: Encoding
    margin: float

    @classmethod
    def for_model(cls, model: str) -> TokenCounter:
        """The counter for a model name. Raises ConfigError where no vocabulary can be read."""
        import tiktoken

        if "TIKTOKEN_CACHE_DIR" not in os.environ and (shipped := _shipped_vocabularies()):
            os.environ["TIKTOKEN_CACHE_DIR"] = str(shipped)  # tiktoken takes it from nowhere else
        try:
            name = tiktoken.encoding_name_for_model(model)
        except KeyError:
            name = ""
        known = name in _SHIPPED
        try:
            encoding = tiktoken.get_encoding(name if known else OTHER_VOCABULARY)
        except OSError as error:
            raise ConfigError(
                f"tiktoken found no vocabulary in TIKTOKEN_CACHE_DIR={os.environ.get('TIKTOKEN_CACHE_DIR')} "
                "and could not fetch one; unset it, or use --no-llm"
            ) from error
        return cls(encoding, 1.0 if known else OTHER_MARGIN)

    def count(self, text: str) -> int:
        """Tokens in `text`; text that looks like a special token is counted as plain text."""
        return len(self.encoding.encode_ordinary(text))


def _shipped_vocabularies() -> Path | None:
    """The folder of vocabularies that comes with llama-index-core, without importing it (2.4 s)."""
    frame = importlib.util.find_spec("llama_index")
    for folder in (frame.submodule_search_locations or ()) if frame else ():
        vocabularies = Path(folder, "core", "_static", "tiktoken_cache")
        if vocabularies.is_dir():
            return vocabularies
    return None
