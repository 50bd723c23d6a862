"""What counts as one spelling, as tables of texts that fold alike and texts that must not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.papers.identifiers import clean_arxiv_id, clean_doi, paper_id, title_key
from rag.text.folding import fold

ALIKE = [
    ["2.27x", "2.27times", "2.27 times", "2.27\\times", "2.27×", "$2.27\\times$", "2.27 x", "$2.27 \\times$"],
    ["16x16", "16\\times16", "16×16", "16 x 16", "$16 \\times 16$"],
    ["1,024 tokens", "1024 tokens"],
    ["0.5 points", ".5 points"],
    ["9\\%", "9%"],
    ["Nystromformer", 'Nystr\\"{o}mformer', "Nyströmformer", 'nystr{\\"o}mformer', 'Nystr\\"omformer'],
    ["Erdos-Renyi", "Erdős–Rényi", "Erd\\H{o}s-R\\'enyi", "Erd\\H{o}s-R{\\'e}nyi"],
    ["Lukasz", "Łukasz", "{\\L}ukasz"],
    ["l0 norm", "ell_0 norm", "\\ell_0 norm", "$\\ell_0$ norm", "$\\ell_{0}$ norm", "L_0 norm"],
    ["alpha", "α", "\\alpha", "$\\alpha$", "Α"],
    ["epsilon", "\\varepsilon", "ε"],
    ["Lambda models", "{\\Lambda} models", "Λ models", "$\\lambda$ models"],
    ["S2IP", "S^2IP", "$S^2$IP", "S²IP", "S^{2}IP"],
    ["over S", "over \\mathcal{S}", "over mathcal S", "over $\\mathcal S$"],
    ["LoRA", "\\textbf{LoRA}", "\\emph{LoRA}", "{LoRA}"],
    ["efficient", "e\ufb03cient", "ef\u00adficient", "effi\u200bcient"],
    ['the model\'s "best"', "the model’s “best”"],
    ["large-scale", "large–scale", "large‑scale"],
    ["AT&T", "AT&amp;T", "AT\\&T"],
    ["encoder (e.g. BERT)", "encoder~(e.g. BERT)"],
    ["Straße", "Strasse", "STRASSE", "Stra{\\ss}e"],
]
UNLIKE = [
    ("91.2", "91 2"),
    ("2.27x", "2.27"),
    ("GPT-3.5", "GPT-3"),
    ("many times", "many x"),
    ("train_test", "traintest"),
    ("the sysname", "the \\emph name"),
]


@pytest.mark.parametrize("texts", ALIKE, ids=lambda texts: texts[0])
def test_spellings_of_one_thing_fold_alike(texts: list[str]) -> None:
    assert {fold(text).strip() for text in texts} == {fold(texts[0]).strip()}


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_different_things_fold_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_a_number_with_a_point_is_one_word() -> None:
    assert fold("gains 3.3 on BEIR, v2.0, Fig.2, at 10 times.").isascii()
    assert fold("gains 3.3 NDCG").split()[1].isalnum()


def test_the_name_of_an_unknown_command_stays() -> None:
    assert fold("\\sysname, a method") == "sysname, a method"


@given(st.text(st.sampled_from("aL0.5,\\{}$^_~ \"'éα&;xtimes"), max_size=40) | st.text(max_size=80))
def test_any_text_folds_and_any_title_has_a_key(text: str) -> None:
    fold(text)
    assert bool(title_key(text)) == bool(text.strip())


@pytest.mark.parametrize(
    "title",
    [
        "Nyströmformer: A k-NN method",
        'NYSTR\\"{O}MFORMER: a {k}-NN method.',
        "Nystromformer - A  kNN Method",
    ],
)
def test_a_title_has_one_key_however_it_is_typed(title: str) -> None:
    assert title_key(title) == "nystromformeraknnmethod"


def test_near_duplicates_have_keys_of_their_own() -> None:
    titles = ["SPLADE: x", "SPLADE v2: x", "SPLADE++: x", "PROP: x", "B-PROP: x", "C# x", "C x", "?", "??"]
    assert len({title_key(title) for title in titles}) == len(titles)


def test_the_titles_of_the_pages_have_keys_of_their_own(shared_dir: Path) -> None:
    lines = [
        line.strip().removeprefix("Subscribe")
        for page in (shared_dir / "corpus").glob("*.txt")
        for line in page.read_text("utf-8").splitlines()
    ]
    titles = {line for line in lines if 28 < len(line) < 200 and not line.startswith("Get trending")}
    assert len({title_key(title) for title in titles}) == len(titles) > 700


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1000/ABC.x", "10.1000/abc.x"),
        ("https://doi.org/10.1000/ABC.x.", "10.1000/abc.x"),
        ("http://dx.doi.org/10.1000/x", "10.1000/x"),
        ("doi: 10.18653/v1/2020.acl-main.1", "10.18653/v1/2020.acl-main.1"),
        ("10.1", ""),
        ("none", ""),
        ("", ""),
    ],
)
def test_a_doi_is_stripped_and_lowered(text: str, doi: str) -> None:
    assert clean_doi(text) == doi


@pytest.mark.parametrize(
    ("text", "arxiv_id"),
    [
        ("2101.00001v3", "2101.00001"),
        ("arXiv:2101.00001 [cs.CL]", "2101.00001"),
        ("http://arxiv.org/abs/2101.00001v3", "2101.00001"),
        ("https://arxiv.org/pdf/2101.12345.pdf", "2101.12345"),
        ("oai:arXiv.org:0704.0001", "0704.0001"),
        ("10.48550/arXiv.2101.00001", "2101.00001"),
        ("math.GT/0309136v1", "math/0309136"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("10.1109/2012.00012", ""),
        ("https://example.org/2101.00001", ""),
        ("https://example.org/papers/1234567", ""),
        ("2113.00001", ""),
        ("W2741809807", ""),
    ],
)
def test_an_arxiv_id_is_found_without_its_version(text: str, arxiv_id: str) -> None:
    assert clean_arxiv_id(text) == arxiv_id


def test_a_paper_is_called_by_doi_else_arxiv_id_else_own_id_else_title() -> None:
    given = {"doi": "doi:10.1/X", "arxiv_id": "arXiv:2101.00001v2", "own_id": "s2-7"}
    assert paper_id("T", **given | {"doi": "https://doi.org/10.1000/X"}) == "10.1000/x"
    assert paper_id("T", **given) == "2101.00001"
    assert paper_id("T", **given | {"arxiv_id": ""}) == "s2-7"
    assert paper_id("T", doi="10.48550/arXiv.2101.00001", own_id="s2-7") == "2101.00001"
    assert paper_id("A Title!") == paper_id("a {T}itle") != paper_id("Another")
