"""The tab where questions are asked: conversations, evidence, settings, feedback."""
