"""The commands of `rag`, one module each; `rag.cli` has the table. Light to import: work imports late."""
