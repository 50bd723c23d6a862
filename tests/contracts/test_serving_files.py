"""What an operator starts from: proxies run the sites, systemd reads the unit, the rest names its parts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
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


def certificate(folder: Path) -> tuple[Path, Path]:
    """For lab.example, and its key."""
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
    subprocess.run(
        [*made, "-keyout", folder / "key", "-out", folder / "crt"], check=True, capture_output=True
    )
    return folder / "crt", folder / "key"


def changed(name: str, **changes: str) -> str:
    """A file of ours with what is the test's own in place of each word."""
    text = (SERVING / name).read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def nginx(folder: Path, upstream: str, port: int) -> list[str]:
    """The command that runs the site of docs/serving/nginx.conf, its name and ports changed."""
    crt, key = certificate(folder)
    site = changed(
        "nginx.conf",
        **{
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "/etc/ssl/lab.example.crt": str(crt),
            "/etc/ssl/lab.example.key": str(key),
            "http://127.0.0.1:8300": upstream,
        },
    )
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{site}\n}}\n"
    )
    return ["nginx", "-c", f"{folder}/nginx.conf", "-p", str(folder)]


def caddy(folder: Path, upstream: str, port: int) -> list[str]:
    """The command that runs the site of docs/serving/Caddyfile, its name and ports changed. The test has no
    DNS, so a certificate is given, and the name that browsers would send."""
    crt, key = certificate(folder)
    site = changed(
        "Caddyfile",
        **{
            "{\n\tservers {": "{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_sni lab.example\n"
            "\tskip_install_trust\n\tservers {",
            "lab.example {\n": f"https://lab.example:{port} {{\n\tbind 127.0.0.1\n\ttls {crt} {key}\n",
            "127.0.0.1:8300": upstream.removeprefix("http://"),
        },
    )
    (folder / "Caddyfile").write_text(site)
    return ["caddy", "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]


@contextmanager
def proxy(command: list[str], folder: Path, port: int) -> Iterator[str]:
    """Its address, while it runs."""
    places = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, **places})
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


@pytest.mark.parametrize("site", [nginx, caddy], ids=["nginx", "caddy"])
def test_the_site_for_a_proxy_passes_answers_events_keys_and_names(
    demo_assistant: Assistant, tmp_path: Path, site: Callable[[Path, str, int], list[str]]
) -> None:
    if not (shutil.which(site.__name__) and shutil.which("openssl")):
        pytest.skip(f"needs {site.__name__} and openssl")
    keys = KeyFile(tmp_path / "keys.json")
    headers = {"Host": "lab.example", "Authorization": f"Bearer {keys.make(ServerKey('anna', ''))}"}
    body = {"question": "What is late interaction?", "stream": True}
    settings = ServerSettings(hosts=(*LOOPBACK, "lab.example"))
    port = free_port()
    with (
        serving(demo_assistant, keys, settings) as upstream,
        proxy(site(tmp_path, upstream, port), tmp_path, port) as url,
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
        request_id = http.get("/healthz").headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f-]{32,36}", request_id)


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
