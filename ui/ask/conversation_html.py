"""The conversation as HTML: questions, answers with their marks, abstentions, and what can be done next.

Pure: a Turn in, HTML out, everything escaped. A control names what it raises in `data-event`; the Ask
tab listens (ui/ask/tab.py). Evidence cards are ui/ask/evidence_html.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from rag.answering.plans.stance import DIRECTIONS
from rag.records import Answer, AnswerSentence, Citation, Section
from rag.retrieval.question import MAX_CHARS
from rag.text.citation_marks import OWN
from ui.ask.answer_layout import TextBlock, read_layout
from ui.ask.conversations import Turn
from ui.ask.copy_text import copy_text
from ui.ask.settings import asked_with_words
from ui.ask.toolbar_html import export_menu
from ui.widgets.markup import attributes, button, esc, icon, plural
from ui.widgets.readable import readable, readable_line

STATUS_WORDS = {
    "weak": "Weakly supported",
    "unsupported": "Not found in what it cites",
    "contradicted": "Contradicted by what it cites",
}
COPY = "Copy the answer with its references"
WEIGH = "Who disagrees? For and against this sentence"
SHORTEST_CLAIM = 25
"""Letters of a sentence that can be weighed; shorter ones are names or fragments."""
SIDES_NOTE = (
    "The sides are told apart by a learned judgement, which errs: read a sentence before you rely on it. "
    "How many there are says nothing of who is right."
)
PREVIEWED = 400
"""Letters of a quote shown while a mark is pointed at; nearly every sentence is shorter."""
LONGEST_HELD = 24
"""Letters of a word that is kept on one line with its marks."""
_MARKERS = re.compile(rf"\s*{OWN.pattern}")


def render_turn(turn: Turn, number: int) -> str:
    """One question with its answer. `number` counts from 0 in its conversation."""
    if turn.answer is None:
        body = _unanswered(turn, number)
    elif turn.answer.abstained:
        body = _abstention(turn.answer, number) + _foot(turn, turn.answer, number)
    elif turn.weighs:
        body = _sides(turn.answer, number) + _foot(turn, turn.answer, number)
    else:
        body = _answer(turn.answer, number) + _foot(turn, turn.answer, number)
    if turn.answer is not None:
        body = _added(turn, turn.answer, number) + body
    busy = "true" if turn.state == "running" else "false"
    return (
        f'<article class="turn" aria-busy="{busy}" aria-label="Question {number + 1}"'
        f'{attributes(turn=number)}><h2 class="question" dir="auto">{esc(turn.question)}</h2>'
        f"{_asked_with(turn)}{body}</article>"
    )


def render_turns(turns: Sequence[Turn]) -> str:
    """The turns before the last one."""
    return "".join(render_turn(turn, number) for number, turn in enumerate(turns))


def render_editing(number: int | None) -> str:
    """The line above the box while it holds an earlier question: what sending does, and the way out."""
    if number is None:
        return ""
    return (
        f'<p class="editing" role="status"><span>Editing question {number + 1}: sending asks it anew, '
        f"and the earlier version is kept.</span>{button('Cancel', 'quiet', event='cancel')}</p>"
    )


def render_status(turn: Turn | None) -> str:
    """What a screen reader is told when an answer is there."""
    answer = turn.answer if turn else None
    if turn is not None and turn.state == "running":
        words = "Reading the library."
    elif answer is None:
        words = ""
    elif answer.abstained:
        words = "Nothing found for it or against it." if turn and turn.weighs else "The library does not say."
    else:
        n_papers = plural(_n_papers(answer), "paper")
        words = f"Answered in {plural(len(answer.sentences), 'sentence')}, citing {n_papers}."
    return f'<div role="status">{words}</div>'


# --- Bodies -----------------------------------------------------------------------------------------


def _unanswered(turn: Turn, number: int) -> str:
    foot = f'<div class="foot">{_versions(turn, number)}<span class="tools">{_again(number)}</span></div>'
    if turn.state == "failed":
        return f'<p class="note error" role="alert">{esc(turn.text)}</p>{foot}'
    if turn.state == "stopped":
        text = f'<div class="answer" dir="auto">{_draft(turn.text)}</div>' if turn.text else ""
        return f'{text}<p class="note">Stopped before it was checked.</p>{foot}'
    if turn.text:
        return f'<div class="answer" dir="auto">{_draft(turn.text)}<span class="caret"></span></div>'
    return '<p class="waiting"><span class="dot"></span>Reading the library</p>'


def _abstention(answer: Answer, number: int) -> str:
    # The nearest papers follow as links, so a list of them in the reason is left out.
    reason = (answer.reason or "The library does not say.").partition(" Nearest: ")[0]
    near = "".join(
        f"<li>{button(readable(paper.title), 'near', event='show', turn=number, paper=paper.paper_id)}</li>"
        for paper in answer.retrieved[:3]
    )
    return (
        f'<div class="abstained"><h3>{esc(reason)}</h3>'
        + (f"<p>The nearest papers, which do not answer it:</p><ul>{near}</ul>" if near else "")
        + "<p>To try: the words a paper would use, one question at a time, fewer filters, "
        "or more papers on the subject.</p></div>"
    )


def _answer(answer: Answer, number: int) -> str:
    blocks = list(read_layout(answer))
    told = answer.notice or ""
    for block in blocks:  # a remark stands in the text already
        told = told if block.numbers else told.replace(block.lead, "")
    notice = f'<p class="note">{esc(told.strip())}</p>' if told.strip() else ""
    headed = [section for section in answer.sections if section.heading]
    if not headed:
        return f'{notice}<div class="answer {answer.intent}">{_laid_out(answer, blocks, number)}</div>'
    place_of = {i: place for place, section in enumerate(answer.sections) for i in section.sentences}
    parts = [
        _section(
            answer, section, [b for b in blocks if b.numbers and place_of[b.numbers[0]] == place], number
        )
        for place, section in enumerate(answer.sections)
    ]
    first = next((place for place, block in enumerate(blocks) if block.numbers), len(blocks))
    remarks = [[b for b in part if not b.numbers] for part in (blocks[:first], blocks[first:])]
    before, after = (_laid_out(answer, part, number) for part in remarks)
    css = "stance" if answer.intent == "stance" and len(headed) > 1 else "sections"
    return f'{notice}<div class="answer">{before}<div class="{css}">{"".join(parts)}</div>{after}</div>'


def _sides(answer: Answer, number: int) -> str:
    """What speaks for a claim, against it, and with conditions: a column each, also where nothing does."""
    blocks = [block for block in read_layout(answer) if block.numbers]
    by_heading = {section.heading: section for section in answer.sections}
    columns = []
    for heading in DIRECTIONS:
        section = by_heading.get(heading, Section(heading, ()))
        own = [block for block in blocks if block.numbers[0] in section.sentences]
        columns.append(_section(answer, section, own, number))
    unsided = by_heading.get(None)
    rest = ""
    if unsided:
        own = [block for block in blocks if block.numbers[0] in unsided.sentences]
        head = (
            f'<h3 class="heading">Near the matter, side not told<small>{len(unsided.sentences)}</small></h3>'
        )
        rest = f"<section>{head}{_laid_out(answer, own, number)}</section>"
    return (
        f'<div class="answer"><div class="stance sides">{"".join(columns)}</div>{rest}</div>'
        f'<p class="note">{SIDES_NOTE}</p>'
    )


def _section(answer: Answer, section: Section, blocks: Sequence[TextBlock], number: int) -> str:
    """A headed group of sentences; of a stance, with how many it has."""
    count = f"<small>{len(section.sentences)}</small>" if answer.intent == "stance" else ""
    head = f'<h3 class="heading">{esc(section.heading)}{count}</h3>' if section.heading else ""
    inner = _laid_out(answer, blocks, number) if blocks else '<p class="remark">Nothing found.</p>'
    return f"<section>{head}{inner}</section>"


def _laid_out(answer: Answer, blocks: Iterable[TextBlock], number: int) -> str:
    """Paragraphs as they are, list items in lists."""
    cited = {citation.n: citation for citation in answer.citations}
    pieces: list[str] = []
    for tag, run in groupby(blocks, key=lambda block: block.tag):
        inner = "".join(_block(answer, block, number, cited) for block in run)
        pieces.append(f"<ul>{inner}</ul>" if tag == "li" else inner)
    return "".join(pieces)


def _block(answer: Answer, block: TextBlock, number: int, cited: Mapping[int, Citation]) -> str:
    said = " ".join(_sentence(answer.sentences[i], i, number, cited) for i in block.numbers)
    lead = f'<b class="lead">{readable(block.lead)}</b> ' if block.lead and said else readable(block.lead)
    css = "" if said else ' class="remark"'
    return f'<{block.tag}{css} dir="auto">{lead}{said}</{block.tag}>'


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
    said = f'<span class="s {sentence.status}" id="s-{number}-{i}">{"".join(pieces)}</span>'
    return said + _flag(sentence) + _weigh(sentence)


def _held(text: str, marks: str) -> str:
    """Text and the marks behind it, which never begin a line of their own."""
    before, space, last = text.rpartition(" ")
    if not marks or not last or len(last) > LONGEST_HELD or "\\" in text or "$" in text:
        return readable(text) + marks
    return f'{esc(before + space)}<span class="held">{esc(last)}{marks}</span>'


def _mark(citation: Citation, number: int) -> str:
    label = f"Evidence {citation.n}: {readable_line(citation.title)}"
    quote = citation.quote if len(citation.quote) <= PREVIEWED else f"{citation.quote[:PREVIEWED]} …"
    data = attributes(turn=number, n=citation.n, tip=f"“{quote}”")
    return f'<button type="button" class="cite" aria-label="{esc(label)}"{data}>{citation.n}</button>'


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


def _weigh(sentence: AnswerSentence) -> str:
    """Asks who disagrees with the sentence; it shows when the sentence is pointed at."""
    claim = " ".join(_MARKERS.sub("", sentence.text).split())
    if not SHORTEST_CLAIM <= len(claim) <= MAX_CHARS:
        return ""
    return button(icon("scales"), "tool weigh", WEIGH, event="submit", kind="weigh", text=claim)


def _draft(text: str) -> str:
    """Text still being written: its markers are not checked yet, so they are no buttons."""
    pieces, place = [], 0
    for found in _MARKERS.finditer(text):
        pieces += [esc(text[place : found.start()]), f'<span class="cite pending">{esc(found[1])}</span>']
        place = found.end()
    return "".join(pieces) + esc(text[place:])


# --- What can be done with a turn -------------------------------------------------------------------


def _foot(turn: Turn, answer: Answer, number: int) -> str:
    tools = (
        button(icon("up"), "tool", "Good answer", turn.thumb == "up", event="rate", turn=number, thumb="up")
        + button(
            icon("down"), "tool", "Poor answer", turn.thumb == "down", event="rate", turn=number, thumb="down"
        )
        + ("" if answer.abstained else button(icon("copy"), "tool", COPY, copy=copy_text(answer)))
        + button(icon("cards"), "tool", "The papers as a table", event="table", turn=number)
        + export_menu(icon("export"), "tool", "Export answer", number)
        + _again(number)
    )
    more = _whole_list(turn, answer, number) + _next(answer) + _searched_for(turn, answer, number)
    return (
        f'{more}<div class="foot">{_versions(turn, number)}'
        f'<span class="meta">{esc(_meta(answer))}</span>'
        f'<span class="tools">{tools}</span></div>'
        + (_reason_form(turn, number) if turn.thumb and not turn.reason else "")
    )


def _next(answer: Answer) -> str:
    """Next questions that the library answers, each asked by a click; shown under the newest answer alone."""
    asked = "".join(
        f"<li>{button(esc(text), 'example', event='submit', kind='example', text=text)}</li>"
        for text in answer.suggestions
    )
    if not asked:
        return ""
    return f'<nav class="next" aria-label="Next questions"><ul class="examples">{asked}</ul></nav>'


def _searched_for(turn: Turn, answer: Answer, number: int) -> str:
    """What was searched; it can be changed and run again, as typed."""
    if not answer.searched_for:
        return ""
    first, *others = answer.searched_for
    also = (
        f'<p class="also">and {", ".join(f"<q>{esc(query)}</q>" for query in others)}</p>' if others else ""
    )
    form = (
        f'<form{attributes(event="submit", kind="research", turn=number)}><input name="text" '
        f'aria-label="Search for" value="{esc(first)}" autocomplete="off">'
        '<button type="submit">Search this as typed</button></form>'
    )
    words = f"{icon('search')}<span>Searched for <q>{esc(first)}</q></span>"
    return f'<details class="searched"><summary>{words}</summary>{form}{also}</details>'


def _asked_with(turn: Turn) -> str:
    """Which papers a question was put to, where those were not all; and that it is a claim that was
    weighed."""
    told = " · ".join(filter(None, ("For and against" * turn.weighs, asked_with_words(turn.settings))))
    return f'<p class="scope">{esc(told)}</p>' if told else ""


def added_words(question: str, answer: Answer) -> str:
    """What was searched beyond the question itself, as an earlier turn gave it; "" where nothing was added.

    A follow-up is searched as its question, without what became a filter, and, behind it in brackets, the
    subject it leans on; that may have brackets of its own."""
    searched = answer.searched_for[0] if answer.searched_for else ""
    if not searched.endswith(")"):
        return ""
    if searched.startswith(f"{question} ("):
        return searched[len(question) + 2 : -1]
    depth = 0
    for place in range(len(searched) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(searched[place], 0)
        if depth == 0:
            added = searched[place + 1 : -1]
            return added if added not in question else ""
    return ""


def _whole_list(turn: Turn, answer: Answer, number: int) -> str:
    """How many papers are on the list that the answer begins, and the way to all of them."""
    n_shown = _n_papers(answer)
    if len(turn.listed) <= n_shown:
        return ""
    words = f"{plural(len(turn.listed), 'paper')}, {n_shown:,} shown"
    return f'<p class="listed">{words} {button("Show all", "quiet", event="table", turn=number)}</p>'


def _added(turn: Turn, answer: Answer, number: int) -> str:
    """What was added to the question from the turns before, and the click that takes it off."""
    added = "" if turn.alone else added_words(turn.question, answer)
    if not added:
        return ""
    inner = f"<span>Asked about: {esc(added)}</span>{icon('close')}"
    label = "Ask again without what was said before"
    taken = button(inner, "chip on added", label, event="submit", kind="alone", turn=number)
    return f'<p class="carried">{taken}</p>'


def _versions(turn: Turn, number: int) -> str:
    """The way to the other versions of a question, where there are some."""
    if turn.n_versions == 1:
        return ""

    def step(words: str, drawn: str, place: int) -> str:
        if not 0 <= place < turn.n_versions:
            return f'<button type="button" class="tool" aria-label="{words}" disabled>{icon(drawn)}</button>'
        return button(icon(drawn), "tool", words, event="version", turn=number, place=place)

    return (
        f'<span class="versions" role="group" aria-label="Versions of question {number + 1}">'
        f"{step('Earlier version', 'left', turn.place - 1)}<span>{turn.place + 1} of {turn.n_versions}</span>"
        f"{step('Later version', 'right', turn.place + 1)}</span>"
    )


def _meta(answer: Answer) -> str:
    parts = ["Written by the model" if answer.mode == "llm" else "Quoted from the papers"]
    if answer.abstained:
        parts = [plural(len(answer.retrieved), "paper") + " looked at"]
    elif answer.intent == "meta" and not answer.citations:
        parts = ["Told of the library, not by its papers"]
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


def _again(number: int) -> str:
    return button(icon("retry"), "tool", "Ask again", event="submit", kind="retry", turn=number) + button(
        icon("edit"), "tool", "Edit the question", event="edit", turn=number
    )
