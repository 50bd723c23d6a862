"""The guard itself: this process and its children are refused, loopback and Unix sockets are not."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.no_network import sitecustomize as network

ELSEWHERE = ("192.0.2.1", 9)
"""An address kept for documentation: nothing is there."""


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_connecting_elsewhere_is_refused_and_recorded(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as sock, pytest.raises(network.NetworkRefused):
        sock.connect(ELSEWHERE)
    assert network.ATTEMPTS == ["socket.connect 192.0.2.1"]
    network.ATTEMPTS.clear()


def test_looking_a_name_up_is_refused() -> None:
    with pytest.raises(network.NetworkRefused):
        socket.getaddrinfo("example.org", 443)
    network.ATTEMPTS.clear()


def test_a_child_process_is_refused_too() -> None:
    program = f"import socket; socket.create_connection({ELSEWHERE})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "NetworkRefused: a test reached for the network" in done.stderr


def test_this_machine_is_not_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        sock.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", b"localhost", None, ""])
def test_loopback_by_any_name_is_this_machine(host: object) -> None:
    assert network.is_local(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "localhost.example", "fe80::1%eth0"])
def test_any_other_address_is_elsewhere(host: object) -> None:
    assert not network.is_local(host)
