"""The form in which the server and the processes that help it talk: four bytes of length, big endian, and JSON."""

import json
from collections.abc import Mapping
from typing import Any, Final

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
LENGTH_BYTES: Final = 4


def pack(message: Mapping[str, Any]) -> bytes:
    """A message as it travels."""
    data = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    return len(data).to_bytes(LENGTH_BYTES, "big") + data
