"""Every cap, at its last value that passes and at the first that does not.

What the description promises (`maximum`, `maxLength`, `maxItems`) is read from it, so a new field is asked about by
itself; the caps it cannot express follow below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from tests.blackbox.boxed import API, Answer, Server
from timeline_local.core.security import SCOPES

UPLOAD_BYTES = 100_000
FILES = 2
JSON_BYTES = 1024 * 1024
SETTINGS = {
    "TIMELINE_MEDIA__MAX_UPLOAD_BYTES": str(UPLOAD_BYTES),
    "TIMELINE_IMPORTS__UPLOAD_FILES": str(FILES),
}
LOWERED = {"TIMELINE_LIMITS__TAGS": "2", "TIMELINE_LIMITS__BATCH": "3", "TIMELINE_LIMITS__BODY_CHARACTERS": "4"}
BOUNDS = ("maximum", "maxLength", "maxItems")
ENDLESS = f"{API}/events"

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cap:
    """A bound of one field. place: query, header or body."""

    method: str
    path: str
    place: str
    name: str
    schema: Schema
    items: Schema

    @property
    def pointer(self) -> str:
        return {"query": f"?{self.name}", "header": f"header:{self.name}", "body": f"#/{self.name}"}[self.place]

    def value(self, beyond: int) -> Any:  # noqa: ANN401 - JSON
        if "maximum" in self.schema:
            number = self.schema["maximum"] + beyond
            return int(number) if self.schema["type"] == "integer" else number
        if "maxLength" in self.schema:
            return "a" * (self.schema["maxLength"] + beyond)
        return [sample(self.items, number) for number in range(self.schema["maxItems"] + beyond)]


def sample(schema: Schema, number: int) -> Any:  # noqa: ANN401 - JSON
    if schema.get("format") == "uuid":
        return str(UUID(int=number))
    return f"t{number}" if schema.get("type") == "string" else {}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with small caps on files."""
    with Server(tmp_path_factory.mktemp("boxed") / "library", settings=SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def bearer(server: Server) -> dict[str, str]:
    """The headers of a key that may do everything."""
    return {"Authorization": f"Bearer {server.api_key(*sorted(SCOPES))}"}


def caps(document: dict[str, Any]) -> Iterator[Cap]:
    models = document["components"]["schemas"]

    def resolved(schema: Schema) -> Schema:
        return resolved(models[schema["$ref"].rpartition("/")[2]]) if "$ref" in schema else schema

    def bounded(schema: Schema) -> Iterator[Schema]:
        for each in (schema, *schema.get("anyOf", ())):
            if any(bound in each for bound in BOUNDS):
                yield each

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            fields = [(each["in"], each["name"], each["schema"]) for each in operation.get("parameters", ())]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            whole = [resolved(each) for each in (body, *body.get("anyOf", ()))]
            fields += [("body", name, each) for model in whole for name, each in model.get("properties", {}).items()]
            for place, name, schema in fields:
                for each in bounded(schema):
                    yield Cap(method.upper(), path, place, name, each, resolved(each.get("items", {})))


def ask(server: Server, bearer: dict[str, str], cap: Cap, beyond: int) -> Answer:
    value = cap.value(beyond)
    path = re.sub(r"\{[a-z_]+\}", str(UUID(int=0)), cap.path)
    if cap.place == "body":
        headers = bearer | {"Content-Type": "application/json"}
        return server.ask(cap.method, path, headers, json.dumps({cap.name: value}).encode())
    if cap.place == "header":
        return server.ask(cap.method, path, bearer | {cap.name: value})
    return server.ask(cap.method, f"{path}?{urlencode({cap.name: value})}", bearer)


def told(answer: Answer, cap: Cap) -> set[str]:
    """What the answer says of that field."""
    errors = answer.json.get("errors", ()) if answer.status == 422 else ()
    return {each["detail"] for each in errors if each["pointer"].lower() == cap.pointer.lower()}


def test_every_bound_of_the_description_is_kept(server: Server, bearer: dict[str, str]) -> None:
    every = list(caps(server.ask("GET", "/docs/openapi.json", bearer).json))
    assert len(every) > 100
    wrong = []
    for cap in every:
        past = ask(server, bearer, cap, 1)
        if not told(past, cap):
            wrong.append((cap, "one more", past.status))
        # What has a pattern of its own is not tried with a value that is only long.
        if cap.path != ENDLESS and not cap.schema.keys() & {"pattern", "format", "enum"}:
            last = ask(server, bearer, cap, 0)
            if last.status >= 500 or told(last, cap) & told(past, cap):
                wrong.append((cap, "the last", last.status))
    assert wrong == []


def get(server: Server, bearer: dict[str, str], path: str, **query: object) -> int:
    return server.ask("GET", f"{API}{path}?{urlencode(query)}", bearer).status


@pytest.mark.parametrize(("terms", "status"), [(50, 200), (51, 400)])
@pytest.mark.parametrize("path", ["/memories", "/timeline/skeleton", "/timeline/buckets", "/exports/stream"])
def test_a_query_has_at_most_fifty_terms(
    server: Server, bearer: dict[str, str], path: str, terms: int, status: int
) -> None:
    assert get(server, bearer, path, q=" ".join(f"w{n}" for n in range(terms))) == status


@pytest.mark.parametrize(("days", "status"), [(366 * 200, 200), (366 * 200 + 1, 422)])
def test_a_calendar_spans_at_most_two_hundred_years(
    server: Server, bearer: dict[str, str], days: int, status: int
) -> None:
    first = date(1850, 1, 1)
    assert get(server, bearer, "/timeline/days", **{"from": first, "to": first + timedelta(days)}) == status


@pytest.mark.parametrize(("count", "status"), [(1024, 200), (1025, 422)])
def test_a_screen_asks_for_at_most_1024_tiles(server: Server, bearer: dict[str, str], count: int, status: int) -> None:
    revision = re.search(r"\d+", server.ask("GET", f"{API}/timeline/skeleton", bearer).headers["etag"])
    assert revision
    assert get(server, bearer, "/timeline/items", **{"from": 7, "to": 7 + count, "rev": revision[0]}) == status


@pytest.mark.parametrize(("size", "status"), [(JSON_BYTES, 201), (JSON_BYTES + 1, 413)])
def test_a_json_body_has_at_most_one_mebibyte(server: Server, bearer: dict[str, str], size: int, status: int) -> None:
    body = json.dumps({"title": "padded"}).encode().ljust(size)
    assert server.ask("POST", f"{API}/memories", bearer | {"Content-Type": "application/json"}, body).status == status


def form(content: bytes) -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + content + b"\r\n--b--\r\n"


@pytest.mark.parametrize(("size", "status"), [(UPLOAD_BYTES, 201), (UPLOAD_BYTES + 1, 413)])
def test_an_upload_is_at_most_as_large_as_the_setting(
    server: Server, bearer: dict[str, str], size: int, status: int
) -> None:
    headers = bearer | {"Content-Type": "multipart/form-data; boundary=b"}
    assert server.ask("POST", f"{API}/media", headers, form(b"a" * size)).status == status
    kept = [path.stat().st_size for path in (server.data / "media").rglob("*") if path.is_file()]
    assert all(size <= UPLOAD_BYTES for size in kept)
    assert list((server.data / "incoming").glob("*.part")) == []


def test_a_dropped_import_holds_at_most_as_many_files_as_the_setting(server: Server, bearer: dict[str, str]) -> None:
    made = server.ask("POST", f"{API}/imports", bearer | {"Content-Type": "application/json"}, b'{"upload": true}').json
    headers = bearer | {"Content-Type": "multipart/form-data; boundary=b"}
    bodies = [form(b"x").replace(b"a.txt", f"{number}.txt".encode()) for number in range(FILES + 1)]
    statuses = [server.ask("POST", f"{API}/imports/{made['id']}/files", headers, body).status for body in bodies]
    assert statuses == [201] * FILES + [413]
    folder: Path = server.data / "incoming" / "imports" / made["id"]
    assert len(list(folder.iterdir())) == FILES


@pytest.fixture(scope="module")
def lowered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose owner wants less of everything."""
    with Server(tmp_path_factory.mktemp("lowered") / "library", settings=LOWERED) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "field", "most", "status"),
    [
        ("/memories", {"tags": ["one", "two"]}, "three", 201),
        ("/memories", {"body": "four"}, "s", 201),
        ("/memories/batch", {"ids": [str(UUID(int=n)) for n in range(3)]}, str(UUID(int=9)), 200),
    ],
)
def test_a_cap_that_the_settings_lower_is_kept(
    lowered: Server, path: str, field: dict[str, Any], most: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {lowered.api_key()}", "Content-Type": "application/json"}
    ((name, value),) = field.items()
    action = {"action": "favourite"} if name == "ids" else {}
    more = value + most if isinstance(value, str) else [*value, most]
    last, past = (
        lowered.ask("POST", f"{API}{path}", headers, json.dumps({name: each} | action).encode())
        for each in (value, more)
    )
    assert (last.status, past.status) == (status, 422)
    assert [each["pointer"] for each in past.json["errors"]] == [f"#/{name}"]
