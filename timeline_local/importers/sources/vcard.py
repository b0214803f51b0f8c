"""Address books: vCard 2.1, 3.0 and 4.0, as phones, mail programs and Google's Takeout write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from timeline_local.domain.drafts import JSON, Contact, MediaRef, PersonRef, Problem
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.content_lines import (
    Component,
    Property,
    components,
    plain,
    read_property,
    split_values,
    unescaped,
)
from timeline_local.importers.embedded import Coding, Embedded

HEAD_BYTES = 1024
ITEMS_PER_CHECKPOINT = 200

_ENDINGS = (".vcf", ".vcard")
_OTHER_ENDINGS = (".ics", ".txt", ".vcs")  # that some programs give to cards
_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN:VCARD")
_PICTURES = (".jpg", ".jpeg", ".png")
_KINDS = frozenset({"KIND", "X-ADDRESSBOOKSERVER-KIND"})
_BEGINS = (("/9j/", ".jpg"), ("iVBORw0KGgo", ".png"), ("R0lGOD", ".gif"))  # in base64, the first bytes of a picture
_OMITTED_YEAR = "1604"  # what Apple writes for a birthday without a year, with a parameter that says so
_DAY = re.compile(r"(?P<year>\d{4})-?(?P<month>\d\d)-?(?P<day>\d\d)(?:T.*)?|--(?P<m>\d\d)-?(?P<d>\d\d)", re.ASCII)
_YEAR = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)  # a month of a year too
_NO_YEAR = "0000"
_LEFT_OUT = ("PHOTO", "LOGO", "SOUND", "KEY")  # what the record of a card is kept without
_FEWEST_BYTES = 32  # of a picture
# Properties whose value is an address of a service, and where the service's name stands.
_HANDLES = {
    "IMPP": "",
    "X-AIM": "aim",
    "X-ICQ": "icq",
    "X-JABBER": "xmpp",
    "X-SKYPE": "skype",
    "X-SKYPE-USERNAME": "skype",
    "X-GADUGADU": "gadugadu",
    "X-GOOGLE-TALK": "xmpp",
    "X-GTALK": "xmpp",
    "X-MSN": "msn",
    "X-QQ": "qq",
    "X-TWITTER": "twitter",
    "X-YAHOO": "yahoo",
}


@dataclass(frozen=True, slots=True)
class VCard:
    name: str = "vcard"
    title: str = "Contacts"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one card is found."""
        found = next((file for file in folder.sample() if _is_book(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no contacts in this folder.")
        return Recognition(0.9, f"It holds contacts, {found.name} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One contact for each card."""
        for listing, file, done in files_from(folder, _is_book, options, checkpoint):
            yield from _cards(folder, file, _pictures(listing), done)


def _pictures(listing: Listing) -> dict[str, str]:
    """The pictures beside a book, by the name they are called after."""
    return {file.name.rpartition(".")[0].casefold(): file.locator for file in listing.files if _is_picture(file)}


def _is_book(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(_ENDINGS + _OTHER_ENDINGS):
        return False
    head = folder.head(file.locator, HEAD_BYTES).upper()
    return b"BEGIN:VCARD" in head if file.name.lower().endswith(_ENDINGS) else _BEGIN.match(head) is not None


def _is_picture(file: File) -> bool:
    return file.name.lower().endswith(_PICTURES)


def _cards(folder: Folder, file: File, pictures: dict[str, str], skip: int) -> Iterator[Item]:
    count = 0
    try:
        for found in components(folder, file.locator, frozenset({"VCARD"})):
            if isinstance(found, Component):
                count = found.number
                if count > skip:
                    yield from _contact(file, found, pictures)
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(file, count)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        yield Problem(file.locator, "unreadable", f"This file cannot be read ({why}).")
    if not count:
        yield Problem(file.locator, "empty", "This file holds no contacts.")


def _contact(file: File, found: Component, pictures: dict[str, str]) -> Iterator[Item]:
    where = f"{file.locator}#{found.number}"
    if not found.is_whole:
        yield Problem(f"{where}/end", "contact-broken", "The file ends in this contact; what is there was taken.")
    own = found.own_lines()  # a card in a card is somebody else's
    read = [each for line in own if (each := read_property(line)) is not None]
    if any(each.name in _KINDS and _text(each).lower() == "group" for each in read):
        yield Problem(where, "unsupported", "This is a group of contacts, not a person.")
        return
    name = _name(read)
    addresses = tuple(_addresses(read))
    if not name and not addresses:
        yield Problem(where, "empty", "The contact has neither a name nor an address.")
        return
    shown = name or addresses[0].name
    uid = next((_text(each) for each in read if each.name == "UID"), "")
    picture = pictures.get(shown.casefold())
    photo = (
        _inside(file, found, own, shown)
        if picture is None
        else MediaRef(locator=picture, name=picture.rpartition("/")[2])
    )
    text = "\r\n".join(line for line in own if _bare_name(line) not in _LEFT_OUT)
    yield Contact(
        source_key=uid or f"{shown}/{addresses[0].value if addresses else ''}",
        name=shown,
        addresses=tuple(PersonRef(name=shown, kind=each.kind, value=each.value) for each in addresses),
        born=next((born for each in read if each.name == "BDAY" and (born := _born(each))), ""),
        note="\n".join(told for each in read if each.name == "NOTE" and (told := _text(each))),
        photo=photo,
        raw=text.encode(),
    )


def _inside(file: File, found: Component, own: Sequence[str], shown: str) -> MediaRef | None:
    """The picture that is written in the card as base64: JPEG, PNG or GIF, whatever the card says of it."""
    for number, place in found.places.items():
        line = found.lines[number]
        each = read_property(line)
        told = "" if each is None else each.value.partition(",")[2] if each.value[:5].lower() == "data:" else each.value
        ending = next((ending for begin, ending in _BEGINS if told.lstrip().startswith(begin)), None)
        if ending is None or line not in own:
            continue
        letters = len(told) - sum(told.count(other) for other in " \t=")
        name = f"{shown}{ending}"
        inner = Embedded(file.locator, Coding.BASE64, place.start, place.length, letters * 3 // 4, name)
        if inner.size >= _FEWEST_BYTES:
            return MediaRef(locator=inner.locator, name=name)
    return None


def _bare_name(line: str) -> str:
    """The name of a line without its group, in capitals."""
    return re.split("[:;]", line, maxsplit=1)[0].rpartition(".")[2].upper()


def _name(read: Sequence[Property]) -> str:
    """The formatted name, else the parts of the structured one, else the nickname or the organisation."""
    for wanted in ("FN", "N", "NICKNAME", "ORG"):
        for each in read:
            if each.name == wanted and (told := _called(each)):
                return told
    return ""


def _called(each: Property) -> str:
    if each.name == "N":
        family, given, middle, prefix, suffix = (*map(str.strip, split_values(plain(each))), "", "", "", "", "")[:5]
        return " ".join(part for part in (prefix, given, middle, family, suffix) if part)
    if each.name == "ORG":
        return ", ".join(part.strip() for part in split_values(plain(each)) if part.strip())
    return " ".join(_text(each).split())


def _addresses(read: Sequence[Property]) -> Iterator[PersonRef]:
    for each in read:
        value = _text(each)
        if each.name == "EMAIL" and "@" in value:
            yield PersonRef(name=value, kind="email", value=value.removeprefix("mailto:"))
        elif each.name == "TEL" and any(letter.isdigit() for letter in value):
            number = value.removeprefix("tel:").partition(";")[0]
            yield PersonRef(name=number, kind="phone", value=number)
        elif each.name in _HANDLES and value:
            service, colon, handle = value.partition(":")
            kind = _HANDLES[each.name] or each.parameters.get("X-SERVICE-TYPE", service if colon else "")
            handle = handle if colon and not _HANDLES[each.name] else value
            if kind and handle:
                yield PersonRef(name=handle, kind="handle", value=f"{kind.lower()}:{handle}")


def _born(each: Property) -> str:
    """EDTF; "" for what is no date. Only the day counts: nobody's birthday moves with a time zone."""
    value = _text(each)
    if _YEAR.fullmatch(value):
        return value
    found = _DAY.fullmatch(value)
    if found is None:
        return ""
    year, month, day = found["year"], found["month"] or found["m"], found["day"] or found["d"]
    omitted = each.parameters.get("X-APPLE-OMIT-YEAR", _OMITTED_YEAR)
    is_without_year = year is None or year in {omitted, _NO_YEAR}
    try:
        date(2000 if is_without_year else int(year), int(month), int(day))  # 2000 has a 29 February
    except ValueError:
        return ""
    return f"--{month}-{day}" if is_without_year else f"{year}-{month}-{day}"


def _text(each: Property) -> str:
    return loose.text(unescaped(plain(each)))
