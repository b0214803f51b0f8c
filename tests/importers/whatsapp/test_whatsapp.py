"""WhatsApp: every way in which phones write a date, several lines, files, and who said what in which chat."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.addresses import normalise_address
from timeline_local.domain.drafts import Draft, PlaceRef
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, Item, ReadOptions
from timeline_local.importers.chat_heads import read_line
from timeline_local.importers.chat_lines import Order, order_of
from timeline_local.importers.sources.whatsapp import WhatsApp

EXPECTED = Path(__file__).with_name("expected.json")
days = st.dates(date(2010, 1, 1), date(2040, 1, 1))


@pytest.mark.parametrize(
    ("line", "date", "time"),
    [
        ("[03/04/21, 9:05:07 PM] Anna: Hi", (3, 4, 21), (21, 5, 7)),
        ("[03/04/21, 9:05:07\u202fPM] Anna: Hi", (3, 4, 21), (21, 5, 7)),
        ("\u200e[03.04.21, 21:05:07] Anna: Hi", (3, 4, 21), (21, 5, 7)),
        ("03.04.21, 21:05 - Anna: Hi", (3, 4, 21), (21, 5, 0)),
        ("3/4/2021, 9:05 p. m. - Anna: Hi", (3, 4, 2021), (21, 5, 0)),
        ("3/4/2021, 9:05 p.\u00a0m. - Anna: Hi", (3, 4, 2021), (21, 5, 0)),
        ("3/4/21 9:05 am - Anna: Hi", (3, 4, 21), (9, 5, 0)),
        ("3/4/21, 12:05 AM - Anna: Hi", (3, 4, 21), (0, 5, 0)),
        ("3/4/21, 12:05 PM - Anna: Hi", (3, 4, 21), (12, 5, 0)),
        ("2021-04-03, 21:05 - Anna: Hi", (2021, 4, 3), (21, 5, 0)),
        ("[2021/04/03 21:05:07] Anna: Hi", (2021, 4, 3), (21, 5, 7)),
        ("3. 4. 2021 21.05 - Anna: Hi", (3, 4, 2021), (21, 5, 0)),
        ("03-04-21 21:05 - Anna: Hi", (3, 4, 21), (21, 5, 0)),
        ("03/04/2021, 21:05 – Anna: Hi", (3, 4, 2021), (21, 5, 0)),
        ("3.4.2021 klo 21.05 - Anna: Hi", (3, 4, 2021), (21, 5, 0)),
        ("03/04/21 21:05:07: Anna: Hi", (3, 4, 21), (21, 5, 7)),
        ("03/04/21 9:05:07 PM: Anna: Hi", (3, 4, 21), (21, 5, 7)),
        ("2021/4/3 21:05 - Anna: Hi", (2021, 4, 3), (21, 5, 0)),
        ("2021/4/3 下午9:05 - Anna: Hi", (2021, 4, 3), (21, 5, 0)),
        ("[2021/4/3 上午12:05:07] Anna: Hi", (2021, 4, 3), (0, 5, 7)),
        ("[2021/04/03 午後9:05:07] Anna: Hi", (2021, 4, 3), (21, 5, 7)),
        ("[2021. 4. 3. 오후 9:05:07] Anna: Hi", (2021, 4, 3), (21, 5, 7)),
        ("3/4/21, 9:05 μ.μ. - Anna: Hi", (3, 4, 21), (21, 5, 0)),
        ("3/4/21, 9:05 π.μ. - Anna: Hi", (3, 4, 21), (9, 5, 0)),
        ("٣\u200f/٤\u200f/٢٠٢١، ٩:٠٥ م - Anna: Hi", (3, 4, 2021), (21, 5, 0)),
        ("3\u200f/4\u200f/2021, 9:05 ص - Anna: Hi", (3, 4, 2021), (9, 5, 0)),
        ("3/4/21, 9:05 pm — Anna: Hi", (3, 4, 21), (21, 5, 0)),
        ("03/04/21, 21.05 - Anna: Hi", (3, 4, 21), (21, 5, 0)),
        ("3.4.21 klo 21.05.07 - Anna: Hi", (3, 4, 21), (21, 5, 7)),
        ("3. 4. 2021. 21:05:07 - Anna: Hi", (3, 4, 2021), (21, 5, 7)),
        ("3.04.2021 г., 21:05 ч. - Anna: Hi", (3, 4, 2021), (21, 5, 0)),
        ("2021-04-03 21 h 05 - Anna: Hi", (2021, 4, 3), (21, 5, 0)),
        ("[2021-04-03 21 h 05 min 07 s] Anna: Hi", (2021, 4, 3), (21, 5, 7)),
        ("3/4/2564 21:05 น. - Anna: Hi", (3, 4, 2564), (21, 5, 0)),
        ("21. 4. 3. 오후 9:05 - Anna: Hi", (21, 4, 3), (21, 5, 0)),
        ("2021년 4월 3일 오후 9:05 - Anna: Hi", (2021, 4, 3), (21, 5, 0)),
        ("2021年4月3日 21:05 - Anna: Hi", (2021, 4, 3), (21, 5, 0)),
        ("[2021/4/3 晚上9:05:07] Anna: Hi", (2021, 4, 3), (21, 5, 7)),
        ("2021/4/3\u2009凌晨12:05 - Anna: Hi", (2021, 4, 3), (0, 5, 0)),
        ("[۱۴۰۰/۱/۱۴،\u200f ۲۱:۰۵:۰۷] Anna: Hi", (1400, 1, 14), (21, 5, 7)),
        ("۲۰۲۱/۴/۳،\u200f ۹:۰۵ ب.ظ. - Anna: Hi", (2021, 4, 3), (21, 5, 0)),
        ("৩/৪/২১, ৯:০৫ PM - Anna: Hi", (3, 4, 21), (21, 5, 0)),
        ("३/४/२१, ९:०५ अपराह्न - Anna: Hi", (3, 4, 21), (21, 5, 0)),
        ("3/4/21, பிற்பகல் 9:05 - Anna: Hi", (3, 4, 21), (21, 5, 0)),
        ("20/4/3 (21:05) - Anna: Hi", (20, 4, 3), (21, 5, 0)),
        ("[9:05 PM, 3/4/2021] Anna: Hi", (3, 4, 2021), (21, 5, 0)),
        ("21:05, 3/4/2021 - Anna: Hi", (3, 4, 2021), (21, 5, 0)),
        ("[06/2021/03, 21:05:07] Anna: Hi", (2021, 6, 3), (21, 5, 7)),
        ("3. 4. 2021. 21:05:07 Anna: Hi", (3, 4, 2021), (21, 5, 7)),
        ("3 April 2021, 21:05 - Anna: Hi", (2021, 4, 3), (21, 5, 0)),
        ("Sat, Apr 3, 2021, 9:05 PM - Anna: Hi", (2021, 4, 3), (21, 5, 0)),
        ("[3 de abr. de 2021 21:05:07] Anna: Hi", (2021, 4, 3), (21, 5, 7)),
        ("3/4/21, 9:05\u202fPM - ~\u202fAnna: Hi", (3, 4, 21), (21, 5, 0)),
    ],
)
def test_a_date_is_read_however_the_phone_writes_it(
    line: str, date: tuple[int, int, int], time: tuple[int, int, int]
) -> None:
    found = read_line(line)
    assert found is not None
    assert (found.date, (found.hour, found.minute, found.second)) == (date, time)
    assert (found.author, found.text) == ("Anna", "Hi")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Hello",
        "see 3/4/21 for that",
        "[3/4/21, 9:05 Anna: Hi",
        "3/4/21, 9:05] Anna: Hi",
        "12:30 - lunch: x",
        "3/4/21 9:05: x: y",
        "3/4/5, 9:05 - x: y",
        "3/4/21, 9:05 some - Anna: Hi",
        "3/4/21, 9:05 in the long afternoon - Anna: Hi",
        "3/4/2021 9:05:07 and no colon",
        "3 hours later 9:05 - Anna: Hi",
    ],
)
def test_a_line_without_a_date_at_its_start_goes_on_with_the_message_before(line: str) -> None:
    assert read_line(line) is None


@given(st.lists(days, min_size=40, max_size=60, unique=True))
def test_the_order_of_day_and_month_is_found_over_a_whole_chat(chat: list[date]) -> None:
    chat.sort()
    day_first = [(each.day, each.month, each.year % 100) for each in chat]
    month_first = [(each.month, each.day, each.year % 100) for each in chat]
    assert order_of(day_first) is Order.DAY_FIRST
    assert order_of(month_first) is Order.MONTH_FIRST
    assert order_of([(each.year, each.month, each.day) for each in chat]) is Order.YEAR_FIRST


def test_small_numbers_are_told_apart_by_what_never_runs_backwards_or_changes_more_often() -> None:
    first = date(2021, 1, 1)
    spring = [each for n in range(150) if (each := first + timedelta(days=n)).day <= 12]
    assert order_of([(each.day, each.month, 21) for each in spring]) is Order.DAY_FIRST
    assert order_of([(each.month, each.day, 21) for each in spring]) is Order.MONTH_FIRST
    assert order_of([(3, 4, 21), (4, 4, 21), (5, 4, 21)]) is Order.DAY_FIRST
    assert order_of([(4, 3, 21), (4, 4, 21), (4, 5, 21)]) is Order.MONTH_FIRST
    assert order_of([]) is Order.DAY_FIRST


def wall_clocks(tmp_path: Path, reading: ModuleType, *lines: str) -> list[str]:
    items = reading.read(WhatsApp(), reading.make(tmp_path, {"a.txt": "\n".join(lines)}))
    found = [each.evidence[0].local_at for each in reading.drafts(items).values()]
    return [each.date().isoformat() for each in found if each is not None]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("20. 4. 3. 오후 9:05", "20. 4. 30. 오후 9:05"),  # as phones in Korea, Nepal and the Basque country have it
        ("3/4/2563 21:05 น.", "30/4/2563 21:05 น."),
        ("3/4/63 21:05", "30/4/63 21:05"),
        ("109/4/3 下午9:05", "109/4/30 下午9:05"),
        ("۱۳۹۹/۱/۱۵،\u200f ۲۱:۰۵", "۱۳۹۹/۲/۱۱،\u200f ۲۱:۰۵"),
        ("١٠/٨/١٤٤١، ٩:٠٥ م", "٧/٩/١٤٤١، ٩:٠٥ م"),
        ("04/03/20, 21:05", "04/30/20, 21:05"),
        ("20-03-04, 21:05", "20-30-04, 21:05"),
    ],
)
def test_a_year_is_told_where_it_stands_and_by_its_calendar(
    tmp_path: Path, reading: ModuleType, first: str, second: str
) -> None:
    found = wall_clocks(tmp_path, reading, f"{first} - Anna: Hi", f"{second} - Anna: Hi")
    assert found == ["2020-04-03", "2020-04-30"]


def test_a_long_year_tells_its_place_in_every_line(tmp_path: Path, reading: ModuleType) -> None:
    lines = ("[2020-04-03, 21:05:01] Anna: a", "[30/04/2020, 21:05:01] Anna: b", "[2020.05.01, 21:05:01] Anna: c")
    assert wall_clocks(tmp_path / "a", reading, *lines) == ["2020-04-03", "2020-04-30", "2020-05-01"]
    assert wall_clocks(tmp_path / "b", reading, *lines[1:]) == ["2020-04-30", "2020-05-01"]


def test_heads_of_another_kind_are_quoted_in_a_message(tmp_path: Path, reading: ModuleType) -> None:
    text = (
        "3/4/21, 9:05 - Anna: Look:\n[9:04 PM, 3/3/2021] Bo: no\n2021-03-03 09:04:05 Bo: yes\n3/4/21, 9:06 - Bo: Hi\n"
    )
    first, _ = reading.drafts(reading.read(WhatsApp(), reading.make(tmp_path, {"a.txt": text}))).values()
    assert first.body == "Look:\n[9:04 PM, 3/3/2021] Bo: no\n2021-03-03 09:04:05 Bo: yes"


@pytest.mark.parametrize(
    ("said", "body"),
    [
        ("\u200eimage omitted", "image omitted"),
        ("\u200eIMG-20210403-WA0001.jpg (file attached)", "IMG-20210403-WA0001.jpg (file attached)"),
        ("\u200eBild weggelassen", "Bild weggelassen"),
        ("\u200e이미지 생략됨", "이미지 생략됨"),
        ("plan.pdf • \u200e1 page \u200edocument omitted", "plan.pdf • \u200e1 page \u200edocument omitted"),
        ("\u200ePOLL:\nWhen?\n\u200eOPTION: now (1 vote)", "POLL:\nWhen?\n\u200eOPTION: now (1 vote)"),
        ("ok \u200e<This message was edited>", "ok"),
        ("gut <Diese Nachricht wurde bearbeitet.>", "gut"),
        ("<Media omitted>", "<Media omitted>"),
        ("", ""),
        ("he said <well, no>", "he said <well, no>"),
    ],
)
def test_what_was_sent_is_a_message_however_the_export_tells_it(
    tmp_path: Path, reading: ModuleType, said: str, body: str
) -> None:
    text = f"[03.04.21, 21:05:07] Anna: {said}\n[03.04.21, 21:05:08] Bo: Hi\n"
    items = reading.read(WhatsApp(), reading.make(tmp_path, {"a.txt": text}))
    assert [each.body for each in reading.drafts(items).values()] == [body, "Hi"]
    assert reading.problems(items) == {}


@pytest.mark.parametrize(
    "said",
    [
        "Anna: \u200eThis message was deleted.",
        "Choir: \u200eAnna added Bo",
        'Anna changed the subject from "Lunch: Friday" to "Dinner"',
        "Anna changed the subject to “Lunch: Friday”",
        "You joined using this group's invite link",
    ],
)
def test_what_the_program_says_is_no_message(tmp_path: Path, reading: ModuleType, said: str) -> None:
    text = f"[03.04.21, 21:05:07] Anna: Hi\n[03.04.21, 21:05:08] {said}\n"
    items = reading.read(WhatsApp(), reading.make(tmp_path, {"a.txt": text}))
    assert reading.problems(items) == {"a.txt#2": "system-message"}


@pytest.mark.parametrize(
    "said",
    [
        "\u200eLocation: https://maps.google.com/?q=52.520008,-13.404954",
        "location: https://maps.google.com/?q=52.520008,-13.404954",
        "Here: https://www.google.com/maps/@52.520008,-13.404954,15z",
    ],
)
def test_a_location_is_the_place_of_its_message(tmp_path: Path, reading: ModuleType, said: str) -> None:
    items = reading.read(WhatsApp(), reading.make(tmp_path, {"a.txt": f"[03.04.21, 21:05:07] Anna: {said}\n"}))
    (draft,) = reading.drafts(items).values()
    assert draft.place == PlaceRef(lat=52.520008, lon=-13.404954)


CHAT = """\u200e[14/06/2019, 09:00:00] Anna Berg: \u200eMessages and calls are end-to-end encrypted.
[14/06/2019, 09:01:02] Anna Berg: Look at this
it has
several lines
[14/06/2019, 09:01:03] Bo: \u200e<attached: 00000002-PHOTO-2019-06-14-09-01-03.jpg>
A caption
[14/06/2019, 09:01:04] Bo: \u200e<attached: gone.mp4>
[14/06/2019, 09:01:05] Bo: ok
[14/06/2019, 09:01:05] Bo: ok
[31/02/2019, 09:01:05] Bo: no such day
[14/06/2019, 09:02:00] Bo changed the subject
"""


def test_a_chat_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        "WhatsApp Chat - Choir/_chat.txt": CHAT,
        "WhatsApp Chat - Choir/00000002-PHOTO-2019-06-14-09-01-03.jpg": b"picture",
    }
    items = reading.read(WhatsApp(), reading.make(tmp_path, files))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    "said", [" (file attached)", " (Datei angehängt)", " (archivo adjunto)", " (fichier joint)", "（ファイル添付）"]
)
@pytest.mark.parametrize("mark", ["", "\u200e"])
def test_a_file_is_found_in_any_language(tmp_path: Path, reading: ModuleType, said: str, mark: str) -> None:
    text = f"3/4/21, 9:05 - Anna: {mark}IMG-20210403-WA0001.jpg{said}\nat the sea\n3/4/21, 9:06 - Bo: nice\n"
    folder = reading.make(tmp_path, {"WhatsApp Chat with Anna.txt": text, "IMG-20210403-WA0001.jpg": b"picture"})
    first, _ = reading.drafts(reading.read(WhatsApp(), folder)).values()
    assert ([each.locator for each in first.media], first.body) == (["IMG-20210403-WA0001.jpg"], "at the sea")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("WhatsApp Chat with Anna Berg.txt", "Anna Berg"),
        ("WhatsApp-Chat mit Anna Berg.txt", "Anna Berg"),
        ("WhatsApp Chat - Anna Berg/_chat.txt", "Anna Berg"),
        ("Choir/_chat.txt", "Choir"),
        ("renamed.txt", "renamed"),
        ("WhatsApp Chat with Anna Berg (1).txt", "Anna Berg"),
        ("Chat de WhatsApp con Anna Berg.txt", "Anna Berg"),
        ("Conversación de WhatsApp con Anna Berg.txt", "Anna Berg"),
        ("Discussion WhatsApp avec Anna Berg.txt", "Anna Berg"),
        ("Chat WhatsApp con Anna Berg.txt", "Anna Berg"),
        ("Conversa do WhatsApp com Anna Berg.txt", "Anna Berg"),
        ("WhatsApp-chatt med Anna Berg.txt", "Anna Berg"),
        ("WhatsApp-samtale med Anna Berg.txt", "Anna Berg"),
        ("WhatsApp-chat met Anna Berg.txt", "Anna Berg"),
        ("Czat WhatsApp z Anna Berg.txt", "Anna Berg"),
        ("Чат WhatsApp с контактом Анна.txt", "Анна"),
        ("Ravi ile WhatsApp Sohbeti.txt", "Ravi"),
        ("与李的 WhatsApp 聊天.txt", "李"),
    ],
)
def test_a_chat_is_called_what_its_export_is_called(tmp_path: Path, reading: ModuleType, path: str, name: str) -> None:
    text = "3/4/21, 9:05 - Anna: Hi\n3/4/21, 9:06 - Bo: nice\n"
    drafts = reading.drafts(reading.read(WhatsApp(), reading.make(tmp_path, {path: text})))
    assert {each.name for draft in drafts.values() for each in draft.collections} == {name}


def _names(items: list[Item]) -> set[str]:
    return {each.name for item in items if isinstance(item, Draft) for each in item.collections}


@pytest.mark.parametrize("before", ["", "[14/06/2019, 08:59:00] \u200eYou created group “Choir”\n"])
def test_a_chat_of_an_iphone_is_called_by_the_author_of_its_first_note(
    tmp_path: Path, reading: ModuleType, before: str
) -> None:
    assert _names(reading.read(WhatsApp(), reading.make(tmp_path, {"_chat.txt": before + CHAT}))) == {"Anna Berg"}


def test_a_chat_of_an_iphone_is_called_as_its_folder_where_that_is_imported(
    tmp_path: Path, reading: ModuleType
) -> None:
    folder = reading.make(tmp_path / "WhatsApp Chat - Choir", {"_chat.txt": CHAT})
    assert _names(reading.read(WhatsApp(), folder)) == {"Choir"}


def test_a_chat_of_an_iphone_has_the_same_keys_in_a_folder_of_any_name(tmp_path: Path, reading: ModuleType) -> None:
    text = "[14/06/2019, 09:01:05] Bo: ok\n[14/06/2019, 09:01:06] Bo: fine\n"
    folders = (reading.make(tmp_path / name, {"_chat.txt": text}) for name in ("01a2", "01a3"))
    first, second = (set(reading.drafts(reading.read(WhatsApp(), each))) for each in folders)
    assert first == second


def test_a_chat_of_an_iphone_is_called_as_its_zip(tmp_path: Path, packing: ModuleType, reading: ModuleType) -> None:
    folder = Folder(packing.pack(tmp_path / "WhatsApp Chat - Choir (1).zip", {"_chat.txt": CHAT}))
    assert _names(reading.read(WhatsApp(), folder)) == {"Choir"}


@pytest.mark.parametrize("said", ["+49 170 1234567", "\u202a+49\u00a0170\u00a01234567\u202c", "+1 (555) 010\u20110100"])
def test_who_is_called_by_a_number_is_known_by_it(tmp_path: Path, reading: ModuleType, said: str) -> None:
    text = f"3/4/21, 9:05 - {said}: Hi\n3/4/21, 9:06 - Bo: nice\n"
    first, second = reading.drafts(reading.read(WhatsApp(), reading.make(tmp_path, {"a.txt": text}))).values()
    assert [each.people[0].kind for each in (first, second)] == ["phone", "name"]
    assert normalise_address("phone", first.people[0].value).startswith("+")


def test_chats_of_an_iphone_that_are_imported_one_by_one_stay_apart(
    tmp_path: Path, packing: ModuleType, reading: ModuleType
) -> None:
    text = "[14/06/2019, 09:01:05] Bo: ok\n[14/06/2019, 09:01:06] Bo: fine\n"
    zips = [packing.pack(tmp_path / f"WhatsApp Chat - {each}.zip", {"_chat.txt": text}) for each in ("Anna", "Choir")]
    first, second = (set(reading.drafts(reading.read(WhatsApp(), Folder(each)))) for each in zips)
    assert not first & second


def test_chats_of_an_iphone_keep_their_keys_alone_and_together(
    tmp_path: Path, packing: ModuleType, reading: ModuleType
) -> None:
    zips = [packing.pack(tmp_path / f"WhatsApp Chat - {each}.zip", {"_chat.txt": CHAT}) for each in ("Anna", "Choir")]
    alone = {key for each in zips for key in reading.drafts(reading.read(WhatsApp(), Folder(each)))}
    assert set(reading.drafts(reading.read(WhatsApp(), Folder(tmp_path)))) == alone


@pytest.mark.parametrize("text", ["", "Dear diary", "3/4/21, 9:05 - no author", "Note\n3/4/21, 9:05 - Anna: Hi\n"])
def test_other_text_is_not_taken_for_a_chat(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert WhatsApp().recognise(reading.make(tmp_path, {"a.txt": text})).confidence == 0


def test_a_longer_export_of_the_same_chat_keeps_the_keys(tmp_path: Path, reading: ModuleType) -> None:
    first = reading.drafts(reading.read(WhatsApp(), reading.make(tmp_path / "1", {"Choir/_chat.txt": CHAT})))
    more = CHAT + "[15/06/2019, 10:00:00] Anna Berg: ok\n"
    second = reading.drafts(reading.read(WhatsApp(), reading.make(tmp_path / "2", {"Choir/_chat.txt": more})))
    assert list(second)[: len(first)] == list(first)
    assert len(second) == len(first) + 1


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    text = "".join(f"3/4/21, 9:05 - Anna: ok {n % 3}\n" for n in range(450))
    folder = reading.make(tmp_path, {"a.txt": text})
    whole = list(WhatsApp().read(folder, ReadOptions(), None))
    assert sum(isinstance(item, Checkpoint) for item in whole) == 2
    for index, item in enumerate(whole):
        if isinstance(item, Checkpoint):
            rest = WhatsApp().read(folder, ReadOptions(), item.position)
            assert [each for each in rest if isinstance(each, Draft)] == [
                each for each in whole[index:] if isinstance(each, Draft)
            ]
