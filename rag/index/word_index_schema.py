"""What of a passage goes into the word index, and in what form.

Owns the fields, their analysis, and FORM, which tells indexes of different making apart. Searching is
rag/index/word_index.py's.
"""

from __future__ import annotations

from dataclasses import dataclass

from tantivy import (
    Document,
    Filter,
    Schema,
    SchemaBuilder,
    TextAnalyzer,
    TextAnalyzerBuilder,
    Tokenizer,
)

from rag.index.bm25 import pack_counts
from rag.papers.duplicates import keys
from rag.papers.passages import text_start
from rag.records import Paper, Passage
from rag.text.folding import fold, strip_accents

FORM = 4
"""Changes with anything that changes what is indexed; an index of another form is built again."""

EVERY = "x"
"""The term of the field "every", which all passages have: its frequency counts those removed, too."""

FILTERED = ("paper_id", "title", "authors", "venue", "doi", "arxiv_id", "url", "keywords", "sources", "year")
"""Fields of a paper that filters look into, each value one term. An abstract is too long for one."""


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    """A passage to be indexed, with its paper, the paper's content hash, and its key in the token store."""

    passage: Passage
    paper: Paper
    content_hash: str
    text_key: int


def version(passage_id: str, content_hash: str) -> str:
    """A passage as it was at one time."""
    return f"{passage_id} {content_hash}"


def schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field("passage_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name="english", index_option="freq")
    builder.add_bytes_field("counts", stored=True, indexed=False)
    builder.add_unsigned_field("n_words", fast=True)
    for name in ("every", "paper", "version", "likeness", *FILTERED):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("ordinal", indexed=True)
    builder.add_unsigned_field("text_key", fast=True)
    builder.add_unsigned_field("text_start", fast=True)
    # Only a fast field takes ranges; one that is not there passes none.
    builder.add_integer_field("published", indexed=True, fast=True)
    return builder.build()


def english() -> TextAnalyzer:
    analyzer = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase())
    return analyzer.filter(Filter.stopword("english")).filter(Filter.stemmer("english")).build()


def document(entry: IndexedPassage, analyzer: TextAnalyzer) -> Document:
    paper, passage = entry.paper, entry.passage
    text = fold(f"{paper.title}\n{passage.text}")
    terms = analyzer.analyze(text)
    made = Document()
    made.add_text("passage_id", passage.passage_id)
    made.add_text("text", text)
    made.add_bytes("counts", pack_counts(terms))
    made.add_unsigned("n_words", len(terms))
    made.add_text("every", EVERY)
    made.add_text("paper", paper.paper_id)
    made.add_text("version", version(passage.passage_id, entry.content_hash))
    made.add_integer("ordinal", passage.ordinal)
    made.add_unsigned("text_key", entry.text_key)
    made.add_unsigned("text_start", text_start(paper.title))
    if passage.ordinal == 0:
        for key in keys(paper):
            made.add_text("likeness", key)
    if paper.year is not None:
        made.add_integer("published", paper.year)
    for field in FILTERED:
        value = getattr(paper, field)
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None:
                made.add_text(field, strip_accents(str(each)))
    return made
