"""Which library is served where none is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rag.commands import serve
from rag.commands.demo import demo_library, usual_library
from rag.config import Config


@pytest.mark.parametrize(
    ("made", "served"), [((), "library"), (("demo",), "demo"), (("demo", "library"), "library")]
)
def test_the_demo_is_served_only_where_there_is_nothing_else(
    made: tuple[str, ...],
    served: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for name in made:
        usual_library().with_name(name).mkdir(parents=True)
    config = serve._with_papers(Config.from_env({}))
    assert config.library.name == served
    assert (str(demo_library()) in capsys.readouterr().err) == (served == "demo")
    named = replace(config, library=tmp_path / "named")
    assert serve._with_papers(named) == named
