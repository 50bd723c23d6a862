from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from rag.errors import ConfigError
from ui.readers import Readers
from ui.security import guards
from ui.sign_in import COOKIE, READER, TRIES, Keys, SignIn, read_people, render_sign_in

KEY = "a-key-of-the-lab"
PEOPLE = Keys(
    people={"anna": "key-of-anna-1", "bo li": "key-of-bo-li-2", "c.oe@lab.example": "key-of-c-oe-3"}
)


async def whoami(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"reader {request.scope[READER]!r}")


def client(keys: Keys) -> TestClient:
    routes = [Route("/", whoami), Route("/gradio_api/queue/join", whoami, methods=["POST"])]
    app = Starlette(routes=routes, middleware=[Middleware(SignIn, keys=keys)])
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def page() -> Iterator[TestClient]:
    with client(Keys(KEY)) as opened:
        yield opened


def test_nothing_is_served_before_the_key(page: TestClient) -> None:
    assert "reader" not in page.get("/").text
    assert 'name="key"' in page.get("/").text
    for method, path in (
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/config"),
        ("GET", "/file=/etc/passwd"),
    ):
        assert page.request(method, path).status_code == 401


def test_the_key_lets_in_and_signing_out_ends_it(page: TestClient) -> None:
    wrong = page.post("/sign-in", data={"key": "a-key-of-another"})
    assert (wrong.status_code, COOKIE in page.cookies) == (403, False)
    right = page.post("/sign-in", data={"key": KEY})
    assert right.status_code == 303
    assert page.get("/").text == "reader ''"
    assert page.post("/sign-in", data={"key": KEY}).headers["location"] == "./"
    assert page.post("/gradio_api/queue/join").status_code == 200
    page.post("/sign-out")
    assert 'name="key"' in page.get("/").text


def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites(page: TestClient) -> None:
    cookie = SimpleCookie(page.post("/sign-in", data={"key": KEY}).headers["set-cookie"])[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert KEY not in cookie.value


def test_people_sign_in_with_their_own_keys_only() -> None:
    with client(PEOPLE) as page:
        assert page.post("/sign-in", data={"name": "anna", "key": "key-of-bo-li-2"}).status_code == 403
        assert page.post("/sign-in", data={"name": "carl", "key": ""}).status_code == 403
    for name, key in (PEOPLE.people or {}).items():
        with client(PEOPLE) as page:
            page.post("/sign-in", data={"name": name, "key": key})
            assert page.get("/").text == f"reader {name!r}"


@pytest.mark.parametrize(
    "forged",
    ["anna", "anna.99999999999.", "anna.99999999999.00", "anna.x.y", "....", "", f"anna.{'9' * 5000}.00"],
)
def test_a_forged_cookie_is_none(forged: str) -> None:
    with client(PEOPLE) as page:
        page.cookies.set(COOKIE, forged)
        assert 'name="key"' in page.get("/").text


def test_a_changed_key_signs_out() -> None:
    with client(Keys(KEY)) as page:
        page.post("/sign-in", data={"key": KEY})
        value = page.cookies[COOKIE]
    with client(Keys("another-key-now")) as page:
        page.cookies.set(COOKIE, value)
        assert 'name="key"' in page.get("/").text


def test_keys_are_not_tried_out(page: TestClient) -> None:
    codes = [page.post("/sign-in", data={"key": f"wrong-{n}"}).status_code for n in range(TRIES + 1)]
    assert codes == [403] * TRIES + [429]
    assert page.post("/sign-in", data={"key": KEY}).status_code == 429


def test_a_file_of_people_is_read_and_a_bad_line_named(tmp_path: Path) -> None:
    file = tmp_path / "people"
    lines = ("# the lab", "anna\tkey-of-anna-1", "bo li key-of-bo-li-2", "c.oe@lab.example  key-of-c-oe-3")
    file.write_text("\n".join(lines), "utf-8")
    assert read_people(file) == PEOPLE
    for text, where in (
        ("anna short\n", "line 1"),
        ("a key-of-anna-1\na key-of-anna-2\n", "line 2"),
        ("key-of-nobody-at-all\n", "a name and a key"),
        ("", "nobody"),
    ):
        file.write_text(text, "utf-8")
        with pytest.raises(ConfigError, match=where):
            read_people(file)


def test_a_person_keeps_one_secret_name(tmp_path: Path) -> None:
    names = [Readers(tmp_path).secret_name(person) for person in ("anna", "bo", "anna")]
    assert names[0] == names[2] != names[1]


def test_keys_are_never_shown() -> None:
    assert KEY not in repr(Keys(KEY)) + repr(PEOPLE)
    assert "key-of-anna-1" not in repr(PEOPLE)
    assert "<script" not in render_sign_in(named=True, problem="<script>")


def test_a_page_for_other_machines_is_never_without_a_sign_in() -> None:
    with pytest.raises(ValueError, match="keys"):
        guards(None, is_local=False)
    assert "SignIn" in repr(guards(Keys(KEY), is_local=False))
