from __future__ import annotations

from dataclasses import replace

import pytest

from rag.errors import InputError
from rag.records import Filters
from tests.helpers.ui_samples import HOSTILE, assert_harmless, parse
from ui.ask.settings import (
    FIELDS,
    Settings,
    add_filter,
    chips,
    merge_filters,
    remove_filter,
    render_settings,
    with_filters,
    with_scope,
    with_stated,
)

TEXTS = {"year": "2020..2024"} | {name: f"some {name}" for name in FIELDS if name != "year"}


@pytest.mark.parametrize("name", FIELDS)
def test_every_filter_can_be_put_on_and_taken_off(name: str) -> None:
    on = add_filter(Filters(), name, f" {TEXTS[name]} ")
    assert chips(on) == [(name, TEXTS[name])]
    assert remove_filter(on, name, TEXTS[name]) == Filters()


def test_filters_add_up_and_come_off_one_by_one() -> None:
    filters = Filters()
    for name in FIELDS:
        filters = add_filter(filters, name, TEXTS[name])
    filters = add_filter(filters, "author", "another")
    shown = chips(filters)
    assert len(shown) == len(FIELDS) + 1
    for name, text in shown:
        filters = remove_filter(filters, name, text)
    assert not filters


@pytest.mark.parametrize(
    ("text", "chip"),
    [("2020", "2020"), ("2020..", "2020.."), ("..2020", "..2020"), ("2019..2020", "2019..2020")],
)
def test_years_are_shown_as_they_are_typed(text: str, chip: str) -> None:
    assert chips(add_filter(Filters(), "year", text)) == [("year", chip)]


@pytest.mark.parametrize(
    ("name", "text"), [("year", "soon"), ("year", "2024..2020"), ("author", "  "), ("nose", "x")]
)
def test_what_is_no_filter_is_refused(name: str, text: str) -> None:
    with pytest.raises(InputError):
        add_filter(Filters(), name, text)


def test_filters_stated_in_a_question_join_those_that_hold() -> None:
    held = Filters(year_from=2010, authors=("Khattab",), venue="ACL")
    stated = Filters(year_from=2020, authors=("Zaharia", "Khattab"))
    assert merge_filters(held, stated) == Filters(year_from=2020, authors=("Khattab", "Zaharia"), venue="ACL")
    assert merge_filters(held, Filters()) == held


def test_what_a_question_states_holds_for_it_and_what_follows_it() -> None:
    own = Settings(Filters(year_from=2010, venue="ACL"))
    asked = with_stated(own, Filters(authors=("Khattab",), year_from=2020), follows=False)
    assert asked.filters == Filters(year_from=2020, venue="ACL", authors=("Khattab",))
    followed = with_stated(asked, Filters(year_to=2022), follows=True)
    assert followed.filters == Filters(year_from=None, year_to=2022, venue="ACL", authors=("Khattab",))
    another = with_stated(followed, Filters(authors=("Zaharia",)), follows=False)
    assert another.filters == Filters(year_from=2010, venue="ACL", authors=("Zaharia",))
    assert with_stated(another, Filters(), follows=False) == own
    assert with_stated(asked, Filters(), follows=True) == asked


def test_a_filter_that_the_reader_changed_is_their_own() -> None:
    asked = with_stated(Settings(), Filters(year_from=2020), follows=False)
    kept = with_filters(asked, replace(asked.filters, venue="ACL"))
    assert with_stated(kept, Filters(), follows=False).filters == Filters(year_from=2020, venue="ACL")
    scoped = with_scope(asked, ["p1", "p2"], "a group")
    assert with_stated(scoped, Filters(), follows=False).filters == Filters(paper_ids=("p1", "p2"))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_filters_are_only_text(text: str) -> None:
    filters = Filters(authors=(text,), venue=text, where=(("title", text),))
    assert_harmless(render_settings(Settings(filters), True, 80), text)


def test_without_a_model_there_is_nothing_to_choose_and_the_page_says_why() -> None:
    found = parse(render_settings(Settings(), False, 80))
    assert "mode" not in found.values("data-event")
    assert "quoted from the papers" in found.values("data-tip")[0]


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [(Settings(), ["model", "0"]), (Settings(llm=False, words=160), ["quotes", "160"])],
)
def test_the_choice_that_holds_is_selected(settings: Settings, chosen: list[str]) -> None:
    html = render_settings(settings, True, None)
    assert [part.rsplit('value="', 1)[1].split('"')[0] for part in html.split(" selected")[:-1]] == chosen


def test_a_configured_length_of_its_own_can_be_chosen_too() -> None:
    assert "120 words" in render_settings(Settings(), False, 120)
