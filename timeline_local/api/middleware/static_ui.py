from __future__ import annotations

from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from timeline_local.api.middleware.head import state_of


class Pages(Protocol):
    """Files that are the same for everyone and hold no data."""

    def find(self, method: str, path: str) -> ASGIApp | None: ...

    def is_shell(self, path: str) -> bool: ...


class StaticUI:
    """Answers the UI's files and its shell from memory, before anything that costs time. No data passes here."""

    def __init__(self, app: ASGIApp, *, pages: Pages) -> None:
        self.app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._pages.find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if answer is None:
            await self.app(scope, receive, send)
            return
        state = state_of(scope)
        state["from_memory"] = True
        state["template"] = "/ui"
        await answer(scope, receive, send)
