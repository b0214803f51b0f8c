"""KakaoTalk: the texts of phones and computers, in Korean and English, and the table of a Mac."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.sources.kakaotalk import KakaoTalk

EXPECTED = Path(__file__).with_name("expected.json")
COMPUTER = """개발3팀 님과 카카오톡 대화
저장한 날짜 : 2024-03-11 22:14:03

--------------- 2024년 3월 11일 월요일 ---------------
[박팀장] [오전 9:12] 세진님 어제 그 배포 건 어떻게 됐어요?
[김세진] [오전 9:40] 방금 확인했는데
문제 하나 있어서 : 좀 늦어질 것 같습니다

죄송합니다
[박팀장] [오후 12:05] 사진
[박팀장] [오후 12:06] 삭제된 메시지입니다.
--------------- 2024년 3월 12일 화요일 ---------------
[김세진/96#1] [오전 12:03] [공지] [오전] 회의
"""
PHONE = """Seo 2 님과 카카오톡 대화
저장한 날짜 : 2025년 6월 24일 오후 10:14


2025년 6월 24일 오전 9:22
2025년 6월 24일 오전 9:22, Seo : 안녕
2025년 6월 24일 오전 9:23, Seo님이 Han님을 초대했습니다.
2025년 6월 24일 오후 1:00, Han : 4f6a1b.jpg
2025년 6월 24일 오후 1:01, Han : 없는.jpg
"""
TABLE = 'Date,User,Message\n2024-03-11 09:12:33,"Seo","first\nsecond, with ""quotes"""\n2024-03-11 09:13:00,Han,hi\n'
FILES: dict[str, bytes | str] = {
    "KakaoTalkChats.txt": COMPUTER,
    "phone/talk.txt": "\ufeff" + PHONE.replace("\n", "\r\n"),
    "phone/4f6a1b.jpg": b"picture",
    "mac/KakaoTalk_Chat_Seo.csv": "\ufeff" + TABLE,
}


def test_chats_become_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(KakaoTalk(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            (
                "KakaoTalk Chats with Seo\nDate Saved : 2024-03-11 22:14:03\n\n--------------- Monday, March 11, 2024 "
                "---------------\n[Seo] [9:12 AM] hi\n[Han] [9:13 PM] there\n"
            ),
            ["2024-03-11 09:12:00", "2024-03-11 21:13:00"],
        ),
        (
            (
                "KakaoTalk Chats with Seo\nDate Saved : Mar 11, 2024 10:14 PM\n\nMarch 11, 2024 9:12 AM\n"
                "March 11, 2024 at 9:12 AM, Seo : hi\nMarch 11, 2024 9:13 PM, Han : there\n"
            ),
            ["2024-03-11 09:12:00", "2024-03-11 21:13:00"],
        ),
        (
            (
                "Seo 님과 카카오톡 대화\n저장한 날짜 : 2024. 3. 12. 오후 1:00\n\n2024년 3월 11일 월요일\n"
                "2024. 3. 11. 오전 9:12, Seo : hi\n2024. 3. 11. 21:13, Han : there\n"
            ),
            ["2024-03-11 09:12:00", "2024-03-11 21:13:00"],
        ),
    ],
)
def test_every_language_is_read(tmp_path: Path, reading: ModuleType, text: str, said: list[str]) -> None:
    folder = reading.make(tmp_path, {"chat.txt": text})
    assert KakaoTalk().recognise(folder).confidence > 0
    drafts = [each for each in reading.read(KakaoTalk(), folder) if isinstance(each, Draft)]
    assert [str(each.evidence[0].local_at) for each in drafts] == said
    assert [each.body for each in drafts] == ["hi", "there"]
    assert {each.collections[0].name for each in drafts} == {"Seo"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "[Seo] [9:12 AM] hi\n"),
        ("a.txt", "Chat with Seo\n\nMarch 11, 2024 we met : it was fine\n"),
        ("a.csv", "Date,User,Amount\n2024-03-11,a,1\n"),
    ],
)
def test_other_texts_are_not_taken(tmp_path: Path, reading: ModuleType, name: str, text: str) -> None:
    assert KakaoTalk().recognise(reading.make(tmp_path, {name: text})).confidence == 0
