"""Tokens, signatures and proofs: what holds, and for how long."""

from __future__ import annotations

import pytest

from timeline_local.core.security import (
    API_KEY_SHAPE,
    Challenges,
    LaunchTickets,
    MediaSigner,
    api_key_prefix,
    client_proof,
    digest,
    new_api_key,
    new_session_id,
    server_proof,
    session_reference,
)

HOUR = 3600.0
SESSION = b"s" * 32


class Clock:
    def __init__(self, at: float = 1000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def test_an_api_key_shows_its_prefix_and_is_found_by_its_hash() -> None:
    key, prefix, stored = new_api_key()
    assert API_KEY_SHAPE.fullmatch(key)
    assert (api_key_prefix(key), stored, len(stored)) == (prefix, digest(key), 32)


@pytest.mark.parametrize(
    "text", ["", "tl_", "tl_abc_def", "TL_abcdefgh_" + "x" * 43, "tl_abcdefgh_" + "x" * 44, "é" * 50]
)
def test_text_of_another_shape_has_no_prefix(text: str) -> None:
    assert api_key_prefix(text) is None


def test_a_thousand_tokens_are_a_thousand_different_ones() -> None:
    assert len({new_session_id() for _ in range(1000)} | {new_api_key()[0] for _ in range(1000)}) == 2000


@pytest.fixture
def signer() -> MediaSigner:
    return MediaSigner(b"k" * 32)


@pytest.mark.parametrize(
    ("minutes", "valid"), [(0, True), (59, True), (60, True), (119, True), (120, False), (600, False), (-1, False)]
)
def test_a_media_signature_holds_this_hour_and_the_next(signer: MediaSigner, minutes: int, valid: bool) -> None:  # noqa: FBT001
    signature = signer.sign("/m/1", SESSION, 100 * HOUR)
    assert signer.verify("/m/1", SESSION, signature, 100 * HOUR + minutes * 60) is valid


def test_a_media_address_stays_the_same_for_an_hour_so_that_caches_work(signer: MediaSigner) -> None:
    assert signer.query("/m/1", SESSION, 100 * HOUR) == signer.query("/m/1", SESSION, 101 * HOUR - 1)


@pytest.mark.parametrize(
    ("path", "session", "key"),
    [("/m/2", SESSION, b"k" * 32), ("/m/1", b"t" * 32, b"k" * 32), ("/m/1", SESSION, b"j" * 32)],
)
def test_a_media_signature_is_of_one_path_one_session_and_one_key(path: str, session: bytes, key: bytes) -> None:
    signature = MediaSigner(b"k" * 32).sign("/m/1", SESSION, HOUR)
    assert not MediaSigner(key).verify(path, session, signature, HOUR)


@pytest.mark.parametrize("signature", ["", "A" * 22, "é", "\udc80", "x" * 10_000])
def test_nonsense_is_no_signature(signer: MediaSigner, signature: str) -> None:
    assert not signer.verify("/m/1", SESSION, signature, HOUR)


def test_the_reference_of_a_session_tells_nothing_of_its_key() -> None:
    assert session_reference(SESSION) not in SESSION.hex()
    assert len(session_reference(SESSION)) == 12


def test_a_ticket_is_good_once() -> None:
    tickets = LaunchTickets()
    ticket = tickets.issue(7)
    assert [tickets.redeem(ticket) for _ in range(50)] == [7] + [None] * 49


def test_a_ticket_has_256_bits() -> None:
    assert len(LaunchTickets().issue(1)) == 43


@pytest.mark.parametrize(("seconds", "user"), [(0, 7), (59, 7), (60, None), (61, None)])
def test_a_ticket_is_good_for_a_minute(seconds: int, user: int | None) -> None:
    clock = Clock()
    tickets = LaunchTickets(60, monotonic=clock)
    ticket = tickets.issue(7)
    clock.at += seconds
    assert tickets.redeem(ticket) == user


@pytest.mark.parametrize("ticket", ["", "x", "\udc80", "x" * 100_000])
def test_a_made_up_ticket_is_none(ticket: str) -> None:
    assert LaunchTickets().redeem(ticket) is None


def test_old_tickets_give_way_so_that_memory_is_bounded() -> None:
    tickets = LaunchTickets(most=2)
    issued = [tickets.issue(n) for n in range(3)]
    assert [tickets.redeem(ticket) for ticket in issued] == [None, 1, 2]


SECRET = b"i" * 32
NONCE = "ab" * 32


def test_both_sides_prove_that_they_hold_the_secret() -> None:
    challenges = Challenges(SECRET)
    nonce, proof = challenges.issue(NONCE)
    assert proof == server_proof(SECRET, NONCE)
    assert challenges.verify(nonce, client_proof(SECRET, nonce))


def test_a_proof_is_good_once() -> None:
    challenges = Challenges(SECRET)
    nonce, _ = challenges.issue(NONCE)
    assert [challenges.verify(nonce, client_proof(SECRET, nonce)) for _ in range(3)] == [True, False, False]


def test_the_servers_proof_is_no_clients_proof() -> None:
    challenges = Challenges(SECRET)
    nonce, _ = challenges.issue(NONCE)
    _, reflected = challenges.issue(nonce)
    assert not challenges.verify(nonce, reflected)


def test_a_nonce_of_our_own_making_needs_no_memory_so_a_flood_pushes_nobody_out() -> None:
    challenges = Challenges(SECRET)
    nonce, _ = challenges.issue(NONCE)
    for _ in range(5000):
        challenges.issue(NONCE)
    assert challenges.verify(nonce, client_proof(SECRET, nonce))


@pytest.mark.parametrize(("seconds", "good"), [(59, True), (61, False)])
def test_a_nonce_is_good_for_a_minute(seconds: int, good: bool) -> None:  # noqa: FBT001
    clock = Clock()
    challenges = Challenges(SECRET, monotonic=clock)
    nonce, _ = challenges.issue(NONCE)
    clock.at += seconds
    assert challenges.verify(nonce, client_proof(SECRET, nonce)) is good


@pytest.mark.parametrize("nonce", ["", "00" * 40, "zz" * 40, NONCE, "0" * 79])
def test_a_nonce_that_is_not_ours_is_refused_even_with_a_good_proof(nonce: str) -> None:
    assert not Challenges(SECRET).verify(nonce, client_proof(SECRET, nonce))


def test_a_nonce_of_another_process_is_refused() -> None:
    nonce, _ = Challenges(SECRET).issue(NONCE)
    assert not Challenges(SECRET).verify(nonce, client_proof(SECRET, nonce))


@pytest.mark.parametrize("nonce", ["", "ab", "AB" * 32, "zz" * 32, "ab" * 65])
def test_a_client_must_send_a_real_nonce(nonce: str) -> None:
    with pytest.raises(ValueError, match="nonce"):
        Challenges(SECRET).issue(nonce)
