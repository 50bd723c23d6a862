"""`rag serve`: the library for other programs on this machine, over HTTP or a pipe."""

from __future__ import annotations

import argparse
import os
import socket
import sys

from rag.config import Config
from rag.errors import ConfigError, InputError

KEY_VARIABLE = "RAG_SERVE_KEY"
IDLE_S = 15
"""Seconds after which a connection that asks nothing is closed."""
STOPPING_S = 10
"""Seconds that answers in flight have to end after the server is told to stop."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8300, help="port to listen on (8300; 0: any free one)")
    parser.add_argument(
        "--mcp", action="store_true", help="speak the Model Context Protocol on stdin and stdout instead"
    )
    parser.epilog = f"To be reached from other machines, it needs a key: ${KEY_VARIABLE}."


def run(args: argparse.Namespace, config: Config) -> int:
    """Serve until interrupted, or until stdin ends. Off this machine only with a key, from RAG_SERVE_KEY."""
    if args.mcp:
        return _serve_pipe(config)
    key = os.environ.get(KEY_VARIABLE) or None
    listener = listen(args.host, args.port)
    is_local = listener.getsockname()[0] in ("127.0.0.1", "::1")
    if not is_local and key is None:
        raise ConfigError(
            f"{args.host} can be reached from other machines; set {KEY_VARIABLE} to a secret first"
        )

    import uvicorn

    from rag.assistant import Assistant
    from rag.server.http import LOOPBACK, Server

    with Assistant.open(config=config) as assistant:
        server = Server(assistant, key)
        app = server.app(LOOPBACK if is_local else ["*"])
        host, port = listener.getsockname()[:2]
        print(f"http://{f'[{host}]' if ':' in host else host}:{port}", file=sys.stderr, flush=True)
        settings = uvicorn.Config(
            app, log_level="warning", timeout_keep_alive=IDLE_S, timeout_graceful_shutdown=STOPPING_S
        )
        try:
            uvicorn.Server(settings).run(sockets=[listener])
        finally:
            server.close()
    return 0


def _serve_pipe(config: Config) -> int:
    from rag.assistant import Assistant
    from rag.server.mcp import replies

    with Assistant.open(config=config) as assistant:
        for line in replies(assistant, sys.stdin.buffer):
            sys.stdout.write(line)
            sys.stdout.flush()
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises InputError where it cannot."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot listen on {host}:{port}: {reason}; give another --host or --port"
        ) from error
