"""Schemathesis asks what OpenAPI allows, and what not: nothing fails inside, no reply is undescribed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from rag.server.keys import KeyFile, ServerKey
from tests.helpers.serving import rag_serve

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "negative_data_rejection",
    "missing_required_header",
)
N_EXAMPLES = 2
"""Of each kind, for each route: some 800 requests with those of the coverage phase."""


def test_no_request_that_openapi_describes_breaks_the_server_or_the_description(
    demo_library: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    shutil.copytree(demo_library, library)
    keys = KeyFile(tmp_path / "keys.json")
    secret = keys.make(ServerKey("tester", "", can_write=True))
    with rag_serve(library, RAG_SERVE_KEYS=str(keys.path)) as server:
        command = [
            str(Path(sys.executable).with_name("st")), "run", f"{server.url}/openapi.json",
            "--header", f"Authorization: Bearer {secret}", "--checks", ",".join(CHECKS),
            "--max-examples", str(N_EXAMPLES), "--phases", "examples,coverage,fuzzing",
            "--generation-deterministic", "--request-timeout", "60", "--continue-on-failure", "--no-color",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:]
