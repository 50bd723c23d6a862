"""What judges pairs: the face of rag/support/support_model.py and rag/support/named_model.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.support.support_model import Thresholds


class PairJudge(Protocol):
    """Judges claims against evidence."""

    @property
    def thresholds(self) -> Thresholds: ...

    def judge(
        self, pairs: Sequence[tuple[str, str]], titles: Sequence[str] | None = None
    ) -> NDArray[np.float32]:
        """float32[len(pairs), 3]: chances that each (claim, evidence) is supported, contradicted, neither.

        titles: of the evidence's papers, "" where there is none. Raises SetupError where the model's files
        cannot be used.
        """
        ...
