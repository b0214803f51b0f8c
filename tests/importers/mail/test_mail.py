"""Mail: mailboxes and single messages, letters of every kind, parts, files, labels, and what is broken."""

from __future__ import annotations

import base64
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.drafts import Draft
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.mail_headers import evidence, labels, people, words
from timeline_local.importers.sources.mail import MailSource

EXPECTED = Path(__file__).with_name("expected.json")
FROM = "From anna@example.org Fri Jun 14 09:01:02 2019\n"
PICTURE = bytes(range(256)) * 2


def headers(number: int, **more: str) -> str:
    told = {
        "Message-ID": f"<{number}@example.org>",
        "From": '"Berg, Anna" <Anna@Example.org>',
        "To": "Bo <bo@example.org>, cleo@example.org",
        "Subject": f"Number {number}",
        "Date": f"Fri, 14 Jun 2019 09:{number % 60:02}:02 +0200 (CEST)",
    }
    told |= {name.replace("_", "-"): value for name, value in more.items()}
    return "".join(f"{name}: {value}\n" for name, value in told.items() if value)


def mail(number: int, body: str = "Hello\n", **more: str) -> str:
    return f"{headers(number, **more)}\n{body}"


def mailbox(*messages: str) -> str:
    return "".join(f"{FROM}{message}\n\n" for message in messages)


def multipart(*parts: str, kind: str = "mixed", boundary: str = "=_b") -> str:
    opening = f'Content-Type: multipart/{kind};\n boundary="{boundary}"\n'
    return (
        f"{opening}\npreamble\n" + "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\nepilogue\n"
    )


def with_parts(number: int, *parts: str) -> str:
    return headers(number) + multipart(*parts)


ALTERNATIVE = multipart(
    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nSch=C3=B6n =\nhier",
    "Content-Type: text/html\n\n<p>Sch&ouml;n</p>",
    kind="alternative",
    boundary="=_inner",
)
FILE = (
    'Content-Type: image/jpeg; name="=?utf-8?q?Stra=C3=9Fe.jpg?="\nContent-Transfer-Encoding: base64\n'
    f"Content-Disposition: attachment; filename*=utf-8''Stra%C3%9Fe.jpg\n\n{base64.encodebytes(PICTURE).decode()}"
)
INNER = f"Content-Type: message/rfc822\n\n{mail(99, 'inside')}"
WHOLE = mailbox(
    mail(1, "Look\n>From me\n>>From you\nFrom here\n"),
    with_parts(2, ALTERNATIVE, FILE, INNER, "Content-Type: text/plain; name=empty.txt\n\n"),
    mail(3, "<html><head><style>p</style></head><body><p>One &amp; two</p><a href='https://a.example'>x</a>",
         Content_Type="text/html; charset=us-ascii"),
    mail(4, "Gr\u00fc\u00dfe", Subject="=?utf-8?b?R3LDvMOf?= =?utf-8?Q?e_=F0=9F=99?= =?utf-8?Q?=82?= plain",
         X_Gmail_Labels='Inbox,"Trips/Rome, 2019",Starred,=?UTF-8?Q?B=C3=BCcher?=,Category Personal',
         In_Reply_To="<1@example.org>"),
    mail(5, X_Gmail_Labels="Spam"),
    mail(6, X_Gmail_Labels="Trash,Inbox"),
    mail(7, X_Gmail_Labels="Drafts"),
    mail(8, X_Gmail_Labels="Category Promotions"),
    mail(1, "the same again"),
    "no headers at all\n",
    mail(9, "no id", Message_ID=""),
    mail(10, "", Subject=""),
)  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Re: Lunch", "Lunch"),
        ("AW: RE: Fwd[2]: Lunch: when?", "Lunch: when?"),
        ("回复：午餐", "午餐"),
        ("Regarding lunch", "Regarding lunch"),
        ("Re:", "No subject"),
    ],
)
def test_a_thread_is_called_as_before_it_was_answered(
    tmp_path: Path, reading: ModuleType, subject: str, name: str
) -> None:
    answer = mail(2, Subject=subject, References="<1@example.org>\n <2@example.org> <3@example.org>")
    items = reading.read(MailSource(), reading.make(tmp_path, {"a.mbox": mailbox(answer)}))
    (thread,) = reading.drafts(items)["2@example.org"].collections
    assert (thread.key, thread.begins, thread.name) == ("1@example.org", "1@example.org", name)


