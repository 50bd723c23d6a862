"""Refuses sockets to anything but this machine, and keeps a list of who tried.

`tests/conftest.py` installs it in the test process, and puts this folder on PYTHONPATH so that every
Python the tests start loads it on its own, as `sitecustomize`. An audit hook sees what no patching of
the socket module does: C extensions, and libraries that keep their own reference.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

ATTEMPTS: list[str] = []
_installed = False


class NetworkRefused(RuntimeError):
    """No OSError on purpose: a library that quietly survives being offline must not hide the attempt."""


def is_local(host: Any) -> bool:
    """Whether a host, as socket functions take it, is this machine."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(str(name).partition("%")[0]).is_loopback
    except ValueError:
        return False


def install() -> None:
    """Refuse from here on, in this process. Cannot be undone: audit hooks stay."""
    global _installed
    if not _installed:
        sys.addaudithook(_refuse)
        _installed = True


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # a Unix socket's address is a path
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if not is_local(host):
        ATTEMPTS.append(f"{event} {host}")
        raise NetworkRefused(f"a test reached for the network: {event} {host}")


if __name__ == "sitecustomize":
    # A test process started by one of ours (pytest-xdist's) has it already: there is to be one list.
    sys.modules["tests.helpers.no_network.sitecustomize"] = sys.modules[__name__]
    install()
