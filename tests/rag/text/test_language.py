"""rag/text/language.py: script and common words; names and short English stay English."""

from __future__ import annotations

import pytest

from rag.text.language import language_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Was ist Photosynthese und wozu dient sie?", "de"),
        ("Quelle est la différence entre les deux méthodes ?", "fr"),
        ("¿Cuáles son los efectos del café?", "es"),
        ("Quali sono gli effetti della luce?", "it"),
        ("什么是光合作用?", "zh"),
        ("光合成とは何ですか", "ja"),
        ("광합성이란 무엇인가", "ko"),
        ("Что такое фотосинтез?", "ru"),
        ("What is photosynthesis?", "en"),
        ("photosynthesis", "en"),
        ("Does β-carotene help?", "en"),
        ("What did Müller and Žižek find in São Paulo?", "en"),
        ("de novo protein design", "en"),
        ("", "en"),
    ],
)
def test_language(text: str, code: str) -> None:
    assert language_of(text) == code
