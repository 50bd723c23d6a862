"""Several processes that serve on one port: started, watched, and stopped in good order.

uvicorn's supervisor starts them and puts a new one in the place of one that died. Added here: the port closes
first on a stop, nobody waits for ever for one that hangs, nobody outlives the supervisor, and the counts of a
dead one are put away. Each process opens the libraries for itself; the files are mapped, so in memory once.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import uvicorn
from fastapi import FastAPI
from prometheus_client.multiprocess import mark_process_dead
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from rag.errors import RagError
from rag.server.logs import log_to_stderr
from rag.server.opening import ServePlan, open_service, shared_plan
from rag.server.running import bounded

COUNTS = "PROMETHEUS_MULTIPROC_DIR"
ANSWERS_WITHIN_S = 60
"""Seconds in which a process must say that it is there, or it is replaced. Importing libraries on a busy
machine can keep one from answering for some seconds."""
ENDS_WITHIN_S = 10
"""Seconds beyond those that answers in flight have, after which a process that was told to stop is killed."""


def run_workers(plan: ServePlan, listener: socket.socket, n_workers: int, ready: Callable[[], None]) -> int:
    """Serve with `n_workers` processes until SIGTERM or SIGINT; `ready` is called once all of them do.
    Returns the exit code: 1 where a process could not start."""
    with TemporaryDirectory(prefix="rag-serve-") as folder:
        # Read by prometheus_client where it is imported: in the processes, which are started with it.
        os.environ[COUNTS] = folder
        factory = partial(worker_app, shared_plan(plan, Path(folder), n_workers))
        settings = bounded(
            factory,
            plan.stop_within_s,
            factory=True,
            workers=n_workers,
            timeout_worker_healthcheck=ANSWERS_WITHIN_S,
        )
        workers = WorkerProcesses(settings, listener, Path(folder), ready)
        workers.run()
        return int(workers.failed)


class WorkerProcesses(Multiprocess):
    """uvicorn's supervisor of processes, with what a server wants beside."""

    def __init__(
        self, config: uvicorn.Config, listener: socket.socket, counts: Path, ready: Callable[[], None]
    ) -> None:
        super().__init__(config, [listener])
        self.failed = False
        self._counts, self._ready = counts, ready
        self._is_ready = False
        self._known: set[int] = set()

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        pids = {process.pid for process in self.processes if process.pid is not None}
        for gone in self._known - pids:
            mark_process_dead(gone, str(self._counts))  # type: ignore[no-untyped-call]
        self._known = pids
        self.failed = any(process.exitcode == STARTUP_FAILURE for process in self.processes)
        if not self._is_ready and not self.should_exit.is_set():
            self._is_ready = all(process.is_ready() for process in self.processes)
            if self._is_ready:
                self._ready()

    def terminate_all(self) -> None:
        for listener in self.sockets:
            listener.close()
        super().terminate_all()

    def join_all(self) -> None:
        patience_s = (self.config.timeout_graceful_shutdown or 0) + ENDS_WITHIN_S
        for process in self.processes:
            process.process.join(patience_s)
            if process.process.is_alive():
                process.process.kill()
                process.process.join()


def worker_app(plan: ServePlan) -> FastAPI:
    """The application of one process; called there. Ends the process where it cannot be made."""
    from rag.server.http import build_app

    log_to_stderr()
    _end_with_supervisor()
    closing = ExitStack()
    try:
        service = open_service(plan, closing)
    except RagError as error:
        closing.close()
        print(f"rag: {error}", file=sys.stderr, flush=True)
        sys.exit(STARTUP_FAILURE)
    return build_app(service, on_stop=closing.close)


def _end_with_supervisor() -> None:
    """Have this process stop, as on SIGTERM, when the one that started it is gone, however it went."""
    supervisor = multiprocessing.parent_process()
    assert supervisor is not None

    def watch() -> None:
        wait([supervisor.sentinel])
        logging.getLogger(__name__).error("the process that watches this one is gone; stopping")
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, name="supervisor", daemon=True).start()
