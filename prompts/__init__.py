"""The messages sent to a language model, one Markdown file each. Loaded and filled in by
rag/llm/prompts.py."""
