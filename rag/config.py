"""One frozen Config, read once at the edge and passed down. Knows the environment; opens nothing.

Numbers that were fitted to data live beside the code they tune, with the data named; here is only
what a user may want to set.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, get_args

import platformdirs

from rag.errors import ConfigError
from rag.records import Price

Choice = TypeVar("Choice", bound=str)
_TIMEOUT_S = 60.0
_DEADLINE_S = 300.0
_MAX_TOKENS, _CONTEXT_WINDOW = 600, 8192
JudgeWhen = Literal["doubtful", "all", "off"]
Device = Literal["cpu", "cuda"]
RerankBy = Literal["off", "llm", "llm-window"]
ContextPapers = Literal["share", "drop"]
SecondHop = Literal["on", "off"]
Expand = Literal["off", "feedback", "llm"]
FeedbackOf = Literal["off", "own", "all"]


CLOUD = "https://api.trychroma.com"
"""What RAG_CHROMA_URL=cloud stands for."""


@dataclass(frozen=True, slots=True)
class ChromaAccess:
    """How a Chroma server is spoken to, and which of its libraries is meant."""

    key: str | None = field(default=None, repr=False)
    """Sent with every request, in `header`; as a bearer token where that is Authorization."""
    header: str = "x-chroma-token"
    tenant: str | None = None
    """Without, the one that the server says the key belongs to; the same of `database`."""
    database: str | None = None
    ca: Path | None = None
    """A file of the authority that signed the server's certificate, where the system does not know it."""
    timeout_s: float = 60.0
    """Longest that one request may take."""
    retry_s: float = 30.0
    """How long a server that went away is waited for."""
    library: str | None = None
    """Id or name of the library that a new folder becomes a copy of."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one run. Build with `Config.from_env()`; change with `dataclasses.replace`."""

    library: Path
    cache: Path
    """Weights and the ONNX graphs built from them."""
    weights: Path | None = None
    """A folder with model.safetensors and tokenizer.json, looked at before anything else."""
    words: int | None = None
    """Bound on the length of an extractive answer, in words; without, each intent has its own."""
    encoder: str | None = None
    """A folder with an ONNX encoder, or its name on the hub, in place of MiniLM."""
    reranker: str | None = None
    """The same of a cross-encoder, which orders the best papers anew."""
    device: Device = "cpu"
    """Where an ingest's texts are encoded; questions are always encoded on the processor."""
    top: int = 10
    """Papers a search returns."""
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    model: str | None = None
    judge: JudgeWhen = "doubtful"
    """Of which written sentences the model is asked, too, whether they follow from what they cite."""
    strict: bool = False
    """Leave unsupported sentences out instead of marking them."""
    timeout_s: float = _TIMEOUT_S
    """Longest wait for a reply to begin, and between two pieces of it."""
    deadline_s: float = _DEADLINE_S
    """Longest that one reply may take in all."""
    max_cost_usd: float | None = None
    """Cap on what one session may spend on the model."""
    max_tokens: int = _MAX_TOKENS
    """Longest written answer, in tokens."""
    context_window: int = _CONTEXT_WINDOW
    """The model's window, in tokens; evidence is packed into what the answer leaves."""
    llm_cache: bool = True
    """Keep replies on disk, keyed by the whole request."""
    prompts: Path | None = None
    """A folder whose Markdown files replace the prompts of the same name."""
    chroma_url: str | None = None
    """http://host:port of a Chroma server to hold the papers, instead of the library's folder."""
    chroma: ChromaAccess = ChromaAccess()
    shards: int | None = None
    """Into how many shards a library is cut that is made; one that is there must have as many."""
    ray: str | None = None
    """Address of the Ray cluster whose actors hold the shards; "local": one of this machine alone."""
    shard_wait_s: float = 0.0
    """How long a question waits for a shard that is lost, before the others answer alone."""
    max_call_usd: float | None = None
    """Cap on what one call of the model may cost, at worst."""
    price: Price | None = None
    """What the model costs, where its price is not in the table."""
    support_model: str | None = None
    """A folder or a hub name: the model that judges support in place of the one that comes with this."""
    traces: bool = False
    """Send spans of what `rag serve` does, as OpenTelemetry's own variables say."""
    serve_key: str | None = field(default=None, repr=False)
    """A key that opens `rag serve`, beside those of the file."""
    keys: Path | None = None
    """The file that holds the hashes of keys to `rag serve`."""
    rerank: RerankBy = "off"
    """Whether a model orders the first papers anew: in blocks asked all at once, or in a sliding window."""
    second_hop: SecondHop = "on"
    """Whether a question with two links is searched again with what the first search found."""
    expand: Expand = "off"
    """What speaks beside a question that tells too little: its best papers, or an abstract a model writes."""
    sparse: str | None = None
    """A folder with an ONNX model that expands documents, or its name on the hub: a learned sparse leg."""
    feedback: FeedbackOf = "off"
    """Whose feedback moves papers: nobody's, the reader's own, or that of all readers."""
    reader: str = "me"
    """Under what name a reader's feedback is written down."""
    compress: float = 1.0
    """Share of the context's tokens that a model is shown: the sentences that answer least are left out."""
    context_papers: ContextPapers = "share"
    """Which papers a model is shown first: those near the best one, or those before the scores drop most."""
    small_model: str | None = None
    """A model that writes first; `model` is asked only where that answer is in doubt."""
    small_url: str | None = None
    """The server of `small_model`, where it is not that of `model`."""
    rewrite: bool = False
    """Let the model, too, restate a follow-up and split or reword a question before it is searched."""

    @property
    def has_model(self) -> bool:
        return bool(self.api_key or self.base_url)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Read OPENAI_API_KEY, OPENAI_BASE_URL, RAG_SUPPORT_MODEL, RAG_LIBRARY, RAG_CACHE, RAG_WEIGHTS,
        RAG_ENCODER, RAG_RERANKER, RAG_RERANK, RAG_SECOND_HOP, RAG_EXPAND, RAG_SPARSE, RAG_FEEDBACK,
        RAG_READER, RAG_DEVICE, RAG_RAY, RAG_SHARD_WAIT_S, RAG_CHROMA_ with URL, KEY, HEADER, TENANT,
        DATABASE, CA, TIMEOUT_S, RETRY_S and LIBRARY, RAG_SERVE_KEY, RAG_SERVE_KEYS,
        OTEL_EXPORTER_OTLP_ENDPOINT, and RAG_LLM_ with MODEL, SMALL_MODEL, SMALL_URL, JUDGE, COMPRESS, PAPERS,
        TIMEOUT_S, DEADLINE_S, MAX_TOKENS, CONTEXT, PRICE, MAX_CALL_USD and MAX_COST_USD. Raises ConfigError
        where one cannot be used."""
        env = os.environ if environ is None else environ
        chroma_url, chroma = _chroma(env)
        return cls(
            library=Path(
                env.get("RAG_LIBRARY") or platformdirs.user_data_path("rag") / "library"
            ).expanduser(),
            cache=Path(env.get("RAG_CACHE") or platformdirs.user_cache_path("rag")).expanduser(),
            encoder=env.get("RAG_ENCODER") or None,
            device=_one_of(env, "RAG_DEVICE", get_args(Device)),
            reranker=env.get("RAG_RERANKER") or None,
            weights=Path(env["RAG_WEIGHTS"]).expanduser() if env.get("RAG_WEIGHTS") else None,
            base_url=_address(env, "OPENAI_BASE_URL"),
            api_key=env.get("OPENAI_API_KEY") or None,
            model=env.get("RAG_LLM_MODEL") or None,
            judge=_one_of(env, "RAG_LLM_JUDGE", get_args(JudgeWhen)),
            rerank=_one_of(env, "RAG_RERANK", get_args(RerankBy)),
            second_hop=_one_of(env, "RAG_SECOND_HOP", get_args(SecondHop)),
            expand=_one_of(env, "RAG_EXPAND", get_args(Expand)),
            sparse=env.get("RAG_SPARSE") or None,
            feedback=_one_of(env, "RAG_FEEDBACK", get_args(FeedbackOf)),
            reader=env.get("RAG_READER") or "me",
            compress=_share(env, "RAG_LLM_COMPRESS"),
            context_papers=_one_of(env, "RAG_LLM_PAPERS", get_args(ContextPapers)),
            small_model=env.get("RAG_LLM_SMALL_MODEL") or None,
            small_url=_address(env, "RAG_LLM_SMALL_URL"),
            support_model=env.get("RAG_SUPPORT_MODEL") or None,
            chroma_url=chroma_url,
            chroma=chroma,
            traces=any(env.get(f"OTEL_EXPORTER_OTLP_{kind}ENDPOINT") for kind in ("", "TRACES_")),
            serve_key=env.get("RAG_SERVE_KEY") or None,
            keys=Path(
                env.get("RAG_SERVE_KEYS") or platformdirs.user_data_path("rag") / "keys.json"
            ).expanduser(),
            ray=env.get("RAG_RAY") or None,
            shard_wait_s=_number(env, "RAG_SHARD_WAIT_S", "30") or 0.0,
            max_tokens=_whole_number(env, "RAG_LLM_MAX_TOKENS", _MAX_TOKENS),
            context_window=_whole_number(env, "RAG_LLM_CONTEXT", _CONTEXT_WINDOW),
            price=_price(env),
            deadline_s=_number(env, "RAG_LLM_DEADLINE_S", "300") or _DEADLINE_S,
            timeout_s=_number(env, "RAG_LLM_TIMEOUT_S", "30") or _TIMEOUT_S,
            max_call_usd=_number(env, "RAG_LLM_MAX_CALL_USD", "0.05"),
            max_cost_usd=_number(env, "RAG_LLM_MAX_COST_USD", "2"),
        )


def _chroma(env: Mapping[str, str]) -> tuple[str | None, ChromaAccess]:
    """Where the Chroma server is, and how it is spoken to. Raises ConfigError."""
    cloud = env.get("RAG_CHROMA_URL", "").strip().lower() == "cloud"

    def setting(name: str, in_cloud: str = "") -> str | None:
        """Of Chroma's cloud, also what its own programs read."""
        return env.get(f"RAG_CHROMA_{name}") or (env.get(in_cloud) if cloud else None) or None

    access = ChromaAccess(
        key=setting("KEY", "CHROMA_API_KEY"),
        header=setting("HEADER") or ChromaAccess().header,
        tenant=setting("TENANT", "CHROMA_TENANT"),
        database=setting("DATABASE", "CHROMA_DATABASE"),
        ca=Path(env["RAG_CHROMA_CA"]).expanduser() if env.get("RAG_CHROMA_CA") else None,
        timeout_s=_number(env, "RAG_CHROMA_TIMEOUT_S", "60") or ChromaAccess().timeout_s,
        retry_s=_number(env, "RAG_CHROMA_RETRY_S", "30") or ChromaAccess().retry_s,
        library=setting("LIBRARY"),
    )
    if access.key and not (access.key.isascii() and access.key.isprintable()):
        raise ConfigError("RAG_CHROMA_KEY holds a character that no header can; copy the key again")
    if access.ca and not access.ca.is_file():
        raise ConfigError(
            f"RAG_CHROMA_CA is {str(access.ca)!r}, which is no file; name a PEM file, or unset it"
        )
    if not cloud:
        return _address(env, "RAG_CHROMA_URL", "http://127.0.0.1:8000"), access
    if not access.key:
        raise ConfigError("Chroma's cloud needs a key; set RAG_CHROMA_KEY, or unset RAG_CHROMA_URL")
    return CLOUD, access


