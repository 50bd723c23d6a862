"""Who may use a page that other machines reach: everyone with the page's key, or people with a key each.

A wall around all that Gradio answers: without its cookie a request gets the sign-in form or 401, whatever
it asks for. A cookie is signed with the keys themselves, so that a changed key signs everyone out and a
restart nobody. Whose conversations a signed-in browser sees is ui/ask/tab.py's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.errors import ConfigError
from rag.files import read_text
from ui.widgets.markup import esc

COOKIE = "rag-reader"
READER = "rag.reader"
"""Where a request's scope names who signed in; "" for who came with the page's one key."""
SHORTEST_KEY = 12
"""Characters: shorter keys are tried out in no time."""
KEPT_S = 30 * 24 * 3600
"""How long one stays signed in."""
TRIES, WITHIN_S = 8, 60.0
"""Wrong keys that an address may give within so many seconds."""
MOST_ADDRESSES = 10_000
LONGEST_FORM = 4096
_NUMBER = re.compile(r"[0-9]{1,12}")
_OPEN = "/startup-events"
"""Asked by Gradio itself, of itself, as it starts; it tells nothing."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The page's one `key`, or a key for each of `people`, by name. Never shown."""

    key: str = ""
    people: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return f"Keys(people={sorted(self.people or ())})"

    def admits(self, name: str, key: str) -> bool:
        """Whether this key is that of the person, or of the page; takes as long for a wrong one as for a
        right."""
        wanted = self.key if self.people is None else self.people.get(name, "")
        return hmac.compare_digest(_digest(key), _digest(wanted)) and bool(wanted)

    @property
    def secret(self) -> bytes:
        """What cookies are signed with."""
        return _digest("\n".join([self.key, *(f"{n} {k}" for n, k in sorted((self.people or {}).items()))]))


def read_people(path: Path) -> Keys:
    """The keys in a file with a line a person: a name, white space, a key. Raises InputError, ConfigError."""
    people: dict[str, str] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        *names, key = line.split()
        name = " ".join(names)
        if not name or name in people or len(key) < SHORTEST_KEY:
            why = (
                "a name and a key are needed"
                if not name
                else "the name is there twice"
                if name in people
                else f"a key has {SHORTEST_KEY} characters at least"
            )
            raise ConfigError(f"{path}, line {number}: {why}; write a line a person: NAME KEY")
        people[name] = key
    if not people:
        raise ConfigError(f"{path}: nobody is in it; write a line a person: NAME KEY")
    return Keys(people=people)


class SignIn:
    """The ASGI application behind a sign-in."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys
        self._wrong: dict[str, list[float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})  # the page has none
            return
        request = Request(scope, receive)
        reader = self._reader(request)
        if reader is None and not scope["path"].endswith(_OPEN):
            await (await self._refused(request))(scope, receive, send)
        elif scope["path"] == "/sign-in":  # sent twice, or gone back to
            await RedirectResponse("./", 303)(scope, receive, send)
        elif scope["path"] == "/sign-out" and request.method == "POST":
            await _signed_out()(scope, receive, send)
        else:
            scope[READER] = reader or ""
            await self._app(scope, receive, send)

    def _reader(self, request: Request) -> str | None:
        """Who signed in; None where nobody has, or the cookie is old or not ours."""
        signed, _, mac = request.cookies.get(COOKIE, "").rpartition(".")
        name, _, until = signed.rpartition(".")  # a name may hold dots
        if not _NUMBER.fullmatch(until) or int(until) < time.time():
            return None
        name = unquote(name)
        if not hmac.compare_digest(mac.encode(), self._mac(name, until).encode()):
            return None
        return name if self._keys.people is None or name in self._keys.people else None

    async def _refused(self, request: Request) -> Response:
        if request.url.path == "/sign-in" and request.method == "POST":
            return await self._signed_in(request)
        if request.method in ("GET", "HEAD") and request.url.path in ("/", "/sign-in"):
            return self._form()
        return PlainTextResponse("Sign in first.", 401)

    async def _signed_in(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        if self._tries(address) >= TRIES:
            return self._form("Too many wrong keys from here; wait a minute.", 429)
        if int(request.headers.get("content-length") or LONGEST_FORM + 1) > LONGEST_FORM:
            return PlainTextResponse("That is no key.", 413)
        async with request.form() as form:
            name, key = str(form.get("name", "")).strip(), str(form.get("key", "")).strip()
        name = name if self._keys.people is not None else ""
        if not self._keys.admits(name, key):
            self._wrong.setdefault(address, []).append(time.monotonic())
            return self._form("That is not the key." if not name else "Name and key do not go together.", 403)
        until = str(int(time.time()) + KEPT_S)
        response = RedirectResponse("./", 303)
        response.set_cookie(
            COOKIE,
            f"{quote(name, safe='')}.{until}.{self._mac(name, until)}",
            max_age=KEPT_S,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    def _tries(self, address: str) -> int:
        """Wrong keys that came from there lately."""
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.clear()
        lately = [at for at in self._wrong.get(address, ()) if time.monotonic() - at < WITHIN_S]
        self._wrong[address] = lately
        return len(lately)

    def _mac(self, name: str, until: str) -> str:
        return hmac.new(self._keys.secret, f"{name}\n{until}".encode(), hashlib.sha256).hexdigest()

    def _form(self, problem: str = "", status: int = 200) -> HTMLResponse:
        named = self._keys.people is not None
        return HTMLResponse(render_sign_in(named, problem), status, headers={"cache-control": "no-store"})


def render_sign_in(named: bool, problem: str = "") -> str:
    """The sign-in form, a page of its own; `named` people give their name, too."""
    name = (
        '<label>Name<input name="name" autocomplete="username" required autofocus></label>' if named else ""
    )
    told = f'<p role="alert">{esc(problem)}</p>' if problem else ""
    focus = "" if named else " autofocus"
    key = f'<input name="key" type="password" autocomplete="current-password" required{focus}>'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        "<style>"
        "body{font:16px/1.5 system-ui,sans-serif;background:#faf9f6;color:#1f2328;margin:0;display:grid;"
        "place-items:center;min-height:100vh}main{width:min(22rem,88vw)}h1{font:600 1.5rem/1.2 Georgia,serif}"
        "label{display:block;margin:1rem 0}input{display:block;width:100%;box-sizing:border-box;font:inherit;"
        "padding:.6rem;border:1px solid #8b877c;border-radius:8px;background:#fff;color:inherit}"
        "button{font:600 1rem system-ui,sans-serif;padding:.65rem 1.2rem;border:0;border-radius:8px;"
        "background:#1d5c63;color:#fff;min-height:44px}[role=alert]{color:#a3262b}"
        "@media(prefers-color-scheme:dark){body{background:#15181b;color:#e7e5df}input{background:#1c2024}"
        "button{background:#86cbc6;color:#10201f}[role=alert]{color:#ff9d97}}</style></head>"
        f'<body><main><h1>Ask the abstracts</h1>{told}<form method="post" action="sign-in">{name}'
        f"<label>Key{key}</label><button>Sign in</button></form></main></body></html>"
    )


def _signed_out() -> Response:
    response = RedirectResponse("./", 303)
    response.delete_cookie(COOKIE)
    return response


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
