"""The library in a real browser: files in, the list, one paper, the map, evaluation."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.browser.conftest import Open
from tests.helpers.ui_samples import HOSTILE, parse
from ui.evaluate.runs import RUNS
from ui.widgets.readable import readable


def test_pages_are_uploaded_and_asked_about(
    empty_page: str, visit: Open, shared_dir: Path, tmp_path: Path
) -> None:
    page_file = shared_dir / "corpus" / "003_4b7998b144ff8e91.txt"
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"\0\1\2")
    reader = visit(empty_page)
    reader.page.click("#live [data-goto=Library]")
    reader.page.set_input_files("#drop input", [page_file, broken])
    reader.wait("#results li >> nth=1")
    assert "added" in reader.text("#results")
    assert reader.text("#results .bad, #results li:has(b:text('broken.pdf'))")
    reader.page.wait_for_function("parseInt(document.querySelector('#table .count')?.textContent) > 80")
    n_papers = int(reader.text("#table .count").split()[0])
    reader.page.wait_for_function(f"document.querySelector('#count')?.textContent.startsWith('{n_papers}')")
    title = reader.text("#table .open >> nth=0")
    reader.tab("Ask")
    reader.ask(f"What is {title} about?")
    assert title in " ".join(reader.page.locator("#cards .title").all_inner_texts())
    reader.tab("Library")
    reader.page.click("#files summary")
    reader.page.click("#files li:has-text('003_') button")
    reader.page.get_by_text(f"{n_papers} unchanged").wait_for()


def test_hostile_papers_are_text_wherever_they_are_shown(
    empty_page: str, visit: Open, tmp_path: Path
) -> None:
    file = tmp_path / "hostile.jsonl"
    records = (
        {"id": f"h{i}", "title": f"Pooling {text}", "abstract": f"Pooling averages {text} in step {i}."}
        for i, text in enumerate(HOSTILE)
    )
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    reader = visit(empty_page)
    dialogs: list[str] = []
    reader.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    reader.tab("Library")
    reader.page.set_input_files("#drop input", file)
    reader.wait("#table .open")
    listed = " ".join(reader.page.locator("#table .open").all_inner_texts())
    shown = [parse(readable(text)).text for text in HOSTILE]  # its TeX is set, all else as it stands
    assert all(" ".join(text.split()) in " ".join(listed.split()) for text in shown)
    for i in range(len(HOSTILE)):
        reader.page.click(f"#table .open >> nth={i}")
        reader.page.locator("#paper h2", has_text=shown[i]).wait_for()
    reader.tab("Ask")
    for text in HOSTILE[:3]:
        reader.ask(f"What does pooling average? {text}")
    assert "<script>" in reader.text("#cards")
    assert reader.page.evaluate("document.querySelectorAll('main script, main img, main iframe').length") == 0
    assert dialogs == []


def test_the_list_is_searched_sorted_and_paged_on_the_server(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    page = reader.page
    reader.tab("Library")
    reader.wait("#table tr")
    assert reader.count("#table tbody tr") == 50
    page.click("#table [data-column=year]")
    reader.wait("#table th[aria-sort=ascending].year")
    assert reader.text("#table tbody tr:first-child td:nth-child(4)") == "2004"
    page.click("#table [data-column=year]")
    reader.wait("#table th[aria-sort=descending].year")
    page.click("#table .pager >> text=Last")
    reader.page.get_by_text("Page 3 of 3").wait_for()
    page.fill("#tools input", "clavie")
    page.press("#tools input", "Enter")
    reader.page.locator("#table .count", has_text="1 paper").wait_for()
    assert "Clavié" in reader.text("#table tbody")


def test_an_empty_library_begins_with_the_demo_papers(empty_page: str, visit: Open) -> None:
    reader = visit(empty_page)
    reader.page.click("#live [data-event=demo]")
    reader.wait("#live .example")
    assert reader.text("#count") == "122 papers"
    reader.page.click("#live .example >> nth=0")
    reader.wait("#live .answer .cite")


def test_ticked_papers_are_exported_and_removed(demo_page: str, visit: Open, tmp_path: Path) -> None:
    record = {"id": "passing", "title": "A Passing Guest", "abstract": "It stays for one test only."}
    (tmp_path / "guest.jsonl").write_text(json.dumps(record), encoding="utf-8")
    reader = visit(demo_page)
    page = reader.page
    reader.tab("Library")
    reader.wait("#table tr")
    page.set_input_files("#drop input", tmp_path / "guest.jsonl")
    page.get_by_text("1 added").wait_for()
    page.fill("#tools input", "passing guest")
    page.press("#tools input", "Enter")
    page.locator("#table .count", has_text="1 paper").wait_for()
    page.check("#table tbody tr:first-child input")
    page.click("#tools summary:has-text('Export 1 ticked')")
    with page.expect_download() as download:
        page.click("#tools button:has-text('BibTeX')")
    download.value.save_as(tmp_path / "papers.bib")
    assert (tmp_path / "papers.bib").read_text(encoding="utf-8").startswith("@misc{")
    page.click("#tools .danger")
    page.get_by_text("No paper here has these words").wait_for()
    page.wait_for_function("document.querySelector('#count').textContent === '122 papers'")


def test_a_paper_is_read_with_its_neighbours_and_asked_about(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.tab("Library")
    reader.page.click("#table .open >> nth=0")
    reader.wait("#paper h2")
    title = reader.text("#paper h2")
    assert reader.count("#paper .nearest li") == 6
    reader.page.click("#paper [data-event=about]")
    reader.wait("#box textarea:visible")
    assert reader.text(".chip.on") == f"Only “{title}”"
    reader.ask("What is proposed?")
    assert set(reader.page.locator("#cards .title").all_inner_texts()) == {title}


def test_the_map_opens_the_paper_that_is_clicked(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    page = reader.page
    reader.ask("How does JointRank rerank a large set of candidates in a single pass?")
    reader.tab("Map")
    reader.wait("#groups .legend li")
    assert "122" not in reader.text("#groups .legend small")
    box = page.locator("#canvas canvas").bounding_box()
    assert box
    # Wherever the points are: feel for one, as a reader does.
    for y in range(40, int(box["height"]), 24):
        page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + y)
        if page.locator("#map-tip").is_visible():
            break
    pointed = page.locator("#map-tip").evaluate("tip => tip.firstChild.textContent")
    page.mouse.down()
    page.mouse.up()
    reader.wait("#groups .detail h2")
    assert reader.text("#groups .detail h2") == " ".join(pointed.split())
    page.click("#groups [data-event=overview]")
    page.click("#groups .group >> nth=0")
    reader.wait("#groups .nearest li")
    page.focus("#canvas canvas")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#map-tip").evaluate("tip => tip.firstChild.textContent")
    page.keyboard.press("Enter")
    page.locator("#groups .detail h2", has_text=chosen).wait_for()


def test_a_question_file_is_measured_and_two_runs_are_compared(
    demo_page: str, visit: Open, tmp_path: Path, kept: Path
) -> None:
    from rag.demo import demo_questions_path

    lines = demo_questions_path().read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "few.jsonl").write_text("".join(lines[:3]), encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text("{", encoding="utf-8")
    reader = visit(demo_page)
    page = reader.page
    reader.tab("Evaluate")
    page.set_input_files("#evaluate input[type=file]", tmp_path / "bad.jsonl")
    reader.wait("#run-note .error")
    page.set_input_files("#evaluate input[type=file]", tmp_path / "few.jsonl")
    page.wait_for_function("document.querySelector('#measure select').value === 'few.jsonl'")
    page.click("#measure button[type=submit]")
    reader.wait("iframe.report")
    page.frame_locator("iframe.report").get_by_text("nDCG@10").first.wait_for()
    assert "few/extractive" in reader.text("#runs")
    (run,) = (kept / RUNS / "few").iterdir()
    shutil.copytree(run, run.with_name("another"))
    page.click("#runs .past")
    page.wait_for_selector("#runs li >> nth=1")
    page.check("#runs li >> nth=0 >> input")
    page.check("#runs li >> nth=1 >> input")
    page.click("#runs button:has-text('Compare two')")
    reader.wait("#report .comparison")
    assert "3 questions in both" in reader.text("#report")
