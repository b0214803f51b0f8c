"""The session cookie: this host's alone, unreadable for scripts, and worth nothing without its second half."""

from __future__ import annotations

from fastapi import Response

from timeline_local.runtime import Runtime


def set_session_cookie(response: Response, parts: Runtime, value: str) -> None:
    """Send the cookie of a fresh session."""
    response.set_cookie(
        parts.claim.secrets.cookie_name,
        value,
        max_age=parts.settings.auth.session_days * 86_400,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )


def drop_session_cookie(response: Response, parts: Runtime) -> None:
    """Let the browser forget the cookie of a session that has ended."""
    response.delete_cookie(parts.claim.secrets.cookie_name, path="/", secure=True, httponly=True, samesite="strict")