def test_a_mailbox_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(MailSource(), reading.make(tmp_path, {"All mail.mbox": WHOLE}))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["a.mbox", "a.eml"])
def test_files_are_read_out_of_the_mail_they_stand_in(
    tmp_path: Path, reading: ModuleType, name: str, newline: str
) -> None:
    quoted = "Content-Type: application/x\nContent-Transfer-Encoding: quoted-printable\n\n=00a=\nb"
    plain = "Content-Type: text/csv; name=t.csv\n\n1,2\n3,4"
    text = with_parts(1, FILE, quoted, plain)
    text = (f"{FROM}{text}" if name.endswith("mbox") else text).replace("\n", newline)
    folder = reading.make(tmp_path, {name: text})
    (draft,) = reading.drafts(reading.read(MailSource(), folder)).values()
    found = [(each.name, folder.read(each.locator, limit=9999)) for each in draft.media]
    assert found == [("Straße.jpg", PICTURE), ("file 2", b"\0ab"), ("t.csv", f"1,2{newline}3,4".encode())]
    assert [folder.stat(each.locator).size for each in draft.media] == [len(data) for _, data in found]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("plain", "plain"),
        ("=?iso-8859-1?Q?Sch=F6n?=", "Schön"),
        ("=?iso-8859-1?Q?=80?=", "€"),
        ("=?utf-8?B?w7Y==?= =?UTF-8?Q?_x?=", "ö x"),
        ("=?x-unknown?Q?Sch=C3=B6n?=", "Schön"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?koi8-r?B?8NLJ18XU?= a =?utf-8?Q?b?=", "Привет a b"),
        ("Sch\u00f6n", "Schön"),
        ("folded\n\tline", "folded line"),
    ],
)
def test_a_header_says_what_people_read(written: str, said: str) -> None:
    assert words(written.encode()) == said


def test_a_letter_divided_between_two_words_is_whole() -> None:
    assert words(b"=?utf-8?B?4oI=?= =?utf-8?B?rA==?=") == "€"
    assert words(b"Sch\xf6n") == "Schön"


@pytest.mark.parametrize(
    ("date", "instant", "wall"),
    [
        ("Fri, 14 Jun 2019 09:01:02 +0200 (CEST)", "2019-06-14T07:01:02", None),
        ("14 Jun 19 09:01 EST", "2019-06-14T14:01:00", None),
        ("Fri, 14 Jun 2019 09:01:02 GMT", "2019-06-14T09:01:02", None),
        ("Sat, 31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59", None),
        ("Fri, 14 Jun 2019 09:01:02 +9900", None, "2019-06-14T09:01:02"),
        ("Fri, 14 Jun 2019 09:01:02", None, "2019-06-14T09:01:02"),
        ("Fri, 14 Jun 2019 09:01:02 XYZ", None, "2019-06-14T09:01:02"),
    ],
)
def test_a_date_is_the_instant_unless_its_zone_cannot_be(date: str, instant: str | None, wall: str | None) -> None:
    (found,) = evidence([("date", date.encode())], b"")
    assert found.instant == (datetime.fromisoformat(instant).replace(tzinfo=UTC) if instant else None)
    assert found.local_at == (datetime.fromisoformat(wall) if wall else None)


def test_without_a_date_it_is_when_it_arrived_and_then_what_the_mailbox_says() -> None:
    received = ("received", b"from x by y; Fri, 14 Jun 2019 10:00:00 +0000")
    assert [each.origin for each in evidence([("date", b"soon"), received], b"")] == ["when it arrived"]
    (found,) = evidence([], FROM.strip().encode())
    assert found.local_at == datetime(2019, 6, 14, 9, 1, 2)  # noqa: DTZ001 - a wall clock
    assert evidence([("date", b"Fri, 99 Jun 2019 09:01:02 +0200")], b"") == ()


