"""What an operator starts from: nginx runs the site, systemd reads the unit, the rest names what is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from rag.assistant import Assistant
from rag.cli import command_parser
from rag.commands.serve import listen
from rag.server.keys import KeyFile, ServerKey
from rag.server.service import LOOPBACK, ServerSettings
from tests.conftest import ROOT
from tests.helpers.serving import serving

SERVING = ROOT / "docs" / "serving"


def free_port() -> int:
    with listen("127.0.0.1", 0) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def nginx(folder: Path, upstream: str) -> Iterator[str]:
    """The site of docs/serving/nginx.conf, its name and ports changed; its address."""
    port, certificate, key = free_port(), folder / "crt", folder / "key"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=lab.example",
    ]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    site = (SERVING / "nginx.conf").read_text("utf-8")
    for old, new in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/lab.example.crt", str(certificate)),
        ("/etc/ssl/lab.example.key", str(key)),
        ("http://127.0.0.1:8300", upstream),
    ):
        assert old in site
        site = site.replace(old, new)
    whole = folder / "nginx.conf"
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{site}\n}}\n"
    )
    process = subprocess.Popen(["nginx", "-c", str(whole), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                httpx.get(f"https://127.0.0.1:{port}/healthz", verify=False)
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.skipif(not (shutil.which("nginx") and shutil.which("openssl")), reason="needs nginx and openssl")
def test_the_site_for_nginx_passes_answers_events_keys_and_names(
    demo_assistant: Assistant, tmp_path: Path
) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    headers = {"Host": "lab.example", "Authorization": f"Bearer {keys.make(ServerKey('anna', ''))}"}
    body = {"question": "What is late interaction?", "stream": True}
    settings = ServerSettings(hosts=(*LOOPBACK, "lab.example"))
    with (
        serving(demo_assistant, keys, settings) as upstream,
        nginx(tmp_path, upstream) as url,
        httpx.Client(base_url=url, headers=headers, verify=False, timeout=60) as http,
    ):
        reply = http.post("/v1/ask", json=body)
        assert reply.status_code == 200
        assert [line for line in reply.text.splitlines() if line.startswith("event:")][-1] == "event: answer"
        named = {"Origin": "https://lab.example"}
        assert http.get("/v1/models", headers=named).status_code == 200
        assert http.get("/v1/models", headers={"Origin": "https://attacker.test"}).status_code == 403
        assert http.get("/v1/models", headers={"Authorization": "Bearer no"}).status_code == 401
        assert http.post("/v1/papers/file", content=b"x" * (17 * 2**20)).status_code == 413
        assert http.get("/docs").status_code == 200
        assert len(http.get("/healthz").headers["x-request-id"]) == 32


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_reads_the_unit() -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", str(SERVING / "rag.service")], capture_output=True, text=True
    )
    complaints = [line for line in done.stderr.splitlines() if "rag.service" in line]
    assert [line for line in complaints if "not executable" not in line] == []


def test_the_commands_the_files_run_are_ours() -> None:
    unit = (SERVING / "rag.service").read_text("utf-8")
    started = re.search(r"^ExecStart=\S*/rag (.*)$", unit, re.M)
    assert started
    container = (SERVING / "Containerfile").read_text("utf-8")
    command = re.search(r"^CMD \[(.*)\]$", container, re.M)
    assert command
    for words in (started[1].split(), re.findall(r'"([^"]*)"', command[1])):
        command_parser(words[0]).parse_args(words[1:])


def test_the_files_that_are_copied_into_the_image_are_there() -> None:
    container = (SERVING / "Containerfile").read_text("utf-8")
    copied = [word for line in re.findall(r"^COPY (.*)$", container, re.M) for word in line.split()[:-1]]
    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_compose_file_names_its_parts() -> None:
    whole = yaml.safe_load((SERVING / "compose.yaml").read_text("utf-8"))
    assert set(whole["services"]) == {"rag", "chroma", "ollama"}
    used = {volume.partition(":")[0] for each in whole["services"].values() for volume in each["volumes"]}
    assert used == set(whole["volumes"])
    assert (SERVING / ".." / ".." / whole["services"]["rag"]["build"]["dockerfile"]).resolve().is_file()
