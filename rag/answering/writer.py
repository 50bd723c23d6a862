"""Written answers: prompts in, text out as it comes, and last the answer with every sentence checked.

The path in order; the steps are rag/answering/context.py's, rag/llm/client.py's, rag/answering/claims.py's,
rag/answering/attribution.py's and rag/answering/llm_judge.py's. Retrieves nothing. Where the model fails, the
answer is the extractive one, with a notice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import groupby

from rag.answering.attempts import Attempt, Attempts, before_drop, doubt, with_failures
from rag.answering.attribution import Finding, SupportGate, attribute_all, warming_up
from rag.answering.claims import Claim, join_claims, read_claims
from rag.answering.context import Context, pack_context
from rag.answering.evidence_choice import Quote
from rag.answering.llm_judge import second_opinion
from rag.answering.plans.composer import AnswerText, cite, short_name
from rag.answering.plans.stance import DIRECTIONS
from rag.answering.timings import Clock
from rag.config import Config
from rag.errors import ModelError, ModelRejected
from rag.llm.client import LanguageModel, Message, Reply
from rag.llm.cost import Spending
from rag.llm.limits import Cancellation
from rag.llm.prompts import load_prompt
from rag.records import Answer, AnswerSentence, Delta, Done, Evidence, Intent, RankedPaper, Section, Usage
from rag.retrieval.question import Question

REFUSAL = "The papers in this library do not say."
"""What the model is told to reply where the papers do not answer; read back as an abstention."""

NO_REPLY = "The model did not answer, so this is quoted from the papers"
NOT_SAID = "None of the papers shown to the model answers the question."

FORMS: dict[Intent, str] = {
    "overview": "Give four to six papers a line each that begins with a dash and the paper's name, and say "
    "what each contributes or found. Group them by approach, each group under a short heading on a line of "
    "its own that ends with a colon.",
    "stance": "Say what speaks for it, what speaks against it and on what it depends, in a line that begins "
    "with a dash for each finding, under the headings For:, Against: and Depends: on lines of their own, as "
    "far as there are any. Give no verdict of your own.",
    "best": "Give each method a line that begins with a dash, with its figure, its benchmark and setting. "
    "Name no winner across benchmarks.",
    "recommend": "Give each option a line that begins with a dash, with the conditions it meets.",
}
"""What is asked of the model beside the question, by intent: the plans of rag/answering/plans in words."""

_DECLINES = re.compile(
    r"""\b(?: papers? | abstracts? | context | sources? | documents? | texts? | library | information )\b
    .* (?: \b(?: not | no | cannot )\b | n['\u2019]t\b )
    .* \b(?: say | mention | contain | provide | answer | state | specify | report | address | discuss
        | include | information )""",
    re.I | re.X,
)
"""The refusal in a model's own words. Counts only where nothing else of the reply holds."""


class Writer:
    """Writes answers with the configured model. Safe to share between threads; close it when done.

    Raises ConfigError where no model is configured or a prompt of the user's cannot be used.
    """

    def __init__(self, config: Config, gate: SupportGate, spending: Spending | None = None) -> None:
        """spending: what others spend, where the caps on cost are for all of them."""
        self.config = config
        self.gate = gate
        self._attempts = Attempts(config, spending or Spending())
        self.llm = self._attempts.llm
        self._system = load_prompt("answer_system", config.prompts).fill(refusal=REFUSAL)
        self._user = load_prompt("answer", config.prompts)
        self._judge = load_prompt("judge", config.prompts)

    def warm_up(self) -> None:
        """Load what the model's client needs while the caller retrieves."""
        self._attempts.warm_up()

    def close(self) -> None:
        self._attempts.close()

    def write(
        self,
        draft: Answer,
        question: Question,
        papers: Sequence[RankedPaper],
        quote: Callable[[], AnswerText],
        clock: Clock,
        cancellation: Cancellation | None = None,
        *,
        fresh: bool = False,
    ) -> Iterator[Delta | Done]:
        """The text as the model writes it, and last the checked answer: `draft` filled in.

        `fresh`: ask the model again, also where its reply is kept. `quote` gives the extractive answer, shown
        where the model fails or nothing of its text is left.
        Raises ConfigError where the settings leave no model to ask.
        """
        answer: Answer | None = None
        spent, failures = Usage(0, 0, None), list[tuple[Attempt, ModelError]]()
        for attempt in self._attempts.all:
            try:
                with clock("pack"):
                    context, messages = self.messages(question, papers, attempt)
                with warming_up(self.gate):
                    reply = yield from self._streamed(attempt.llm, messages, clock, cancellation, fresh)
            except ModelError as error:
                failures.append((attempt, error))
                continue
            with clock("check"):
                answer = self.checked(
                    draft, reply, context, judged=attempt.llm is self.llm, cancellation=cancellation
                )
            spent = spent + (answer.usage or Usage(0, 0, None))
            answer = replace(answer, usage=spent)
            if attempt.last or not doubt(answer, reply):
                break
            yield Delta("\n\n")
        if answer is None:
            answer = _quoted(draft, quote(), f"{NO_REPLY}: {failures[-1][1]}")
        else:
            answer = with_failures(answer, failures)
        if not answer.sentences and not answer.abstained:
            told = "Nothing the model wrote is supported by the papers, so this is quoted from them."
            answer = _quoted(answer, quote(), told)
        yield Done(replace(answer, timings_ms=clock.timings_ms()))

    def messages(
        self, asked: Question, papers: Sequence[RankedPaper], attempt: Attempt
    ) -> tuple[Context, list[Message]]:
        """The papers that fit beside the prompt and the answer, and the messages that hold them."""
        form = FORMS.get(asked.intent)
        question = f"{asked.standalone}\n\n{form}" if form else asked.standalone
        papers = before_drop(papers) if attempt.few else papers
        bare = [
            Message("system", self._system),
            Message("user", self._user.fill(papers="", question=question)),
        ]
        window = (self.config.context_window - self.config.max_tokens) / self.llm.counter.margin
        room = int(window) - self.llm.n_tokens(bare)
        context = pack_context(papers, room, self.llm.counter.count, share=self.config.compress)
        if not context.entries:
            raise ModelRejected(f"a window of {self.config.context_window} tokens has no room for a paper")
        filled = self._user.fill(papers=context.text, question=question)
        return context, [bare[0], Message("user", filled)]

    def _streamed(
        self,
        llm: LanguageModel,
        messages: Sequence[Message],
        clock: Clock,
        cancellation: Cancellation | None,
        fresh: bool,
    ) -> Generator[Delta, None, Reply]:
        stage = "first_token"
        with closing(llm.stream(messages, cancellation=cancellation, fresh=fresh)) as stream:
            while True:
                with clock(stage):
                    piece = next(stream)
                if isinstance(piece, Reply):
                    return piece
                stage = "write"
                yield Delta(piece)

    def checked(
        self,
        draft: Answer,
        reply: Reply,
        context: Context,
        *,
        judged: bool = True,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """The answer of a whole reply: each sentence with what it rests on, or an abstention."""
        claims = read_claims(
            reply.text, lambda n: short_name(e.paper.title) if (e := context.entry(n)) else None
        )
        notices = [draft.notice]
        if not reply.finished:
            notices.append(f"The answer reached its limit of {self.config.max_tokens} tokens and was cut.")
            claims = claims if claims and claims[-1].text.endswith((".", "!", "?")) else claims[:-1]
        said = [claim for claim in claims if not _refuses(claim)]
        findings = attribute_all(said, context, self.gate)
        usage = reply.usage
        if judged and self.config.judge != "off":
            findings, usage, told = self._judged(said, findings, usage, cancellation)
            notices.append(told)
        answer = replace(draft, usage=usage, notice=" ".join(filter(None, notices)) or None)
        declined = len(said) < len(claims) or any(_declines(claim) for claim in said)
        if declined and not any(finding.quotes for finding in findings):
            return replace(answer, answer=REFUSAL, abstained=True, reason=NOT_SAID)
        kept = [pair for pair in zip(said, findings, strict=True) if pair[1].quotes or not self.config.strict]
        written = compose([(_headed(claim, draft.intent), finding) for claim, finding in kept])
        return replace(
            answer,
            answer=written.text,
            sentences=written.sentences,
            citations=written.citations,
            sections=written.sections,
        )

    def _judged(
        self,
        claims: Sequence[Claim],
        findings: list[Finding],
        usage: Usage,
        cancellation: Cancellation | None,
    ) -> tuple[list[Finding], Usage, str | None]:
        """The findings after the model's second opinion, and what both calls took."""
        try:
            texts, when = [claim.text for claim in claims], self.config.judge
            judgement = second_opinion(texts, findings, self._judge, self.llm, when, cancellation)
        except ModelError as error:
            return findings, usage, f"The second opinion failed, so the gate's stands: {error}."
        return (
            list(judgement.findings),
            usage + (judgement.reply.usage if judgement.reply else Usage(0, 0, None)),
            None,
        )


def compose(pairs: Sequence[tuple[Claim, Finding]]) -> AnswerText:
    """Sentences with their citations, numbered in the order of first use, and the text that says them."""
    numbers: dict[Quote, int] = {}
    for _, finding in pairs:
        for quote in finding.quotes:
            numbers.setdefault(quote, len(numbers) + 1)
    cited = [tuple(sorted(numbers[quote] for quote in finding.quotes)) for _, finding in pairs]
    return AnswerText(
        join_claims((claim, ns) for (claim, _), ns in zip(pairs, cited, strict=True)),
        tuple(
            AnswerSentence(claim.text, ns, finding.support, finding.status, finding.reasons, finding.label)
            for (claim, finding), ns in zip(pairs, cited, strict=True)
        ),
        tuple(
            cite(n, quote.paper, Evidence(quote.paper.paper_id, quote.sentence, 0.0))
            for quote, n in numbers.items()
        ),
        _sections([claim.heading for claim, _ in pairs]),
    )


def _headed(claim: Claim, intent: Intent) -> Claim:
    """The claim under its heading, where answers of this intent have such headings."""
    if intent == "stance":
        known = {each.lower(): each for each in DIRECTIONS}
        return replace(claim, heading=known.get((claim.heading or "").lower()))
    return claim if intent == "overview" else replace(claim, heading=None)


def _sections(headings: Sequence[str | None]) -> tuple[Section, ...]:
    """A section for each run of sentences under one heading."""
    runs = groupby(range(len(headings)), key=lambda i: headings[i])
    return tuple(Section(heading, tuple(places)) for heading, places in runs)


def _quoted(draft: Answer, written: AnswerText, told: str) -> Answer:
    """The extractive answer in place of a written one, and why."""
    return replace(
        draft,
        mode="extractive",
        answer=written.text,
        sentences=written.sentences,
        citations=written.citations,
        sections=written.sections,
        notice=f"{draft.notice} {told}" if draft.notice else told,
    )


def _refuses(claim: Claim) -> bool:
    return _letters(REFUSAL) in _letters(claim.text)


def _declines(claim: Claim) -> bool:
    return not claim.markers and bool(_DECLINES.search(claim.text))


def _letters(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()
