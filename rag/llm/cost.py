"""What calls of a language model cost, and the caps on it.

Owns the price table (prices.json) and the arithmetic; a model without a known price has no cost
rather than a guessed one. Counting tokens is rag/llm/token_count.py's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from importlib import resources
from ipaddress import ip_address
from threading import Lock
from urllib.parse import urlsplit

from rag.errors import BudgetExceeded, ConfigError
from rag.records import Price, Usage

_REMEDY = "raise the cap, or use --no-llm"
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def price_of(model: str, url: str) -> Price | None:
    """The price of a model by its exact name, or the name without its snapshot date; else None.

    A model that is not in the table costs nothing where its server is on this machine or in its own network.
    """
    table = json.loads(resources.files("rag.llm").joinpath("prices.json").read_text("utf-8"))[
        "usd_per_million"
    ]
    price = table.get(model) or table.get(_SNAPSHOT.sub("", model))
    if price:
        return Price(*price)
    return Price(0.0, 0.0) if _is_local(url) else None


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".localhost", ".internal")) or "." not in host


@dataclass(slots=True)
class Spending:
    """What all models of one session have cost together: finished calls, and calls under way at the most
    they can cost. Safe to share by threads."""

    usd: float = 0.0
    lock: Lock = field(default_factory=Lock, repr=False)


@dataclass(slots=True)
class Budget:
    """What one session has spent on one model, and its caps in US dollars. Safe to share by threads."""

    model: str
    max_session_usd: float | None = None
    max_call_usd: float | None = None
    price: Price | None = None
    spending: Spending = field(default_factory=Spending)
    """Shared with the budgets of the session's other models."""

    @property
    def spent_usd(self) -> float:
        return self.spending.usd

    @property
    def capped(self) -> bool:
        return self.max_session_usd is not None or self.max_call_usd is not None

    def reserve(self, prompt_tokens: int, max_tokens: int) -> float:
        """Set aside the most a call can cost, and return it, in US dollars. Raises BudgetExceeded where
        that would pass a cap, and ConfigError where there is a cap but no price to hold it against."""
        if not self.capped:
            return 0.0
        if self.price is None:
            raise ConfigError(
                f"a spending cap is set, but the price of {self.model!r} is not known, so it cannot be kept; "
                "set RAG_LLM_PRICE to its US dollars per million tokens, like RAG_LLM_PRICE=2.5,10 "
                "(prompt, completion), or drop the cap"
            )
        worst = self.price.of(prompt_tokens, max_tokens)
        cost = f"a call to {self.model} may cost ${worst:.4f}"
        with self.spending.lock:
            if self.max_call_usd is not None and worst > self.max_call_usd:
                raise BudgetExceeded(f"{cost}, over the cap of ${self.max_call_usd:.4f} a call; {_REMEDY}")
            if self.max_session_usd is not None and self.spent_usd + worst > self.max_session_usd:
                spent = f"${self.spent_usd:.4f} of ${self.max_session_usd:.4f}"
                raise BudgetExceeded(f"{cost}, and {spent} is spent; {_REMEDY}")
            self.spending.usd += worst
        return worst

    def record(self, reserved: float, prompt_tokens: int, completion_tokens: int) -> Usage:
        """Replace what was set aside by what the call cost."""
        cost = self.price.of(prompt_tokens, completion_tokens) if self.price else None
        with self.spending.lock:
            self.spending.usd += (cost or 0.0) - reserved
        return Usage(prompt_tokens, completion_tokens, cost)
