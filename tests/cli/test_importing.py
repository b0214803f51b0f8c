"""`timeline-local import`, with and without a running server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Command = Callable[..., Any]
NOTES = 120


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "things"
    made.mkdir()
    for number in range(NOTES):
        (made / f"2019-06-{number % 28 + 1:02d}-note-{number}.md").write_text(f"# Note {number}\n\nText {number}.\n")
    Image.new("RGB", (64, 48), "teal").save(made / "IMG_20190601_120000.jpg")
    return made


def counts(run: Command, data: Path, folder: Path) -> dict[str, int]:
    """What another import of the same folder finds."""
    found = json.loads(run("import", str(folder), "--data", str(data), "--json").stdout)["plan"]
    return {verdict: found[verdict] for verdict in ("total", "new", "same", "failed")}


def test_a_folder_is_imported_without_a_server_and_then_known(run: Command, data: Path, folder: Path) -> None:
    ended = run("import", str(folder), "--data", str(data))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"{NOTES + 1} found: {NOTES + 1} new; ")
    assert ended.stdout.endswith(f"Imported: {NOTES + 1} new.\n")
    assert counts(run, data, folder) == {"total": NOTES + 1, "new": 0, "same": NOTES + 1, "failed": 0}
    examined = json.loads(run("doctor", "--data", str(data), "--json").stdout)
    assert (examined["problems"], examined["facts"]["memories"]) == ([], NOTES + 1)


def test_what_needs_attention_is_counted_once(run: Command, data: Path, tmp_path: Path) -> None:
    things = tmp_path / "undated"
    things.mkdir()
    for name in ("one", "two"):
        (things / f"{name}.md").write_text(f"---\ntitle: {name}\ndate: whenever\n---\nText.\n")
    ended = run("import", str(things), "--data", str(data))
    assert [line for line in ended.stdout.splitlines() if "date" in line] == [
        "  2 are dated only by the date of their file"
    ]


def test_files_that_are_not_taken_are_named_with_their_reason(run: Command, data: Path, tmp_path: Path) -> None:
    things = tmp_path / "things"
    things.mkdir()
    (things / "2020-01-01.md").write_text("A note.")
    (things / "table.csv").write_text("a,b")
    (things / "cut.gpx").write_text("<gpx><trk><trkseg><trkpt lat='1'")
    lines = run("import", str(things), "--data", str(data)).stdout.splitlines()
    assert [line.partition(":")[0] for line in lines if line.startswith("  ") and line.endswith(".")] == [
        "  cut.gpx",
        "  cut.gpx#track 1",
        "  table.csv",
    ]


def test_of_many_files_that_are_not_taken_the_first_are_named(run: Command, data: Path, tmp_path: Path) -> None:
    things = tmp_path / "things"
    things.mkdir()
    (things / "2020-01-01.md").write_text("A note.")
    for number in range(12):
        (things / f"{number}.csv").write_text("a,b")
    told = run("import", str(things), "--data", str(data)).stdout
    assert (told.count(".csv:"), "  and 2 more, which the page of the import lists." in told) == (10, True)


def test_a_folder_is_imported_through_the_running_server(
    serving: Command, run: Command, data: Path, folder: Path
) -> None:
    with serving() as server:
        ended = run("import", str(folder), "--data", str(data), "--reference", "--yes", "--json")
        assert ended.returncode == 0
        told = json.loads(ended.stdout)
        assert (told["state"], told["counts"]["new"], told["options"]["mode"]) == ("done", NOTES + 1, "reference")
        assert server.process.poll() is None
    assert list((data / "media").iterdir()) == []


def test_a_folder_that_is_not_there_is_told(run: Command, data: Path, tmp_path: Path) -> None:
    ended = run("import", str(tmp_path / "nowhere"), "--data", str(data))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.slow
def test_an_import_that_was_killed_is_finished_by_the_next_start(
    serving: Command, run: Command, data: Path, folder: Path
) -> None:
    with serving() as server:
        key = run("api-key", "create", "--data", str(data), "--name", "x").stdout.strip()
        importing = subprocess.Popen(
            [sys.executable, "-m", "timeline_local", "import", str(folder), "--data", str(data), "--yes", "--json"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait(lambda: states(server, key) & {"running", "done"})
        server.process.send_signal(signal.SIGKILL)
        importing.wait(60)
    with serving() as server:
        wait(lambda: states(server, key) == {"done"})
        assert server.request("GET", "/api/v1/bootstrap", key)[1]["memories"] == NOTES + 1


def states(server: Any, key: str) -> set[str]:  # noqa: ANN401 - the fixture's server
    return {each["state"] for each in server.request("GET", "/api/v1/imports", key)[1]["items"]}


def wait(is_so: Callable[[], object], *, within_s: float = 45) -> None:
    end = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_parts_of_an_export_are_imported_together(run: Command, data: Path, folder: Path, tmp_path: Path) -> None:
    files = sorted(folder.iterdir())
    archives = [tmp_path / f"export-00{number}.zip" for number in (1, 2)]
    for archive, part in zip(archives, (files[:9], files[9:]), strict=True):
        with zipfile.ZipFile(archive, "w") as packed:
            for file in part:
                packed.write(file, file.name)
    ended = run("import", *map(str, archives), "--data", str(data))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "lie in archives and are copied in any case." in ended.stdout
    assert ended.stdout.endswith(f"Imported: {NOTES + 1} new.\n")
