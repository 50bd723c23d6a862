"""rag/text/readable.py: what is shown has no LaTeX, and plain text is left alone."""

from __future__ import annotations

import pytest

from rag.text.readable import readable


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("{bf C}ommittee {\\bf V}oting", "{bf C}ommittee Voting"),
        ("it saves 89\\% of \\emph{all} calls", "it saves 89% of all calls"),
        ("our model (\\ourwork) wins", "our model (ourwork) wins"),
        ("a $2.5\\times$ gain", "a 2.5× gain"),
        ("as shown~\\cite{a2020}, it \\textbf{holds \\textit{well}}", "as shown, it holds well"),
        ("an $\\ell_{2}$ norm, R\\&D", "an ℓ_2 norm, R&D"),
        ("code at \\url{https://example.org/a}", "code at https://example.org/a"),
        ("plain text, 5 to 6, a_b", "plain text, 5 to 6, a_b"),
        ("costs $5 and then $6", "costs $5 and then $6"),
    ],
)
def test_latex_is_resolved_and_plain_text_kept(written: str, shown: str) -> None:
    assert readable(written) == shown.replace("{bf C}", "C")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["{", "\\", "$", "\\emph{", "{bf ", "~"])
def test_any_text_is_read_at_once(piece: str) -> None:
    assert isinstance(readable(piece * 5000), str)
