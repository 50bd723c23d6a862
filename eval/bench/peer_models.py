"""MiniLM's official weights as a folder that sentence-transformers opens, with no network.

The weights and the tokenizer are linked from where this project finds them; the small files beside them say
what is published of the model: BERT's sizes, 256 word pieces at most, mean pooling, unit length.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

_BERT: dict[str, Any] = {
    "model_type": "bert", "architectures": ["BertModel"], "hidden_size": 384, "num_hidden_layers": 6,
    "num_attention_heads": 12, "intermediate_size": 1536, "vocab_size": 30522, "hidden_act": "gelu",
    "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0,
}  # fmt: skip
_TOKENIZER = {
    "tokenizer_class": "BertTokenizer", "model_max_length": 512, "do_lower_case": True, "cls_token": "[CLS]",
    "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]",
}  # fmt: skip
_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]


def write_model_folder(weights: Path, folder: Path) -> Path:
    """Make `folder` of the official files in `weights`, and return it."""
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("1_Pooling", "2_Normalize"):
        (folder / part).mkdir(parents=True)
    for name in ("model.safetensors", "tokenizer.json"):
        (folder / name).symlink_to((weights / name).resolve())
    files = {
        "config.json": _BERT,
        "tokenizer_config.json": _TOKENIZER,
        "modules.json": _MODULES,
        "sentence_bert_config.json": {"max_seq_length": 256, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder
