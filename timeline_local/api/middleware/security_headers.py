from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

API_CSP = "default-src 'none'; frame-ancestors 'none'"
COMMON_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (
        b"permissions-policy",
        (
            b"accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
            b"identity-credentials-get=(), magnetometer=(), microphone=(), midi=(), payment=(), "
            b"publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
        ),
    ),
    (b"cache-control", b"no-store"),
]
API_HEADERS = [*COMMON_HEADERS, (b"content-security-policy", API_CSP.encode())]
HSTS = (b"strict-transport-security", b"max-age=31536000")


def html_csp(*script_hashes: str) -> str:
    """The policy of our HTML pages: own scripts and the hashed import map, no inline code, no eval, no foreign host."""
    hashes = "".join(f" '{value}'" for value in script_hashes)
    return (
        f"default-src 'none'; script-src 'self'{hashes}; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'none'; "
        "object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


HTML_HEADERS = [*COMMON_HEADERS, (b"content-security-policy", html_csp().encode())]


def with_headers(send: Send, headers: Sequence[tuple[bytes, bytes]]) -> Send:
    """A `send` that adds those of the headers that the response does not carry itself."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", ()))
            names = {name for name, _ in own}
            message["headers"] = own + [pair for pair in headers if pair[0] not in names]
        await send(message)

    return sending


class SecurityHeaders:
    """Puts the protective headers on every answer, refusals and failures included.

    What a response says itself stays: signed media carry their own cache rule and a sandboxing policy, the shell its
    import map's hash. HSTS only over TLS: on plain http it would be ignored, on a shared host name harmful.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        secure = scope.get("scheme") == "https"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                names = dict(own)
                html = names.get(b"content-type", b"").startswith(b"text/html")
                own += [pair for pair in (HTML_HEADERS if html else API_HEADERS) if pair[0] not in names]
                if secure:
                    own.append(HSTS)
                message["headers"] = own
            await send(message)

        await self.app(scope, receive, sending)
