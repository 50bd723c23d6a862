"""Records a second, and memory, of each reader: `python -m eval.bench.readers [--records N] [--mb N]`.

Writes invented papers in every format to a temporary folder, reads each file in a process of its own, and
prints a table. With --mb, records are repeated up to that size: a gigabyte should take no more memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path

from rag.export import export_papers
from rag.readers import FORMATS, read_papers
from rag.records import Paper

_SENTENCE = (
    "We study how lanterns of kind {0} keep their light when {1} stand in one row, and gain {2}.{3}%. "
)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.readers", description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--mb", type=int, help="repeat the records up to this size")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--one", nargs=2, metavar=("FORMAT", "FILE"), help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.one:
        print(json.dumps(measure(*args.one)))
        return 0
    print("| format | records | MB | records/s | MB/s | peak memory (MB) |\n|---|---|---|---|---|---|")
    for format in args.formats:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "papers"
            write_file(path, format, args.records, args.mb)
            command = [sys.executable, "-m", "eval.bench.readers", "--one", format, str(path)]
            row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            mb = path.stat().st_size / 2**20
        print(
            f"| {format} | {row['records']:,} | {mb:,.0f} | {row['records'] / row['seconds']:,.0f} "
            f"| {mb / row['seconds']:,.0f} | {'not known' if row['peak_mb'] is None else row['peak_mb']} |",
            flush=True,
        )
    return 0


def measure(format: str, path: str) -> dict[str, float | None]:
    """Read a file as a format: papers, seconds of processor time, and `peak_mb`."""
    began = time.process_time()
    n_papers = sum(isinstance(record, Paper) for record in read_papers(path, format=format))
    seconds = time.process_time() - began
    return {"records": n_papers, "seconds": seconds, "peak_mb": peak_mb()}


def peak_mb() -> int | None:
    """This process's peak resident memory so far in MB, or None: only Linux tells it."""
    path = Path("/proc/self/status")
    if not path.exists():
        return None
    status = path.read_text("utf-8")  # unlike getrusage, without what the parent process held
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def papers(n: int) -> Iterator[Paper]:
    """Invented papers whose abstracts are as long as real ones, some 1,100 characters."""
    for i in range(n):
        text = "".join(_SENTENCE.format(i, k, i % 90, k) for k in range(11)).strip()
        names = (f"Ada{i} Møller", f"Jürgen van den Berg{i}")
        doi = f"10.5555/lamp.{i}"
        yield Paper(
            doi, f"Lanterns of kind {i} in a row", text, names, 2000 + i % 25, "Journal of Lamps", doi
        )


def write_file(path: Path, format: str, n: int, mb: int | None) -> None:
    """`n` papers in a format; with `mb`, as many more as make a file of that size."""
    head, tail, separator = _FRAMES.get(format, ("", "", ""))
    block = separator.join(_written(format, papers(n)))
    times = 1 if mb is None else max(1, mb * 2**20 // len(block.encode()))
    with path.open("w", encoding="utf-8") as file:
        file.write(head)
        for i in range(times):
            file.write((separator if i else "") + block)
        file.write(tail)


_FRAMES = {
    "pubmed_xml": ("<PubmedArticleSet>\n", "</PubmedArticleSet>\n", ""),
    "atom": ('<feed xmlns="http://www.w3.org/2005/Atom">\n', "</feed>\n", ""),
    "json": ('{"results": [\n', "\n]}\n", ",\n"),
    "html": ("<html><body>\n", "</body></html>\n", ""),
    "pages": ("Get trending papers in your email inbox!\nSubscribe\n", "", ""),
    "csv": ("title,abstract,year,doi\n", "", ""),
    "wos": ("FN Clarivate Analytics Web of Science\nVR 1.0\n", "EF\n", ""),
}
_TEMPLATES: dict[str, Callable[[Paper], str]] = {
    "nbib": lambda paper: (
        f"PMID- {paper.doi[13:]}\nTI  - {paper.title}\n"
        f"AB  - {paper.abstract[:500]}\n      {paper.abstract[500:]}\nFAU - {paper.authors[0]}\n"
        f"DP  - {paper.year}\nJT  - {paper.venue}\nLID - {paper.doi} [doi]\n\n"
    ),
    "wos": lambda paper: (
        f"PT J\nAF {paper.authors[0]}\n   {paper.authors[1]}\nTI {paper.title}\nSO {paper.venue}\n"
        f"AB {paper.abstract}\nPY {paper.year}\nDI {paper.doi}\nER\n\n"
    ),
    "pubmed_xml": lambda paper: (
        f"<PubmedArticle><MedlineCitation><PMID>{paper.doi[13:]}</PMID><Article><Journal><Title>{paper.venue}</Title>"
        f"</Journal><ArticleTitle>{paper.title}</ArticleTitle><Abstract><AbstractText>{escape(paper.abstract)}"
        f"</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>\n"
    ),
    "atom": lambda paper: (
        f"<entry><id>{paper.doi}</id><title>{paper.title}</title><summary>{escape(paper.abstract)}</summary>"
        f"<author><name>{paper.authors[0]}</name></author></entry>\n"
    ),
    "csv": lambda paper: f'"{paper.title}","{paper.abstract}",{paper.year},{paper.doi}\n',
    "json": lambda paper: json.dumps(paper.to_dict()),
    "html": lambda paper: f"<h3>{paper.title}</h3><p>{escape(paper.abstract)}</p>\n",
    "pages": lambda paper: f"{paper.title}\n{paper.abstract}\n",
    "plain": lambda paper: f"{paper.title}\n{paper.abstract}\n\n",
}


def _written(format: str, papers: Iterable[Paper]) -> Iterator[str]:
    if format in _TEMPLATES:
        return map(_TEMPLATES[format], papers)
    return export_papers(papers, format)


if __name__ == "__main__":
    sys.exit(main())