def test_addresses_are_people_in_their_roles_each_once() -> None:
    told = [
        ("from", b'"Berg, Anna" <a@x.org>'),
        ("to", b"A@X.org, Bo <bo@x.org>, none"),
        ("cc", b"=?utf-8?q?Zo=C3=AB?= <z@x.org>"),
    ]
    assert [(each.name, each.value, each.role.value) for each in people(told)] == [
        ("Berg, Anna", "a@x.org", "author"),
        ("Bo", "bo@x.org", "recipient"),
        ("Zoë", "z@x.org", "recipient"),
    ]
    assert len(people([("to", ", ".join(f"{n}@x.org" for n in range(900)).encode())])) == 50


def test_labels_that_gmail_spells_for_programs_are_its_own(tmp_path: Path, reading: ModuleType) -> None:
    told = (
        mail(1, X_Gmail_Labels="INBOX,STARRED,CATEGORY_PERSONAL,Rome"),
        mail(2, X_Gmail_Labels="CATEGORY_PROMOTIONS"),
    )
    items = reading.read(MailSource(), reading.make(tmp_path, {"a.mbox": mailbox(*told)}))
    assert [(each.tags, each.favourite) for each in reading.drafts(items).values()] == [(("Rome",), True)]
    assert reading.problems(items) == {"a.mbox#2": "junk"}


def test_labels_keep_their_commas() -> None:
    assert labels([("x-gmail-labels", b'Inbox, "a, b" ,c')]) == ("Inbox", "a, b", "c")


def test_mailboxes_that_overlap_give_each_message_once(tmp_path: Path, reading: ModuleType) -> None:
    files = {"Inbox": mailbox(mail(1), mail(2)), "x.mbox/mbox": mailbox(mail(2), mail(3)), "4.eml": mail(3)}
    items = reading.read(MailSource(), reading.make(tmp_path, files))
    assert len(reading.drafts(items)) == 3
    assert sorted(reading.problems(items).values()) == ["twice", "twice"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.txt", mailbox(mail(1))),
        ("a.eml", "Dear diary"),
        ("a", "From here to there"),
        ("a.mbox", ""),
        ("b", "x: y"),
    ],
)
def test_other_files_are_not_taken(tmp_path: Path, reading: ModuleType, name: str, text: str) -> None:
    assert MailSource().recognise(reading.make(tmp_path, {name: text})).confidence == 0


@pytest.mark.parametrize(("name", "data"), [("a.pst", b"!BDN\0"), ("a.msg", b"\xd0\xcf\x11\xe0\xa1")])
def test_outlooks_own_forms_are_answered_with_what_to_do(
    tmp_path: Path, reading: ModuleType, name: str, data: bytes
) -> None:
    found = MailSource().recognise(reading.make(tmp_path, {name: data}))
    assert (found.confidence, ".eml" in found.hint) == (0, True)


@pytest.mark.parametrize(
    "broken",
    [
        "From: " + "(" * 5000 + "\nSubject: x\n\n",
        "Content-Type: multipart/mixed; boundary=" + "a" * 5000 + "\nSubject: x\n\n--a\n",
        "Content-Type: multipart/x; boundary=a\nSubject: x\n\n--a\nContent-Type: multipart/x; boundary=a\n\n--a\n",
        "Subject: x\nContent-Type: text/plain; charset=idna\n\nword\n",
        "Subject: =?utf-8?B?====?=\nDate: \x00\n\nword\n",
        "Subject: x\nContent-Type: image/jpeg; name=a.jpg\nContent-Transfer-Encoding: base64\n\n%%%\n",
        "Subject: x\nContent-Type: a;;;=;name*0*=x'y;name*1=z\n\nword\n",
        "\n\n\n",
    ],
)
def test_one_broken_message_is_not_the_end(tmp_path: Path, reading: ModuleType, broken: str) -> None:
    folder = reading.make(tmp_path, {"a.mbox": mailbox(mail(1), broken, mail(2))})
    found = reading.drafts(reading.read(MailSource(), folder))
    assert {"1@example.org", "2@example.org"} <= found.keys()


