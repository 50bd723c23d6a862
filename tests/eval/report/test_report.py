"""The report: what it says, that it is one safe file, and, in a real browser, that its filters work."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from eval.data.questions import Dataset, GoldQuestion
from eval.measures.bootstrap import Estimate
from eval.report import charts
from eval.report.misses import misses
from eval.report.page import interval, shown
from eval.report.questions import LISTED, Report, html, markdown, write_report
from eval.runs.run_folder import JudgeScore, Result
from eval.runs.summary import Scored, calibrate, latency, score_questions, scores_lines, summarise
from rag.records import Answer
from tests.conftest import find_browser
from tests.helpers.eval_samples import GOLD, MANIFEST, cite, make_answer, make_question

EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)"> {{ 7 * 7 }} & "quoted"'


def result(
    question: GoldQuestion, answer: Answer, verdicts: Mapping[str, JudgeScore] | None = None
) -> Result:
    times = {"total": 20.0, "retrieve": 15.0}
    return Result(question.id, answer.retrieved, answer, verdicts=verdicts or {}, timings_ms=times)


def sample() -> tuple[Dataset, list[Result]]:
    good, bad = make_question("q1"), make_question("q2", kind="method", gold=("Beta",), patterns=("missing",))
    far = make_question("q3", kind="unanswerable_far", gold=(), patterns=(), evidence=())
    failed = make_question("q4")
    questions = (good, bad, far, failed)
    results = [
        result(good, make_answer(), {"faithfulness": JudgeScore(1.0, "said"), "correctness": JudgeScore(None,
        "")}), result(bad, make_answer("See [1], [2].", [cite(1, "a", 0, 23), cite(2, "b", 0, 19)],
        confidence=0.5)), result(far, make_answer("It does not say.", abstained=True, confidence=0.1)),
        Result("q4", error="ModelTimeout: no reply"),
    ]  # fmt: skip
    return Dataset("sample", questions, "hash"), results


KNOWN = replace(GOLD, qrels={"q1": {"a": 1}, "q2": {"b": 1}, "q4": {"a": 1}})


def sample_report() -> Report:
    dataset, results = sample()
    scored = score_questions(dataset, results, KNOWN)
    return Report(MANIFEST, summarise(scored, KNOWN), latency(results), scored, KNOWN)


def test_a_summary_counts_every_question() -> None:
    summary = sample_report().summary
    assert summary["n"] == 4
    assert summary["failed"] == {"q4": "ModelTimeout: no reply"}
    assert summary["unscored"] == {"q1/correctness": ""}
    assert summary["types"] == {"fact": 2, "method": 1, "unanswerable_far": 1}
    measures = summary["measures"]
    # First, second, and nothing.
    assert measures["RR"]["value"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert measures["fact_recall"]["value"] == pytest.approx(1 / 3)
    assert measures["citation_precision"]["value"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert measures["abstention_right"]["value"] == pytest.approx(3 / 4)
    assert measures["abstention_f1"]["value"] == 1
    assert measures["faithfulness"] == {"value": 1.0, "low": None, "high": None, "n": 1}
    assert "correctness" not in measures
    assert summary["by_type"]["method"]["fact_recall"]["value"] == 0
    # Losses from the surest on: right, wrong, failed, refused.
    assert [risk for _, risk in summary["risk_coverage"]] == pytest.approx([0, 1 / 2, 2 / 3, 3 / 4])
    assert summary["recall_by_depth"][:2] == pytest.approx([1 / 3, 2 / 3])


def test_style_and_intent_are_reported_like_type() -> None:
    dataset, results = sample()
    styles = ("lay", "plain", "lay", "")
    questions = tuple(replace(q, style=s) for q, s in zip(dataset.questions, styles, strict=True))
    questions = (replace(questions[0], extra={"category": "x", "id": "not this"}), *questions[1:])
    scored = score_questions(replace(dataset, questions=questions), results, KNOWN)
    summary = summarise(scored, KNOWN)
    assert summary["styles"] == {"lay": 2, "plain": 1}
    assert summary["intents"] == summary["by_intent"] == {}
    assert summary["by_style"]["plain"]["RR"]["value"] == pytest.approx(0.5)
    text = markdown(Report(MANIFEST, summary, {}, scored, KNOWN))
    assert "| style | n |" in text
    assert "| plain | 1 | 0.631 |" in text
    assert "| intent |" not in text
    assert "RR by style" not in html(Report(MANIFEST, summary, {}, scored, KNOWN))
    assert "nDCG@10 by style" in html(Report(MANIFEST, summary, {}, scored, KNOWN))
    rows = [json.loads(line) for line in scores_lines(scored).splitlines()]
    assert (rows[0]["id"], rows[0]["style"], rows[0]["category"]) == ("q1", "lay", "x")
    assert "style" not in rows[3]


def test_a_set_that_is_searched_has_no_answer_measures() -> None:
    dataset, results = sample()
    searched = [replace(r, answer=None, verdicts={}) for r in results[:2]]
    scored = score_questions(replace(dataset, questions=dataset.questions[:2], qrels={}), searched, KNOWN)
    assert set(scored[0].scores) == {"nDCG@10", "R@5", "R@10", "R@50", "RR", "Success@1"}


def test_latency_has_its_percentiles_and_total_first() -> None:
    times = latency([Result(str(n), timings_ms={"plan": 1.0, "total": float(n)}) for n in range(1, 101)])
    assert list(times) == ["total", "plan"]
    assert times["total"] == {"n": 100, "p50": 50.5, "p95": pytest.approx(95.05), "p99": pytest.approx(99.01)}


def test_calibration_is_by_tenths() -> None:
    rows = [(0.05, False), (0.95, True), (1.0, True), (0.92, False)]
    assert calibrate(rows) == [
        {"n": 1, "predicted": 0.05, "held": 0.0},
        {"n": 3, "predicted": pytest.approx(0.9567, abs=1e-4), "held": pytest.approx(2 / 3)},
    ]


@pytest.mark.parametrize(
    ("scores", "answerable", "kinds"),
    [
        ({"Success@1": 1.0, "fact_recall": 1.0, "abstained": 0.0}, True, ()),
        ({"abstained": 0.0}, False, ("answered, though the library cannot",)),
        ({"abstained": 1.0}, False, ()),
        ({"abstained": 1.0}, True, ("refused, though the library can",)),
        ({"Success@1": 0.0, "R@5": 1.0}, True, ("gold paper not first",)),
        ({"quote_fidelity": 0.5, "unsupported": 0.5}, True, ("quote not verbatim", "unsupported sentence")),
        ({"faithfulness": 0.0, "correctness": 0.5}, True, ("judged unfaithful",)),
    ],
)
def test_kinds_of_failure(scores: dict[str, float], answerable: bool, kinds: tuple[str, ...]) -> None:
    question = make_question(kind="fact" if answerable else "unanswerable_near")
    assert misses(Scored(question, Result("q1"), scores)) == kinds


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.8765, "0.876"), (1.0, "1.000"), (73.61, "73.6"), (Estimate(0.5, 0.4, 0.6, 9), "0.500")],
)
def test_numbers_as_shown(value: float | Estimate, text: str) -> None:
    assert shown(value) == text
    assert interval(Estimate(0.5, 0.4, 0.6, 9)) == "0.400 to 0.600"
    assert interval(Estimate(0.5, None, None, 1)) == ""


def test_the_markdown_names_what_a_reader_must_know() -> None:
    report = sample_report()
    known = replace(report.gold, missing=("Omega",))
    text = markdown(replace(report, summary=summarise(report.scored, known), gold=known))
    assert "1 questions failed and count at their default; the first: ModelTimeout: no reply" in text
    assert "1 gold papers are not in this library and count as missed: Omega" in text
    assert "| fact_recall | 0.333 |" in text
    assert "| method | 1 | 0.631 |" in text
    assert "- facts missing (1): q2" in text
    assert "- failed (1): q4" in text


def test_the_folder_holds_the_report_and_two_are_the_same(tmp_path: Path) -> None:
    dataset, results = sample()
    scored = score_questions(dataset, results, KNOWN)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_report(tmp_path / name, MANIFEST, scored, KNOWN)
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert names == {"summary.json", "latency.json", "scores.jsonl", "report.md", "report.html"}
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_page_of_many_questions_lists_the_failures_and_stays_small() -> None:
    dataset, results = sample()
    good = [replace(dataset.questions[0], id=f"g{n}") for n in range(LISTED)]
    many = replace(dataset, questions=(*good, *dataset.questions))
    known = replace(KNOWN, qrels={**KNOWN.qrels, **{question.id: {"a": 1} for question in good}})
    answered = [replace(results[0], id=question.id) for question in good]
    scored = score_questions(many, [*answered, *results], known)
    page = html(Report(MANIFEST, summarise(scored, known), {}, scored, known))
    assert page.count('<details class="question') == LISTED
    assert page.count('<details class="question bad"') == 2
    assert f"{LISTED} of {LISTED + 4} questions are listed" in page


def test_the_page_calls_nothing_from_outside() -> None:
    page = html(sample_report())
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"'>]*)""", page) == ["data:,"]
    assert not re.search(r"https?://", page)
    assert "default-src 'none'" in page
    assert len(page) < 100_000


