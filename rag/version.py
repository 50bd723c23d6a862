"""The version of this package, where setup and every room can read it without importing more."""

__version__ = "0.1.0"
