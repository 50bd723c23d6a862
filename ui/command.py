"""`rag ui`: the chat page on this machine, for this library; for other machines behind a sign-in."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from signal import SIGTERM, default_int_handler, signal
from threading import Event
from typing import TYPE_CHECKING

from rag.config import Config
from rag.errors import ConfigError, InputError

if TYPE_CHECKING:
    from ui.sign_in import Keys

PORT = 7860
HOST = "127.0.0.1"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
KEY_VARIABLE = "RAG_UI_KEY"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host",
        default=HOST,
        help="address to serve on (%(default)s: this machine only; 0.0.0.0: all that reach it)",
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help="port to serve on; 0 takes a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--people",
        type=Path,
        metavar="FILE",
        help="who may sign in: a line a person, NAME KEY; each with their own conversations and lists",
    )
    parser.add_argument(
        "--open",
        action=argparse.BooleanOptionalAction,
        help="open the page in your browser, or only print its address (default: open it where the command "
        "runs in a terminal on a desktop)",
    )
    parser.epilog = f"For other machines it needs --people, or one key for everybody: ${KEY_VARIABLE}."


def run(args: argparse.Namespace, config: Config) -> int:
    """Serve the page until interrupted; its address is on stdout. A library that is not there is made."""
    keys = read_keys(args.host, args.people)
    port = free_port(args.port, args.host)
    from rag.assistant import Assistant
    from ui.page import build_page, serve_page

    signal(SIGTERM, default_int_handler)  # a service manager's stop is a Ctrl+C
    with Assistant.open(config=config, create=True) as assistant, ExitStack() as closing:
        if assistant.library.n_papers:
            assistant.search("warm up", llm=False)  # the first search loads what all others use
        blocks = build_page(assistant, closing, signs_in=keys is not None)
        address = serve_page(blocks, port, args.host, keys, is_local=args.host in LOOPBACK)
        print(address, flush=True)
        print(f"The library at {config.library}; stop with Ctrl+C.", file=sys.stderr)
        if is_desktop() if args.open is None else args.open:
            webbrowser.open(address)
        try:
            Event().wait()
        except KeyboardInterrupt:  # how a server is stopped: nothing has failed
            blocks.close(verbose=False)
    return 0


def read_keys(host: str, people: Path | None) -> Keys | None:
    """Who may sign in; None where nobody has to. Raises ConfigError where other machines would reach a page
    that anybody may use."""
    from ui.sign_in import SHORTEST_KEY, Keys, read_people

    key = os.environ.get(KEY_VARIABLE, "")
    if people:
        return read_people(people)
    if key and len(key) < SHORTEST_KEY:
        raise ConfigError(f"{KEY_VARIABLE} has {len(key)} characters; give it {SHORTEST_KEY} or more")
    if not key and host not in LOOPBACK:
        raise ConfigError(
            f"{host} can be reached from other machines; set {KEY_VARIABLE} to a secret first, or name "
            "who may sign in: rag ui --people FILE"
        )
    return Keys(key) if key else None


def is_desktop() -> bool:
    """Whether a person is there to see a browser open: stdout is a terminal, on a machine with a display.
    Elsewhere a browser of the terminal would take the terminal from us."""
    has_display = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    return sys.stdout.isatty() and has_display


def free_port(port: int, host: str = HOST) -> int:
    """`port`, or where it is 0 one that nobody listens on. Raises InputError where it cannot be used."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.bind((host, port))
        except socket.gaierror as error:
            raise InputError(
                f"{host} is no address of this machine; another: rag ui --host {HOST}"
            ) from error
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "there is no such port"
            raise InputError(
                f"port {port} cannot be used: {why}; another: rag ui --port {PORT + 1}"
            ) from error
        return int(probe.getsockname()[1])
