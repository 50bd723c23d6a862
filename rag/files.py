"""Files that are whole or absent, files of JSON lines, and disk errors in one line.

Owns no format of its own: what the files mean is the caller's.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeVar

from rag.errors import InputError, LibraryReadOnly, StorageError

T = TypeVar("T")
NAMED = 5
"""Bad lines of a file that a message names; it counts the rest."""


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as JSON: after a crash either the old or the new file is there, whole."""
    write_bytes(path, json.dumps(value, ensure_ascii=False).encode())


def write_bytes(path: Path, content: bytes) -> None:
    """As `write_json`, for bytes."""
    with replacing(path, "wb") as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """As `write_json`, for text, its line ends as they are."""
    with replacing(path) as file:
        file.write(text)


@contextmanager
def replacing(path: Path, mode: str = "w", encoding: str = "utf-8") -> Iterator[IO[Any]]:
    """A file to write, "w" or "wb", that takes the place of `path` once it is whole. After an error `path`
    is as it was before, and the draft is gone."""
    draft = path.with_name(path.name + ".new")
    text = {} if "b" in mode else {"encoding": encoding, "newline": ""}
    try:
        with draft.open(mode, **text) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            sync(file.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def read_text(path: str | Path) -> str:
    """A UTF-8 file's text ("-": standard input's). Raises InputError."""
    try:
        return sys.stdin.read() if str(path) == "-" else Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}; name a file that is there, or - for standard input"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text; save it as UTF-8") from error


def read_json_lines(
    path: str | Path, parse: Callable[[dict[str, Any]], T], form: str, *, needed: bool = False
) -> list[T]:
    """What `parse` makes of each line's JSON object, in order; blank lines are passed over.

    `parse` raises ValueError or InputError where it cannot. `form` shows a good line. Raises InputError that
    names the bad lines and shows the form; where lines are `needed`, also for a file without one.
    """
    parsed: list[T] = []
    bad: list[str] = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                parsed.append(parse(_object(line)))
            except (ValueError, RecursionError, InputError) as error:
                bad.append(f"line {number}: {_why(error)}")
    if bad:
        more = f"; and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
        raise InputError(f"{path}: {'; '.join(bad[:NAMED])}{more}; a line is {form}")
    if needed and not parsed:
        raise InputError(f"{path}: is empty; a line is {form}")
    return parsed


_JSON_CONTROLS = {
    code: f"\\u{code:04x}"
    for code in [*range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)]
}
"""C1 controls, and marks that turn the direction of a line: a terminal would act on them."""


def json_line(value: Any) -> str:
    """A value as one line of a file of JSON lines, safe to print: what a terminal acts on is spelled
    \\uXXXX."""
    return json.dumps(value, ensure_ascii=False).translate(_JSON_CONTROLS) + "\n"


def write_json_lines(path: Path, values: Iterable[Any]) -> None:
    """Replace `path` by the values, one a line. Its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.writelines(map(json_line, values))


def refuse_duplicate_ids(path: str | Path, ids: Iterable[str]) -> None:
    """Raise InputError where an id of the file at `path` is given twice."""
    names: set[str] = set()
    for each in ids:
        if each in names:
            raise InputError(f"{path}: the id {each!r} is given twice; give each line its own")
        names.add(each)


def read_json(path: Path) -> Any:
    """The value in `path`, or None where there is no such file or it is not whole."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def sync(descriptor: int) -> None:
    """Have written bytes reach the disk, where the platform can."""
    getattr(os, "fdatasync", os.fsync)(descriptor)


def size_of(folder: Path) -> int:
    """Bytes in the files below `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def disk_faults(where: Path) -> Iterator[None]:
    """Turn an operating system's disk error into one of ours, naming the library and what to do."""
    try:
        yield
    except OSError as error:
        raise disk_fault(where, error) from error


def disk_fault(where: Path, error: OSError) -> StorageError | LibraryReadOnly:
    """The error to raise for an OSError met in the library at `where`."""
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return LibraryReadOnly(
            f"cannot write to the library at {where} ({error.strerror}); "
            "change its permissions, or copy it and give the copy with --library"
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageError(
            f"no room left for the library at {where} ({error.strerror}); "
            "free some space and run the same command again: what was done is kept"
        )
    return StorageError(
        f"the library at {where} could not be read or written ({error}); run: rag doctor --library {where}"
    )


def _object(line: str) -> dict[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object is needed, not {type(value).__name__}")
    return value


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} at column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
