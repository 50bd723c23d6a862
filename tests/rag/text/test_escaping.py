from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from rag.files import json_line
from rag.llm.prompts import quoted
from rag.text.escaping import for_markdown, has_macro, without_controls
from tests.helpers.attacks import ATTACKS, Attack

LIVE = {"script", "img", "iframe", "a", "object", "svg", "style", "link"}

every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])


class TagNames(HTMLParser):
    """The names of the tags in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)


@every_attack
def test_nothing_is_live_where_text_is_rendered_as_markdown_with_html(attack: Attack) -> None:
    shown = for_markdown(attack.text)
    assert not TagNames(MarkdownIt("commonmark", {"html": True}).render(shown)).names & LIVE
    assert not TagNames(shown).names


@every_attack
def test_a_terminal_gets_no_control_characters(attack: Attack) -> None:
    shown = without_controls(attack.text)
    assert all(char.isprintable() or char in "\n\t" for char in shown)


@every_attack
def test_json_is_safe_to_print_and_the_same_value(attack: Attack) -> None:
    line = json_line({"abstract": attack.text})
    assert all(char.isprintable() for char in line.rstrip("\n"))
    assert json.loads(line) == {"abstract": attack.text}


@every_attack
def test_a_prompt_takes_no_marker_tag_or_turn_from_a_paper(attack: Attack) -> None:
    shown = quoted(attack.text)
    assert "\n" not in shown
    assert not any(mark in shown for mark in ("</paper", "<|", "[1]", "【1】", "[INST]", "[2, 3]"))


@pytest.mark.parametrize(
    "text",
    ["a < b and p < .05", "x[i] is 3 [1]", "A (B) [1][2]", "5 & 6", "<=3", "$a_1^2 < b$", "Größe: 3 µm"],
)
def test_plain_text_is_left_as_it_is(text: str) -> None:
    assert for_markdown(text) == text
    assert without_controls(text) == text


@pytest.mark.parametrize(
    ("tex", "found"),
    [
        (r"$\input{x}$", True),
        (r"$\alpha_\text{end}$", False),
        (r"$\inputs \leq \readout$", False),
        (r"$\frac{1}{2}\infty$", False),
        (r"$\write18{ls}$", True),
        (r"$\newdef{x}$", True),
        (r"$^^5cinput$", True),
    ],
)
def test_a_command_that_reads_writes_or_defines_is_told_from_a_formula(tex: str, found: bool) -> None:
    assert has_macro(tex) is found
