"""Hostile abstracts through every door of the server: `python -m tests.stress.injection`.

Each attack of tests/helpers/attacks.py is the abstract of a paper. A scripted model obeys it: it writes the
attack's text again as its answer. What then leaves is rendered as its form would be (Markdown with HTML; a
terminal) and looked at: does anything in it act? Prints a Markdown table, an attack a row. The tests run the
same."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
from markdown_it import MarkdownIt
from mcp import Client

from rag.assistant import Assistant
from rag.cli import main
from rag.config import Config
from tests.helpers.attacks import ATTACKS, Attack
from tests.helpers.model_server import ModelServer, Scripted
from tests.helpers.serving import serving

QUESTION = "Does sleep help?"
LIVE = {"script", "img", "iframe", "a", "object", "svg", "style", "link", "form", "input", "meta", "base"}
DOORS = ("JSON", "events", "chat, written", "chat, quoted", "MCP ask", "MCP paper", "terminal", "prompt")


class Tags(HTMLParser):
    """The names of the tags in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)


def acts_in_markdown(text: str) -> bool:
    """Whether text shows a link, a picture or a script where it is rendered as Markdown with HTML."""
    rendered = MarkdownIt("commonmark", {"html": True}).render(text)
    return bool(Tags(rendered).names & LIVE or Tags(text).names & LIVE) or acts_in_terminal(text)


def acts_in_terminal(text: str) -> bool:
    """Whether a character of it moves a cursor, changes colours or turns a line round."""
    return any(not char.isprintable() and char not in "\n\t" for char in text)


@dataclass(frozen=True, slots=True)
class Poisoned:
    """A served library whose papers are the attacks, and a model that obeys what it is given."""

    library: Path
    url: str
    model: ModelServer


@contextmanager
def poisoned(folder: Path) -> Iterator[Poisoned]:
    """The library of all attacks, made in `folder`."""
    papers = folder / "papers.jsonl"
    papers.write_text("".join(json.dumps(_paper(n, attack)) + "\n" for n, attack in enumerate(ATTACKS)))
    with ModelServer() as model:
        config = replace(
            Config.from_env(),
            library=folder / "library",
            base_url=model.url,
            model="scripted",
            llm_cache=False,
            judge="off",
        )
        with Assistant.open(config=config, create=True) as assistant:
            assistant.ingest([papers])
            with serving(assistant) as url:
                yield Poisoned(config.library, url, model)


def _paper(n: int, attack: Attack) -> dict[str, str]:
    title = f"Attack{n:02} on sleep {attack.text[:200]}"
    return {"id": f"attack-{n}", "title": title, "abstract": attack.text, "venue": attack.text[:99]}


def outcomes(n: int, served: Poisoned) -> dict[str, bool]:
    """For each of DOORS, whether anything of attack `n` acted behind it."""
    attack, model = ATTACKS[n], served.model
    model.replies.extend(Scripted(f"Sleep helps. [1] {attack.text}") for _ in range(8))
    n_before = len(model.requests)
    asked: dict[str, Any] = {"question": QUESTION, "filters": {"where": [f"title=Attack{n:02}"]}}
    with httpx.Client(base_url=served.url, timeout=120) as http:
        acted = {
            "JSON": acts_in_terminal(http.post("/v1/ask", json=asked).text),
            "events": acts_in_terminal(http.post("/v1/ask", json={**asked, "stream": True}).text),
        }
        for door, name in (("chat, written", "rag"), ("chat, quoted", "rag-extractive")):
            chat = {"model": name, "messages": [{"role": "user", "content": f"{QUESTION} {attack.name}"}]}
            reply = http.post("/v1/chat/completions", json=chat)
            text = reply.json()["choices"][0]["message"]["content"]
            acted[door] = acts_in_markdown(text) or acts_in_terminal(reply.text)
    calls = {"MCP ask": ("ask", asked), "MCP paper": ("paper", {"paper_id": f"attack-{n}"})}
    texts = _mcp_texts(f"{served.url}/mcp", calls)
    acted |= {door: acts_in_markdown(text) for door, text in texts.items()}
    requests = model.requests[n_before:]
    acted["prompt"] = any(_breaks_out(m["content"]) for each in requests for m in each["messages"])
    acted["terminal"] = acts_in_terminal(_terminal("show", f"attack-{n}", "--library", str(served.library)))
    model.replies.clear()
    return {door: acted[door] for door in DOORS}


def answers_in_terminal(served: Poisoned) -> str:
    """What `rag ask` and `rag search` print of the whole library."""
    to = ["--library", str(served.library)]
    return _terminal("ask", QUESTION, "--no-llm", *to) + _terminal("search", QUESTION, "--top", "50", *to)


def _mcp_texts(url: str, calls: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, str]:
    async def talk() -> dict[str, str]:
        texts = {}
        async with Client(url, mode="legacy") as client:
            for door, (tool, given) in calls.items():
                result = await client.call_tool(tool, given)
                texts[door] = "\n".join(block.text for block in result.content if block.type == "text")
        return texts

    return asyncio.run(talk())


def _breaks_out(prompt: str) -> bool:
    """Whether a prompt holds a delimiter, a marker or a role of a chat template that a paper put there."""
    # Our own delimiters stand alone on their lines; a paper's text never does.
    return any(mark in prompt for mark in ("<|im_", "[INST]", "</papers> <paper", "【1】"))


def _terminal(*arguments: str) -> str:
    """What a command line prints."""
    with redirect_stdout(StringIO()) as out:
        assert main(arguments) == 0
    return out.getvalue()


def print_table() -> None:
    """An attack a row, a door a column."""
    print(f"| attack | {' | '.join(DOORS)} |")
    print(f"|---|{'---|' * len(DOORS)}")
    n_acted = 0
    with tempfile.TemporaryDirectory() as folder, poisoned(Path(folder)) as served:
        for n, attack in enumerate(ATTACKS):
            acted = outcomes(n, served).values()
            n_acted += sum(acted)
            print(
                f"| {attack.name} | {' | '.join('LIVE' if each else 'text' for each in acted)} |", flush=True
            )
        whole = "LIVE" if acts_in_terminal(answers_in_terminal(served)) else "text"
    print(f"\n{n_acted} of {len(ATTACKS) * len(DOORS)} acted; all of them in one terminal: {whole}.")


if __name__ == "__main__":
    print_table()
