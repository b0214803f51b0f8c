"""Search over HTTP: half a query, what could follow, what is found and what that has in common."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.callers import new_user
from timeline_local.queries import facets as facet_queries
from timeline_local.queries import found

API = "/api/v1"
MEMORIES: list[dict[str, Any]] = [
    {
        "title": "Beach",
        "body": "The **sea** was blue.",
        "tags": ["sea"],
        "local_at": "2019-06-14T10:00:00",
        "people": ["Ana Sousa"],
    },
    {"title": "Sea", "body": "grey", "local_at": "2019-07-01T09:00:00", "tags": ["sea", "grey"], "location": "Harbour"},
    {"body": "A long walk, 👍 then the sea.", "local_at": "2021-01-02T08:00:00", "people": ["Ana Sousa", "Miguel"]},
    {"title": "Hill", "body": "no water", "when": "2018", "favourite": True},
]


one_database = pytest.mark.parametrize("dialect", ["sqlite"])  # where no database is asked


@pytest.fixture
async def diary(client: httpx.AsyncClient) -> list[str]:
    """The ids of a few memories."""
    made = [await client.post(f"{API}/memories", json=memory) for memory in MEMORIES]
    assert [answer.status_code for answer in made] == [201] * len(MEMORIES)
    return [answer.json()["id"] for answer in made]


async def ask(client: httpx.AsyncClient, what: str, **params: Any) -> Any:  # noqa: ANN401 - JSON
    answer = await client.get(f"{API}/search{what}", params=params)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.json()


def written(runs: list[dict[str, Any]]) -> str:
    return "".join(f"[{run['text']}]" if run["is_match"] else run["text"] for run in runs)


async def test_results_show_where_they_match(client: httpx.AsyncClient, diary: list[str]) -> None:
    page = await ask(client, "", q="sea", order="newest")
    assert [(item["id"], written(item["title"]), written(item["snippet"])) for item in page["items"]] == [
        (diary[2], "", "A long walk, 👍 then the [sea]."),
        (diary[1], "[Sea]", "grey"),
        (diary[0], "Beach", "The [sea] was blue."),
    ]
    assert page["shorter"] == []
    assert page["items"][1]["location"] == "Harbour"
    assert page["items"][1]["local_at"] == "2019-07-01T09:00:00"


async def test_the_tiles_of_a_search_show_where_it_matches(client: httpx.AsyncClient, diary: list[str]) -> None:
    far = await client.post(f"{API}/memories", json={"body": "nothing here. " * 300 + "The quay.", "when": "2001"})
    items = f"{API}/timeline/items"
    rev = (await ask(client, "/facets", q="sea"))["rev"]
    found_ = (await client.get(items, params={"q": "sea", "from": 0, "to": 9, "rev": rev})).json()
    marks = [marks and found_["text"][at][slice(*marks[:2])] for at, marks in enumerate(found_["marks"])]
    assert (found_["id"], marks) == (diary[2::-1], ["sea", None, "sea"])
    deep = (await client.get(items, params={"q": "quay", "from": 0, "to": 9, "rev": rev})).json()
    assert deep["id"] == [far.json()["id"]]
    assert deep["text"][0].endswith("The quay.")
    plain = (await client.get(items, params={"q": "kind:note", "from": 0, "to": 9, "rev": rev})).json()
    assert plain["marks"] == [None] * 5


async def test_relevance_puts_titles_first(client: httpx.AsyncClient, diary: list[str]) -> None:
    assert (await ask(client, "", q="sea"))["items"][0]["id"] == diary[1]


async def test_pages_show_every_hit_once(client: httpx.AsyncClient, diary: list[str]) -> None:
    shown = {order: await pages(client, q="sea", order=order) for order in ("relevance", "newest", "oldest")}
    assert sorted(shown["relevance"]) == sorted(diary[:3])
    assert (shown["oldest"], shown["newest"]) == (diary[:3], diary[2::-1])


async def pages(client: httpx.AsyncClient, **params: Any) -> list[str]:  # noqa: ANN401 - JSON
    """The ids on all pages of one result."""
    page = await ask(client, "", limit=1, **params)
    shown = [item["id"] for item in page["items"]]
    while page["next_cursor"]:
        page = await ask(client, "", limit=1, cursor=page["next_cursor"], **params)
        shown += [item["id"] for item in page["items"]]
    return shown


async def test_where_nothing_is_found_fewer_terms_are_offered(client: httpx.AsyncClient, diary: list[str]) -> None:
    assert diary
    wanted = {
        "sea camera:leica": [("sea", ["camera:leica"], 3)],
        'hill with:"Ana Sousa"': [('with:"Ana Sousa"', ["hill"], 2), ("hill", ['with:"Ana Sousa"'], 1)],
        "sea hill camera:leica": [("sea", ["hill", "camera:leica"], 3), ("hill", ["sea", "camera:leica"], 1)],
        "near:Rome nothing 99999999km": [],
        "nothing": [],
    }
    found_ = {q: await ask(client, "", q=q) for q in wanted}
    offered = {q: [(way["q"], way["dropped"], way["count"]) for way in page["shorter"]] for q, page in found_.items()}
    assert offered == wanted
    assert [page["items"] for page in found_.values()] == [[]] * len(wanted)
    assert not any(way["is_capped"] for page in found_.values() for way in page["shorter"])


async def test_a_count_of_many_says_that_there_are_more(
    client: httpx.AsyncClient, diary: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert diary
    monkeypatch.setattr(found, "MOST_COUNTED", 2)
    (way,) = (await ask(client, "", q="sea camera:leica"))["shorter"]
    assert (way["count"], way["is_capped"]) == (2, True)


@one_database
async def test_a_query_is_taken_apart_while_it_is_typed(client: httpx.AsyncClient) -> None:
    told = await ask(client, "/parse", q='👍 -with:"Ana S" june 2019 a OR b kind:ph')
    assert [(term["kind"], term["value"], term["is_negated"]) for term in told["terms"]] == [
        ("word", "👍", False),
        ("with", "Ana S", True),
        ("date", "2019-06", False),
        ("or", "a OR b", False),
        ("unclear", "kind:ph", False),
    ]
    assert (told["terms"][1]["start"], told["terms"][1]["end"]) == (2, 15)
    assert (told["terms"][2]["first"], told["terms"][2]["last"]) == ("2019-06-01", "2019-06-30")
    assert told["terms"][4]["without"] == '👍 -with:"Ana S" june 2019 a OR b'
    assert told["canonical"] is None
    assert told["error"]["position"] == 38
    assert told["error"]["expected"].startswith("expected one of photo")


@one_database
async def test_every_term_has_a_kind_and_one_spelling(client: httpx.AsyncClient) -> None:
    kinds = {
        "#it/aly": "tag",
        "near:Rome 5km": "near",
        'near:"41.9,12.5" 3km': "near",
        "rating:>=4": "rating",
        "after:2019": "date",
        '"a b"': "phrase",
    }
    told = {text: await ask(client, "/parse", q=text) for text in kinds}
    assert {text: [term["kind"] for term in parsed["terms"]] for text, parsed in told.items()} == {
        text: [kind] for text, kind in kinds.items()
    }
    again = [(await ask(client, "/parse", q=parsed["canonical"]))["canonical"] for parsed in told.values()]
    assert again == [parsed["canonical"] for parsed in told.values()]


@one_database
async def test_a_mistake_is_refused_where_it_would_be_run(client: httpx.AsyncClient) -> None:
    answers = [await client.get(f"{API}/search{route}", params={"q": "kind:ph"}) for route in ("", "/facets")]
    told = [(answer.status_code, answer.json()["type"], answer.json()["position"]) for answer in answers]
    assert told == [(400, "/problems/invalid-query", 5)] * 2


async def test_suggestions_replace_the_token_at_the_caret(client: httpx.AsyncClient, diary: list[str]) -> None:
    assert diary
    told = await ask(client, "/suggest", q="sea mi beach", caret=6)
    assert (told["start"], told["end"]) == (4, 6)
    assert [(item["kind"], item["insert"], item["memories"]) for item in told["items"]] == [
        ("person", "with:Miguel", 1)
    ]
    assert [item["label"] for item in (await ask(client, "/suggest", q="#"))["items"]] == ["sea", "grey"]


async def test_nobody_is_offered_the_names_of_another(client: httpx.AsyncClient, diary: list[str]) -> None:
    assert diary
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    other = await new_user(transport.app, "ben", "member")  # type: ignore[arg-type]
    for path in ("/suggest?q=with:", "/suggest?q=%23", "/suggest?q=an"):
        reply = await other("GET", f"{API}/search{path}")
        assert reply.json["items"] == [item for item in reply.json["items"] if item["memories"] is None]
    assert (await other("GET", f"{API}/search/facets")).json["total"] == 0


async def test_facets_count_what_the_results_have_in_common(client: httpx.AsyncClient, diary: list[str]) -> None:
    assert diary
    told = await ask(client, "/facets", q="sea")
    assert (told["total"], told["counted"], told["is_capped"]) == (3, 3, False)
    assert told["when"] == {
        "unit": "month",
        "values": [
            {"start": "2021-01-01", "term": "on:2021-01", "count": 1},
            {"start": "2019-07-01", "term": "on:2019-07", "count": 1},
            {"start": "2019-06-01", "term": "on:2019-06", "count": 1},
        ],
        "more": False,
        "undated": 0,
    }
    values = {
        name: [(value["term"], value["count"]) for value in told[name]["values"]]
        for name in ("kinds", "people", "places", "cameras", "sources", "tags")
    }
    assert values == {
        "kinds": [("kind:note", 3)],
        "people": [('with:"Ana Sousa"', 2), ("with:Miguel", 1)],
        "places": [("in:Harbour", 1)],
        "cameras": [],
        "sources": [("from:user", 3)],
        "tags": [("tag:sea", 2), ("tag:grey", 1)],
    }


async def test_every_value_finds_as_many_as_it_says(client: httpx.AsyncClient, diary: list[str]) -> None:
    assert diary
    told = await ask(client, "/facets", q="sea")
    for facet in ("kinds", "people", "places", "sources", "tags", "when"):
        for value in told[facet]["values"]:
            narrowed = await ask(client, "/facets", q=f"sea {value['term']}")
            assert (value["term"], narrowed["total"]) == (value["term"], value["count"])


async def test_facets_say_when_they_have_not_looked_at_all(
    client: httpx.AsyncClient, diary: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert diary
    monkeypatch.setattr(facet_queries, "MOST_COUNTED", 1)
    told = await ask(client, "/facets", q="sea", limit=1)
    assert (told["total"], told["counted"], told["is_capped"]) == (3, 1, True)
    assert [value["label"] for value in told["people"]["values"]] == ["Ana Sousa"]
    assert told["people"]["more"]


async def test_facets_that_did_not_change_are_not_counted_again(client: httpx.AsyncClient, diary: list[str]) -> None:
    assert diary
    first = await client.get(f"{API}/search/facets", params={"q": "sea"})
    again = {"If-None-Match": first.headers["etag"]}
    assert (await client.get(f"{API}/search/facets", params={"q": "sea"}, headers=again)).status_code == 304
    await client.post(f"{API}/memories", json={"body": "more sea"})
    changed = await client.get(f"{API}/search/facets", params={"q": "sea"}, headers=again)
    assert changed.json()["total"] == 4


@one_database
async def test_what_cannot_be_read_is_a_problem(client: httpx.AsyncClient) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("", {"cursor": "nonsense"}),
        ("", {"limit": 0}),
        ("", {"order": "best"}),
        ("/suggest", {"caret": -1}),
        ("/parse", {"q": "x" * 1001}),
        ("/facets", {"limit": 51}),
    ]
    answers = [await client.get(f"{API}/search{route}", params=params) for route, params in wrong]
    assert [answer.status_code for answer in answers] == [400, 422, 422, 422, 422, 422]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
