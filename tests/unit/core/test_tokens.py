"""Access tokens: ours are read, and nothing else is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from timeline_local.core.tokens import AccessTokens, looks_like_one
from timeline_local.domain.ids import new_id

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = b"s" * 32
KEY = hmac.digest(SECRET, b"access-tokens", "sha256")
USER, SESSION = new_id(), new_id()
OURS = AccessTokens(SECRET, "0123456789abcdef", minutes=15)
HEADER = {"alg": "HS256", "typ": "at+jwt"}


def claims(**changes: object) -> dict[str, Any]:
    """Right claims, with these changes; None takes one out."""
    at = int(NOW.timestamp())
    right = {
        "iss": "timeline-local/0123456789abcdef",
        "aud": "timeline-local/api",
        "sub": str(USER),
        "sid": str(SESSION),
        "iat": at,
        "exp": at + 900,
        "jti": "x",
    }
    return {name: value for name, value in (right | changes).items() if value is not None}


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: object, body: object, key: bytes = KEY, digest: str = "sha256") -> str:
    head = f"{part(header)}.{part(body)}"
    return f"{head}.{part(hmac.digest(key, head.encode(), digest))}"


def with_rsa() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims(), key, algorithm="RS256", headers={"typ": "at+jwt"})


def with_public_key_as_secret() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return signed(HEADER, claims(), pem)


GOOD = signed(HEADER, claims())
AT = int(NOW.timestamp())
HOSTILE = {
    "alg none": f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{part(claims())}.",
    "alg None": f"{part({'alg': 'None', 'typ': 'at+jwt'})}.{part(claims())}.",
    "alg nOnE, signed": signed({"alg": "nOnE", "typ": "at+jwt"}, claims()),
    "no alg": signed({"typ": "at+jwt"}, claims()),
    "HS512": signed({"alg": "HS512", "typ": "at+jwt"}, claims(), digest="sha512"),
    "HS384": signed({"alg": "HS384", "typ": "at+jwt"}, claims(), digest="sha384"),
    "RS256": with_rsa(),
    "a public key as secret": with_public_key_as_secret(),
    "another key": signed(HEADER, claims(), b"k" * 32),
    "the install's secret itself": signed(HEADER, claims(), SECRET),
    "an empty key": signed(HEADER, claims(), b""),
    "no signature": GOOD.rpartition(".")[0] + ".",
    "a cut signature": GOOD[:-4],
    "a signature of something else": GOOD.rpartition(".")[0] + "." + part(hashlib.sha256(b"x").digest()),
    "claims changed": ".".join((GOOD.split(".")[0], part(claims(sub=str(new_id()))), GOOD.split(".")[2])),
    "kid": signed(HEADER | {"kid": "../../dev/null"}, claims()),
    "jku": signed(HEADER | {"jku": "https://evil.test/keys"}, claims()),
    "jwk": signed(HEADER | {"jwk": {"kty": "oct", "k": part(b"k" * 32)}}, claims(), b"k" * 32),
    "x5u": signed(HEADER | {"x5u": "https://evil.test/cert"}, claims()),
    "crit": signed(HEADER | {"crit": ["exp"]}, claims()),
    "b64 false": signed(HEADER | {"b64": False}, claims()),
    "typ JWT": signed({"alg": "HS256", "typ": "JWT"}, claims()),
    "typ refresh": signed({"alg": "HS256", "typ": "refresh+jwt"}, claims()),
    "no typ": signed({"alg": "HS256"}, claims()),
    "no exp": signed(HEADER, claims(exp=None)),
    "no iat": signed(HEADER, claims(iat=None)),
    "no iss": signed(HEADER, claims(iss=None)),
    "no aud": signed(HEADER, claims(aud=None)),
    "no sub": signed(HEADER, claims(sub=None)),
    "no sid": signed(HEADER, claims(sid=None)),
    "no jti": signed(HEADER, claims(jti=None)),
    "an empty jti": signed(HEADER, claims(jti="")),
    "exp past": signed(HEADER, claims(iat=AT - 1000, exp=AT - 1)),
    "exp this instant": signed(HEADER, claims(iat=AT - 900, exp=AT)),
    "exp far away": signed(HEADER, claims(exp=AT + 86_400)),
    "exp a word": signed(HEADER, claims(exp="never")),
    "exp a fraction": signed(HEADER, claims(exp=AT + 100.5)),
    "exp huge": signed(HEADER, claims(exp=10**30)),
    "exp true": signed(HEADER, claims(exp=True)),
    "iat future": signed(HEADER, claims(iat=AT + 60)),
    "nbf future": signed(HEADER, claims(nbf=AT + 60)),
    "another aud": signed(HEADER, claims(aud="another")),
    "several aud": signed(HEADER, claims(aud=["timeline-local/api", "another"])),
    "another iss": signed(HEADER, claims(iss="timeline-local/ffffffffffffffff")),
    "sub no id": signed(HEADER, claims(sub="1 OR 1=1")),
    "sid a number": signed(HEADER, claims(sid=7)),
    "scope smuggled in": signed(HEADER, claims(scope="admin")),
    "a list of claims": signed(HEADER, [claims()]),
    "not JSON": signed(HEADER, b"\xff\xfe"),
    "a header that is a list": signed([HEADER], claims()),
    "a million characters": "eyJ" + "a" * 1_000_000 + ".b.c",
    "five parts": GOOD + ".a.b",
    "two parts": "a.b",
    "nothing": "",
    "an opaque refresh token": "q" * 43,
    "beyond ASCII": GOOD + "\u00e9",
}


def test_a_token_made_by_hand_as_ours_is_read() -> None:
    """The counter-check: the hostile ones below differ from this in one thing each."""
    read = OURS.read(GOOD, NOW)
    assert read is not None
    assert (read.user_id, read.session_id, read.expires_at) == (USER, SESSION, NOW + timedelta(minutes=15))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_is_refused(name: str) -> None:
    assert OURS.read(HOSTILE[name], NOW) is None


def test_a_token_is_read_until_its_last_second() -> None:
    token = OURS.issue(USER, SESSION, NOW)
    assert OURS.read(token, NOW + timedelta(seconds=899)) is not None
    assert OURS.read(token, NOW + timedelta(seconds=900)) is None
    assert OURS.read(token, NOW - timedelta(seconds=1)) is None


def test_two_tokens_of_one_session_differ() -> None:
    assert OURS.issue(USER, SESSION, NOW) != OURS.issue(USER, SESSION, NOW)


def test_another_install_reads_nothing_of_ours() -> None:
    other = AccessTokens(b"o" * 32, "0123456789abcdef", minutes=15)
    assert other.read(OURS.issue(USER, SESSION, NOW), NOW) is None


def test_only_what_has_its_shape_is_read_at_all() -> None:
    assert looks_like_one(OURS.issue(USER, SESSION, NOW))
    assert not any(looks_like_one(token) for token in ("", "a.b.c", "tl_aaaaaaaa_" + "b" * 43, "eyJ" * 2000 + ".b.c"))


def test_importing_the_module_loads_no_token_package() -> None:
    code = "import sys, timeline_local.core.tokens; print({'jwt', 'cryptography'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
