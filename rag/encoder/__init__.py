"""MiniLM: its weights found and verified, its graph built, texts turned into vectors, and late
interaction."""
