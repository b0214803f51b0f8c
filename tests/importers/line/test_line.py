"""LINE's text: days in lines of their own, tabs, quoted words of several lines."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.sources.line import Line

EXPECTED = Path(__file__).with_name("expected.json")
JAPANESE = (
    "[LINE] 花子とのトーク履歴\r\n保存日時：2026/08/21 11:59\r\n\r\n2025/04/18(金)\r\n"
    '12:08\t花子\t"お疲れ様です！\r\n"よろしく""お願いします！"\r\n12:08\t花子\t[写真]\r\n'
    "14:13\t太郎\t振り込み\t完了: しました\r\n21:38\t花子\t☎ 不在着信\r\n21:40\t花子\t☎ 通話時間 1:05\r\n"
    "22:05\t\tメッセージの送信を取り消しました\r\n22:10\t花子がメッセージの送信を取り消しました\r\n"
    "\r\n2025/04/19(土)\r\n午後1:02\t太郎\tまた\r\n午後1:02\t太郎\tまた\r\n"
)
FILES: dict[str, bytes | str] = {"[LINE] 花子.txt": "\ufeff" + JAPANESE}


def test_a_chat_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Line(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("text", "said", "chat"),
    [
        (  # days of the form in which month and day are told apart only by the whole file
            ("[LINE] Chat history with Pizza\nSaved on: 11/04/2025, 08:00\n\nMon, 11/03/2025\n8:15AM\tAlice\thi\n"
            "Wed, 11/26/2025\n12:20 AM\tBob\tlate\n"),
            ["2025-11-03 08:15:00", "2025-11-26 00:20:00"],
            "Pizza",
        ),
        (
            ("[LINE] Chat history with Travel Friends\nSaved on: 26/04/2026, 04:36PM\n\nSun, 26/04/2026\n"
            "04:35PM\tAlex\thi\n04:36PM\tMaya\t[Sticker]\n"),
            ["2026-04-26 16:35:00", "2026-04-26 16:36:00"],
            "Travel Friends",
        ),
        (
            "[LINE] Chat history with Amy\nSaved on: 2024/02/01 10:00\n\n2024.02.01 Thursday\n10:00 AM\tAmy\thi\n",
            ["2024-02-01 10:00:00"],
            "Amy",
        ),
        (
            "[LINE] ประวัติการแชทกับ Group\nบันทึกวันที่ 2024/01/15 10:30\n\n2024/01/15 จันทร์\n10:30\tA\tสวัสดี\n",
            ["2024-01-15 10:30:00"],
            "Group",
        ),
        (
            ("[LINE] 與王小明的聊天記錄\n儲存日期：2024/01/15 10:30\n\n2024/01/15（一）\n上午09:15\t王小明\t早安\n"
            "下午01:02\t我\t早~\n"),
            ["2024-01-15 09:15:00", "2024-01-15 13:02:00"],
            "王小明",
        ),
        (("[LINE] 友人とのトーク履歴\n2026/07/01(水)\n10:00\t友人\tやあ\n[LINE] 友人とのトーク履歴\n2026/07/02(木)\n"
         "10:00\t友人\thi\n"), ["2026-07-01 10:00:00", "2026-07-02 10:00:00"], "友人"),
        ("2015/12/25 Fri\n07:33\tErik\tMerry Christmas!\n", ["2015-12-25 07:33:00"], "chat"),
    ],
)  # fmt: skip
def test_every_language_is_read(tmp_path: Path, reading: ModuleType, text: str, said: list[str], chat: str) -> None:
    folder = reading.make(tmp_path, {"chat.txt": text})
    assert Line().recognise(folder).confidence > 0
    drafts = [each for each in reading.read(Line(), folder) if isinstance(each, Draft)]
    assert [str(each.evidence[0].local_at) for each in drafts] == said
    assert {each.collections[0].name for each in drafts} == {chat}


@pytest.mark.parametrize(
    "text",
    ["[LINE] of code\n\nnothing\n", "2024/01/15\n10:30 a list of things\n", "1/2/2024\n10:30\tonly one\n", ""],
)
def test_other_texts_are_not_taken(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert Line().recognise(reading.make(tmp_path, {"a.txt": text})).confidence == 0
