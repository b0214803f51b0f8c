"""The second factor's arithmetic, against the vectors of its RFCs."""

from __future__ import annotations

import pytest

from timeline_local.core import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(now: int, code: str) -> None:
    assert totp.code_at(SECRET, now // 30, digits=8) == code


RFC_4226 = (755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489)


@pytest.mark.parametrize("counter", range(10))
def test_codes_are_those_of_rfc_4226(counter: int) -> None:
    assert int(totp.code_at(SECRET, counter)) == RFC_4226[counter]


@pytest.mark.parametrize(("step", "found"), [(97, None), (98, None), (99, 99), (100, 100), (101, 101), (102, None)])
def test_a_clock_may_be_off_by_one_step(step: int, found: int | None) -> None:
    assert totp.matching_step(SECRET, totp.code_at(SECRET, step), 3000.0, after=None) == found


def test_no_code_works_twice_nor_an_older_one_after_it() -> None:
    present, last = totp.code_at(SECRET, 100), totp.code_at(SECRET, 99)
    assert totp.matching_step(SECRET, present, 3000.0, after=100) is None
    assert totp.matching_step(SECRET, last, 3000.0, after=100) is None
    assert totp.matching_step(SECRET, totp.code_at(SECRET, 101), 3000.0, after=100) == 101


@pytest.mark.parametrize("code", ["", "0", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\ud800", "-12345", "9" * 40])
def test_what_is_no_code_fits_nothing(code: str) -> None:
    assert totp.matching_step(SECRET, code, 3000.0, after=None) is None


def test_a_code_may_be_typed_with_a_gap() -> None:
    code = totp.code_at(SECRET, 100)
    assert totp.matching_step(SECRET, f"{code[:3]} {code[3:]}", 3000.0, after=None) == 100


def test_the_address_for_authenticators_names_account_and_product() -> None:
    uri = totp.provisioning_uri(SECRET, account="ana@example.org", issuer="Timeline Local")
    assert uri.startswith("otpauth://totp/Timeline%20Local:ana@example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&")
    assert "issuer=Timeline%20Local" in uri


def test_secrets_and_recovery_codes_are_their_own_each_time() -> None:
    assert len({totp.new_secret() for _ in range(100)}) == 100
    codes = {totp.new_recovery_code() for _ in range(100)}
    assert len(codes) == 100
    assert {len(totp.plain_recovery_code(f" {code.upper()} ")) for code in codes} == {15}
