"""One line a message, nothing secret in it, and nobody else can read the file."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from timeline_local.config import LoggingSettings, Settings
from timeline_local.core.logging import (
    ConsoleFormatter,
    JsonFormatter,
    close_logging,
    mask,
    one_line,
    request_id,
    setup_logging,
)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    before = logging.getLogger().level
    setup_logging(Settings(data_dir=tmp_path / "library", logging=LoggingSettings(max_bytes=64 * 1024)))
    yield tmp_path / "library" / "logs" / "timeline.log"
    close_logging()
    logging.captureWarnings(capture=False)
    logging.getLogger().setLevel(before)


def lines(path: Path) -> list[dict[str, str]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_a_message_is_one_json_line_in_utc_with_the_request_id(log: Path) -> None:
    token = request_id.set("r1")
    logging.getLogger("timeline_local.x").info("moved %d", 3, extra={"route": "/api/v1/memories/{id}"})
    request_id.reset(token)
    line = lines(log)[-1]
    assert (line["message"], line["route"], line["request_id"], line["level"]) == (
        "moved 3",
        "/api/v1/memories/{id}",
        "r1",
        "INFO",
    )
    assert line["at"].endswith("+00:00")


def test_an_exception_is_part_of_its_line(log: Path) -> None:
    logging.getLogger("x").error("failed", exc_info=ValueError("why"))
    assert "ValueError: why" in lines(log)[-1]["error"]


@pytest.mark.parametrize("text", ["a\r\nb", "a\x1b[31mred", "a\x00b", "a\u2028b", "a\x9bb", "lone \udc80"], ids=ascii)
def test_no_text_can_forge_a_line_or_move_the_cursor(log: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # What pytest captures goes into its report, which cannot carry half a character.
    root = logging.getLogger()
    ours = [handler for handler in root.handlers if not type(handler).__module__.startswith("_pytest")]
    monkeypatch.setattr(root, "handlers", ours)
    before = len(log.read_bytes().splitlines())
    logging.getLogger("x").warning("name: %s", text)
    raw = log.read_text(encoding="utf-8")
    assert len(raw.splitlines()) == before + 1
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in raw.rstrip("\n"))  # noqa: RUF100


ANNA = "Anna Zimtstern"


def unique_violation() -> Exception:
    """As the driver of PostgreSQL tells it."""
    return ValueError(f'duplicate key value violates "uq_person"\nDETAIL:  Key (owner_pk, name)=(1, {ANNA}) exists.')


@pytest.mark.parametrize(
    "error",
    [
        unique_violation(),
        FileNotFoundError(2, "No such file or directory", f"/home/ana/{ANNA}.jpg"),
        PermissionError(13, "Permission denied", f"/home/{ANNA}'s/a.jpg", None, "/home/b.jpg"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_unexpected_error_tells_its_kind_and_no_values(log: Path, error: Exception) -> None:
    logging.getLogger("x").error("failed", exc_info=error)
    told = lines(log)[-1]["error"]
    assert type(error).__name__ in told
    assert "Zimtstern" not in log.read_text()


def test_the_file_and_its_rotated_ones_are_private_and_bounded(log: Path) -> None:
    for _ in range(2000):
        logging.getLogger("x").warning("x" * 400)
    files = list(log.parent.iterdir())
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (len(files), log.parent.stat().st_mode & 0o777) == (5, 0o700)
    assert sum(path.stat().st_size for path in files) < 6 * 64 * 1024


def test_setting_up_twice_writes_once(log: Path, tmp_path: Path) -> None:
    setup_logging(Settings(data_dir=tmp_path / "library"))
    logging.getLogger("x").info("once")
    assert [line["message"] for line in lines(log)].count("once") == 1


KEY = "tl_abcdefgh_" + "S3cr3t_-" * 5 + "xyz"


@pytest.mark.parametrize(
    "text",
    [
        f"key {KEY} used",
        f"Authorization: Bearer {KEY}",
        "Authorization: Bearer S3cr3t.payload",
        "http://x/#ticket=S3cr3t",
        '{"ticket": "S3cr3t", "other": 1}',
        '{\\"password\\": \\"S3cr3t\\"}',
        "password=S3cr3t",
        "PASSWORD : S3cr3t",
        "X-TL-Session: S3cr3t",
        "session_secret='S3cr3t'",
        "__Host-tl_tl-k3v9=S3cr3t; Path=/",
        "postgresql+asyncpg://me:S3cr3t@db/timeline",
        "postgresql://me:S3cr3t@S3cr3t@db.example.org/timeline",
        "redis://:S3cr3t@cache:6379/0",
        "refresh_token=S3cr3t",
        '{"access_token": "S3cr3t", "token_type": "bearer"}',
        "new_password: S3cr3t",
        "current-password=S3cr3t",
        "{'passphrase': 'S3cr3t'}",
        "setup_token=S3cr3t",
        "TIMELINE_EMAIL__PASSWORD=S3cr3t",
        "recovery_code=S3cr3t",
        "api_key: S3cr3t",
        "tl_abcdefgh_S3cr3t",
        "eyJhbGciOiJIUzI1NiJ9.S3cr3t.S3cr3t",
        "mail to S3cr3t@example.org failed",
        "<S3cr3t+tag@mail.example.co.uk>",
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str) -> None:
    assert "S3cr3t" not in mask(text)
    assert "***" in mask(text)


@pytest.mark.parametrize(
    "text", ["imported 12 of 40", "GET /api/v1/memories/{id} 200", "the ticket office opened", "the key was made"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert mask(text) == text


def test_a_secret_in_an_extra_field_or_a_traceback_is_masked_too() -> None:
    record = logging.makeLogRecord({"msg": "x", "header": f"Bearer {KEY}", "levelname": "ERROR"})
    record.exc_info = (ValueError, ValueError("password=S3cr3t"), None)
    assert "S3cr3t" not in JsonFormatter().format(record)
    assert "S3cr3t" not in ConsoleFormatter().format(record)


def test_the_console_line_is_neutralised_too() -> None:
    record = logging.makeLogRecord({"msg": "a\x1b[2Jb\nc", "levelname": "WARNING"})
    assert ConsoleFormatter().format(record).endswith("WARNING a\\x1b[2Jb\\x0ac")
    assert one_line("a\tb") == "a\tb"


def test_importing_changes_nothing() -> None:
    script = (
        "import logging; before = list(logging.getLogger().handlers); import timeline_local.core.logging;"
        "assert logging.getLogger().handlers == before and logging.getLogger().level == logging.WARNING"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
