"""Text from papers and models made harmless for whoever shows it: one function a form.

An abstract may hold anything: HTML, links, terminal escapes, marks that turn the direction of a line. None of
it may act where it is shown. Fuller escaping, where a form's own rules ask for it, is rag/export's; JSON's is
rag/files.py's.
"""

from __future__ import annotations

import re

_DIRECTION = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C]
_CONTROLS = [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), *_DIRECTION]
"""Control characters but for tab and line ends, and the marks that override a line's direction."""
_NO_CONTROLS = dict.fromkeys(_CONTROLS)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_LINK = re.compile(r"\](?=\s*[(:])")
_MACRO = re.compile(
    r"\\(?:input|include\w*|openin|openout|read|write\d*|immediate|catcode|[a-z]*def|let|csname|expandafter"
    r"|special|href|url|usepackage|(?:re)?newcommand|providecommand|directlua|lstinputlisting|verbatiminput"
    r"|everyjob|loop|repeat|scantokens|pdf\w+|ShellEscape|jobname|end|begin)(?![A-Za-z])|\^\^"
)


def without_controls(text: str) -> str:
    """Text for a terminal: nothing in it moves the cursor, changes colours or turns the direction of a line.
    Tabs and line ends stay."""
    return text.translate(_NO_CONTROLS)


def for_markdown(text: str) -> str:
    """Text for a reader that may render Markdown or HTML: it shows neither tags nor links nor pictures.

    Only what would act is changed, so that the same text still reads well where it is shown as it is: a "<"
    before a tag becomes "&lt;", and the bracket before a link's address is escaped.
    """
    return _LINK.sub(r"\\]", _TAG.sub("&lt;", without_controls(text)))


def has_macro(tex: str) -> bool:
    """Whether TeX mathematics holds a command that reads, writes or defines, which no formula needs."""
    return bool(_MACRO.search(tex))
