"""Replies of the language model on disk, keyed by the whole request. One small JSON file each.

Owns files under the cache folder; a file that does not read back is as if it were not there.
Requests hold no key, so neither does the cache.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class CachedReply:
    """A whole reply as it came, with the tokens it took, and how probable they were where that is known."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class ReplyCache:
    """A folder of replies, readable by its owner only."""

    folder: Path

    def get(self, request: Mapping[str, Any]) -> CachedReply | None:
        """The reply to exactly this request, if there is one."""
        try:
            kept_reply = json.loads(self._path(request).read_text("utf-8"))
            probability = kept_reply.get("probability")
            return CachedReply(
                str(kept_reply["text"]),
                int(kept_reply["prompt_tokens"]),
                int(kept_reply["completion_tokens"]),
                None if probability is None else float(probability),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def put(self, request: Mapping[str, Any], reply: CachedReply) -> None:
        """Keep a reply. A full or read-only disk costs the saving, not the answer."""
        path = self._path(request)
        draft = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
                draft = Path(file.name)
                json.dump(asdict(reply), file, ensure_ascii=False)
            draft.replace(path)
        except OSError:
            if draft:
                with suppress(OSError):
                    draft.unlink()

    def _path(self, request: Mapping[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
        return self.folder / f"{digest}.json"
