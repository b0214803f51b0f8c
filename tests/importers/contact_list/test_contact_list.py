"""Contacts in tables: the columns of every program, several addresses in a cell, birthdays in any order."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Contact
from timeline_local.importers.base import Checkpoint, Item, ReadOptions
from timeline_local.importers.sources.contact_list import ContactList

EXPECTED = Path(__file__).with_name("expected.json")
GOOGLE = """First Name,Middle Name,Last Name,Nickname,Organization Name,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value
Anna,Maria,Berg,,,1990-04-05,"Met in Rome,
in May",,* myContacts,* ,anna@example.org ::: a.berg@example.org,Work,anna@work.example,Mobile,+49 170 1234567
,,,,Acme,,,,,,,,,,+49 30 1234
Bo,,,,, --02-29,,,,,,,,,
,,,,,,,,,,,,,,
"""  # noqa: E501 - as Google writes it


def contacts(items: list[Item]) -> list[Contact]:
    return [item for item in items if isinstance(item, Contact)]


def one(tmp_path: Path, reading: ModuleType, text: str) -> Contact:
    folder = reading.make(tmp_path, {"a.csv": text})
    assert ContactList().recognise(folder).confidence > 0
    (found,) = contacts(reading.read(ContactList(), folder))
    return found


def test_a_table_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(ContactList(), reading.make(tmp_path, {"contacts.csv": GOOGLE}))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("head", "row", "expected"),
    [
        ("Name,Given Name,E-mail 1 - Type,E-mail 1 - Value", "Anna Berg,Anna,*,a@x.org", ["a@x.org"]),
        ("First Name,Last Name,E-mail Address,Mobile Phone", "Anna,Berg,a@x.org,+49 1", ["a@x.org", "+49 1"]),
        ("First,Last,Email,Alternate Email 1", "Anna,Berg,a@x.org,b@x.org", ["a@x.org", "b@x.org"]),
        ("Display Name,Primary Email,Mobile Number", "Anna Berg,a@x.org,+49 1", ["a@x.org", "+49 1"]),
        ("Notes:\n\nFirst Name,Last Name,URL,Email", "Anna,Berg,https://linkedin.com/in/ab,", ["linkedin:ab"]),
        ("Full Name;Telephone No", "Anna Berg;030 1234", ["030 1234"]),
        ("name\tphone number", "Anna Berg\t030 1234", ["030 1234"]),
    ],
)
def test_columns_are_known_by_their_names(
    tmp_path: Path, reading: ModuleType, head: str, row: str, expected: list[str]
) -> None:
    found = one(tmp_path, reading, f"{head}\n{row}\n")
    assert (found.name, [each.value for each in found.addresses]) == ("Anna Berg", expected)


@pytest.mark.parametrize(
    ("told", "born"),
    [
        ("1990-04-05", "1990-04-05"),
        ("--04-05", "--04-05"),
        ("1604-04-05", "--04-05"),
        ("1990-04-05T00:00:00", "1990-04-05"),
        ("4/25/1990", "1990-04-25"),
        ("25.4.1990", "1990-04-25"),
        ("4/5/1990", "1990-04-05"),
        ("0/0/00", ""),
        ("1990-02-30", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_a_birthday_is_read_in_any_order(tmp_path: Path, reading: ModuleType, told: str, born: str) -> None:
    assert one(tmp_path, reading, f"Name,Phone,Birthday\nAnna,1,{told}\n").born == born


def test_a_day_that_can_be_no_month_tells_the_order_for_all(tmp_path: Path, reading: ModuleType) -> None:
    text = "Name,Phone,Birthday\nAnna,1,4/5/1990\nBo,2,25/5/1990\n"
    found = contacts(reading.read(ContactList(), reading.make(tmp_path, {"a.csv": text})))
    assert [each.born for each in found] == ["1990-05-04", "1990-05-25"]


def test_a_birthday_in_three_columns_is_one(tmp_path: Path, reading: ModuleType) -> None:
    head = "Display Name,Primary Email,Birth Year,Birth Month,Birth Day"
    assert one(tmp_path, reading, f"{head}\nAnna,a@x.org,1990,4,5\n").born == "1990-04-05"


@pytest.mark.parametrize(
    "head", ["time,latitude,longitude", "Name,Date", "First Name,Email", "Email,Phone", "Title,Name of author", ""]
)
def test_other_tables_are_none_of_contacts(tmp_path: Path, reading: ModuleType, head: str) -> None:
    assert ContactList().recognise(reading.make(tmp_path, {"a.csv": f"{head}\na,b,c\n"})).confidence == 0


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    rows = "".join(f"Anna {n % 3},{n % 3}\n" for n in range(450))
    folder = reading.make(tmp_path, {"a.csv": f"Name,Phone\n{rows}"})
    whole = list(ContactList().read(folder, ReadOptions(), None))
    assert sum(isinstance(item, Checkpoint) for item in whole) == 2
    for index, item in enumerate(whole):
        if isinstance(item, Checkpoint):
            rest = list(ContactList().read(folder, ReadOptions(), item.position))
            assert contacts(rest) == contacts(whole[index:])
