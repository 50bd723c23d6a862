"""The package's face: sorted, complete, documented, and light to import."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import rag


def test_all_is_sorted_and_says_the_same_as_the_table_of_homes() -> None:
    assert rag.__all__ == sorted(rag.__all__)
    assert rag.__all__ == sorted(rag._HOMES)


@pytest.mark.parametrize("name", rag.__all__)
def test_every_public_name_loads_from_its_home_and_is_documented(name: str) -> None:
    thing = getattr(rag, name)
    assert thing.__module__ == rag._HOMES[name]
    assert thing.__doc__ or issubclass(thing, rag.RagError)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        rag.nonsense  # noqa: B018


def test_importing_the_package_loads_nothing_else() -> None:
    program = "import sys, rag; print(*sorted(name for name in sys.modules if name.startswith('rag')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["rag", "rag.version"]


ROOMS = {
    "rag.encoder": ["Encoded", "Encoder"],
    "rag.library": ["Candidate", "Library"],
    "rag.retrieval": ["HybridRetriever", "LateInteractionReranker", "MiniLMEmbedding"],
}


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_face_names_what_others_use_and_loads_it_on_first_use(room: str) -> None:
    face = import_module(room)
    assert face.__all__ == sorted(face.__all__) == ROOMS[room]
    for name in face.__all__:
        assert getattr(face, name).__doc__
    with pytest.raises(AttributeError, match=f"{room}' has no attribute 'nonsense'"):
        face.nonsense  # noqa: B018
    program = f"import sys, {room}; print(*(n for n in sys.modules if n.startswith('rag')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"rag", "rag.version", room}
