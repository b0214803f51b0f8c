"""tweets.csv of X's archives before 2019: what the files of months beside it tell, without places and names."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any

from timeline_local.importers.archive import Folder
from timeline_local.importers.json_stream import BrokenJson
from timeline_local.importers.table_rows import csv_rows

_SHORT = re.compile(r"https?://t\.co/\w{1,20}")
_BETWEEN = re.compile(r",(?=https?://)")
_TAG = re.compile(r"(?<![\w&/])#(\w{1,100})")
_HEAD = re.compile(rb'[^\w"]*"?tweet_id"?,"?in_reply_to_status_id"?,[^\n]*"?timestamp"?,[^\n]*"?text"?[,\s]')


def is_table(head: bytes) -> bool:
    return _HEAD.match(head) is not None


def posts_of_table(folder: Folder, locator: str) -> Iterator[dict[str, Any]]:
    """Each row as the JSON of later archives would tell it. Raises OSError, and BrokenJson where it cannot go on."""
    names: list[str] = []
    try:
        for row in csv_rows(folder, locator, delimiter=","):
            if not names:
                names = row
                continue
            yield _post(dict(zip(names, row, strict=False)))
    except csv.Error as error:
        raise BrokenJson(str(error)) from None


def _post(told: dict[str, str]) -> dict[str, Any]:
    text = told.get("text", "")
    return {
        "id_str": told.get("tweet_id", ""),
        "created_at": told.get("timestamp", ""),
        "source": told.get("source", ""),
        "text": text,
        "in_reply_to_status_id_str": told.get("in_reply_to_status_id", ""),
        "entities": {
            "urls": list(_urls(text, told.get("expanded_urls", ""))),
            "hashtags": [{"text": name} for name in _TAG.findall(text) if not name.isdecimal()],
        },
    }


def _urls(text: str, expanded: str) -> Iterator[dict[str, str]]:
    """The short links of a text in its order, where there are as many long ones; some rows name each twice."""
    short = list(dict.fromkeys(_SHORT.findall(text)))
    long = list(dict.fromkeys(filter(None, _BETWEEN.split(expanded))))
    if len(short) == len(long):
        for one, other in zip(short, long, strict=True):
            yield {"url": one, "expanded_url": other}
