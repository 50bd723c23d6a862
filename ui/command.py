"""`rag ui`: the chat page on this machine, for this library."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import webbrowser
from threading import Event

from rag.config import Config
from rag.errors import InputError

PORT = 7860


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, default=PORT, help="port on 127.0.0.1; 0 takes a free one (default: %(default)s)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def run(args: argparse.Namespace, config: Config) -> int:
    """Serve the page until interrupted; its address is on stdout. A library that is not there is made."""
    port = free_port(args.port)
    # Read where NumPy is first imported. Readers are served side by side, and with threads of its own for
    # each of their small products its BLAS spends twice the processor time, waiting on itself.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from rag.assistant import Assistant
    from ui.page import build_page, serve_page

    with Assistant.open(config=config, create=True) as assistant:
        if assistant.library.n_papers:
            assistant.search("warm up")  # the first search loads what all others use
        blocks = build_page(assistant)
        address = serve_page(blocks, port)
        print(address, flush=True)
        print(f"The library at {config.library}; stop with Ctrl+C.", file=sys.stderr)
        if args.open:
            webbrowser.open(address)
        try:
            Event().wait()
        except KeyboardInterrupt:  # how a server is stopped: nothing has failed
            blocks.close(verbose=False)
    return 0


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
