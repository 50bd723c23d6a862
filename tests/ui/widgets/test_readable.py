from __future__ import annotations

import pytest

from tests.helpers.ui_samples import HOSTILE, assert_harmless, parse
from ui.widgets.readable import readable, readable_line


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"Nystr\"{o}mformer: linear", "Nyströmformer: linear"),
        (r"faster by 89\% on both", "faster by 89% on both"),
        (r"in $O(n \log n)$ time", "in O(n log n) time"),
        (r"$\alpha_{i} \leq 2^k$", "αi ≤ 2k"),
        (r"a dense \Lambda, $\lambda$", "a dense Λ, λ"),
        (r"a gain of 2.27\times over it", "a gain of 2.27× over it"),
        ("costs $5 and $6, ~10% less -- {so}", "costs $5 and $6, ~10% less -- {so}"),
    ],
)
def test_tex_is_read_and_what_was_written_stays_underneath(written: str, read: str) -> None:
    found = parse(readable(written))
    assert found.text == read
    assert found.values("data-verbatim") == ([written] if read != written else [])


def test_powers_and_indices_are_raised_and_lowered() -> None:
    assert "x<sup>2</sup>" in readable("$x^2$")
    assert "L<sub>1</sub>" in readable(r"\(L_1\)")


def test_a_label_is_one_line_of_plain_text() -> None:
    assert readable_line(r"Nystr\"{o}m <b> $\beta^2$") == "Nyström <b> β^2"


@pytest.mark.parametrize("text", [*HOSTILE, "$<script>x</script>$", r"\\<img src=x>"])
def test_hostile_text_is_only_text(text: str) -> None:
    assert_harmless(readable(text), text)