def test_everything_from_outside_shows_as_text() -> None:
    citation = replace(cite(1, "a", 0, 23), title=EVIL, quote=EVIL)
    question = replace(make_question("q1"), question=EVIL, answer=EVIL, nuggets=(EVIL,), type=EVIL, id=EVIL)
    answer = replace(make_answer(EVIL + " [1]", [citation]), reason=EVIL, notice=EVIL)
    known = replace(GOLD, qrels={EVIL: {"a": 1}})
    scored = score_questions(Dataset(EVIL, (question,), "h"), [result(question, answer)], known)
    manifest = replace(MANIFEST, dataset={"name": EVIL}, settings={"mode": EVIL, "model": EVIL})
    page = html(Report(manifest, summarise(scored, known), {}, scored, known))
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "{{ 7 * 7 }}" in page
    assert page.count("&lt;script&gt;alert(1)") >= 8


def test_charts_are_well_formed_and_escape_their_labels() -> None:
    estimates = [("a<b>", Estimate(0.5, 0.25, 0.75, 4)), ("one", Estimate(1.0, None, None, 1))]
    axis = charts.Axis(1, 50, (1, 10, 50), "k & more", log=True)
    drawn = [
        charts.interval_chart(estimates),
        charts.bar_chart([("s<1>", 1.0, 20.0), ("t", 0.0, 0.0)], "ms"),
        charts.bar_chart([], "ms"),
        charts.line_chart([(1, 0.5), (50, 1.0)], axis, charts.Axis(0, 1, (0, 1), "<y>"), area=True),
        charts.calibration_chart([{"n": 3, "predicted": 0.9, "held": 0.5}], "<x>", "<y>"),
    ]
    for svg in drawn:
        root = ElementTree.fromstring(svg)
        assert root.tag == "svg"
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for circle in root.iter("circle"):
            assert 0 <= float(circle.attrib["cx"]) <= width
            assert 0 <= float(circle.attrib["cy"]) <= height


