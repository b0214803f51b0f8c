"""Google Chat's folders, with dates in many languages, and Hangouts.json in both of its forms."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.importers.sources.google_chat import GoogleChat

EXPECTED = Path(__file__).with_name("expected.json")
ANA = {"name": "Ana", "email": "ana@example.org", "user_type": "Human"}
BO = {"name": "Bo", "email": "bo@example.org", "user_type": "Human"}


def said(number: str, who: dict[str, str], text: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    told = {"creator": who, "created_date": "Tuesday, February 7, 2023 at 5:38:46\u202fPM UTC", "topic_id": "t"}
    return {**told, **({"text": text} if text else {}), "message_id": f"GRP/t/{number}", **more}


MESSAGES = [
    said("1", ANA, "Hello\nBo"),
    said("2", BO, "", attached_files=[{"original_name": "image.png", "export_name": "File-image.png"}]),
    said("3", BO, "again", attached_files=[{"original_name": "image.png", "export_name": "File-image.png"},
                                           {"original_name": "x.pdf", "export_name": "File-x.pdf"}]),
    said("4", ANA, "yes", quoted_message_metadata={"creator": BO, "text": "again", "message_id": "GRP/t/3"},
         reactions=[{"emoji": {"unicode": "👍"}, "reactor_emails": ["bo@example.org"]}]),
    said("5", ANA, "", message_state="DELETED"),
    said("6", ANA, "", annotations=[{"url_metadata": {"title": "A page", "url": {
        "private_do_not_access_or_else_safe_url_wrapped_value": "https://example.org"}}}]),
]  # fmt: skip


def event(number: str, gaia: str, at: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    told = {"sender_id": {"gaia_id": gaia}, "timestamp": str(1_400_000_000_000_000 + at), "event_id": number}
    return {"conversation_id": {"id": "UgX"}, **told, **more}


def words(*segments: dict[str, str], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"chat_message": {"message_content": {"segment": list(segments), **more}}}


CONVERSATION = {
    "type": "STICKY_ONE_TO_ONE",
    "self_conversation_state": {"self_read_state": {"participant_id": {"gaia_id": "1"}}},
    "participant_data": [
        {"id": {"gaia_id": "1"}, "fallback_name": "Ana"}, {"id": {"gaia_id": "2"}, "fallback_name": "Bo"}],
}  # fmt: skip
EVENTS = [
    event("a", "2", 0, **words(
        {"type": "TEXT", "text": "one"}, {"type": "LINE_BREAK"}, {"type": "LINK", "text": "two"})),
    event("b", "1", 1, **words(attachment=[{"embed_item": {"type": ["PLUS_PHOTO"], "plus_photo": {
        "url": "https://lh3.googleusercontent.com/-x/IMG%2B1.jpg"}}}])),
    event("c", "1", 2, hangout_event={"event_type": "START_HANGOUT"}),
    event("d", "1", 90_000_000, hangout_event={"event_type": "END_HANGOUT", "hangout_duration_secs": "60"}),
    event("e", "9", 4, membership_change={"type": "LEAVE"}),
    event("f", "9", 5, **words(attachment=[{"embed_item": {"place_v2": {"name": "Pier", "geo": {
        "geo_coordinates_v2": {"latitude": 48.2, "longitude": 16.4}}}}}])),
]  # fmt: skip
HANGOUTS = {
    "conversations": [
        {"conversation": {"conversation_id": {"id": "UgX"}, "conversation": CONVERSATION}, "events": EVENTS}
    ]
}
OLD = {"conversation_state": [{"conversation_id": {"id": "UgO"}, "conversation_state": {
    "conversation": {"id": {"id": "UgO"}, **CONVERSATION}, "event": EVENTS[:1]}}]}  # fmt: skip
HOME = "Takeout/Google Chat"
FILES: dict[str, bytes | str] = {
    f"{HOME}/Groups/DM xyz/messages.json": json.dumps({"messages": MESSAGES}),
    f"{HOME}/Groups/DM xyz/group_info.json": json.dumps({"members": [ANA, BO]}),
    f"{HOME}/Groups/DM xyz/File-image.png": b"first",
    f"{HOME}/Groups/DM xyz/File-image(1).png": b"second",
    f"{HOME}/Users/User 1/user_info.json": json.dumps({"user": ANA, "membership_info": []}),
    "Takeout/Hangouts/Hangouts.json": json.dumps(HANGOUTS),
    "Takeout/Hangouts/IMG+1.jpg": b"picture",
    "old/Hangouts.json": json.dumps(OLD),
}


def test_both_become_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(GoogleChat(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    "date",
    [
        "Tuesday, February 7, 2023 at 5:38:46 PM UTC",
        "Tuesday, 7 February 2023 at 17:38:46 UTC",
        "Dienstag, 7. Februar 2023 um 17:38:46 UTC",
        "mardi 7 février 2023 à 17:38:46 UTC",
        "martes, 7 de febrero de 2023, 17:38:46 UTC",
        "martedì 7 febbraio 2023 alle ore 17:38:46 UTC",
        "terça-feira, 7 de fevereiro de 2023 às 17:38:46 UTC",
        "вторник, 7 февраля 2023 г. в 17:38:46 UTC",
        "2023年2月7日火曜日 17:38:46 UTC",
        "2023년 2월 7일 화요일 오후 5시 38분 46초 UTC",
        "2023年2月7日星期二 UTC 17:38:46",
    ],
)
def test_dates_are_read_in_the_language_of_the_account(tmp_path: Path, reading: ModuleType, date: str) -> None:
    text = json.dumps({"messages": [{**said("1", ANA, "x"), "created_date": date}]})
    [draft] = reading.drafts(reading.read(GoogleChat(), reading.make(tmp_path, {"messages.json": text}))).values()
    assert f"{draft.evidence[0].instant:%Y-%m-%d %H:%M:%S}" == "2023-02-07 17:38:46"


@pytest.mark.parametrize("date", ["", "yesterday", "Tuesday, February 31, 2023 at 5:38:46 PM UTC", "February 7, 2023"])
def test_a_date_that_cannot_be_read_is_told(tmp_path: Path, reading: ModuleType, date: str) -> None:
    text = json.dumps({"messages": [{**said("1", ANA, "x"), "created_date": date}]})
    items = reading.read(GoogleChat(), reading.make(tmp_path, {"messages.json": text}))
    assert reading.problems(items) == {"messages.json#1": "no-time"}


@pytest.mark.parametrize(("name", "told"), [("renamed.json", HANGOUTS), ("a.json", {"messages": MESSAGES})])
def test_they_are_known_by_their_content(tmp_path: Path, reading: ModuleType, name: str, told: object) -> None:
    assert GoogleChat().recognise(reading.make(tmp_path, {name: json.dumps(told)})).confidence > 0
