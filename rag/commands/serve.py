"""`rag serve`: libraries for other programs and people, over HTTP or a pipe."""

from __future__ import annotations

import argparse
import logging
import os
import re
import socket
import sys
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rag.commands.model import add_model_arguments, with_model_arguments
from rag.commands.options import add_ray, with_ray
from rag.config import Config
from rag.errors import ConfigError, InputError

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.server.keys import KeyFile

PAGE = "/ui"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8300, help="port to listen on (8300; 0: any free one)")
    parser.add_argument("--ui", action="store_true", help="serve the chat page, too, under /ui")
    parser.add_argument(
        "--mcp", action="store_true", help="speak the Model Context Protocol on stdin and stdout instead"
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="serve a further library under this name (repeatable; the first is called default)",
    )
    reach = parser.add_argument_group("who may ask (keys: rag keys)")
    reach.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name that the server may be called by, like lab.example (repeatable)",
    )
    reach.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="URL",
        help="a site whose pages may ask from browsers, like https://notes.example (repeatable)",
    )
    add_ray(parser)
    limits = parser.add_argument_group("limits")
    limits.add_argument("--running", type=int, default=8, metavar="N", help="questions at a time (8)")
    limits.add_argument("--waiting", type=int, default=32, metavar="N", help="questions that may wait (32)")
    limits.add_argument(
        "--stop-within", type=int, default=20, metavar="S", help="seconds to end answers in when stopped (20)"
    )
    limits.add_argument("--log-questions", action="store_true", help="put the text of questions in the log")
    add_model_arguments(parser)
    parser.epilog = "To be reached from other machines, it needs keys: rag keys make NAME, or $RAG_SERVE_KEY."


def run(args: argparse.Namespace, config: Config) -> int:
    """Serve until interrupted, or until stdin ends. Off this machine only with keys."""
    config = with_model_arguments(with_ray(config, args), args)
    if args.no_llm:
        config = replace(config, api_key=None, base_url=None)
    if min(args.running, args.waiting + 1, args.stop_within) < 1:
        raise InputError("--running and --stop-within are numbers from 1, and --waiting is one from 0")
    folders = {"default": config.library, **_further(args.also)}
    if args.mcp:
        return _serve_pipe(config, folders)
    return _serve_http(args, config, folders)


def _serve_http(args: argparse.Namespace, config: Config, folders: dict[str, Path]) -> int:
    from rag.server.keys import KeyFile

    keys = KeyFile(config.keys, config.serve_key)
    with listen(args.host, args.port) as listener:
        return _serve_on(listener, args, config, folders, keys)


def _serve_on(
    listener: socket.socket,
    args: argparse.Namespace,
    config: Config,
    folders: dict[str, Path],
    keys: KeyFile,
) -> int:
    is_local = listener.getsockname()[0] in ("127.0.0.1", "::1")
    if not is_local and not keys.valid:
        raise ConfigError(
            f"{args.host} can be reached from other machines; make a key first: rag keys make NAME"
        )

    from rag.server.http import build_app
    from rag.server.logs import log_to_stderr
    from rag.server.running import run_app
    from rag.server.service import LOOPBACK, LibraryServer, ServerSettings

    log_to_stderr()
    own_names = LOOPBACK if is_local or args.allow_host else ("*",)
    settings = ServerSettings(
        hosts=(*own_names, *args.allow_host),
        origins=tuple(origin.rstrip("/") for origin in args.allow_origin),
        running=args.running,
        waiting=args.waiting,
        log_questions=args.log_questions,
        page=PAGE if args.ui else None,
    )
    with ExitStack() as closing:
        libraries = open_libraries(config, folders, closing)
        tracing = None
        if config.traces:
            from rag.server.tracing import start_tracing

            tracing = start_tracing()
            closing.callback(tracing.shutdown)
        service = LibraryServer(libraries, keys, settings, tracing)
        closing.callback(service.close)
        app = build_app(service)
        if args.ui:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
            import_module("ui.mounted").mount_page(app, libraries["default"], PAGE, closing)
        host, port = listener.getsockname()[:2]
        print(f"http://{f'[{host}]' if ':' in host else host}:{port}", file=sys.stderr, flush=True)
        run_app(app, listener, args.stop_within)
    return 0


def _serve_pipe(config: Config, folders: dict[str, Path]) -> int:
    from rag.server.logs import log_to_stderr
    from rag.server.mcp_transports import serve_pipe
    from rag.server.service import LibraryServer

    log_to_stderr(logging.WARNING)
    with ExitStack() as closing:
        serve_pipe(LibraryServer(open_libraries(config, folders, closing)))
    return 0


def open_libraries(config: Config, folders: dict[str, Path], closing: ExitStack) -> dict[str, Assistant]:
    """The libraries by name, closed with `closing`. What encodes and judges is loaded once for all."""
    from rag.assistant import Assistant
    from rag.library.library import Library

    libraries: dict[str, Assistant] = {}
    for name, folder in folders.items():
        own = replace(config, library=folder)
        if not libraries:
            opened = Assistant.open(config=own)
        else:
            first = libraries["default"]
            library = Library.open(folder, own)
            library.check_encoder(first.encoder)
            opened = Assistant(library, first.encoder, own)
        libraries[name] = closing.enter_context(opened)
        warm_up(opened)
    return libraries


def warm_up(assistant: Assistant) -> None:
    """Load what the first question would wait for."""
    if assistant.library.n_papers and assistant.library.is_encoded:
        assistant.search("warm up")
    if assistant.config.has_model:
        _ = assistant.gate


def _further(given: list[str]) -> dict[str, Path]:
    folders: dict[str, Path] = {}
    for text in given:
        name, _, folder = text.partition("=")
        if not _NAME.fullmatch(name) or not folder or name in ("default", *folders):
            raise InputError(f"--also is {text!r}; write it like biology=DIR, each name once")
        folders[name] = Path(folder).expanduser()
    return folders


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises InputError where it cannot."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot listen on {host}:{port}: {reason}; give another --host or --port"
        ) from error
