"""What OpenAPI says beside the models: examples, errors, and that every error has one form."""

from __future__ import annotations

from typing import Any

from rag.server.replies import ErrorReply

TITLE = "Ask the abstracts"
DESCRIPTION = """A library of paper abstracts: questions with cited answers, search, checks of claims.

Give a key as `Authorization: Bearer KEY` where the server has keys. Errors are
`{"error": {"message", "type", "code", "param"}}`; 429 and 503 carry `Retry-After` where trying again may
help."""
EVENT_STREAM: dict[str, Any] = {
    "text/event-stream": {
        "schema": {
            "description": "Each event. Of /v1/ask: retrieved, text, answer, error; of /v1/responses those "
            "of OpenAI; chat completions have none. Its data is JSON, or [DONE] at the end of a completion.",
            "type": "object",
            "properties": {
                "event": {"type": "string"},
                "data": {"type": "string"},
            },
            "required": ["data"],
        },
        "example": 'event: text\ndata: {"text": "JointRank reranks ..."}\n\n',
    }
}
ASK_EXAMPLES: dict[str, Any] = {
    "question": {"value": {"question": "What is late interaction?"}},
    "follow-up, with a filter": {
        "value": {
            "question": "How much space does it need?",
            "history": [["user", "What is late interaction?"], ["assistant", "A vector for each token. [1]"]],
            "filters": {"year": "2020.."},
        }
    },
    "as events": {"value": {"question": "Which papers prune token vectors?", "stream": True}},
}
CHECK_EXAMPLES: dict[str, Any] = {
    "a text against the library": {"value": {"text": "Late interaction keeps a vector for each token."}},
    "claims against evidence": {
        "value": {
            "pairs": [{"claim": "It halves the latency.", "evidence": "Latency falls from 20 to 10 ms."}]
        }
    },
}
ADD_EXAMPLES: dict[str, Any] = {
    "one paper": {
        "value": {
            "papers": [
                {
                    "title": "A made-up paper",
                    "abstract": "We store one vector for each word piece. Recall rises by two points.",
                    "authors": ["A. Writer"],
                    "year": 2024,
                }
            ]
        }
    }
}
CHAT_EXAMPLES: dict[str, Any] = {
    "question": {
        "value": {"model": "rag", "messages": [{"role": "user", "content": "What is late interaction?"}]}
    }
}
RESPONSES_EXAMPLES: dict[str, Any] = {
    "question": {"value": {"model": "rag", "input": "What is late interaction?"}},
    "as events": {"value": {"input": "Which papers prune token vectors?", "stream": True}},
}
_WORDS = {
    400: "The request cannot be used; the message names the field",
    401: "No key, or one that is not known",
    403: "A page of another site, or a key that may not do this",
    404: "Not there",
    409: "The library is empty, or another process writes to it",
    413: "The body is too large",
    415: "The body is not of a type that is read here",
    429: "Too many requests, or the day's budget is used up",
    499: "The caller hung up",
    502: "The language model's reply is no reply",
    503: "Too many questions wait, or something that is needed is not there",
    504: "The language model did not answer in time",
}
_ALWAYS = (400, 401, 403, 413, 429)


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors a route may answer with, and those that every route may."""
    return {
        status: {"model": ErrorReply, "description": _WORDS[status]}
        for status in sorted({*_ALWAYS, *statuses})
    }


def tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as the server behaves: what FastAPI would answer with 422 is a 400 here."""
    for path in schema["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(unused, None)
    return schema
