"""The report's plots as inline SVG: no script, no font, no call from outside.

Pure functions from numbers to markup; every text is escaped. Colours are CSS classes of
assets/report.css, so that one plot serves light, dark and print.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from eval.measures.bootstrap import Estimate

WIDTH = 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 12, 40
_ROW = 26
_GUTTER = 132
"""Width of row labels."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear (or, for positive numbers, logarithmic) scale with its ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]
    label: str
    log: bool = False

    def at(self, value: float) -> float:
        """Where the value lies between low (0) and high (1)."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


UNIT_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def interval_chart(rows: Sequence[tuple[str, Estimate]]) -> str:
    """A dot and its 95% interval a row, on 0 to 1."""
    height = _TOP + _ROW * len(rows) + _BOTTOM
    axis = Axis(0, 1, UNIT_TICKS, "")
    marks = [_rows_grid(axis, height)]
    for i, (name, value) in enumerate(rows):
        y = _TOP + _ROW * (i + 0.5)
        x = _row_x(axis.at(value.value))
        tip = f"{name}: {_number(value.value)}"
        if value.low is not None and value.high is not None:
            low, high = _row_x(axis.at(value.low)), _row_x(axis.at(value.high))
            marks.append(f'<line class="whisker" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"/>')
            tip += f" ({_number(value.low)} to {_number(value.high)})"
        marks.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y}" r="4.5"><title>{escape(tip)}</title></circle>'
        )
        marks.append(_text(_GUTTER - 10, y + 4, name.replace("_", " "), "row", "end"))
        marks.append(_text(WIDTH - 46, y + 4, _number(value.value), "row", "end"))
        marks.append(_text(WIDTH - 2, y + 4, f"n={value.n}", "value", "end"))
    return _svg(height - 16, marks, "means with intervals, by row")


def bar_chart(rows: Sequence[tuple[str, float, float]], label: str) -> str:
    """A bar to the first number and a line on to the second, a row: medians and 95th percentiles, say."""
    height = _TOP + _ROW * len(rows) + _BOTTOM
    axis = Axis(0, *_nice(max((second for _, _, second in rows), default=1.0)), label)
    marks = [_rows_grid(axis, height)]
    zero = _row_x(0)
    for i, (name, first, second) in enumerate(rows):
        y = _TOP + _ROW * (i + 0.5)
        x, far = _row_x(axis.at(first)), _row_x(axis.at(second))
        tip = escape(f"{name}: median {_ms(first)} ms, 95th percentile {_ms(second)} ms")
        marks.append(
            f'<rect class="bar" x="{zero}" y="{y - 6}" width="{max(1, x - zero):.1f}" height="12" rx="2">'
        )
        marks.append(
            f'<title>{tip}</title></rect><line class="tail" x1="{x:.1f}" x2="{far:.1f}" y1="{y}" y2="{y}"/>'
        )
        marks.append(f'<line class="tail" x1="{far:.1f}" x2="{far:.1f}" y1="{y - 4}" y2="{y + 4}"/>')
        marks.append(_text(_GUTTER - 10, y + 4, name.replace("_", " "), "row", "end"))
        marks.append(_text(WIDTH - 2, y + 4, f"{_ms(first)} / {_ms(second)}", "row", "end"))
    return _svg(height, marks, label)


def line_chart(points: Sequence[tuple[float, float]], x: Axis, y: Axis, *, area: bool = False) -> str:
    """A curve; with `area`, the ground below it is tinted."""
    height = 250
    place = [(_plot_x(x.at(a)), _plot_y(y.at(b), height)) for a, b in points]
    path = "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in place)
    marks = [_grid(x, y, height)]
    if area:
        floor = _plot_y(0, height)
        marks.append(f'<path class="area" d="{path}L{place[-1][0]:.1f},{floor}L{place[0][0]:.1f},{floor}Z"/>')
    marks.append(f'<path class="line" d="{path}"/>')
    for (a, b), (px, py) in zip(points, place, strict=True):
        tip = escape(f"{x.label} {a:g}: {_number(b)}")
        marks.append(f'<circle class="hit" cx="{px:.1f}" cy="{py:.1f}" r="5"><title>{tip}</title></circle>')
    return _svg(height, marks, f"{y.label} by {x.label}")


def calibration_chart(bins: Sequence[dict[str, float]], x_label: str, y_label: str) -> str:
    """Predicted against held, a disc a bin with its area as its share; the diagonal is perfect."""
    height = 250
    x, y = Axis(0, 1, UNIT_TICKS, x_label), Axis(0, 1, UNIT_TICKS, y_label)
    corner = (_plot_x(0), _plot_y(0, height), _plot_x(1), _plot_y(1, height))
    marks = [_grid(x, y, height)]
    marks.append('<line class="ideal" x1="{}" y1="{}" x2="{}" y2="{}"/>'.format(*corner))
    total = sum(b["n"] for b in bins) or 1
    for b in bins:
        radius = 3 + 13 * math.sqrt(b["n"] / total)
        px, py = _plot_x(x.at(b["predicted"])), _plot_y(y.at(b["held"]), height)
        tip = escape(f"{b['n']:g} with mean {_number(b['predicted'])}: {_number(b['held'])} held")
        marks.append(
            f'<circle class="disc" cx="{px:.1f}" cy="{py:.1f}" r="{radius:.1f}"><title>{tip}</title></circle>'
        )
    return _svg(height, marks, f"{y_label} by {x_label}")


def _svg(height: float, marks: Sequence[str], label: str) -> str:
    box = f"0 0 {WIDTH} {height:g}"
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(label)}">{"".join(marks)}</svg>'


def _text(x: float, y: float, text: str, kind: str, anchor: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _rows_grid(axis: Axis, height: float) -> str:
    """Vertical lines, their numbers and the label, for charts of rows."""
    floor = height - _BOTTOM
    marks = []
    for tick in axis.ticks:
        x = _row_x(axis.at(tick))
        marks.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{floor}"/>')
        marks.append(_text(x, floor + 15, f"{tick:g}", "tick", "middle"))
    marks.append(_text((_row_x(0) + _row_x(1)) / 2, floor + 32, axis.label, "label", "middle"))
    return "".join(marks)


def _grid(x: Axis, y: Axis, height: float) -> str:
    """Lines, numbers and labels of both axes."""
    floor, marks = _plot_y(0, height), []
    for tick in y.ticks:
        at = _plot_y(y.at(tick), height)
        marks.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        marks.append(_text(_LEFT - 6, at + 4, f"{tick:g}", "tick", "end"))
    for tick in x.ticks:
        at = _plot_x(x.at(tick))
        marks.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{floor}"/>')
        marks.append(_text(at, floor + 15, f"{tick:g}", "tick", "middle"))
    marks.append(_text((_LEFT + WIDTH - _RIGHT) / 2, floor + 32, x.label, "label", "middle"))
    middle = (_TOP + floor) / 2
    turned = f'transform="rotate(-90 13 {middle:.1f})"'
    label = escape(y.label)
    marks.append(f'<text class="label" x="13" y="{middle:.1f}" text-anchor="middle" {turned}>{label}</text>')
    return "".join(marks)


def _row_x(share: float) -> float:
    return _GUTTER + share * (WIDTH - _GUTTER - 92)


def _plot_x(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _plot_y(share: float, height: float) -> float:
    return height - _BOTTOM - share * (height - _TOP - _BOTTOM)


def _nice(high: float) -> tuple[float, tuple[float, ...]]:
    """A round end of the axis at or above `high`, and ticks of a round step up to it."""
    high = high or 1.0
    power = 10.0 ** math.floor(math.log10(high / 4))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor * 5 >= high)
    n_steps = math.ceil(high / step - 1e-9)
    return step * n_steps, tuple(step * i for i in range(n_steps + 1))


def _number(value: float) -> str:
    return f"{value:.3f}"


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"
