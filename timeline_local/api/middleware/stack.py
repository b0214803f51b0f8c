"""The order of the layers, outermost first; nothing else decides it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.middleware import Middleware
from starlette.types import ASGIApp

from timeline_local.api.middleware.authentication import Authentication
from timeline_local.api.middleware.body_cap import BodyCap
from timeline_local.api.middleware.compression import Compression
from timeline_local.api.middleware.connection_limits import ConnectionLimits
from timeline_local.api.middleware.cors import Cors
from timeline_local.api.middleware.failures import Failures
from timeline_local.api.middleware.origin import OriginCheck
from timeline_local.api.middleware.rate_limit import RateLimit
from timeline_local.api.middleware.request_log import RequestLog
from timeline_local.api.middleware.security_headers import SecurityHeaders
from timeline_local.api.middleware.static_ui import Pages, StaticUI
from timeline_local.api.middleware.trusted_host import TrustedHost
from timeline_local.config import Settings
from timeline_local.core.limits import Limits, Rate, Slots
from timeline_local.core.metrics import RouteTimes
from timeline_local.core.security import Authenticator

# Requests a second, and at once: no obstacle to programs of this computer, and what a person needs elsewhere.
LOCAL_RATE = (2000, 4000)
SHARED_RATE = (50, 200)
METRICS_PATH = "/metrics"
_UPLOAD = re.compile(r"/api/v1/(?:media|imports/[^/]+/files)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackParts:
    """What the layers need. label: this install's host name (`<label>.localhost`); cookie_name: its session cookie."""

    settings: Settings
    authenticator: Authenticator
    pages: Pages
    label: str
    cookie_name: str
    limits: Limits = field(default_factory=Limits)
    times: RouteTimes = field(default_factory=RouteTimes)


def middleware_stack(parts: StackParts) -> list[Middleware]:
    """The layers, outermost first: cheap refusals before dear ones, nothing read before it is known who asks."""
    server, limits = parts.settings.server, parts.settings.limits
    return [
        Middleware(ConnectionLimits, most=server.max_connections),
        Middleware(RequestLog, times=parts.times),
        Middleware(SecurityHeaders),
        Middleware(Failures),
        Middleware(TrustedHost, names=local_names(parts.settings, parts.label), configured=server.allowed_hosts),
        Middleware(OriginCheck, is_shell=parts.pages.is_shell, cors_origins=server.cors_origins),
        Middleware(StaticUI, pages=parts.pages),
        Middleware(Cors, origins=server.cors_origins),
        Middleware(
            Authentication,
            authenticator=parts.authenticator,
            cookie_name=parts.cookie_name,
            admitting=frozenset({METRICS_PATH}) if parts.settings.monitoring.metrics else frozenset(),
        ),
        Middleware(
            RateLimit,
            limits=parts.limits,
            rate=request_rate(parts.settings),
            slots=Slots(limits.uploads),
            is_upload=is_upload,
        ),
        Middleware(
            BodyCap,
            json_bytes=limits.json_body_bytes,
            upload_bytes=parts.settings.media.max_upload_bytes,
            is_upload=is_upload,
        ),
        Middleware(Compression),
    ]


def wrap(app: ASGIApp, layers: Sequence[Middleware]) -> ASGIApp:
    """The application inside its layers."""
    for layer in reversed(layers):
        app = layer.cls(app, *layer.args, **layer.kwargs)
    return app


def local_names(settings: Settings, label: str) -> tuple[str, ...]:
    """The names of this computer that we answer to; the listening address too, if it is one of the LAN's."""
    names = ["127.0.0.1", "localhost", "[::1]", f"{label}.localhost"]
    host = settings.server.host
    if settings.server.allow_lan and host not in ("0.0.0.0", "::", "127.0.0.1", "::1", "localhost"):  # noqa: S104
        names.append(f"[{host}]" if ":" in host else host)
    return tuple(names)


def request_rate(settings: Settings) -> Rate:
    """How often one key or session may ask: generously where only this computer can, sparingly where others can."""
    server, limits = settings.server, settings.limits
    is_shared = server.allow_lan or server.trust_proxy or bool(server.allowed_hosts)
    per_s, burst = SHARED_RATE if is_shared else LOCAL_RATE
    return Rate(limits.requests_per_s or per_s, limits.burst or burst)


def is_upload(method: str, path: str) -> bool:
    """Whether the path takes a file as its body."""
    return method == "POST" and _UPLOAD.fullmatch(path) is not None
