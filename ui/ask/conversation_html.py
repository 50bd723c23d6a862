"""The conversation as HTML: questions, answers with their marks, abstentions, and what can be done next.

Pure: a Turn in, HTML out, everything escaped. A control names what it raises in `data-event`; the Ask
tab listens (ui/ask/tab.py). Evidence cards are ui/ask/evidence_html.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rag.records import Answer, AnswerSentence, Citation
from rag.text.citation_marks import OWN
from ui.ask.conversations import Turn
from ui.ask.toolbar_html import export_menu
from ui.widgets.markup import attributes, button, esc, icon, plural

STATUS_WORDS = {
    "weak": "Weakly supported",
    "unsupported": "Not found in what it cites",
    "contradicted": "Contradicted by what it cites",
}
LONGEST_HELD = 24
"""Letters of a word that is kept on one line with its marks."""
_MARKERS = re.compile(rf"\s*{OWN.pattern}")
_BULLET = re.compile(r"(^|\n)\s*(?:[-*•]|\d+\.)\s*$")


def render_turn(turn: Turn, number: int, is_last: bool = True) -> str:
    """One question with its answer. `number` counts from 0 in its conversation."""
    if turn.answer is None:
        body = _unanswered(turn)
    elif turn.answer.abstained:
        body = _abstention(turn.answer, number) + _foot(turn, turn.answer, number, is_last)
    else:
        body = _answer(turn.answer, number) + _foot(turn, turn.answer, number, is_last)
    busy = "true" if turn.state == "running" else "false"
    return (
        f'<article class="turn" aria-busy="{busy}" aria-label="Question {number + 1}"'
        f'{attributes(turn=number)}><h2 class="question" dir="auto">{esc(turn.question)}</h2>{body}</article>'
    )


def render_turns(turns: Sequence[Turn]) -> str:
    """The turns before the last one."""
    return "".join(render_turn(turn, number, is_last=False) for number, turn in enumerate(turns))


def render_status(answer: Answer | None) -> str:
    """What a screen reader is told when an answer is there."""
    if answer is None:
        words = ""
    elif answer.abstained:
        words = "The library does not say."
    else:
        n_papers = plural(_n_papers(answer), "paper")
        words = f"Answered in {plural(len(answer.sentences), 'sentence')}, citing {n_papers}."
    return f'<div role="status">{words}</div>'


# --- Bodies -----------------------------------------------------------------------------------------


def _unanswered(turn: Turn) -> str:
    if turn.state == "failed":
        return f'<p class="note error" role="alert">{esc(turn.text)}</p><div class="foot">{_again()}</div>'
    if turn.state == "stopped":
        text = f'<div class="answer" dir="auto">{_draft(turn.text)}</div>' if turn.text else ""
        return f'{text}<p class="note">Stopped before it was checked.</p><div class="foot">{_again()}</div>'
    if turn.text:
        return f'<div class="answer" dir="auto">{_draft(turn.text)}<span class="caret"></span></div>'
    return '<p class="waiting"><span class="dot"></span>Reading the library</p>'


def _abstention(answer: Answer, number: int) -> str:
    # The nearest papers follow as links, so a list of them in the reason is left out.
    reason = (answer.reason or "The library does not say.").partition(" Nearest: ")[0]
    near = "".join(
        f"<li>{button(esc(paper.title), 'near', event='show', turn=number, paper=paper.paper_id)}</li>"
        for paper in answer.retrieved[:3]
    )
    return (
        f'<div class="abstained"><h3>{esc(reason)}</h3>'
        + (f"<p>The nearest papers, which do not answer it:</p><ul>{near}</ul>" if near else "")
        + "<p>To try: the words a paper would use, one question at a time, fewer filters, "
        "or more papers on the subject.</p></div>"
    )


def _answer(answer: Answer, number: int) -> str:
    notice = f'<p class="note">{esc(answer.notice)}</p>' if answer.notice else ""
    cited = {citation.n: citation for citation in answer.citations}
    blocks = [
        (tag, " ".join(_sentence(sentence, i, number, cited) for i, sentence in block))
        for tag, block in _blocks(answer)
    ]
    html = "".join(f'<{tag} dir="auto">{text}</{tag}>' for tag, text in blocks)
    if any(tag == "li" for tag, _ in blocks):
        html = html.replace("<li", "<ul><li", 1)
        before, _, after = html.rpartition("</li>")
        html = f"{before}</li></ul>{after}"
    return f'{notice}<div class="answer">{html}</div>'


def _blocks(answer: Answer) -> Iterator[tuple[str, list[tuple[int, AnswerSentence]]]]:
    """The sentences in the paragraphs ("p") or list items ("li") that the answer's text lays out."""
    tag, place = "p", 0
    block: list[tuple[int, AnswerSentence]] = []
    for i, sentence in enumerate(answer.sentences):
        opening = _MARKERS.sub("", sentence.text).strip()[:40]
        found = answer.answer.find(opening, place)
        between = answer.answer[place:found] if found >= 0 else ""
        if "\n" in between and block:
            yield tag, block
            block = []
        if not block:
            tag = "li" if _BULLET.search(between) else "p"
        place = found + len(opening) if found >= 0 else place
        block.append((i, sentence))
    if block:
        yield tag, block


