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
    │       ├── LibraryDamaged     the truth itself does not read back
    │       ├── IndexDamaged       something derived does not read back, and could not be rebuilt
    │       └── EncoderMismatch    indexed with another encoder
    └── ServiceError               something outside failed       (exit code 1)
        ├── ModelError             the language model
        │   ├── ModelUnavailable   not reachable, or failing (5xx, 429 after retries)
        │   ├── ModelTimeout       no reply, or no next token, in time
        │   ├── ModelRejected      key, model name or request not accepted (4xx)
        │   ├── ModelReplyInvalid  a reply that is not the protocol's
        │   └── BudgetExceeded     the call would pass a cap the user set
        ├── Cancelled              nobody waits for the result any more
        ├── SourceError            a live source of papers (arXiv, OpenAlex, ...)
        └── StorageError           disk full, a file vanished, an input/output error

A message says what happened, where, and the next command. "The library does not say" is an
Answer, not an error.
"""

from __future__ import annotations


class RagError(Exception):
    """Base of all; `exit_code` is what the command line ends with."""

    exit_code = 1


class SetupError(RagError):
    exit_code = 2


class InputError(SetupError):
    pass


class ConfigError(SetupError):
    pass


class WeightsError(SetupError):
    pass


class SupportModelError(SetupError):
    pass


class LibraryError(SetupError):
    pass


class LibraryNotFound(LibraryError):
    pass


class LibraryEmpty(LibraryError):
    pass


class LibraryLocked(LibraryError):
    pass


class LibraryTooNew(LibraryError):
    pass


class LibraryReadOnly(LibraryError):
    pass


class LibraryDamaged(LibraryError):
    pass


class IndexDamaged(LibraryError):
    pass


class EncoderMismatch(LibraryError):
    pass


class ServiceError(RagError):
    exit_code = 1


class ModelError(ServiceError):
    pass


class ModelUnavailable(ModelError):
    pass


class ModelTimeout(ModelError):
    pass


class ModelRejected(ModelError):
    pass


class ModelReplyInvalid(ModelError):
    pass


class BudgetExceeded(ModelError):
    pass


class Cancelled(ServiceError):
    """Raised in a call that was ended because nobody waits for its result."""


class SourceError(ServiceError):
    pass


class StorageError(ServiceError):
    pass
