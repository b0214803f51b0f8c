"""The routes of the API as the running server describes them, for tests that ask every one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.blackbox.boxed import API, Server

SOME_ID = "0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b"
OPEN = {
    ("GET", f"{API}/health"),
    ("GET", f"{API}/health/ready"),
    ("GET", f"{API}/auth/challenge"),
    ("POST", f"{API}/auth/tickets"),
    ("POST", f"{API}/system/tray"),  # like a ticket: proves the instance secret in its body
    ("POST", f"{API}/auth/redeem"),
    ("GET", f"{API}/auth/methods"),
    ("POST", f"{API}/auth/login"),
    ("POST", f"{API}/auth/refresh"),
    ("POST", f"{API}/auth/recovery"),
    ("POST", f"{API}/auth/register"),
    ("POST", f"{API}/auth/password/forgot"),
    ("POST", f"{API}/auth/password/reset"),
    ("POST", f"{API}/auth/email/verify"),
}


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. path: with some id wherever it takes one."""

    method: str
    path: str
    operation: Mapping[str, Any]

    @property
    def is_open(self) -> bool:
        return (self.method, self.path) in OPEN

    @property
    def is_harmless(self) -> bool:
        """Whether it can be asked with good credentials: it neither ends the server nor answers without end."""
        return "quit" not in self.path and "/events" not in self.path

    def takes(self, content_type: str) -> bool:
        return content_type in self.operation.get("requestBody", {}).get("content", {})


def routes(server: Server) -> list[Route]:
    """Every route of the API's description."""
    described = server.ask("GET", "/docs/openapi.json").json["paths"]
    return [
        Route(method.upper(), re.sub(r"\{[a-z_]*id\}", SOME_ID, path.replace("{size}", "grid")), operation)
        for path, methods in described.items()
        for method, operation in methods.items()
    ]
