"""Every error this package raises, in one tree.

    RagError
    ├── SetupError                 the user can fix it            (exit code 2)
    │   ├── InputError             a question, file or option that cannot be used
    │   ├── ConfigError            a setting or environment variable that cannot be used
    │   ├── WeightsError           encoder weights missing, or not the official ones
    │   ├── SupportModelError      the gate's learned judgement missing or damaged
    │   └── LibraryError           this library cannot be used as it is
    │       ├── LibraryNotFound    no library at that path
    │       ├── LibraryEmpty       a library without a paper
    │       ├── LibraryLocked      another process is writing to it
    │       ├── LibraryTooNew      written by a later version of this program
    │       ├── LibraryReadOnly    it cannot be written to
    │       ├── LibraryDamaged     the papers themselves do not read back
    │       ├── IndexDamaged       something derived does not read back, and could not be rebuilt
    │       ├── ShardMissing       a shard must be there and is not
    │       └── EncoderMismatch    indexed with another encoder
    └── ServiceError               something outside failed       (exit code 1)
        ├── ModelError             the language model
        │   ├── ModelUnavailable   not reachable, or failing (5xx, 429 after retries)
        │   ├── ModelTimeout       no reply, or no next token, in time
        │   ├── ModelRejected      key, model name or request not accepted (4xx)
        │   ├── ModelReplyInvalid  a reply that is not the protocol's
        │   └── BudgetExceeded     the call would pass a cap the user set
        ├── ServerBusy             as many questions wait at `rag serve` as may
        ├── Cancelled              nobody waits for the result any more
        ├── SourceError            a live source of papers (arXiv, OpenAlex, ...)
        └── StorageError           disk full, a file vanished, an input/output error
            └── ServerUnreachable  the Chroma server does not answer, or no longer

A message says what happened, where, and the next command. "The library does not say" is an
Answer, not an error.
"""

from __future__ import annotations


class RagError(Exception):
    """Base of all; `exit_code` is what the command line ends with."""

    exit_code = 1


class SetupError(RagError):
    """Raised where the user can change what is wrong: a file, a setting, a folder."""

    exit_code = 2


class InputError(SetupError):
    """Raised where a question, a file or an option cannot be used."""


class ConfigError(SetupError):
    """Raised where a setting or an environment variable cannot be used."""


class WeightsError(SetupError):
    """Raised where no source has the official encoder weights."""


class SupportModelError(SetupError):
    """Raised where the support gate's learned weights are missing or damaged."""


class LibraryError(SetupError):
    """Raised where a library cannot be used as it is; the classes below say why."""


class LibraryNotFound(LibraryError):
    """Raised where there is no library at the path."""


class LibraryEmpty(LibraryError):
    """Raised where a library without a paper is asked or searched."""


class LibraryLocked(LibraryError):
    """Raised where another process is writing to the library."""


class LibraryTooNew(LibraryError):
    """Raised where a later version of this program wrote the library."""


class LibraryReadOnly(LibraryError):
    """Raised where the library must be changed and cannot, or was opened for reading only."""


class LibraryDamaged(LibraryError):
    """Raised where the papers in Chroma, the source of truth, do not read back."""


class IndexDamaged(LibraryError):
    """Raised where a derived index does not read back, and may not be or cannot be rebuilt now."""


class ShardMissing(LibraryError):
    """Raised where all shards are needed and one is not there, or none is."""


class EncoderMismatch(LibraryError):
    """Raised where the library was indexed with another encoder."""


class ServiceError(RagError):
    """Raised where something outside this program failed."""

    exit_code = 1


class ModelError(ServiceError):
    """Raised where the language model fails; the classes below say how."""


class ModelUnavailable(ModelError):
    """Raised where the model's server is not reachable, or fails (5xx, 429) after all retries."""


class ModelTimeout(ModelError):
    """Raised where no reply begins, or no further piece comes, in the time allowed."""


class ModelRejected(ModelError):
    """Raised where the model's server accepts no key, model name or request of this kind (4xx)."""


class ModelReplyInvalid(ModelError):
    """Raised where a reply is not in the protocol's form."""


class BudgetExceeded(ModelError):
    """Raised before a call that could cost more than the user allows."""


class ServerBusy(ServiceError):
    """Raised by `rag serve` where as many questions wait as may."""


class Cancelled(ServiceError):
    """Raised in a call that was ended because nobody waits for its result."""


class SourceError(ServiceError):
    """Raised where a live source of papers (arXiv, OpenAlex, ...) fails or refuses."""


class StorageError(ServiceError):
    """Raised where the disk is full, or a file vanished or cannot be read or written."""


class ServerUnreachable(StorageError):
    """Raised where the Chroma server does not answer, and was waited for in vain."""
