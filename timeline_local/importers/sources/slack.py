"""Slack: the export of a workspace, a folder a channel, a file a day. Who is who stands in users.json beside them.

Slack puts addresses instead of files into it; slackdump puts the files beside each channel, which is looked for.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from timeline_local.domain.drafts import JSON, PersonRef
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_reading import SYSTEM, UNSENT, Chat, Program, Said, author, read_chats, sent_at
from timeline_local.importers.conversations import is_there, record
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items

HEAD_BYTES = 16 * 1024
MOST_PEOPLE = 100_000
MOST_CHANNELS = 100_000
NAMED = 4
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json", re.ASCII)
_SIGNS = (re.compile(rb"^\[\s*\{"), re.compile(rb'"type"\s*:\s*"message"'), re.compile(rb'"ts"\s*:\s*"\d{9,11}\.\d+"'))
_LISTS = ("channels.json", "groups.json", "mpims.json", "dms.json")
# What somebody wrote or a program said; all other kinds are notes of Slack ("channel_join", "channel_topic").
_WRITTEN = frozenset(
    {"", "bot_message", "me_message", "file_share", "file_comment", "thread_broadcast", "reply_broadcast",
     "file_mention", "slackbot_response", "huddle_thread"}
)  # fmt: skip
_MARK = re.compile(r"<(?P<what>[@#!]?)(?P<target>[^<>|]{1,3000})(?:\|(?P<label>[^<>]{0,3000}))?>")


@dataclass(frozen=True, slots=True)
class Slack:
    name: str = "slack"
    title: str = "Slack"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one day of a channel is found."""
        found = next((file for file in folder.sample() if _is_day(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no channels of Slack in this folder.")
        return Recognition(0.95, f"It holds channels of Slack, {found.locator} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""
        tell = _Workspaces(folder).tell
        yield from read_chats(folder, options, checkpoint, program=Program("Slack"), is_chat=_is_day, tell=tell)


def _is_day(folder: Folder, file: File) -> bool:
    if not _DAY.fullmatch(file.name):
        return False
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    return all(sign.search(head) for sign in _SIGNS)


@dataclass
class _Workspace:
    """people: names by number. chats: by the folder of each channel."""

    people: dict[str, str] = field(default_factory=dict)
    chats: dict[str, Chat] = field(default_factory=dict)


@dataclass
class _Workspaces:
    """The exports of a folder by where each lies."""

    folder: Folder
    known: dict[str, _Workspace] = field(default_factory=dict)

    def tell(self, file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:
        home = file.locator.rpartition("/")[0]
        root, _, channel = home.rpartition("/")
        workspace = self._workspace(root)
        chat = workspace.chats.get(channel, Chat(channel or "slack", channel or "Slack"))
        for value in json_items(self.folder, file.locator, "item", letters):
            yield chat, _message(loose.members(value), workspace.people, home, root)

    def _workspace(self, root: str) -> _Workspace:
        if root not in self.known:
            found = self.known[root] = _Workspace()
            for told in self._list(root, "users.json"):
                if len(found.people) < MOST_PEOPLE:
                    found.people[loose.text(told.get("id"))] = _name(told)
            for name in _LISTS:
                for told in self._list(root, name):
                    self._channel(told, found)
        return self.known[root]

    def _channel(self, told: Mapping[str, Any], workspace: _Workspace) -> None:
        """A channel lies in a folder called like it, one of two or several people in one called by its number, too."""
        number, name = loose.text(told.get("id")), loose.text(told.get("name"))
        members = [workspace.people.get(each, each) for each in loose.texts(told.get("members"))]
        more = f" +{len(members) - NAMED}" if len(members) > NAMED else ""
        is_crowd = name.startswith("mpdm-") or not name
        called = ", ".join(members[:NAMED]) + more if is_crowd and members else f"#{name}" if name else number
        if number and len(workspace.chats) < MOST_CHANNELS:
            for home in filter(None, (name, number)):
                workspace.chats.setdefault(home, Chat(number, called))

    def _list(self, root: str, name: str) -> Iterator[Mapping[str, Any]]:
        locator = f"{root}/{name}".lstrip("/")
        if not is_there(self.folder, locator):
            return
        try:
            yield from map(loose.members, json_items(self.folder, locator, "item"))
        except (BrokenJson, OSError):
            return


def _name(told: Mapping[str, Any]) -> str:
    profile = loose.members(told.get("profile"))
    names = (profile.get("display_name"), profile.get("real_name"), told.get("real_name"), told.get("name"))
    return next(filter(None, map(loose.text, names)), "")


def _message(told: Mapping[str, Any], people: Mapping[str, str], home: str, root: str) -> Said:
    kind, stamp = loose.text(told.get("subtype")), loose.text(told.get("ts"))
    seconds = loose.number(stamp)
    thread = loose.text(told.get("thread_ts"))
    room = loose.members(told.get("room"))
    began, ended = loose.number(room.get("date_start")), loose.number(room.get("date_end"))
    call = max(ended - began, 0.0) if kind == "huddle_thread" and began and ended else None
    files = [loose.members(each) for each in loose.items(told.get("files"))]
    places = [(each, _places(each, home, root)) for each in files if loose.text(each.get("mode")) != "tombstone"]
    edited: dict[str, JSON] = {"edited": True} if told.get("edited") else {}
    return Said(
        at=sent_at(loose.instant_of_micros(seconds * 1_000_000) if seconds else None),
        author=_author(told, people),
        body="Huddle" if call is not None else _body(told, people),
        number=stamp,
        files=tuple(found for _, found in places if found),
        lacking=tuple(loose.text(each.get("name")) or "file" for each, found in places if not found),
        seconds=call,
        reply_to=thread if thread != stamp else "",
        people=_mentioned(loose.text(told.get("text")), people),
        extra=edited | _reactions(told, people),
        skipped=UNSENT if kind == "tombstone" else "" if kind in _WRITTEN else SYSTEM,
        raw=record(told),
    )  # fmt: skip


def _author(told: Mapping[str, Any], people: Mapping[str, str]) -> PersonRef | None:
    number = loose.text(told.get("user"))
    profile, bot = loose.members(told.get("user_profile")), loose.members(told.get("bot_profile"))
    names = (
        people.get(number), profile.get("display_name"), profile.get("real_name"), told.get("username"),
        bot.get("name"), number,
    )  # fmt: skip
    name = next(filter(None, map(loose.text, names)), "")
    return author(name, "slack" if number else "name", number)


def _body(told: Mapping[str, Any], people: Mapping[str, str]) -> str:
    """The words; of a program that said none, what it shows."""
    lines = [loose.text(told.get("text"))]
    if not lines[0]:
        for each in map(loose.members, loose.items(told.get("attachments"))):
            found = [loose.text(each.get(name)) for name in ("pretext", "title", "text", "title_link")]
            lines += found if any(found) else [loose.text(each.get("fallback"))]

    def plain(found: re.Match[str]) -> str:
        target, label = found["target"], found["label"] or ""
        if found["what"] == "@":
            return f"@{label or people.get(target) or target}"
        if found["what"]:
            return f"{found['what'].replace('!', '@')}{(label or target.partition('^')[0]).lstrip('@')}"
        return f"{label} ({target})" if label and label not in target else target

    return html.unescape(_MARK.sub(plain, "\n".join(filter(None, lines)))).strip()


def _mentioned(text: str, people: Mapping[str, str]) -> tuple[PersonRef, ...]:
    numbers = dict.fromkeys(found["target"] for found in _MARK.finditer(text) if found["what"] == "@")
    return tuple(PersonRef(name=people[each], kind="slack", value=each) for each in numbers if people.get(each))


def _reactions(told: Mapping[str, Any], people: Mapping[str, str]) -> dict[str, JSON]:
    found: list[JSON] = [
        {"emoji": f":{name}:", "by": [people.get(who, who) for who in loose.texts(each.get("users"))]}
        for each in map(loose.members, loose.items(told.get("reactions")))
        if (name := loose.text(each.get("name")))
    ]
    return {"reactions": found} if found else {}


def _places(told: Mapping[str, Any], home: str, root: str) -> tuple[str, ...]:
    """Where slackdump puts a file, in two ways. Cost: two looks; Slack's own export has none."""
    number, name = loose.text(told.get("id")), loose.text(told.get("name")).replace("/", "_")
    if not (number and name):
        return ()
    near = (f"{home}/attachments/{number}-{name}", f"{root}/__uploads/{number}/{name}".lstrip("/"))
    return tuple(each.lstrip("/") for each in near)
