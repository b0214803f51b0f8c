"""`timeline-local watch`: folders that the server looks at again and again; always through the API."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timeline_local.cli.access import ask_server
from timeline_local.cli.output import as_json, as_table, say
from timeline_local.core.local_client import API, LocalClient
from timeline_local.exceptions import InvalidInput, WatchedFolderNotFound

JSON = dict[str, Any]
URL = f"{API}/watched-folders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """path: None lists. wishes: now | pause | resume | remove; none of them adds the folder."""

    path: Path | None
    every_min: int
    wishes: tuple[str, ...]
    as_json: bool


def watch_folder(asked: Asked, given: JSON) -> int:
    """Do what was asked; 0. Raises InvalidInput for wishes that exclude each other, WatchedFolderNotFound."""
    if len(asked.wishes) > 1 or (asked.wishes and asked.path is None):
        raise InvalidInput("Name one watched folder, and one thing to do with it.")
    return ask_server(given, lambda client: _through(client, asked))


def _through(client: LocalClient, asked: Asked) -> int:
    if asked.path is None:
        _show(client.get(URL)["items"], as_json_=asked.as_json)
        return 0
    path = asked.path.expanduser().absolute()
    if not asked.wishes:
        told = client.post(URL, {"path": str(path), "every_min": asked.every_min})
        _say(f"Watching {told['path']}, every {told['every_min']} minutes.", told, asked)
        return 0
    known = _known(client, path)
    wish, url = asked.wishes[0], f"{URL}/{known['id']}"
    if wish == "remove":
        client.delete(url)
        _say(f"No longer watching {known['path']}. What was imported stays.", {"id": known["id"]}, asked)
    elif wish == "now":
        _say(f"Looking at {known['path']}.", client.post(f"{url}/look"), asked)
    else:
        told = client.patch(url, {"is_paused": wish == "pause"})
        _say(f"{known['path']}: {'paused' if told['is_paused'] else 'going on'}.", told, asked)
    return 0


def _known(client: LocalClient, path: Path) -> JSON:
    wanted = {str(path), str(path.resolve())}
    found = next((each for each in client.get(URL)["items"] if each["path"] in wanted), None)
    if found is None:
        raise WatchedFolderNotFound(f"{path} is not watched. `timeline-local watch` lists what is.")
    return dict(found)


def _say(sentence: str, told: JSON, asked: Asked) -> None:
    if asked.as_json:
        as_json(told)
    else:
        say(sentence)


def _show(items: list[JSON], *, as_json_: bool) -> None:
    if as_json_:
        as_json({"items": items})
        return
    as_table(("FOLDER", "MINUTES", "LAST LOOK", "STATE"), [_row(each) for each in items])


def _row(item: JSON) -> tuple[str, ...]:
    state = "paused" if item["is_paused"] else "looking" if item["is_looking"] else "watched"
    problem = item["problem"]["detail"] if item["problem"] else state
    return item["path"], str(item["every_min"]), str(item["last_at"] or "never")[:16].replace("T", " "), problem