def _sentence(sentence: AnswerSentence, i: int, number: int, cited: Mapping[int, Citation]) -> str:
    """A sentence with its marks: where its text has them, else behind it."""
    pieces, shown, place = [], set[int](), 0
    for found in _MARKERS.finditer(sentence.text):
        numbers = [int(n) for n in found[1].split(",")]
        if not set(numbers) <= set(cited):
            continue  # no citation of this answer: text like any other
        marks = "".join(_mark(cited[n], number) for n in numbers)
        pieces.append(_held(sentence.text[place : found.start()], marks))
        shown.update(numbers)
        place = found.end()
    behind = "".join(_mark(cited[n], number) for n in sentence.citations if n in cited and n not in shown)
    pieces.append(_held(sentence.text[place:], behind))
    return f'<span class="s {sentence.status}" id="s-{number}-{i}">{"".join(pieces)}</span>{_flag(sentence)}'


def _held(text: str, marks: str) -> str:
    """Text and the marks behind it, which never begin a line of their own."""
    before, space, last = text.rpartition(" ")
    if not marks or not last or len(last) > LONGEST_HELD:
        return esc(text) + marks
    return f'{esc(before + space)}<span class="held">{esc(last)}{marks}</span>'


def _mark(citation: Citation, number: int) -> str:
    label = f"Evidence {citation.n}: {citation.title}"
    return button(str(citation.n), "cite", label, turn=number, n=citation.n)


def _flag(sentence: AnswerSentence) -> str:
    """The sign behind a sentence that is not plainly supported; its reasons on hover and on focus. What is
    contradicted is told from what is only not found."""
    if sentence.status == "supported":
        return ""
    kind = "contradicted" if sentence.label == "contradicted" else sentence.status
    words = STATUS_WORDS[kind] + (": " + "; ".join(sentence.reasons) if sentence.reasons else "")
    return (
        f'<button type="button" class="flag {kind}" aria-label="{esc(words)}"'
        f"{attributes(tip=words)}>{kind}</button>"
    )


def _draft(text: str) -> str:
    """Text still being written: its markers are not checked yet, so they are no buttons."""
    pieces, place = [], 0
    for found in _MARKERS.finditer(text):
        pieces += [esc(text[place : found.start()]), f'<span class="cite pending">{esc(found[1])}</span>']
        place = found.end()
    return "".join(pieces) + esc(text[place:])


# --- What can be done with a turn -------------------------------------------------------------------


def _foot(turn: Turn, answer: Answer, number: int, is_last: bool) -> str:
    tools = (
        button(icon("up"), "tool", "Good answer", turn.thumb == "up", event="rate", turn=number, thumb="up")
        + button(
            icon("down"), "tool", "Poor answer", turn.thumb == "down", event="rate", turn=number, thumb="down"
        )
        + export_menu(icon("export"), "tool", "Export answer", number)
        + (_again() if is_last else "")
    )
    return (
        f'{_searched_for(answer, is_last)}<div class="foot"><span class="meta">{esc(_meta(answer))}</span>'
        f'<span class="tools">{tools}</span></div>'
        + (_reason_form(turn, number) if turn.thumb and not turn.reason else "")
    )


def _searched_for(answer: Answer, is_last: bool) -> str:
    """What was searched; under the last answer it can be changed and run again."""
    if not answer.searched_for:
        return ""
    first, *others = answer.searched_for
    also = (
        f'<p class="also">and {", ".join(f"<q>{esc(query)}</q>" for query in others)}</p>' if others else ""
    )
    form = (
        f'<form{attributes(event="submit", kind="research")}><input name="text" aria-label="Search for" '
        f'value="{esc(first)}" autocomplete="off"><button type="submit">Run again</button></form>'
    )
    words = f"{icon('search')}<span>Searched for <q>{esc(first)}</q></span>"
    return f'<details class="searched"><summary>{words}</summary>{form if is_last else ""}{also}</details>'


def _meta(answer: Answer) -> str:
    parts = ["Written by the model" if answer.mode == "llm" else "Quoted from the papers"]
    if answer.abstained:
        parts = [plural(len(answer.retrieved), "paper") + " looked at"]
    else:
        parts.append(f"{plural(_n_papers(answer), 'paper')} cited")
    if answer.usage:
        parts.append(f"{answer.usage.prompt_tokens + answer.usage.completion_tokens:,} tokens")
        if answer.usage.cost_usd is not None:
            parts.append(f"${answer.usage.cost_usd:.4f}")
    if "total" in answer.timings_ms:
        total_ms = answer.timings_ms["total"]
        parts.append(f"{total_ms:.0f} ms" if total_ms < 1000 else f"{total_ms / 1000:.1f} s")
    return " · ".join(parts)


def _n_papers(answer: Answer) -> int:
    return len({citation.paper_id for citation in answer.citations})


def _reason_form(turn: Turn, number: int) -> str:
    asked = "What was good about it?" if turn.thumb == "up" else "What is wrong with it?"
    return (
        f'<form class="reason"{attributes(event="rate", turn=number, thumb=turn.thumb)}>'
        f'<input name="reason" aria-label="{asked}" placeholder="{asked} (optional)" autocomplete="off">'
        '<button type="submit">Save</button></form>'
    )


def _again() -> str:
    return button(icon("retry"), "tool", "Ask again", event="submit", kind="retry") + button(
        icon("edit"), "tool", "Edit the question", event="edit"
    )
