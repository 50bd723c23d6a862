"""`rag serve`: libraries for other programs and people, over HTTP or a pipe."""

from __future__ import annotations

import argparse
import logging
import re
import socket
import sys
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rag.commands.demo import demo_library, usual_library
from rag.commands.model import add_model_arguments, with_model_arguments
from rag.commands.options import add_ray, positive, with_ray
from rag.config import Config
from rag.errors import ConfigError, InputError

if TYPE_CHECKING:
    from rag.server.opening import ServePlan

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
    limits.add_argument(
        "--workers", type=positive, default=1, metavar="N", help="processes that share the port (1)"
    )
    limits.add_argument(
        "--running", type=positive, default=8, metavar="N", help="questions at a time, of each process (8)"
    )
    limits.add_argument(
        "--waiting", type=int, default=32, metavar="N", help="questions that may wait, of each process (32)"
    )
    limits.add_argument(
        "--stop-within",
        type=positive,
        default=20,
        metavar="S",
        help="seconds to end answers in when stopped (20)",
    )
    limits.add_argument("--log-questions", action="store_true", help="put the text of questions in the log")
    add_model_arguments(parser)
    parser.epilog = "To be reached from other machines, it needs keys: rag keys make NAME, or $RAG_SERVE_KEY."


def run(args: argparse.Namespace, config: Config) -> int:
    """Serve until interrupted, or until stdin ends. Off this machine only with keys."""
    config = with_model_arguments(with_ray(_with_papers(config), args), args)
    if args.no_llm:
        config = replace(config, api_key=None, base_url=None)
    if args.waiting < 0:
        raise InputError("--waiting is a number from 0")
    if args.workers > 1:
        _check_workers(args, config)
    folders = {"default": config.library, **_further(args.also)}
    if args.mcp:
        return _serve_pipe(config, folders)
    return _serve_http(args, config, folders)


def _with_papers(config: Config) -> Config:
    """Where no library is named and none was made yet, the demo's, if `rag demo` has made it."""
    if config.library != usual_library() or config.library.exists() or not demo_library().exists():
        return config
    print(f"No library of yours yet; serving the demo's at {demo_library()}", file=sys.stderr)
    return replace(config, library=demo_library())


def _check_workers(args: argparse.Namespace, config: Config) -> None:
    """Raise InputError where what was asked for lives in one process."""
    for option, is_given, instead in (
        ("--ui", args.ui, "serve the page by a process of its own: rag serve --ui --port 8301"),
        ("--mcp", args.mcp, "over a pipe there is one client, and one process"),
        ("--ray", config.ray, "the shards have processes of their own there"),
    ):
        if is_given:
            raise InputError(f"{option} and --workers do not go together; {instead}")


def _serve_http(args: argparse.Namespace, config: Config, folders: dict[str, Path]) -> int:
    from rag.server.keys import KeyFile
    from rag.server.opening import ServePlan
    from rag.server.service import LOOPBACK, ServerSettings

    with listen(args.host, args.port) as listener:
        is_local = listener.getsockname()[0] in ("127.0.0.1", "::1")
        if not is_local and not KeyFile(config.keys, config.serve_key).valid:
            raise ConfigError(
                f"{args.host} can be reached from other machines; make a key first: rag keys make NAME"
            )
        own_names = LOOPBACK if is_local or args.allow_host else ("*",)
        settings = ServerSettings(
            hosts=(*own_names, *args.allow_host),
            origins=tuple(origin.rstrip("/") for origin in args.allow_origin),
            running=args.running,
            waiting=args.waiting,
            log_questions=args.log_questions,
            page=PAGE if args.ui else None,
            needs_key=not is_local,
        )
        plan = ServePlan(config, folders, settings, args.stop_within)
        serve = _serve_alone if args.workers == 1 else partial(_serve_by_workers, n_workers=args.workers)
        return serve(plan, listener)


def _serve_alone(plan: ServePlan, listener: socket.socket) -> int:
    from rag.server.http import build_app
    from rag.server.logs import log_to_stderr
    from rag.server.opening import open_service
    from rag.server.running import run_app

    log_to_stderr()
    with ExitStack() as closing:
        service = open_service(plan, closing)
        app = build_app(service)
        if plan.settings.page:
            mounted = import_module("ui.mounted")
            mounted.mount_page(app, service.assistant(None), plan.settings.page, closing)
        _say_where(listener)
        run_app(app, listener, plan.stop_within_s)
    return 0


def _serve_by_workers(plan: ServePlan, listener: socket.socket, n_workers: int) -> int:
    from rag.library import manifest
    from rag.library.library import Library
    from rag.server.logs import log_to_stderr
    from rag.server.workers import run_workers

    log_to_stderr()
    for folder in plan.folders.values():
        if not manifest.exists(folder):  # say it once, and before any process is started
            Library.open(folder, plan.config)
    return run_workers(plan, listener, n_workers, lambda: _say_where(listener))


def _say_where(listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    print(f"http://{f'[{host}]' if ':' in host else host}:{port}", file=sys.stderr, flush=True)


def _serve_pipe(config: Config, folders: dict[str, Path]) -> int:
    from rag.server.logs import log_to_stderr
    from rag.server.mcp_transports import serve_pipe
    from rag.server.opening import open_libraries
    from rag.server.service import LibraryServer

    log_to_stderr(logging.WARNING)
    with ExitStack() as closing:
        serve_pipe(LibraryServer(open_libraries(config, folders, closing)))
    return 0


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
