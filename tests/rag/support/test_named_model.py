"""A judge by name, on a graph of one table: each word counts for a label."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from rag.config import Config
from rag.errors import SupportModelError
from rag.support.gate import Gate
from rag.support.named_model import MAX_TOKENS, NamedModel, label_columns
from rag.support.support_model import CONTRADICTED, NOT_ENOUGH, SUPPORTED

WORDS = {"[CLS]": 0, "[SEP]": 1, "[UNK]": 2, "yes": 3, "no": 4, "maybe": 5}
LABELS = ("contradiction", "entailment", "neutral")


def write_model(folder: Path, labels: Sequence[str] = LABELS, n_outputs: int | None = None) -> Path:
    """Logits are sums over all words: "yes" for the second label, "no" for the first, "maybe" for the
    third."""
    folder.mkdir(exist_ok=True)
    table = np.zeros((len(WORDS), n_outputs or len(labels)), np.float32)
    table[WORDS["yes"], 1] = table[WORDS["no"], 0] = 4.0
    if table.shape[1] > 2:
        table[WORDS["maybe"], 2] = 4.0
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["rows", "wide"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "words"], ["logits"], keepdims=0),
    ]
    tensor = helper.make_tensor_value_info
    inputs = [tensor(name, TensorProto.INT64, ["b", "n"]) for name in ("input_ids", "attention_mask")]
    constants = [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([2]), "last")]
    constants.append(numpy_helper.from_array(np.array([1]), "words"))
    output = tensor("logits", TensorProto.FLOAT, ["b", table.shape[1]])
    graph = helper.make_graph(nodes, "tiny", inputs, [output], constants)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        folder / "model.onnx",
    )
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 0), ("[SEP]", 1)],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"id2label": {str(n): label for n, label in enumerate(labels)}}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_labels_are_read_from_the_models_own_config(tmp_path: Path) -> None:
    model = NamedModel.load(str(write_model(tmp_path / "m")), tmp_path)
    found = model.judge([("yes", "yes"), ("no", "no no"), ("maybe", "maybe"), ("", "yes")])
    assert found.argmax(axis=1).tolist() == [SUPPORTED, CONTRADICTED, NOT_ENOUGH, NOT_ENOUGH]
    assert found.sum(axis=1) == pytest.approx(np.ones(4))


def test_neither_order_nor_length_changes_a_chance(tmp_path: Path) -> None:
    model = NamedModel.load(str(write_model(tmp_path / "m")), tmp_path)
    pairs = [("yes", "yes"), ("no", "what is no then"), ("yes", "maybe " * 3 * MAX_TOKENS)]
    together = model.judge(pairs)
    assert model.judge(pairs[::-1])[::-1] == pytest.approx(together)
    assert np.concatenate([model.judge([pair]) for pair in pairs]) == pytest.approx(together)
    assert model.judge(pairs[:1], ["no no no no"])[0, CONTRADICTED] > together[0, CONTRADICTED]


@pytest.mark.parametrize(
    ("labels", "columns"),
    [
        (("ENTAILMENT", "NEUTRAL", "CONTRADICTION"), (SUPPORTED, NOT_ENOUGH, CONTRADICTED)),
        (("SUPPORTS", "REFUTES", "NOT ENOUGH INFO"), (SUPPORTED, CONTRADICTED, NOT_ENOUGH)),
        (("not_entailment", "entailment"), (NOT_ENOUGH, SUPPORTED)),
        (("unsupported", "supported"), (NOT_ENOUGH, SUPPORTED)),
    ],
)
def test_the_usual_names_of_labels_are_known(labels: tuple[str, ...], columns: tuple[int, ...]) -> None:
    assert label_columns({"id2label": {str(n): label for n, label in enumerate(labels)}}) == columns


@pytest.mark.parametrize("labels", [(), ("LABEL_0", "LABEL_1"), ("positive", "negative"), ("entailment",)])
def test_labels_that_say_nothing_of_support_are_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(SupportModelError, match="names the labels"):
        label_columns({"id2label": dict(enumerate(labels))})


def test_a_model_that_changes_under_its_name_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    NamedModel.load(str(folder), tmp_path)
    NamedModel.load(str(folder), tmp_path)
    write_model(folder, ("entailment", "contradiction", "neutral"))
    with pytest.raises(SupportModelError, match="not the model it was when it was chosen"):
        NamedModel.load(str(folder), tmp_path)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_folder_that_lacks_a_file_is_refused(name: str, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / name).unlink()
    with pytest.raises(SupportModelError, match="lacks"):
        NamedModel.load(str(folder), tmp_path)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_damaged_file_leaves_claims_unchecked_and_says_so_in_a_line(
    name: str, config: Config, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "m")
    (folder / name).write_bytes(b"damaged")
    gate = Gate.load(replace(config, support_model=str(folder), cache=tmp_path))
    verdict = gate.check("yes", ["yes"])
    assert verdict.status == "unsupported"
    assert verdict.reasons[0].startswith("not checked: ")
    assert "\n" not in verdict.reasons[0]


def test_more_outputs_than_labels_are_refused(tmp_path: Path) -> None:
    model = NamedModel.load(str(write_model(tmp_path / "m", n_outputs=5)), tmp_path)
    with pytest.raises(SupportModelError, match="names 3 labels"):
        model.judge([("yes", "yes")])


def test_the_gate_runs_on_a_named_model(config: Config, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    gate = Gate.load(replace(config, support_model=str(folder), cache=tmp_path))
    assert gate.check("yes", ["yes yes"]).status == "supported"
    assert gate.check("yes no", ["no no no yes"]).label == "contradicted"


def test_what_is_neither_a_folder_nor_a_hub_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SupportModelError, match="neither a folder nor a hub model"):
        NamedModel.load("no such thing", tmp_path)
