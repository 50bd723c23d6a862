"""Logs as JSON lines on stderr: one a request, and what the server itself has to say.

No question and no address of a client is in them; the text of questions only where it is asked for.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

REQUESTS = "rag.server.requests"
FIELDS = "fields"
"""Under which a record carries what its line holds beside the message."""


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time, level, message, and the record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Have the server, and the libraries it stands on, log as JSON lines. Called once, by `rag serve`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name, least in (("rag", level), ("uvicorn.error", logging.WARNING), ("mcp", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(least)
