"""Prompts as data: Markdown files with `$variables`, filled in or refused by name.

A folder of the user's own replaces single files. Also makes quoted text harmless: what is put between
tags can neither close them nor pass for a citation marker. What the prompts say is in prompts/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from rag.errors import ConfigError
from rag.text.citation_marks import disarm_marks

VARIABLES: Mapping[str, frozenset[str]] = {
    "answer_system": frozenset({"refusal"}),
    "answer": frozenset({"papers", "question"}),
    "condense": frozenset({"conversation", "question"}),
    "decompose": frozenset({"question", "most"}),
    "hypothesis": frozenset({"question"}),
    "judge": frozenset({"pairs"}),
    "judge_correctness": frozenset({"question", "reference", "answer"}),
    "judge_faithfulness": frozenset({"question", "answer", "cited"}),
    "rank_papers": frozenset({"question", "papers"}),
    "write_question": frozenset({"title", "abstract"}),
}
"""Every prompt, and the variables its file must hold, no more and no fewer."""

_TAG = re.compile(r"<(?=\s*[/|!?]?\s*[a-z|<])|(?<=\|)>", re.I)
_TURN = re.compile(r"\[(\s*/?(?:inst|think)\s*)\]", re.I)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One message, before it is filled in. `source` is where it was read, for messages about it."""

    name: str
    source: str
    template: Template

    def fill(self, **values: str) -> str:
        """The message. Raises KeyError naming a variable that is missing or unknown: a mistake of ours."""
        variables = VARIABLES[self.name]
        if odd := sorted(variables ^ values.keys()):
            raise KeyError(f"{self.name} takes {sorted(variables)}; check {odd}")
        return self.template.substitute(values)


def load_prompt(name: str, folder: Path | None = None) -> Prompt:
    """The prompt `name`, from `folder` if that has a file of the name, else our own.

    Raises ConfigError where there is no such folder, a file of the user's does not read, or its variables
    are not the prompt's.
    """
    if folder and not folder.is_dir():
        raise ConfigError(f"{folder}: there is no such folder of prompts; make it, or leave --prompts out")
    own = folder / f"{name}.md" if folder else None
    if own and own.is_file():
        source, read = str(own), own.read_bytes
    else:
        source, read = f"prompts/{name}.md", resources.files("prompts").joinpath(f"{name}.md").read_bytes
    try:
        template = Template(read().decode().strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{source} cannot be read ({error}); correct or remove it") from error
    _check(template, VARIABLES[name], source)
    return Prompt(name, source, template)


def _check(template: Template, variables: frozenset[str], source: str) -> None:
    if not template.is_valid():
        raise ConfigError(f"{source} has a $ that begins no variable; write $$ for a dollar sign")
    used = set(template.get_identifiers())
    if unknown := sorted(used - variables):
        known = ", ".join(f"${name}" for name in sorted(variables))
        raise ConfigError(f"{source} has ${unknown[0]}, which is not known there; it may have {known}")
    if missing := sorted(variables - used):
        raise ConfigError(f"{source} lacks ${missing[0]}; put it where that should stand")


def quoted(text: str) -> str:
    """Text of others, to stand between tags: on one line, without anything that reads as a tag, a chat
    template's mark or a citation marker. "p < .05" stays as it is."""
    return disarm_marks(_TURN.sub(r"(\1)", _TAG.sub("\u2039", " ".join(text.split()))))
