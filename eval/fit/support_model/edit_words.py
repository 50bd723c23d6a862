"""Words that edits.py exchanges: those that mean the same, opposites, and what a limit is raised to."""

from __future__ import annotations

from collections.abc import Sequence

_SAME = (  # words that may stand for one another
    "increase raise elevate", "increases raises elevates", "increased raised elevated", "higher greater",
    "decrease reduce lower", "decreases reduces lowers", "decreased reduced", "improves enhances betters",
    "improve enhance", "improved enhanced", "show demonstrate", "shows demonstrates", "method approach",
    "methods approaches", "significantly markedly substantially", "use employ", "uses employs", "however nevertheless",
    "several multiple various", "important crucial", "outperforms surpasses beats", "outperform surpass beat",
    "requires needs", "require need", "obtain get", "obtains gets", "large big", "small little", "many numerous",
    "effective efficacious", "associated linked", "inhibits blocks suppresses", "inhibited blocked suppressed",
    "induced triggered", "induces triggers", "patients subjects", "individuals people", "compared contrasted",
    "children kids", "often frequently", "mainly chiefly", "problem issue", "because since", "identify find",
)  # fmt: skip
_OPPOSITE = (
    "increase decrease", "increases decreases", "increased decreased", "increasing decreasing", "higher lower",
    "high low", "more less", "greater smaller", "larger smaller", "improve worsen", "improves worsens", "better worse",
    "improved worsened", "outperforms underperforms", "outperform underperform", "faster slower", "before after",
    "with without", "positive negative", "positively negatively", "activates inhibits", "activated inhibited",
    "activation inhibition", "promotes prevents", "promote prevent", "early late", "long short", "strong weak",
    "enhanced impaired", "enhances impairs", "upregulated downregulated", "first last", "above below", "most least",
    "gain loss", "rise fall", "raised lowered", "easy difficult", "simple complex", "reduces raises", "reduced raised",
    "reduce raise", "fewer more", "best worst", "stronger weaker", "longer shorter", "efficient inefficient",
    "sufficient insufficient", "dependent independent", "necessary unnecessary", "present absent", "success failure",
)  # fmt: skip
RAISED = {
    "may": "will always", "might": "will always", "could": "will", "some": "all", "most": "all", "many": "all",
    "often": "always", "usually": "always", "typically": "always", "sometimes": "always", "several": "all",
    "suggest": "prove", "suggests": "proves", "suggesting": "proving", "partially": "fully", "partly": "fully",
    "nearly": "more than", "almost": "fully", "approximately": "more than", "comparable": "superior",
    "generally": "invariably", "likely": "certain", "potential": "proven", "potentially": "certainly", "can": "always",
    "associated": "shown to be causally linked", "competitive": "unmatched", "helps": "suffices to",
}  # fmt: skip


def _table(rows: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        words = row.split()
        for word in words:
            found.setdefault(word, []).extend(other for other in words if other != word)
    return found


SAME_WORDS, OPPOSITES = _table(_SAME), _table(_OPPOSITE)
