"""Files for the readers to choke on: the fixtures, cut, flipped, spliced, swollen and packed, by chance."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.readers import FORMATS

FIXTURES = Path(__file__).parents[1] / "fixtures"
_SYNTAX = rb"""
{ } [ ] ( ) " ' \ \{ \( $ # @article{ @string{a= < > </ <!-- <![CDATA[ <entry> </entry> <PubmedArticle>
& &a; &#0; &lt; <!DOCTYPE <!ENTITY , ; : - " {"title": "abstract": null 1e999 \ud800 # ** ]( <h1>
<p\tclass=abstract> %PDF- === 99999999
"""
_LINES = [
    b"TY  - JOUR\n",
    b"ER  - \n",
    b"AB  - ",
    b"PMID- ",
    b"PT J\n",
    b"\nER\n",
    b"\n",
    b"\r",
    b"\r\n",
    b"\t",
]
_BYTES = [b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3", b"\xe2\x80\xa8", b"\xed\xa0\x80", b" " * 50]
_MAGIC = [b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"]
TOKENS = [*_SYNTAX.split(), *_LINES, *_BYTES, *_MAGIC]

Damage = Callable[[bytes, random.Random, bytes], bytes]


def damaged_files(chance: random.Random, runs: int) -> Iterator[tuple[str, bytes, str | None]]:
    """(name, bytes, format or None to have it recognised) of `runs` files; a third is read as whatever."""
    seeds = {path.name: path.read_bytes() for path in sorted(FIXTURES.iterdir())}
    seeds["duplicate_pairs.jsonl"] = b"".join(seeds["duplicate_pairs.jsonl"].splitlines(True)[:5])
    seeds |= {f"{name}.gz": gzip.compress(data) for name, data in list(seeds.items())[:4]}
    seeds["all.zip"] = zipped(seeds)
    names = list(seeds)
    for _ in range(runs):
        name = chance.choice(names)
        data = seeds[name]
        for _ in range(chance.choice((1, 1, 2, 3, 8))):
            data = chance.choice(DAMAGES)(data, chance, seeds[chance.choice(names)])
        yield name, data, chance.choice(FORMATS) if chance.random() < 0.34 else None


def cut(data: bytes, chance: random.Random, other: bytes) -> bytes:
    return data[: _place(data, chance)]


def drop(data: bytes, chance: random.Random, other: bytes) -> bytes:
    start = _place(data, chance)
    return data[:start] + data[start + chance.choice((1, 3, 20, 200)) :]


def flip(data: bytes, chance: random.Random, other: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 30)) if data else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def insert(data: bytes, chance: random.Random, other: bytes) -> bytes:
    start = _place(data, chance)
    return data[:start] + chance.choice(TOKENS) * chance.choice((1, 1, 2, 50)) + data[start:]


def swell(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """A token, or a slice of the file, over and over: 500 times, or to 300 kilobytes."""
    start = _place(data, chance)
    piece = data[start : start + chance.choice((1, 5, 40))]
    if chance.random() < 0.6:
        piece = chance.choice(TOKENS)
    times = 500 if chance.random() < 0.7 else 300_000 // max(1, len(piece))
    return data[:start] + piece * times + data[start:]


def splice(data: bytes, chance: random.Random, other: bytes) -> bytes:
    return data[: _place(data, chance)] + other[_place(other, chance) :]


def repack(data: bytes, chance: random.Random, other: bytes) -> bytes:
    return gzip.compress(data) if chance.random() < 0.5 else zipped({"../x": data, "y": other})


DAMAGES: list[Damage] = [cut, drop, flip, insert, insert, swell, splice, repack]


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)
