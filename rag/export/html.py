"""An answer or a conversation as one HTML page that needs nothing else: no script, no font, no request.

Every text is escaped; a link is made only of http(s) addresses, and nothing is loaded from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from rag.export.text import byline, is_web_address, one_line, remarks
from rag.records import Answer, AnswerSentence, Citation, Paper
from rag.text.citation_marks import replace_own

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --lit: #fde68a; --doubt: #b45309; }
@media (prefers-color-scheme: dark) { :root { --lit: #78500a; --doubt: #fbbf24; } }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
sup a { text-decoration: none; } ol { list-style: none; padding: 0; }
li, .doubt { border-left: 3px solid var(--line); padding: .1rem 0 .1rem .8rem; margin: 1rem 0; }
li:target { border-color: var(--doubt); } mark { background: var(--lit); color: inherit; }
.doubt { border-color: var(--doubt); } .meta { opacity: .8; font-size: .9rem; }
"""
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head><body><main>
<h1>{title}</h1>
"""


def write_answers(answers: Sequence[Answer], known: Mapping[str, Paper]) -> str:
    """The page. A cited paper found in `known` shows its whole abstract, the cited sentence lit."""
    title = answers[0].question if len(answers) == 1 else "A conversation"
    head = _HEAD.format(title=escape(one_line(title)), style=_STYLE)
    sections = [_section(answer, n, known, single=len(answers) == 1) for n, answer in enumerate(answers, 1)]
    return head + "\n".join(sections) + "\n</main></body></html>\n"


def _section(answer: Answer, n: int, known: Mapping[str, Paper], *, single: bool) -> str:
    """Question `n` of the page with its answer, doubts and evidence; its anchors are "<n>-<citation>"."""
    parts = [] if single else [f"<h2>{escape(one_line(answer.question))}</h2>"]
    parts += [f"<p>{_with_marks(line, answer, n)}</p>" for line in answer.answer.splitlines() if line.strip()]
    parts += [f'<p class="meta">{escape(remark)}</p>' for remark in remarks(answer)]
    parts += [_doubt(each) for each in answer.sentences if each.status != "supported"]
    if answer.citations:
        evidence = [_evidence(citation, f"{n}-{citation.n}", known) for citation in answer.citations]
        parts.append('<ol aria-label="Evidence">' + "".join(evidence) + "</ol>")
    return "<section>\n" + "\n".join(parts) + "\n</section>"


def _with_marks(text: str, answer: Answer, n: int) -> str:
    """Escaped, with each [n] that names a citation as a link to it."""
    cited = {citation.n for citation in answer.citations}
    return replace_own(escape(text), cited, lambda k: f'<sup><a href="#{n}-{k}">[{k}]</a></sup>')


def _doubt(sentence: AnswerSentence) -> str:
    why = f": {'; '.join(sentence.reasons)}" if sentence.reasons else ""
    return f'<p class="doubt meta"><b>{sentence.status}</b>{escape(why)}<br>{escape(sentence.text)}</p>'


def _evidence(citation: Citation, anchor: str, known: Mapping[str, Paper]) -> str:
    details = [byline(citation.authors), str(citation.year or ""), citation.venue]
    meta = [escape(each) for each in details if each]
    if is_web_address(citation.url):
        url = escape(citation.url)
        meta.append(f'<a rel="noreferrer" href="{url}">{url}</a>')
    quote = _lit(citation, known.get(citation.paper_id))
    return (
        f'<li id="{anchor}"><b>[{citation.n}] {escape(one_line(citation.title))}</b>'
        f'<div class="meta">{" · ".join(meta)}</div><p>{quote}</p></li>'
    )


def _lit(citation: Citation, paper: Paper | None) -> str:
    """The quote, marked, within its abstract where that is known and still the one quoted."""
    start, end = citation.start, citation.end
    if paper is None or paper.abstract[start:end] != citation.quote:
        return f"<mark>{escape(citation.quote)}</mark>"
    before, after = paper.abstract[:start], paper.abstract[end:]
    return f"{escape(before)}<mark>{escape(citation.quote)}</mark>{escape(after)}"
