"""Logs: JSON lines in UTC, in a private rotating file, with secrets masked as the last line of defence.

`setup_logging` is called by whoever starts a process; importing this module changes nothing. Messages carry ids,
counts and route templates, never note text, names, coordinates, paths of the owner's files or query strings.
"""

from __future__ import annotations

import io
import logging
import logging.handlers
import os
import re
import sys
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from timeline_local.config import Settings
from timeline_local.core.private_files import FILE_MODE, make_private_dir

LOG_FILE = "timeline.log"
request_id: ContextVar[str] = ContextVar("request_id", default="")

_MARK = "_timeline_local"
_SECRETS = re.compile(
    r"(?P<key>tl_[A-Za-z0-9]{8}_)[A-Za-z0-9_-]+"
    r"|(?P<scheme>\b(?:Bearer|Basic)\s+)[^\s\"',;]+"
    r"|(?P<name>\b(?:[a-z0-9]+[_-]+){0,4}(?:ticket|password|passwd|passphrase|secret|token|recovery_codes?|api_?key|proof"
    r"|x-tl-session|cookie|authorization)"
    r"\\?[\"']?\s*[=:]\s*\\?[\"']?(?:(?:Bearer|Basic)\s+)?)[^\s\"'&,;}\\]+"
    r"|(?P<cookie>__Host-tl_[\w-]+=)[^\s\"';]+"
    r"|(?P<jwt>\beyJ)[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?P<address>\b)[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
# No text without one of these (in lower case) holds anything that _SECRETS or _DSN would find. Looking for them costs a
# twentieth of the two expressions, and almost no line has one.
_HINTS = (
    "tl_",
    "bearer",
    "basic",
    "ticket",
    "passw",
    "secret",
    "token",
    "proof",
    "session",
    "cookie",
    "authori",
    "://",
    "passph",
    "recovery",
    "key",
    "eyj",
    "@",
)
# What the system and PostgreSQL repeat in their errors: names of files, and the values of a row.
_VALUES = re.compile(r"(\[(?:Errno|WinError) -?\d+\] [^:\n]*:|\bDETAIL:)[^\n]*")
_DSN = re.compile(r"(\b[a-z][a-z0-9+]*://[^\s:/@]*:)[^\s/]+(?=@)")
# C0, DEL, C1 and the two Unicode line separators: a log line is one line and cannot move the cursor of a terminal.
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


def mask(text: str) -> str:
    """The text with everything that looks like one of our secrets replaced by `***`."""
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return text
    without_dsn = _DSN.sub(r"\1***", text)
    return _SECRETS.sub(lambda found: f"{found[found.lastgroup or 0]}***", without_dsn)


def one_line(text: str) -> str:
    """The text with control characters shown as escapes."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class QuietFormatter(logging.Formatter):
    """Tells of an error where it came from and its kind, and not the values that its message repeats."""

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - as the library has it
        return _VALUES.sub(r"\1 …", super().formatException(ei))


class JsonFormatter(QuietFormatter):
    """One JSON object a line: at, level, logger, message, request_id, the record's extra fields, error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request_id"] = current
        line.update((name, value) for name, value in vars(record).items() if name not in _STANDARD)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        text = mask(_json(line))
        if text.isascii() and "\x7f" not in text:  # JSON escapes the rest of the control characters itself
            return text
        return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _json(line: dict[str, Any]) -> str:
    try:
        return orjson.dumps(line, default=str).decode()
    except orjson.JSONEncodeError:  # lone surrogates in a file name, for one
        return orjson.dumps({name: ascii(value) for name, value in line.items()}).decode()


class ConsoleFormatter(QuietFormatter):
    """`12:00:00 WARNING message`, for the terminal a person started the server from."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        text = f"{at} {record.levelname} {one_line(mask(record.getMessage()))}"
        if record.exc_info:
            trace = mask(self.formatException(record.exc_info))
            text = "\n".join([text, *(one_line(part) for part in trace.splitlines())])
        return text


class PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    """A rotating log file that only the owner can read, whatever the umask is.

    The library's own asks the file system and formats each record a second time to learn whether to rotate, which
    cost half of a request's log line; this one counts what it writes. One process writes a library's log.
    """

    _written = 0
    _is_stuck = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, in the next file if it does not fit into this one. A full disk is told once, on stderr."""
        try:
            line = self.format(record) + self.terminator
            if self._written and self._written + len(line) > self.maxBytes:
                self.doRollover()
            self._written += len(line)
            stream = self.stream = self.stream or self._open()
            stream.write(line)
            self.flush()
            self._is_stuck = False
        except OSError as error:
            if not self._is_stuck and sys.stderr is not None:
                sys.stderr.write(f"The log cannot be written ({error.strerror}).\n")
            self._is_stuck = True
        except Exception:  # noqa: BLE001 - logging must never stop what it tells about
            self.handleError(record)

    def _open(self) -> io.TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self.baseFilename, flags, FILE_MODE)
        if os.name == "posix":
            os.fchmod(descriptor, FILE_MODE)
        self._written = os.fstat(descriptor).st_size
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123 - the handler closes it


def setup_logging(settings: Settings, *, file_name: str | None = None) -> None:
    """Send this process's logs to a file in `logs/` and warnings also to stderr. Calling it again replaces both.

    file_name  each process has its own, since it rotates it; None means the server's, timeline.log.
    """
    close_logging()
    root = logging.getLogger()
    console = logging.StreamHandler(sys.stderr)
    console.setLevel(max(logging.WARNING, logging.getLevelName(settings.logging.level)))
    console.setFormatter(ConsoleFormatter())
    handlers: list[logging.Handler] = [console]
    if settings.logging.file:
        handlers.append(_file_handler(settings.data_dir / "logs", file_name or LOG_FILE, settings))
    for handler in handlers:
        setattr(handler, _MARK, True)
        root.addHandler(handler)
    root.setLevel(settings.logging.level)
    logging.captureWarnings(capture=True)


def _file_handler(folder: Path, name: str, settings: Settings) -> logging.Handler:
    make_private_dir(folder)
    handler = PrivateRotatingFile(
        folder / name, maxBytes=settings.logging.max_bytes, backupCount=settings.logging.keep, encoding="utf-8"
    )
    handler.setFormatter(JsonFormatter())
    return handler


def leave_log_file() -> None:
    """Close the log's file, which would hold the disk it is on; what is told goes to stderr until `setup_logging`."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, PrivateRotatingFile)]:
        root.removeHandler(handler)
        with suppress(OSError):  # what could not be written any more
            handler.close()


def close_logging() -> None:
    """Take our handlers off again and close their files."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if hasattr(handler, _MARK)]:
        root.removeHandler(handler)
        handler.close()