def _one_of(env: Mapping[str, str], name: str, known: tuple[Choice, ...]) -> Choice:
    """A variable's word, the first of those known where it is unset or empty. Raises ConfigError."""
    text = env.get(name, "").strip().lower() or known[0]
    for each in known:
        if text == each:
            return each
    raise ConfigError(f"{name} is {text!r}; set it to {', '.join(map(str, known))}, or unset it")


def _address(env: Mapping[str, str], name: str, example: str = "http://127.0.0.1:11434/v1") -> str | None:
    """A variable as the address of a server; None where it is unset or empty. Raises ConfigError."""
    url = env.get(name) or None
    if url and not url.startswith(("http://", "https://")):
        raise ConfigError(
            f"{name} is {url!r}, which is no http(s) address; set it like {example} or unset it"
        )
    return url


def _share(env: Mapping[str, str], name: str) -> float:
    """A variable as a share above 0, up to 1; 1 where it is unset. Raises ConfigError."""
    value = _number(env, name, "0.5")
    if value is not None and value > 1:
        raise ConfigError(f"{name} is {env[name]!r}, which is no share up to 1; set it like 0.5")
    return 1.0 if value is None else value


def _number(env: Mapping[str, str], name: str, example: str) -> float | None:
    """A variable as a positive number; None where it is unset or empty. Raises ConfigError."""
    text = env.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ConfigError(
            f"{name} is {text!r}, which is no positive number; set it like {example} or unset it"
        )
    return value


def _whole_number(env: Mapping[str, str], name: str, default: int) -> int:
    """A variable as a whole number from 1. Raises ConfigError."""
    value = _number(env, name, str(default))
    if value is None:
        return default
    if value != int(value):
        raise ConfigError(f"{name} is {env[name]!r}, which is no whole number; set it like {default}")
    return int(value)


def _price(env: Mapping[str, str]) -> Price | None:
    """RAG_LLM_PRICE as a Price; None where it is unset or empty. Raises ConfigError."""
    text = env.get("RAG_LLM_PRICE", "").strip()
    if not text:
        return None
    try:
        prompt, completion = map(float, text.split(","))
    except ValueError:
        prompt = completion = -1.0
    if not (0 <= prompt < float("inf") and 0 <= completion < float("inf")):
        raise ConfigError(
            f"RAG_LLM_PRICE is {text!r}; set it to US dollars per million tokens of prompt and completion, "
            "like 2.5,10, or unset it"
        )
    return Price(prompt, completion)
