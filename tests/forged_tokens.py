"""Access tokens that somebody made: each differs from a right one in one thing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from timeline_local.domain.ids import new_id

HEADER = {"alg": "HS256", "typ": "at+jwt"}


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed_with(key: bytes, header: object, body: object, digest: str = "sha256") -> str:
    head = f"{part(header)}.{part(body)}"
    return f"{head}.{part(hmac.digest(key, head.encode(), digest))}"


def public_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True)
class Forger:
    """Somebody who knows an install's secret, and whose session it is: what else could be wrong?"""

    secret: bytes
    instance_id: str
    user: UUID
    session: UUID
    now: datetime

    @property
    def key(self) -> bytes:
        """What the install signs with."""
        return hmac.digest(self.secret, b"access-tokens", "sha256")

    def claims(self, **changes: object) -> dict[str, Any]:
        """Right claims, with these changes; None takes one out."""
        at = int(self.now.timestamp())
        right = {
            "iss": f"timeline-local/{self.instance_id}",
            "aud": "timeline-local/api",
            "sub": str(self.user),
            "sid": str(self.session),
            "iat": at,
            "exp": at + 900,
            "jti": "x",
        }
        return {name: value for name, value in (right | changes).items() if value is not None}

    def signed(self, header: object, body: object, key: bytes | None = None, digest: str = "sha256") -> str:
        return signed_with(self.key if key is None else key, header, body, digest)

    def good(self) -> str:
        """One that is read: the counter-check."""
        return self.signed(HEADER, self.claims())

    def with_rsa(self) -> str:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return jwt.encode(self.claims(), key, algorithm="RS256", headers={"typ": "at+jwt"})

    def hostile(self) -> dict[str, str]:
        """By what is wrong with each."""
        return self._wrong_signatures() | self._wrong_heads() | self._wrong_claims() | self._no_tokens()

    def _wrong_signatures(self) -> dict[str, str]:
        good = self.good()
        return {
            "alg none": f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{part(self.claims())}.",
            "alg None": f"{part({'alg': 'None', 'typ': 'at+jwt'})}.{part(self.claims())}.",
            "alg nOnE, signed": self.signed({"alg": "nOnE", "typ": "at+jwt"}, self.claims()),
            "no alg": self.signed({"typ": "at+jwt"}, self.claims()),
            "HS512": self.signed({"alg": "HS512", "typ": "at+jwt"}, self.claims(), digest="sha512"),
            "HS384": self.signed({"alg": "HS384", "typ": "at+jwt"}, self.claims(), digest="sha384"),
            "RS256": self.with_rsa(),
            "a public key as secret": self.signed(HEADER, self.claims(), public_key()),
            "another key": self.signed(HEADER, self.claims(), b"k" * 32),
            "the install's secret itself": self.signed(HEADER, self.claims(), self.secret),
            "an empty key": self.signed(HEADER, self.claims(), b""),
            "no signature": good.rpartition(".")[0] + ".",
            "a cut signature": good[:-4],
            "a signature of something else": good.rpartition(".")[0] + "." + part(hashlib.sha256(b"x").digest()),
            "claims changed": ".".join((good.split(".")[0], part(self.claims(sub=str(new_id()))), good.split(".")[2])),
        }

    def _wrong_heads(self) -> dict[str, str]:
        return {
            "kid": self.signed(HEADER | {"kid": "../../dev/null"}, self.claims()),
            "jku": self.signed(HEADER | {"jku": "https://evil.test/keys"}, self.claims()),
            "jwk": self.signed(HEADER | {"jwk": {"kty": "oct", "k": part(b"k" * 32)}}, self.claims(), b"k" * 32),
            "x5u": self.signed(HEADER | {"x5u": "https://evil.test/cert"}, self.claims()),
            "crit": self.signed(HEADER | {"crit": ["exp"]}, self.claims()),
            "b64 false": self.signed(HEADER | {"b64": False}, self.claims()),
            "typ JWT": self.signed({"alg": "HS256", "typ": "JWT"}, self.claims()),
            "typ refresh": self.signed({"alg": "HS256", "typ": "refresh+jwt"}, self.claims()),
            "no typ": self.signed({"alg": "HS256"}, self.claims()),
        }

    def _wrong_claims(self) -> dict[str, str]:
        at = int(self.now.timestamp())
        return {
            "no exp": self.signed(HEADER, self.claims(exp=None)),
            "no iat": self.signed(HEADER, self.claims(iat=None)),
            "no iss": self.signed(HEADER, self.claims(iss=None)),
            "no aud": self.signed(HEADER, self.claims(aud=None)),
            "no sub": self.signed(HEADER, self.claims(sub=None)),
            "no sid": self.signed(HEADER, self.claims(sid=None)),
            "no jti": self.signed(HEADER, self.claims(jti=None)),
            "an empty jti": self.signed(HEADER, self.claims(jti="")),
            "exp past": self.signed(HEADER, self.claims(iat=at - 1000, exp=at - 1)),
            "exp this instant": self.signed(HEADER, self.claims(iat=at - 900, exp=at)),
            "exp far away": self.signed(HEADER, self.claims(exp=at + 86_400)),
            "exp a word": self.signed(HEADER, self.claims(exp="never")),
            "exp a fraction": self.signed(HEADER, self.claims(exp=at + 100.5)),
            "exp huge": self.signed(HEADER, self.claims(exp=10**30)),
            "exp true": self.signed(HEADER, self.claims(exp=True)),
            "iat future": self.signed(HEADER, self.claims(iat=at + 60)),
            "nbf future": self.signed(HEADER, self.claims(nbf=at + 60)),
            "another aud": self.signed(HEADER, self.claims(aud="another")),
            "several aud": self.signed(HEADER, self.claims(aud=["timeline-local/api", "another"])),
            "another iss": self.signed(HEADER, self.claims(iss="timeline-local/ffffffffffffffff")),
            "sub no id": self.signed(HEADER, self.claims(sub="1 OR 1=1")),
            "sid a number": self.signed(HEADER, self.claims(sid=7)),
            "scope smuggled in": self.signed(HEADER, self.claims(scope="admin")),
        }

    def _no_tokens(self) -> dict[str, str]:
        good = self.good()
        return {
            "a list of claims": self.signed(HEADER, [self.claims()]),
            "not JSON": self.signed(HEADER, b"\xff\xfe"),
            "a header that is a list": self.signed([HEADER], self.claims()),
            "a million characters": "eyJ" + "a" * 1_000_000 + ".b.c",
            "five parts": good + ".a.b",
            "two parts": "a.b",
            "nothing": "",
            "an opaque refresh token": "q" * 43,
            "beyond ASCII": good + "\u00e9",
        }
