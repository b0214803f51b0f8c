"""Kindle: clippings of a book and day are one note, in every language; made longer they count once.

Heads of entries are those that other readers are tested with; texts are ours.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.kindle import Kindle

EXPECTED = Path(__file__).with_name("expected.json")
BOOK = "Sapiens (Yuval Noah Harari)"


def entry(head: str, text: str = "Words", book: str = BOOK) -> str:
    return f"\ufeff{book}\r\n{head}\r\n\r\n{text}\r\n==========\r\n"


def english(at: str, what: str = "Highlight", where: str = "Location 156-158") -> str:
    return f"- Your {what} on page 23 | {where} | Added on {at}"


FILES = {
    "My Clippings.txt": "".join(
        [
            entry(english("Friday, January 1, 2021 12:00:00 PM"), "A turning"),
            entry(english("Friday, January 1, 2021 12:00:09 PM"), "A turning point.\nIt was."),
            entry(english("Friday, January 1, 2021 12:01:00 PM", "Note", "Location 158"), "Really?"),
            entry(english("Friday, January 1, 2021 9:00:00 AM"), "Earlier"),
            entry(english("Saturday, January 2, 2021 12:30:00 AM"), "Next day"),
            entry(english("Saturday, January 2, 2021 12:31:00 AM", "Bookmark"), ""),
            entry(
                english("Saturday, January 2, 2021 12:32:00 AM"),
                "<You have reached the clipping limit for this item>",
            ),
            entry("- Your Highlight on page 7 | Added on someday", "When?"),
            entry("- Your Highlight on page 90 | Added on Saturday, January 2, 2021 12:40:00 AM", "day"),
            entry(english("Sunday, January 3, 2021 8:00:00 PM"), "By nobody", "A manual"),
        ]
    )
}


def test_clippings_become_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Kindle(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (english("Friday, January 1, 2021 12:00:00 PM"), "2021-01-01T12:00:00"),
        ("- Your Highlight on page 99 | Added on Thursday, 4 June 2020 12:18:46", "2020-06-04T12:18:46"),
        (
            "- Ihre Markierung bei Position 2983-2984 | Hinzugefügt am Dienstag, 17. Mai 2022 21:00:35",
            "2022-05-17T21:00:35",
        ),
        (
            "- Ihre Notiz auf Seite 50 | bei Position 700 | Hinzugefügt am Donnerstag, 17. September 2025 09:00:00",
            "2025-09-17T09:00:00",
        ),
        (
            "- Tu subrayado en la página 12 | posición 100-102 | Añadido el martes, 5 de enero de 2021 9:15:00",
            "2021-01-05T09:15:00",
        ),
        (
            "- Votre surlignement sur la page 5 | emplacement 61-62 | Ajouté le lundi 8 mars 2021 14:05:06",
            "2021-03-08T14:05:06",
        ),
        (
            "- La tua evidenziazione a pagina 3 | posizione 40-41 | Aggiunto in data lunedì 3 maggio 2021 23:59:59",
            "2021-05-03T23:59:59",
        ),
        ("- 位置No. 4404-4404のハイライト |作成日: 2023年8月10日木曜日 18:36:08", "2023-08-10T18:36:08"),
        ("- 您在第 7 页（位置 #95-95）的标注 | 添加于 2021年1月1日星期五 下午12:40:03", "2021-01-01T12:40:03"),
        (
            "- Seu destaque na página 7 | posição 95-95 | Adicionado: sexta-feira, 5 de fevereiro de 2021 07:08:09",
            "2021-02-05T07:08:09",
        ),
    ],
)
def test_the_day_and_the_clock_are_read_in_every_language(
    tmp_path: Path, reading: ModuleType, head: str, expected: str
) -> None:
    (draft,) = reading.drafts(reading.read(Kindle(), reading.make(tmp_path, {"a.txt": entry(head)}))).values()
    assert draft.evidence[0].local_at == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("Sapiens (Yuval Noah Harari)", "Sapiens — Yuval Noah Harari"),
        (
            "Der Rithmatist: Roman (German Edition) (Sanderson, Brandon)",
            "Der Rithmatist: Roman (German Edition) — Sanderson, Brandon",
        ),
        ("Clean Code (Prentice Hall (2008))", "Clean Code — Prentice Hall (2008)"),
        ("No author", "No author"),
    ],
)
def test_the_author_stands_in_the_last_brackets(tmp_path: Path, reading: ModuleType, line: str, title: str) -> None:
    text = entry(english("Friday, January 1, 2021 12:00:00 PM"), book=line)
    (draft,) = reading.drafts(reading.read(Kindle(), reading.make(tmp_path, {"a.txt": text}))).values()
    assert draft.title == title


@pytest.mark.parametrize(
    "text",
    ["Notes\n==========\nmore\n", "- a | b | c\n", "", "==========\n", FILES["My Clippings.txt"].replace("=", "-")],
)
def test_other_texts_are_nothing_to_it(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert Kindle().recognise(reading.make(tmp_path, {"My Clippings.txt": text})).confidence == 0


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    texts = (
        entry(english(f"Friday, January {number % 28 + 1}, {2000 + number // 28} 12:00:00 PM"), str(number))
        for number in range(450)
    )
    folder = reading.make(tmp_path, {"a.txt": "".join(texts)})
    whole = list(Kindle().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 3
    for index in places:
        rest = Kindle().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