@pytest.mark.parametrize(
    ("broken", "text", "files"),
    [
        ("no empty line\n", "no empty line", 0),
        ("no empty line: but words\n\nword\n", "no empty line: but words\n\nword", 0),
        ("Content-Type: multipart/mixed; boundary=a\n\nword\n\n--b--\n", "word\n\n--b--", 0),
        ("Content-Type: multipart/mixed;\n\nword\n", "word", 0),
        ("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\nword\n\n--a--\n", "word", 0),
        ("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\nword\n--a--\n", "word", 0),
        (
            f"Content-Type: multipart/mixed; boundary=a\n\n--b\nContent-Type: text/plain\n\nword\n--b\n{FILE}--b--",
            "word",
            1,
        ),
        (f"Content-Type: multipart/mixed\n\nno reader\n--b\n\nword\n--b\n{FILE}--b--\n", "word", 1),
        (
            "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/x; boundary=b\n\nword\n--a--",
            "word",
            0,
        ),
    ],
)
def test_no_words_are_lost_where_a_message_breaks_its_form(
    tmp_path: Path, reading: ModuleType, broken: str, text: str, files: int
) -> None:
    folder = reading.make(tmp_path, {"a.eml": headers(1) + broken})
    (draft,) = reading.drafts(reading.read(MailSource(), folder)).values()
    assert (draft.body, len(draft.media)) == (text, files)
    assert [folder.read(each.locator, limit=9999) for each in draft.media] == [PICTURE] * files


def test_a_file_below_headers_without_an_empty_line_is_read_where_it_stands(
    tmp_path: Path, reading: ModuleType
) -> None:
    coded = base64.encodebytes(PICTURE).decode()
    part = f"Content-Transfer-Encoding: base64\nContent-Type: image/jpeg\n{coded}"
    folder = reading.make(tmp_path, {"a.eml": with_parts(1, part)})
    (draft,) = reading.drafts(reading.read(MailSource(), folder)).values()
    assert [folder.read(each.locator, limit=9999) for each in draft.media] == [PICTURE]


def test_a_message_of_nothing_but_its_content_is_taken(tmp_path: Path, reading: ModuleType) -> None:
    text = "MIME-Version: 1.0\nContent-Type: text/html\n\n<p>word</p>\n"
    (draft,) = reading.drafts(reading.read(MailSource(), reading.make(tmp_path, {"a.eml": text}))).values()
    assert draft.body == "word"


@given(st.binary(max_size=400), st.sampled_from([b"", b"Content-Type: multipart/mixed; boundary=a\n", b"\n", b"--a\n"]))
def test_no_bytes_at_all_break_it(tmp_path_factory: pytest.TempPathFactory, data: bytes, middle: bytes) -> None:
    folder = tmp_path_factory.mktemp("mail")
    text = f"{FROM}{headers(1)}".encode() + middle + data + f"\n\n{FROM}{mail(2)}".encode()
    (folder / "a.mbox").write_bytes(text)
    found = [each for each in MailSource().read(Folder(folder), ReadOptions(), None) if isinstance(each, Draft)]
    assert found[-1].source_key == "2@example.org"


def test_a_text_that_no_memory_can_hold_is_cut_and_told(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.eml": mail(1, "a" * 20)})
    items = reading.read(MailSource(), folder, ReadOptions(note_characters=10))
    (draft,) = reading.drafts(items).values()
    assert (draft.body, reading.problems(items)) == ("a" * 10, {"a.eml#1#text": "text-cut"})


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    parts = [mailbox(*(mail(number) for number in range(first, first + 250))) for first in (0, 240)]
    folder = reading.make(tmp_path, {"a.mbox": parts[0], "b.mbox": parts[1]})
    whole = list(MailSource().read(folder, ReadOptions(), None))
    stops = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(stops) == 2
    item = whole[stops[0]]
    assert isinstance(item, Checkpoint)
    assert list(MailSource().read(folder, ReadOptions(), item.position)) == whole[stops[0] + 1 :]


def test_a_large_mailbox_is_read_in_little_memory(tmp_path: Path, reading: ModuleType) -> None:
    text = with_parts(1, FILE.replace("\n\n", "\n\n" + f"{'A' * 76}\n" * 20_000, 1))
    folder = reading.make(tmp_path, {"a.mbox": mailbox(text, mail(2))})
    tracemalloc.start()
    try:
        drafts = [each for each in MailSource().read(folder, ReadOptions(), None) if isinstance(each, Draft)]
        assert tracemalloc.get_traced_memory()[1] < 1_000_000  # the file has 1.6 MB
    finally:
        tracemalloc.stop()
    assert folder.stat(drafts[0].media[0].locator).size == 20_000 * 57 + len(PICTURE)
