"""Replies without the thoughts some models put before them.

Each vendor marks them in another way. What is shown while a reply comes in may still be a thought where its
opening mark is missing; the whole reply never holds one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MARKS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
    ("<seed:think>", "</seed:think>"),
)
"""What opens and what closes a thought. The fifth is OpenAI's harmony format, as open-weight models print
it."""
_LEFT_OVER = ("<|end|>", "<|return|>", "<|start|>assistant", "<|channel|>final<|message|>")
"""Control tokens of the harmony format that stay round the answer."""


def without_thoughts(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces of a reply, without the thought it may open with. Joined they are `final_text` but where a
    thought lacks its opening mark."""
    buffer, closing, decided = "", "", False
    for piece in pieces:
        buffer += piece
        if not decided:
            opening = buffer.lstrip()
            if any(len(opening) < len(mark) and mark.startswith(opening) for mark, _ in MARKS):
                continue
            closing = next((end for mark, end in MARKS if opening.startswith(mark)), "")
            decided = True
        if closing:
            _, ended, rest = buffer.partition(closing)
            if not ended:
                continue
            buffer, closing = rest.lstrip(), ""
        if buffer:
            yield buffer
        buffer = ""
    if buffer and not closing:
        yield buffer


def final_text(text: str) -> str:
    """A whole reply without thoughts: what follows the last mark that closes one, opened or not."""
    text = "".join(without_thoughts([text]))
    for _, closing in MARKS:
        _, ended, rest = text.rpartition(closing)
        text = rest.lstrip() if ended else text
    for token in _LEFT_OVER:
        text = text.replace(token, "")
    return text
