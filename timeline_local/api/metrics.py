"""`GET /metrics` for Prometheus: only with `monitoring.metrics`, only for a key with the scope admin or the token.

It stands outside the API: its clients configure nothing but an address and a bearer token.
"""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from timeline_local.api import figures
from timeline_local.api.middleware.head import head_of
from timeline_local.core.metrics import CONTENT_TYPE, exposition
from timeline_local.exceptions import NotSignedIn, ScopeMissing
from timeline_local.runtime import Runtime


async def metrics(request: Request) -> Response:
    """The figures in Prometheus' text format. Raises NotSignedIn, ScopeMissing."""
    parts: Runtime = request.app.state.runtime
    await _admit(request, parts)
    text = exposition(await figures.families(parts))
    return PlainTextResponse(text, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})


async def _admit(request: Request, parts: Runtime) -> None:
    head = head_of(request.scope)
    scheme, _, given = head.text(b"authorization").partition(" ")
    given = given.strip()
    if scheme.lower() != "bearer" or not given or b"authorization" in head.repeated:
        raise NotSignedIn("Send a key with the scope admin, or the token of the setting monitoring.metrics_token.")
    wanted = parts.settings.monitoring.metrics_token
    if wanted is not None and hmac.compare_digest(given.encode("latin-1"), wanted.get_secret_value().encode()):
        return
    caller = await parts.authentication.bearer(given)
    if caller is None:
        raise NotSignedIn("Send a key with the scope admin, or the token of the setting monitoring.metrics_token.")
    if "admin" not in caller.scopes:
        raise ScopeMissing("This key lacks the scope admin. Make one with it, or set monitoring.metrics_token.")
