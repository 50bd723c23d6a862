"""A judge model's grades: is the answer faithful to what it cites, and does it agree with the reference?

One call a grade. The last valid verdict of a reply counts; a reply without one, or no reply, leaves the
answer unscored with the reason. What is judged stands in the prompt as quoted text, never as instructions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from eval.data.questions import GoldQuestion
from eval.measures.answers import spoken_text
from eval.runs.run_folder import JudgeScore, Result
from eval.runs.runner import Answerer
from rag.config import Config
from rag.errors import ModelError
from rag.llm.prompts import load_prompt, quoted
from rag.records import Answer

if TYPE_CHECKING:
    from rag.llm.client import LanguageModel

GRADES: Mapping[str, float] = {"yes": 1.0, "partly": 0.5, "no": 0.0}
MAX_TOKENS = 300
"""Of a verdict: a few sentences of reasons and one line. Chosen by hand."""
_VERDICT = re.compile(
    r"^[\s*_#>-]*verdict[\s*_]*:[\s*_]*(yes|partly|no)[^\w\n]*$", re.IGNORECASE | re.MULTILINE
)
_SHOWN = 300


class Grades(Protocol):
    """The part of a judge that a run needs."""

    def grade(self, question: GoldQuestion, answer: Answer) -> dict[str, JudgeScore]: ...


class Judge:
    """A model and its two prompts. Safe to share between threads."""

    def __init__(self, llm: LanguageModel, config: Config) -> None:
        self.llm = llm
        self._faithfulness = load_prompt("judge_faithfulness", config.prompts)
        self._correctness = load_prompt("judge_correctness", config.prompts)

    @classmethod
    def open(cls, config: Config) -> Judge:
        """Raises ConfigError where no model is set up."""
        from rag.llm.client import LanguageModel

        return cls(LanguageModel(config), config)

    def grade(self, question: GoldQuestion, answer: Answer) -> dict[str, JudgeScore]:
        """Faithfulness and, where the question has a reference answer, correctness."""
        answer_text = quoted(spoken_text(answer))
        cited = "\n".join(f"- {quoted(citation.quote)}" for citation in answer.citations) or "- (nothing)"
        asked = quoted(question.question)
        prompts = {"faithfulness": self._faithfulness.fill(question=asked, answer=answer_text, cited=cited)}
        if question.answer:
            reference = quoted(question.answer)
            prompts["correctness"] = self._correctness.fill(
                question=asked, reference=reference, answer=answer_text
            )
        return {name: self._verdict(prompt) for name, prompt in prompts.items()}

    def _verdict(self, prompt: str) -> JudgeScore:
        from rag.llm.client import Message

        try:
            reply = self.llm.complete([Message("user", prompt)], max_tokens=MAX_TOKENS)
        except ModelError as error:
            return JudgeScore(None, f"{type(error).__name__}: {error}")
        return read_verdict(reply.text)


def read_verdict(reply: str) -> JudgeScore:
    """The last valid verdict of a reply, with the text before it; unscored where there is none."""
    verdicts = list(_VERDICT.finditer(reply))
    if not verdicts:
        return JudgeScore(None, f"no verdict in the reply: {_short(reply) or '(empty)'}")
    return JudgeScore(GRADES[verdicts[-1][1].lower()], _short(reply[: verdicts[-1].start()]))


def judging(answerer: Answerer, judge: Grades) -> Answerer:
    """The answerer, with the judge's verdicts on every answer given to an answerable question."""

    def answer_and_judge(question: GoldQuestion) -> Result:
        result = answerer(question)
        if result.answer is None or result.answer.abstained or not question.answerable:
            return result
        return replace(result, verdicts=judge.grade(question, result.answer))

    return answer_and_judge


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
