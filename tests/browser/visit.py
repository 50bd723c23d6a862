"""One reader at the page: what they do, in the words of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
CUT_OFF = ("AbortError", "Connection errored out")
"""What Gradio may say of its open stream as a page is left."""


class Visit:
    """A browser context of its own, so that nothing is shared with other visits."""

    def __init__(self, context: BrowserContext, address: str, key: tuple[str, str] | None = None) -> None:
        """`key`: a name ("" where none is asked for) and a key, to sign in with."""
        self.context = context
        self.address = address
        self.errors: list[str] = []
        self.outside: list[str] = []
        """Addresses that were asked for and are not this machine's."""
        context.on("request", lambda request: self._note(request.url))
        self.page = self._open(key)

    def _open(self, key: tuple[str, str] | None) -> Page:
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(self.address)
        if key:
            self.sign_in(page, *key)
        page.wait_for_selector("#live .welcome, #live .turn")
        return page

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.errors.append(said.text)

    def _note(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:", "about:")):
            self.outside.append(url)

    def sign_in(self, page: Page, name: str, key: str) -> None:
        """Fill the sign-in form and send it."""
        if name:
            page.fill("input[name=name]", name)
        page.fill("input[name=key]", key)
        page.press("input[name=key]", "Enter")

    def reload(self, expect: str = "#live .turn, #live .welcome") -> None:
        """Load the page anew, until what is expected is there."""
        n_before = len(self.errors)
        self.page.reload()
        self.page.wait_for_selector(expect)
        heard = self.errors[n_before:]
        self.errors[n_before:] = [each for each in heard if not any(sign in each for sign in CUT_OFF)]

    def ask(self, question: str) -> None:
        """Type a question and press Enter; wait for the whole answer."""
        self.begin(question)
        self.page.wait_for_selector('#live .turn[aria-busy="false"]')

    def begin(self, question: str) -> None:
        """Type a question and press Enter; wait until it is asked."""
        self.page.fill("#box textarea", question)
        self.page.press("#box textarea", "Enter")
        asked = self.page.locator("#live .question").filter(has_text=question)
        asked.wait_for()

    def weigh(self, claim: str) -> None:
        """Type a claim and ask what is for and against it; wait for the whole answer."""
        self.page.fill("#box textarea", claim)
        self.page.click("#chips [data-event=weigh]")
        self.page.locator("#live .question").filter(has_text=claim).wait_for()
        self.page.wait_for_selector('#live .turn[aria-busy="false"]')

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def text(self, selector: str) -> str:
        """What is to be read there, on one line."""
        return " ".join(self.page.inner_text(selector).split())

    def count(self, selector: str) -> int:
        return self.page.locator(selector).count()

    def wait(self, selector: str) -> None:
        self.page.wait_for_selector(selector)
