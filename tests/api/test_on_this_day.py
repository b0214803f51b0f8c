"""On this day: other years, conversations as one, and whose birthday it is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from timeline_local.schemas import this_day as wire

API = "/api/v1"


async def write(client: httpx.AsyncClient, when: str, title: str = "", **fields: str) -> str:
    made = await client.post(f"{API}/memories", json={"when": when, "title": title or when, **fields})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def person(client: httpx.AsyncClient, name: str, born: str) -> str:
    made = await client.post(f"{API}/people", json={"name": name, "born": born})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def asked(client: httpx.AsyncClient, day: str, year: int = 2026, **params: int) -> dict[str, Any]:
    answer = await client.get(f"{API}/on-this-day", params={"day": day, "year": year, **params})
    assert answer.status_code == 200, answer.text
    wire.ThisDay.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


def years(found: dict[str, Any]) -> list[tuple[str, int, list[str]]]:
    return [(each["day"], each["count"], [one["memory"]["title"] for one in each["items"]]) for each in found["years"]]


async def test_the_years_before_come_newest_first_with_their_latest_memories(client: httpx.AsyncClient) -> None:
    for when in ("2019-06-14", "2019-06-15", "2026-06-14", "2019-06", "2019", "2027-06-14"):
        await write(client, when)
    for title in ("a", "b", "c"):
        await write(client, "2001-06-14", title)
    found = await asked(client, "06-14", limit=2)
    assert [each["years_ago"] for each in found["years"]] == [7, 25]
    assert [(day, count) for day, count, _ in years(found)] == [("2019-06-14", 1), ("2001-06-14", 3)]
    assert [len(titles) for _, _, titles in years(found)] == [1, 2]


async def test_trash_and_archive_stay_away(client: httpx.AsyncClient) -> None:
    gone, kept = await write(client, "2019-06-14"), await write(client, "2018-06-14")
    await client.delete(f"{API}/memories/{gone}")
    await client.patch(f"{API}/memories/{kept}", json={"archived": True})
    assert (await asked(client, "06-14"))["years"] == []


async def test_a_day_of_a_conversation_is_one(client: httpx.AsyncClient) -> None:
    ids = [await write(client, "2019-06-14", kind="message", body=body) for body in ("first", "second", "third")]
    made = await client.post(f"{API}/collections", json={"name": "Choir", "kind": "conversation"})
    await client.post(f"{API}/collections/{made.json()['id']}/memories", json={"memories": ids})
    (found,) = (await asked(client, "06-14"))["years"]
    (only,) = found["items"]
    assert (found["count"], only["conversation"]["count"], only["conversation"]["name"]) == (1, 3, "Choir")


@pytest.mark.parametrize(
    ("day", "year", "days"),
    [
        ("02-28", 2023, ["2020-02-29", "2020-02-28"]),
        ("02-28", 2024, ["2020-02-28"]),
        ("02-29", 2024, ["2020-02-29"]),
    ],
)
async def test_the_leap_day_is_kept_on_the_day_before_where_there_is_none(
    client: httpx.AsyncClient, day: str, year: int, days: list[str]
) -> None:
    for when in ("2020-02-28", "2020-02-29"):
        await write(client, when)
    await person(client, "Leap", "1988-02-29")
    found = await asked(client, day, year)
    assert [each["day"] for each in found["years"]] == days
    assert [each["person"]["name"] for each in found["birthdays"]] == ["Leap"] * ("2020-02-29" in days)


async def test_birthdays_come_by_name_with_years_where_the_year_is_known(client: httpx.AsyncClient) -> None:
    for name, born in (("Bo", "--06-14"), ("Anna", "1985-06-14"), ("Cleo", "1985-06"), ("Dora", "2027-06-14")):
        await person(client, name, born)
    found = await asked(client, "06-14")
    assert [(each["person"]["name"], each["years"]) for each in found["birthdays"]] == [("Anna", 41), ("Bo", None)]


async def test_the_owner_hides_one_birthday_or_all(client: httpx.AsyncClient) -> None:
    anna = await person(client, "Anna", "1985-06-14")
    await person(client, "Bo", "--06-14")
    hidden = await client.patch(f"{API}/people/{anna}", json={"shows_birthday": False})
    assert hidden.json()["shows_birthday"] is False
    assert [each["person"]["name"] for each in (await asked(client, "06-14"))["birthdays"]] == ["Bo"]
    await client.patch(f"{API}/settings", json={"birthdays": False})
    assert (await asked(client, "06-14"))["birthdays"] == []
    await client.patch(f"{API}/settings", json={"birthdays": True})
    await client.patch(f"{API}/people/{anna}", json={"shows_birthday": True})
    assert len((await asked(client, "06-14"))["birthdays"]) == 2


async def test_a_key_that_may_not_read_people_is_told_of_none(client: httpx.AsyncClient) -> None:
    await person(client, "Anna", "1985-06-14")
    made = await client.post(f"{API}/api-keys", json={"name": "k", "scopes": ["timeline:read"]})
    answer = await client.get(
        f"{API}/on-this-day",
        params={"day": "06-14", "year": 2026},
        headers={"Authorization": f"Bearer {made.json()['key']}"},
    )
    assert (answer.status_code, answer.json()["birthdays"]) == (200, [])


@pytest.mark.parametrize("params", [{"day": "06-31"}, {"day": "June"}, {"day": "06-14", "year": 0}, {}])
async def test_what_is_no_day_is_refused(client: httpx.AsyncClient, params: dict[str, str | int]) -> None:
    answer = await client.get(f"{API}/on-this-day", params={"year": 2026, **params})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
