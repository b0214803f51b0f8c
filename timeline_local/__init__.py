"""Timeline Local: a private, local-first personal timeline."""

__version__ = "0.1.0"
