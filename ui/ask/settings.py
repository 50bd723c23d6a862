"""How one session asks: by quotation or by model, at what length, and of which papers. And as chips.

Pure: chips show what holds and can be taken off; applying filters is the library's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from rag.errors import InputError
from rag.papers.filters import parse_where, parse_years
from rag.records import Filters
from ui.widgets.markup import attributes, button, esc, icon, menu, plural, select

LENGTHS = {0: "Length by question", 40: "Short answer", 80: "Medium answer", 160: "Long answer"}
"""Words that bound an answer; 0 leaves the length to what is asked."""
FIELDS = {
    "year": "Year",
    "author": "Author",
    "venue": "Venue",
    "source": "File",
    "keywords": "Keyword",
    "title": "Title",
}
"""What a chip can narrow by, and its name on the page."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the next question is asked with."""

    filters: Filters = field(default_factory=Filters)
    llm: bool | None = None
    """None: the model if one is configured."""
    words: int | None = None
    """None: the configured length."""
    scope: str = ""
    """What the papers of `filters.paper_ids` are called: a title, a group, a list. "" where it holds none."""
    own: Filters | None = None
    """The filters that the reader chose, where `filters` has more from the words of the last question; None
    where they are the same."""


def with_scope(settings: Settings, paper_ids: Iterable[str], name: str) -> Settings:
    """`settings` for questions to these papers only, called `name`; to all papers where there are none."""
    ids = tuple(dict.fromkeys(paper_ids))
    own = None if settings.own is None else replace(settings.own, paper_ids=ids)
    filters = replace(settings.filters, paper_ids=ids)
    return replace(settings, filters=filters, own=own, scope=name if ids else "")


def with_filters(settings: Settings, filters: Filters) -> Settings:
    """`settings` with the filters that the reader has chosen; those the last question stated are among them
    or taken off, and are the reader's own from now on."""
    return replace(settings, filters=filters, own=None)


def with_stated(settings: Settings, stated: Filters, follows: bool) -> Settings:
    """`settings` for a question that states such filters in its words. They hold for it and what follows it:
    a question that does not follow the last one is asked without the last one's."""
    if settings.own is not None and not follows:
        settings = replace(settings, filters=settings.own, own=None)
    if not stated:
        return settings
    own = settings.filters if settings.own is None else settings.own
    return replace(settings, filters=merge_filters(settings.filters, stated), own=own)


def scope_words(settings: Settings) -> str:
    """Which chosen papers a question is put to, as a reader is told; "" where none are chosen."""
    n = len(settings.filters.paper_ids)
    if not n:
        return ""
    return f"Only {settings.scope}" if n == 1 else f"Only {plural(n, 'paper')}: {settings.scope}"


def asked_with_words(settings: Settings) -> str:
    """The scope and the filters that a question was asked with; "" where it was put to all papers."""
    filters = [_words(name, text) for name, text in chips(settings.filters)]
    return " · ".join(filter(None, (scope_words(settings), *filters)))


def add_filter(filters: Filters, name: str, text: str) -> Filters:
    """`filters` with one more. Raises InputError where the text is empty or no year."""
    text = text.strip()
    if not text:
        raise InputError("that filter is empty; type what must occur")
    if name == "year":
        try:
            first, last = parse_years(text)
        except InputError as error:
            raise InputError(
                f"a year is written like 2020, 2020..2024, 2020.. or ..2024, not {text!r}"
            ) from error
        return replace(filters, year_from=first, year_to=last)
    if name == "author":
        return replace(filters, authors=tuple(dict.fromkeys((*filters.authors, text))))
    if name == "venue":
        return replace(filters, venue=text)
    if name == "source":
        return replace(filters, source=text)
    return replace(filters, where=tuple(dict.fromkeys((*filters.where, parse_where(f"{name}={text}")))))


