"""The one form in which an address of a person is kept, so that two mentions of it are the same identity."""

import re
import unicodedata

from timeline_local.domain.fingerprints import fold

LONGEST = 320  # the longest email address there can be
_NOT_DIALLED = re.compile(r"[^\d+]")
_FEWEST_DIGITS = 3


def normalise_address(kind: str, value: str) -> str:
    """The address as it is compared; "" when nothing is left.

    name    folded, single spaces             email   NFC, trimmed, case-folded
    phone   digits with a leading + if it is international (00 counts as one); what holds no number stays as text
    others  NFC, trimmed, case-folded, without the @ before a handle
    """
    if kind == "name":
        return " ".join(fold(value).split())
    plain = unicodedata.normalize("NFC", value).strip().casefold()
    if kind == "phone":
        return _phone(plain) or plain
    return plain if kind == "email" else plain.lstrip("@").strip()


def problem_with(kind: str, value: str) -> str | None:
    """What keeps a text from being an address of this kind, as the end of a sentence; None when it is one."""
    found = normalise_address(kind, value)
    if not found:
        return "names nobody"
    if len(found) > LONGEST:
        return f"must be at most {LONGEST} characters"
    if kind == "email":
        name, at, host = found.rpartition("@")
        is_one = bool(name and at and host) and not any(letter.isspace() for letter in found) and "@" not in name
        return None if is_one else "must be an email address, such as anna@example.org"
    if kind == "phone" and not _phone(found):
        return "must be a phone number, such as +39 06 1234567"
    return None


def _phone(text: str) -> str:
    """The digits of a number; "" for what is none."""
    digits = unicodedata.normalize("NFKC", text)
    dialled = _NOT_DIALLED.sub("", digits.replace("(0)", ""))
    number = "".join(digit for digit in dialled if digit.isdecimal() and digit.isascii())
    if len(number) < _FEWEST_DIGITS or any(letter.isalpha() for letter in digits):
        return ""
    if dialled.startswith("+"):
        return f"+{number}"
    return f"+{number[2:]}" if number.startswith("00") else number
