"""The UI from memory: addresses of a build, the import map and its policy, encodings, 304, and the problem pages."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]
import pytest

from timeline_local.api.problems import problem_pages, problem_types, sections
from timeline_local.api.static import StaticSite, load_site

if TYPE_CHECKING:
    from tests.unit.api.conftest import Answer, Ask


SHELL = '<html lang="{lang}" data-theme="{theme}"><script type="importmap">{importmap}</script>/ui/{build}/app.js'
LOCK = '{"imports": {"preact": "vendor/preact.js", "</script>": "vendor/x.js"}}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "index.html").write_text(SHELL)
    (tmp_path / "vendor.lock.json").write_text(LOCK)
    (tmp_path / "vendor" / "preact.js").write_text("export const h = 1;\n" * 50)
    (tmp_path / "app.js").write_text("import 'preact';")
    (tmp_path / "font.woff2").write_bytes(b"\0" * 500)
    (tmp_path / "notes.py").write_text("never served")
    return tmp_path


@pytest.fixture
def site(folder: Path) -> StaticSite:
    return load_site(folder)


async def fetch(ask: Ask, site: StaticSite, path: str, method: str = "GET", **headers: str) -> Answer:
    page = site.find(method, path)
    assert page is not None
    return await ask(page, method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_the_shell_names_its_build_and_its_modules(ask: Ask, site: StaticSite) -> None:
    body = (await fetch(ask, site, "/")).body.decode()
    assert f"/ui/{site.build}/app.js" in body
    assert f'"preact":"/ui/{site.build}/vendor/preact.js"' in body
    assert 'lang="en" data-theme="system"' in body
    assert "{" not in body.replace('{"imports":{', "")


async def test_the_policy_allows_exactly_the_import_map(ask: Ask, site: StaticSite) -> None:
    answer = await fetch(ask, site, "/timeline")
    found = re.search(rb'<script type="importmap">(.*?)</script>', answer.body)
    assert found is not None
    digest = base64.b64encode(hashlib.sha256(found[1]).digest()).decode()
    policy = answer.header("content-security-policy")
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy


@pytest.mark.parametrize(
    "path", ["/", "/timeline", "/search", "/m/019a", "/new", "/imports", "/imports/1", "/jobs", "/trash", "/settings",
             "/settings/keys", "/setup"],
)  # fmt: skip
async def test_every_screen_has_the_shell(ask: Ask, site: StaticSite, path: str) -> None:
    assert (await fetch(ask, site, path)).header("content-type") == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/memories"), ("GET", "/ui/other/app.js"), ("GET", "/index.html"), ("POST", "/"), ("GET", "/ui/")],
)
def test_everything_else_is_left_to_others(site: StaticSite, method: str, path: str) -> None:
    assert site.find(method, path) is None


@pytest.mark.parametrize("name", ["notes.py", "index.html", "../app.js", "vendor/../app.js"])
def test_only_known_kinds_of_files_are_served(site: StaticSite, name: str) -> None:
    assert site.find("GET", f"/ui/{site.build}/{name}") is None


async def test_assets_are_kept_for_good_and_the_shell_is_asked_for_again(ask: Ask, site: StaticSite) -> None:
    asset = await fetch(ask, site, f"/ui/{site.build}/app.js")
    assert asset.header("cache-control") == "private, max-age=31536000, immutable"
    assert (await fetch(ask, site, "/")).header("cache-control") == "no-cache"


async def test_gzip_is_there_at_once_and_brotli_after_squeezing(ask: Ask, site: StaticSite) -> None:
    path = f"/ui/{site.build}/vendor/preact.js"
    early = await fetch(ask, site, path, accept_encoding="br, gzip")
    site.squeeze().join()
    late = await fetch(ask, site, path, accept_encoding="br, gzip")
    plain = await fetch(ask, site, path)
    assert (early.header("content-encoding"), late.header("content-encoding")) == ("gzip", "br")
    assert gzip.decompress(early.body) == brotli.decompress(late.body) == plain.body


async def test_what_is_packed_already_is_not_packed_again(ask: Ask, site: StaticSite) -> None:
    site.squeeze().join()
    answer = await fetch(ask, site, f"/ui/{site.build}/font.woff2", accept_encoding="br, gzip")
    assert ("content-encoding" in answer.names(), len(answer.body)) == (False, 500)


async def test_a_known_file_is_not_sent_again(ask: Ask, site: StaticSite) -> None:
    first = await fetch(ask, site, "/")
    again = await fetch(ask, site, "/", if_none_match=first.header("etag"))
    assert (again.status, again.body, "content-security-policy" in again.names()) == (304, b"", True)


async def test_head_tells_the_length_without_the_body(ask: Ask, site: StaticSite) -> None:
    whole = await fetch(ask, site, "/")
    head = await fetch(ask, site, "/", "HEAD")
    assert (head.body, head.header("content-length")) == (b"", whole.header("content-length"))


def test_a_changed_file_makes_another_build(folder: Path, site: StaticSite) -> None:
    (folder / "app.js").write_text("import 'preact'; // changed")
    assert load_site(folder).build != site.build


def test_a_folder_without_a_shell_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_site(tmp_path)


def test_every_problem_type_is_explained_and_every_explanation_has_a_type() -> None:
    assert set(sections()) == set(problem_types())


@pytest.mark.parametrize("slug", sorted(problem_types()))
def test_every_explanation_says_what_happened_what_was_kept_and_what_to_do(slug: str) -> None:
    starts = [paragraph.split(".**")[0] for paragraph in sections()[slug].paragraphs]
    assert starts == ["**What happened", "**What was kept", "**What to do"]


async def test_a_problem_page_is_plain_html(ask: Ask) -> None:
    answer = await ask(problem_pages()["/problems/version-conflict"])
    assert b"<h1>Changed elsewhere in the meantime</h1>" in answer.body
    assert b"<strong>What to do.</strong>" in answer.body
