"""A sealed field opens with its key and its context, or not at all; a new key still opens what the old one sealed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.core.encryption import FieldCipher, SealBroken, key_id

OLD, NEW = b"o" * 32, b"n" * 32


@given(plain=st.binary(max_size=200), context=st.binary(max_size=40))
def test_what_was_sealed_opens_again_and_only_there(plain: bytes, context: bytes) -> None:
    cipher = FieldCipher(OLD)
    sealed = cipher.encrypt(plain, context)
    assert cipher.decrypt(sealed, context) == plain
    with pytest.raises(SealBroken):
        cipher.decrypt(sealed, context + b"!")


def test_no_two_seals_of_one_text_are_alike_and_none_shows_it() -> None:
    cipher = FieldCipher(OLD)
    sealed = {cipher.encrypt(b"the same secret text", b"") for _ in range(50)}
    assert len(sealed) == 50
    assert not any(b"secret" in each for each in sealed)


@pytest.mark.parametrize("position", range(len(FieldCipher(OLD).encrypt(b"text", b"here"))))
def test_any_changed_byte_breaks_the_seal(position: int) -> None:
    cipher = FieldCipher(OLD)
    sealed = bytearray(cipher.encrypt(b"text", b"here"))
    sealed[position] ^= 1
    with pytest.raises(SealBroken):
        cipher.decrypt(bytes(sealed), b"here")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + key_id(OLD), b"\x01" + key_id(OLD) + b"n" * 12, b"plain"])
def test_what_is_no_sealed_value_is_refused(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        FieldCipher(OLD).decrypt(sealed, b"")


def test_a_new_key_opens_what_the_old_one_sealed_until_that_is_dropped() -> None:
    sealed = FieldCipher(OLD).encrypt(b"text", b"here")
    rotated = FieldCipher(NEW, older=[OLD])
    assert rotated.decrypt(sealed, b"here") == b"text"
    assert (rotated.is_current(sealed), rotated.is_current(rotated.encrypt(b"text", b"here"))) == (False, True)
    with pytest.raises(SealBroken):
        FieldCipher(NEW).decrypt(sealed, b"here")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_keys_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        FieldCipher(b"k" * length)


def test_the_cipher_does_not_show_its_key() -> None:
    assert OLD.hex() not in repr(FieldCipher(OLD))
    assert str(OLD) not in repr(FieldCipher(OLD))