def remove_filter(filters: Filters, name: str, text: str) -> Filters:
    """`filters` without the one that `chips` shows under this name and text."""
    if name == "year":
        return replace(filters, year_from=None, year_to=None)
    if name == "author":
        return replace(filters, authors=tuple(a for a in filters.authors if a != text))
    if name == "venue":
        return replace(filters, venue="")
    if name == "source":
        return replace(filters, source="")
    return replace(filters, where=tuple(pair for pair in filters.where if pair != (name, text)))


def merge_filters(filters: Filters, stated: Filters) -> Filters:
    """`filters` changed by those stated in a question: the newer word on years, authors added."""
    if (stated.year_from, stated.year_to) != (None, None):
        filters = replace(filters, year_from=stated.year_from, year_to=stated.year_to)
    return replace(filters, authors=tuple(dict.fromkeys((*filters.authors, *stated.authors))))


def chips(filters: Filters) -> list[tuple[str, str]]:
    """(name, text) of each filter that holds, in the order of FIELDS."""
    low, high = filters.year_from, filters.year_to
    found = []
    if low is not None or high is not None:
        found.append(("year", str(low) if low == high else f"{low or ''}..{high or ''}"))
    found += [("author", name) for name in filters.authors]
    found += [("venue", filters.venue)] * bool(filters.venue) + [("source", filters.source)] * bool(
        filters.source
    )
    return found + list(filters.where)


def render_settings(settings: Settings, has_model: bool, default_words: int | None) -> str:
    """The line under the question box: mode, length, scope, filters; a reload keeps `data-settings`."""
    length = _length(settings.words or default_words or 0)
    on = _scope(settings) + "".join(map(_chip, chips(settings.filters)))
    kept = json.dumps(asdict(settings), ensure_ascii=False)
    return (
        f'<div class="chips" role="group" aria-label="How to answer"{attributes(settings=kept)}>'
        f"{_mode(settings, has_model)}{length}{on}{_adder()}{_weigher()}</div>"
    )


def _mode(settings: Settings, has_model: bool) -> str:
    if not has_model:
        tip = (
            "Answers are quoted from the papers, word for word. Whoever runs this page can connect a "
            "language model to have them written."
        )
        return button("Quotes", "chip", tip=tip)
    chosen = "quotes" if settings.llm is False else "model"
    return select("mode", "Answer", {"model": "Written", "quotes": "Quotes"}, chosen, "chip", event="mode")


def _length(words: int) -> str:
    lengths = {**LENGTHS, words: LENGTHS.get(words, f"{words} words")}
    options = {str(n): label for n, label in sorted(lengths.items())}
    return select("words", "Length", options, str(words), "chip", event="words")


def _scope(settings: Settings) -> str:
    words = scope_words(settings)
    if not words:
        return ""
    inner = f"<span>{esc(words)}</span>{icon('close')}"
    return button(inner, "chip on scope", f"Ask all papers again. Now: {words}", event="unscope")


def _words(name: str, text: str) -> str:
    return f"{FIELDS.get(name, name)} {text.replace('..', '–')}"


def _chip(chip: tuple[str, str]) -> str:
    name, text = chip
    words = _words(name, text)
    inner = f"<span>{esc(words)}</span>{icon('close')}"
    return button(inner, "chip on", f"Remove filter: {words}", event="unfilter", name=name, text=text)


def _weigher() -> str:
    """Asks what speaks for the claim in the box, and what against it."""
    tip = "Weigh what is typed above: which sentences support it, contradict it, or make it depend"
    return button(f"{icon('scales')}For and against", "chip", tip=tip, event="weigh")


def _adder() -> str:
    form = (
        f'<form class="sheet"{attributes(event="filter")}>{select("name", "Filter by", FIELDS)}'
        '<input name="text" aria-label="Must be" placeholder="2020..2024" autocomplete="off" required>'
        '<button type="submit">Add</button></form>'
    )
    return menu(f"{icon('plus')}Filter", "chip adder", form)