def test_a_dot_lies_where_its_value_is() -> None:
    svg = ElementTree.fromstring(
        charts.interval_chart([("a", Estimate(v, None, None, 1)) for v in (0, 0.5, 1)])
    )
    low, middle, high = (float(circle.attrib["cx"]) for circle in svg.iter("circle"))
    assert middle - low == pytest.approx(high - middle)
    assert high > low


def test_the_filters_work_in_a_browser(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    path = tmp_path / "report.html"
    path.write_text(html(sample_report()), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.goto(path.as_uri())

        def shown_ids() -> list[str]:
            return page.locator(".question:visible .id").all_inner_texts()

        assert shown_ids() == ["q1", "q2", "q3", "q4"]
        page.select_option("#miss", "facts missing")
        assert shown_ids() == ["q2"]
        page.select_option("#miss", "none")
        assert shown_ids() == ["q1", "q3"]
        page.select_option("#miss", "")
        page.select_option("#type", "unanswerable_far")
        assert shown_ids() == ["q3"]
        page.select_option("#type", "")
        page.fill("#text", "of q4")
        assert shown_ids() == ["q4"]
        assert page.inner_text("#count") == "1 of 4"
        page.fill("#text", "")
        page.locator(".question", has_text="q2").locator("summary").click()
        assert page.locator(".question[open] blockquote").count() == 2
        page.click("#open")
        assert page.locator(".question[open]").count() == 4
        browser.close()
    assert told == []
