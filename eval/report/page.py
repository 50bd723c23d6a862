"""The frame every HTML report shares: headline figures, plots, measures, a list to filter, what made it.

One self-contained file, no network. Templates are assets/; they escape everything that is not one of our own
plots, style or script. What a run shows in the frame is `eval.report.questions`'s and `eval.report.pairs`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Any

from eval.measures.bootstrap import Estimate
from eval.runs.run_folder import RunManifest


@dataclass(frozen=True, slots=True)
class Tile:
    """One headline figure, as text."""

    name: str
    about: str
    figure: str
    range: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    title: str
    note: str
    svg: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """What fills the frame; `rows` is for the block of the template that extends it."""

    name: str
    lead: str
    notices: Sequence[str]
    tiles: Sequence[Tile]
    plots: Sequence[Plot]
    measures: Mapping[str, Estimate]
    about: Mapping[str, str]
    what: str
    """What the list lists: "questions", "pairs"."""
    kind_name: str
    types: Mapping[str, int]
    kinds: Sequence[str]
    """Kinds of failure to filter by."""
    rows: Sequence[Mapping[str, Any]]
    made: Sequence[tuple[str, str, Any]]


def render(template: str, page: ReportPage) -> str:
    """The page by assets/`template`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("eval", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": shown, "interval": interval}
    values = {field.name: getattr(page, field.name) for field in fields(page)}
    values["plots"] = [(plot.title, plot.note, Markup(plot.svg)) for plot in page.plots]
    assets = files("eval") / "assets"
    for name in ("css", "js"):
        values[name] = Markup((assets / f"report.{name}").read_text(encoding="utf-8"))
    return environment.get_template(template).render(values)


def made_by(manifest: RunManifest) -> list[tuple[str, str, Any]]:
    """The manifest as rows: part, key, value."""
    parts = {
        "dataset": manifest.dataset,
        "library": manifest.library,
        "code": manifest.code,
        "settings": manifest.settings,
        "encoder": {"fingerprint": manifest.encoder},
    }
    return [(part, key, value) for part, values in parts.items() for key, value in values.items()]


def tile(name: str, about: str, value: Estimate) -> Tile:
    return Tile(name, about, shown(value), interval(value))


def shown(value: Estimate | float) -> str:
    """Shares with three places, larger numbers with one."""
    number = value.value if isinstance(value, Estimate) else value
    return f"{number:.3f}" if abs(number) <= 1 else f"{number:.1f}"


def interval(value: Estimate) -> str:
    """ "low to high", or nothing where there is no interval."""
    return "" if value.low is None or value.high is None else f"{shown(value.low)} to {shown(value.high)}"


def estimates(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Estimate]:
    """Estimates from their JSON."""
    return {name: Estimate(**value) for name, value in values.items()}
