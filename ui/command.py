"""`rag ui`: the chat page on this machine, for this library."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import webbrowser
from contextlib import ExitStack
from signal import SIGTERM, default_int_handler, signal
from threading import Event

from rag.config import Config
from rag.errors import InputError

PORT = 7860


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, default=PORT, help="port on 127.0.0.1; 0 takes a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--open",
        action=argparse.BooleanOptionalAction,
        help="open the page in your browser, or only print its address (default: open it where the command "
        "runs in a terminal on a desktop)",
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Serve the page until interrupted; its address is on stdout. A library that is not there is made."""
    port = free_port(args.port)
    # Read where NumPy is first imported. Readers are served side by side, and with threads of its own for
    # each of their small products its BLAS spends twice the processor time, waiting on itself.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from rag.assistant import Assistant
    from ui.page import build_page, serve_page

    signal(SIGTERM, default_int_handler)  # a service manager's stop is a Ctrl+C
    with Assistant.open(config=config, create=True) as assistant, ExitStack() as closing:
        if assistant.library.n_papers:
            assistant.search("warm up")  # the first search loads what all others use
        blocks = build_page(assistant, closing)
        address = serve_page(blocks, port)
        print(address, flush=True)
        print(f"The library at {config.library}; stop with Ctrl+C.", file=sys.stderr)
        if is_desktop() if args.open is None else args.open:
            webbrowser.open(address)
        try:
            Event().wait()
        except KeyboardInterrupt:  # how a server is stopped: nothing has failed
            blocks.close(verbose=False)
    return 0


def is_desktop() -> bool:
    """Whether a person is there to see a browser open: stdout is a terminal, on a machine with a display.
    Elsewhere a browser of the terminal would take the terminal from us."""
    has_display = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    return sys.stdout.isatty() and has_display


def free_port(port: int) -> int:
    """`port`, or where it is 0 one that nobody listens on. Raises InputError where it cannot be used."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "there is no such port"
            raise InputError(
                f"port {port} cannot be used: {why}; another: rag ui --port {PORT + 1}"
            ) from error
        return int(probe.getsockname()[1])
