"""Text into HTML: every string the page shows passes through here.

Owns escaping, safe links, controls that name their event, and the few icons. Knows nothing of papers
or answers. Titles, abstracts, file names and model replies are data: what looks like markup in them is
shown, never obeyed.
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from rag.text.authors import authors_line

ICONS = {
    "plus": "M12 5v14M5 12h14",
    "close": "M6 6l12 12M18 6L6 18",
    "edit": "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
    "retry": "M20 12a8 8 0 1 1-2.3-5.6M20 4v4h-4",
    "up": "M7 11l4-8c2 0 3 1 3 3l-.6 3H19c1.3 0 2.2 1.2 1.9 2.4l-1.4 6c-.2.9-1 1.6-2 1.6H7M7 11v9H4v-9z",
    "down": "M17 13l-4 8c-2 0-3-1-3-3l.6-3H5c-1.3 0-2.2-1.2-1.9-2.4l1.4-6c.2-.9 1-1.6 2-1.6H17M17 13V4h3v9z",
    "out": "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
    "export": "M12 4v11M7 10l5 5 5-5M5 20h14",
    "history": "M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4M12 8v4l3 2",
    "search": "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5",
    "bin": "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
    "theme": "M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18zM12 3v18",
    "link": "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 2M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-2",
    "copy": "M9 9h11v11H9zM5 15H4V4h11v1",
    "star": "M12 4l2.4 5 5.6.8-4 3.9.9 5.5-4.9-2.6-4.9 2.6.9-5.5-4-3.9 5.6-.8z",
    "scales": "M12 4v16M8 20h8M5 7h14M5 7l-3 7h6zM19 7l-3 7h6z",
    "right": "M10 6l6 6-6 6",
    "left": "M14 6l-6 6 6 6",
    "cards": "M4 5h16v5H4zM4 14h16v5H4z",
}
"""Strokes on a 24 by 24 grid."""


def esc(value: object) -> str:
    """`value` as text that is safe inside an element and inside a double-quoted attribute."""
    return escape(str(value), quote=True)


def attributes(**values: object) -> str:
    """` data-key="value"` for each; underscores become hyphens."""
    return "".join(f' data-{name.replace("_", "-")}="{esc(value)}"' for name, value in values.items())


def icon(name: str) -> str:
    """An inline drawing that screen readers skip: the control around it carries the words."""
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{ICONS[name]}"/></svg>'


def button(inner: str, css: str = "", label: str = "", pressed: bool | None = None, **data: object) -> str:
    """A button around `inner` (HTML). `data` becomes data-attributes, `event` among them: what a click
    raises. `label` names it where `inner` is no text, and is its tooltip."""
    named = f' aria-label="{esc(label)}" title="{esc(label)}"' if label else ""
    state = "" if pressed is None else f' aria-pressed="{"true" if pressed else "false"}"'
    return f'<button type="button" class="{css}"{named}{state}{attributes(**data)}>{inner}</button>'


def menu(inner: str, css: str, items: str, label: str = "") -> str:
    """A control that opens a sheet of `items`; all but `label` is HTML."""
    named = f' aria-label="{esc(label)}" title="{esc(label)}"' if label else ""
    return f'<details class="menu"><summary class="{css}"{named}>{inner}</summary>{items}</details>'


def select(
    name: str, label: str, options: dict[str, str], chosen: str = "", css: str = "", event: str = ""
) -> str:
    """A list to choose from: `options` are labels by value."""
    items = "".join(
        f'<option value="{esc(value)}"{" selected" if value == chosen else ""}>{esc(words)}</option>'
        for value, words in options.items()
    )
    raised = attributes(event=event) if event else ""
    return f'<select class="{css}" name="{name}" aria-label="{esc(label)}"{raised}>{items}</select>'


def safe_url(url: str) -> str:
    """`url` where it is a web address, else "": `javascript:`, `data:` and the like make no link."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in ("http", "https") and parts.netloc else ""


def out_link(url: str, words: str) -> str:
    """`words` as a link that opens `url` in a new tab; nothing where it is no web address."""
    address = esc(safe_url(url))
    if not address:
        return ""
    inner = f"{esc(words)}{icon('out')}"
    return f'<a class="out" href="{address}" target="_blank" rel="noopener noreferrer">{inner}</a>'


def plural(count: int, noun: str) -> str:
    """ "1 paper", "1,204 papers"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def byline(authors: tuple[str, ...], year: int | None, venue: str, at_most: int = 4) -> str:
    """Authors, year and venue on one line, as text (not escaped); long author lists end in "et al."."""
    # The dot stays with what it follows, so that no line begins with one.
    return "\u00a0· ".join(filter(None, (authors_line(authors, at_most), str(year) if year else "", venue)))
