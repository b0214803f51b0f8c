"""The keyring of the system's account: macOS Keychain, Windows Credential Manager, Secret Service or KWallet.

The package is an extra, and a computer without a desktop session has no keyring: both are told in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import ModuleType

from timeline_local.exceptions import KeyringAway

SERVICE = "timeline-local"


def kept(name: str) -> str:
    """What is kept under this name. Raises KeyringAway, also when there is nothing."""
    with _answering() as keyring:
        found: str | None = keyring.get_password(SERVICE, name)
    if found is None:
        raise KeyringAway("The keyring of your account does not hold the keys of this library. " + WITHOUT)
    return found


def keep(name: str, value: str) -> None:
    """Keep the value under this name, in place of an older one, and see that it is there. Raises KeyringAway."""
    with _answering() as keyring:
        keyring.set_password(SERVICE, name, value)
        found: str | None = keyring.get_password(SERVICE, name)
    if found != value:
        raise KeyringAway("The keyring of your account kept nothing. Nothing was changed.")


def forget(name: str) -> None:
    """Take the entry out; one that is gone, or that cannot be taken out, is no error: what it held is elsewhere."""
    with suppress(KeyringAway), _answering() as keyring:
        keyring.delete_password(SERVICE, name)


WITHOUT = (
    "Nothing was changed, and your memories are untouched. Sign in to your desktop, unlock the keyring, start again. "
    "If they are lost for good, delete secrets.json in the library folder: everyone is signed out and second factors "
    "must be set up again; nothing else is lost."
)


@contextmanager
def _answering() -> Iterator[ModuleType]:
    try:
        import keyring  # noqa: PLC0415 - an extra, and a tenth of a second
        from keyring.errors import KeyringError, NoKeyringError  # noqa: PLC0415 - as above
    except ImportError:
        raise KeyringAway(
            "The package `keyring` is not installed. Nothing was changed. Install timeline-local[keyring]."
        ) from None
    try:
        yield keyring
    except NoKeyringError:
        raise KeyringAway(
            "This computer has no keyring that answers, as without a desktop session. Nothing was changed. "
            "Keys in secrets.json (0600) need none."
        ) from None
    except (KeyringError, OSError, RuntimeError) as error:
        raise KeyringAway(f"The keyring of your account does not answer ({type(error).__name__}). {WITHOUT}") from error
