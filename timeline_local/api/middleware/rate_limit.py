from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from timeline_local.api.middleware.authentication import MEDIA_PREFIX
from timeline_local.api.middleware.head import refuse, state_of
from timeline_local.core.limits import Limits, Rate, Slots
from timeline_local.core.security import Caller
from timeline_local.exceptions import RateLimited

# All sessions and keys of one account together may ask this many times as often as one of them.
ACCOUNT_FACTOR = 4
_IPV6_SITE = 64  # what one subscriber is given: its addresses are one peer


class RateLimit:
    """Bounds how often one API key or session, all those of one account and, without any, one peer may ask.

    The peer is the socket's; a header names it only where `server.trust_proxy` is set, and uvicorn has read it then.
    Previews are not counted: one screen of the timeline asks for hundreds. Uploads also wait for one of an account's
    slots, their bodies unread.
    """

    def __init__(
        self, app: ASGIApp, *, limits: Limits, rate: Rate, slots: Slots, is_upload: Callable[[str, str], bool]
    ) -> None:
        self.app = app
        self._limits = limits
        self._rate = rate
        self._slots = slots
        self._is_upload = is_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_preview(scope["path"]):
            await self.app(scope, receive, send)
            return
        wait = self._limits.take(self._keys(scope))
        if wait > 0:
            await _refuse(scope, receive, send, wait_s=max(1, math.ceil(wait)))
        elif self._is_upload(scope["method"], scope["path"]):
            await self._upload(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller | None = state_of(scope).get("caller")
        async with self._slots.hold(f"account:{caller.user_pk}" if caller else _peer(scope)) as has_slot:
            if has_slot:
                await self.app(scope, receive, send)
            else:
                await _refuse(scope, receive, send, wait_s=1)

    def _keys(self, scope: Scope) -> list[tuple[str, Rate]]:
        caller: Caller | None = state_of(scope).get("caller")
        if caller is None:
            return [(_peer(scope), self._rate)]
        own = self._rate if caller.requests_per_s is None else self._rate.at_most(caller.requests_per_s)
        account = f"account:{caller.user_pk}"
        return [(f"{caller.kind}:{caller.credential_id or account}", own), (account, self._rate.times(ACCOUNT_FACTOR))]


async def _refuse(scope: Scope, receive: Receive, send: Send, *, wait_s: int) -> None:
    error = RateLimited(
        f"Too many requests in a short time. Nothing was changed; try again in {wait_s} s.",
        headers={"Retry-After": str(wait_s)},
    )
    await refuse(scope, receive, send, error)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    text = str(client[0]) if client else ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return f"peer:{text}"
    if address.version == 6 and address.ipv4_mapped is None:  # noqa: PLR2004 - IPv6
        return f"peer:{ipaddress.ip_network((address, _IPV6_SITE), strict=False)}"
    return f"peer:{address.ipv4_mapped if address.version == 6 else address}"  # noqa: PLR2004


def _is_preview(path: str) -> bool:
    return path.startswith(MEDIA_PREFIX) and "/preview/" in path
