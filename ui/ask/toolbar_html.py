"""What stands around the turns of a conversation, as HTML: the bar above them, and the greeting. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ui.ask.conversations import Conversation, ConversationSummary
from ui.widgets.markup import attributes, button, esc, icon, menu, plural

EXPORTS = {
    "markdown": "Markdown",
    "html": "Web page",
    "bibtex": "BibTeX",
    "ris": "RIS",
    "csv": "Claims as CSV",
}


def render_bar(
    conversation: Conversation,
    past: Sequence[ConversationSummary],
    removed: ConversationSummary | None = None,
    n_older: int = 0,
) -> str:
    """New, past conversations, `n_older` of them not listed, export, and the way back for the one just
    `removed`.

    The page's address follows `data-conversation`."""
    kept = "".join(_entry(entry, conversation.conversation_id) for entry in past)
    sheet = f"<ul>{kept}</ul>" if kept else "<p>Conversations are kept in the library's folder.</p>"
    sheet += button(f"{n_older:,} older", "quiet", event="older") if n_older else ""
    words = f'{icon("history")}Past<span class="count">{len(past) + n_older:,}</span>'
    here = conversation.conversation_id if conversation.turns else ""
    export = ""
    if here:
        export = button(icon("link"), "tool", "Copy the link to this conversation", copy_link="")
    if any(turn.answer for turn in conversation.turns):
        export += export_menu(f"{icon('export')}Export", "quiet", "Export conversation", "all")
    undo = ""
    if removed:
        undo = (
            f'<p class="undo" role="status"><span>Removed: {esc(removed.title)}</span>'
            f"{button('Undo', 'quiet', event='undo')}</p>"
        )
    return (
        f'<div class="bar" role="toolbar" aria-label="Conversation"{attributes(conversation=here)}>'
        + button(icon("plus") + "New", "quiet", event="new")
        + menu(words, "quiet", f'<div class="sheet">{sheet}</div>')
        + f"{export}{button(icon('cards') + 'Evidence', 'quiet narrow', open_sheet='')}{undo}</div>"
    )


def render_forgotten() -> str:
    """The bar of a page that the server does not know any more, because it was started anew or the page was
    left alone for long: ui/ask/address.js loads it again, and keeps what is in the box."""
    return (
        '<div class="bar" data-forgotten=""><p class="undo" role="alert">The server has lost sight of this '
        'page. Nothing is lost: <a href="">load it again</a></p></div>'
    )


def render_welcome(n_papers: int, examples: Sequence[str]) -> str:
    """What stands where no question has been asked yet."""
    if not n_papers:
        load = button("Load the demo papers", "primary", event="demo")
        return (
            '<section class="welcome"><h2>An empty library</h2><p>Add papers, and ask them questions: '
            "each sentence of an answer cites the sentence it rests on.</p>"
            f'<p class="buttons">{load}{button("Upload papers", goto="Library")}</p></section>'
        )
    asked = "".join(
        f"<li>{button(esc(text), 'example', event='submit', kind='example', text=text)}</li>"
        for text in examples
    )
    return (
        f'<section class="welcome"><h2>Ask {plural(n_papers, "paper")}</h2>'
        "<p>Every sentence of an answer carries the sentence of the abstract it rests on. "
        f'What the papers do not say, it does not say.</p><ul class="examples">{asked}</ul></section>'
    )


def export_menu(inner: str, css: str, label: str, which: int | str) -> str:
    """The formats that turn number `which`, or "all" turns, can be exported in."""
    items = "".join(
        button(esc(words), event="export", which=which, format=key) for key, words in EXPORTS.items()
    )
    return menu(inner, css, f'<div class="sheet list">{items}</div>', label)


def _entry(entry: ConversationSummary, current: str) -> str:
    about = f"{entry.started[:10]} · {plural(entry.n_turns, 'question')}"
    inner = f"<span>{esc(entry.title)}</span><small>{esc(about)}</small>"
    css = "past here" if entry.conversation_id == current else "past"
    forget = button(icon("bin"), "tool", "Delete this conversation", event="forget", id=entry.conversation_id)
    return f"<li>{button(inner, css, event='reopen', id=entry.conversation_id)}{forget}</li>"
