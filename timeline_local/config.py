"""Settings: validated once, nested by group, each with the place its value came from.

Order, strongest first: arguments given by the command line, `TIMELINE_…` environment variables, the
environment-specific file (`timeline.<environment>.env`), `timeline.env`, the defaults below. Files are looked for in
the data folder, then in the current folder. Nothing is read at import time.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from platformdirs import user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "TIMELINE_"
DEFAULT_PORT = 8765
MIB = 1024 * 1024
GIB = 1024 * MIB


class Group(BaseModel):
    """A group of settings: unknown names are refused, so a typing error is found at start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(Group):
    host: str = Field("127.0.0.1", description="Address to listen on; anything but loopback needs `allow_lan`.")
    port: int | None = Field(
        None, ge=0, le=65535, description=f"Port to listen on; unset means {DEFAULT_PORT}, or the next free one."
    )
    allow_lan: bool = Field(False, description="Allow an address that other machines can reach.")
    public_url: str | None = Field(
        None, description="Address under which people reach this server, as `https://timeline.example.org`; for mails."
    )
    allowed_hosts: tuple[str, ...] = Field((), description="Further Host names answered, for a reverse proxy.")
    cors_origins: tuple[str, ...] = Field((), description="Foreign origins that scripts in a browser may call from.")
    trust_proxy: bool = Field(
        False, description="Believe X-Forwarded-For and -Proto from `trusted_proxies`; only behind a proxy of your own."
    )
    trusted_proxies: tuple[str, ...] = Field(
        ("127.0.0.1", "::1"),
        description="Addresses or networks of your proxies; the last address that is none of these is the client's.",
    )
    max_connections: int = Field(512, ge=8, description="Connections held at once; more are refused with 503.")
    header_timeout_s: float = Field(10, gt=0, description="Seconds a client may take to send its request head.")
    drain_s: float = Field(
        0, ge=0, le=300, description="Seconds to go on serving after SIGTERM while readiness says no (load balancers)."
    )
    shutdown_timeout_s: int = Field(3, ge=0, description="Seconds that running requests get at shutdown.")

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            message = "must be http:// or https:// and a host, without a path"
            raise ValueError(message)
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(each)) for each in value)


class DatabaseSettings(Group):
    url: SecretStr | None = Field(None, description="PostgreSQL URL; unset means SQLite in the data folder.")
    readers: int = Field(2, ge=1, le=16, description="Read connections (SQLite); two beat five on two cores.")
    pool_size: int = Field(10, ge=1, description="Connections kept to PostgreSQL.")
    pool_timeout_s: float = Field(1.5, gt=0, description="Seconds to wait for a PostgreSQL connection.")
    command_timeout_s: float = Field(30, gt=0, description="Seconds one PostgreSQL statement may take.")
    cache_mib: int = Field(32, ge=1, description="SQLite page cache of each connection, in MiB.")


class CacheSettings(Group):
    url: SecretStr | None = Field(
        None, description="Redis URL, for the cache and for events between processes; unset means files in `cache/`."
    )
    size_mib: int = Field(128, ge=0, le=65536, description="Largest size of the cache's files, in MiB; 0 keeps none.")


class MonitoringSettings(Group):
    metrics: bool = Field(False, description="Serve figures for Prometheus at `/metrics`.")
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token that may read `/metrics`, besides keys with the scope `admin`."
    )


class MediaSettings(Group):
    decoders: int = Field(2, ge=1, le=8, description="Helper processes that decode foreign files.")
    decode_timeout_s: float = Field(30, gt=0, description="Seconds one file may take to decode.")
    max_upload_bytes: int = Field(20 * GIB, ge=1, description="Largest single upload.")
    reserve_bytes: int = Field(16 * MIB, ge=0, description="Disk space always kept free, so that deleting works.")


class LimitSettings(Group):
    json_body_bytes: int = Field(MIB, ge=1024, description="Largest JSON request body.")
    body_characters: int = Field(100_000, ge=1, le=100_000, description="Longest note.")
    tags: int = Field(100, ge=1, le=100, description="Most tags of one memory.")
    batch: int = Field(10_000, ge=1, le=10_000, description="Most memories changed by one bulk edit given by ids.")
    requests_per_s: int | None = Field(
        None,
        ge=1,
        description="Requests per second of a key or session; unset means 2000, or 50 when others can reach us.",
    )
    burst: int | None = Field(
        None, ge=1, description="Requests taken at once; unset means 4000, or 200 when others can reach us."
    )
    uploads: int = Field(4, ge=1, le=64, description="Files one account can send at once; a few more wait their turn.")


class JobSettings(Group):
    embedded: bool = Field(True, description="Run jobs inside the server process.")
    parallel: int = Field(2, ge=1, le=16, description="Jobs that run at once.")
    lease_s: float = Field(60, gt=1, description="Seconds after which a job of a vanished process is taken over.")
    poll_s: float = Field(1, gt=0, description="Seconds between looks for new jobs (PostgreSQL).")


class ImportSettings(Group):
    batch: int = Field(200, ge=1, le=1000, description="Memories written in one transaction.")
    undo_days: int = Field(30, ge=1, description="Days in which an import can be undone.")
    upload_files: int = Field(500, ge=1, description="Files one dropped import may hold.")
    archive_files: int = Field(1_000_000, ge=1, description="Files that the archives of one import may hold together.")
    archive_bytes: int = Field(4096 * GIB, ge=1, description="Bytes that one archive may unpack to.")
    archive_ratio: int = Field(
        200, ge=2, description="Times its own size that an archive may unpack to; small ones are not measured."
    )
    roots: tuple[Path, ...] = Field((), description="Folders the folder browser shows; empty means home and drives.")


class ExportSettings(Group):
    keep_days: int = Field(7, ge=1, le=365, description="Days a finished export can be fetched before it is deleted.")


class UpdateSettings(Group):
    check: bool = Field(
        False, description="Ask once a day whether there is a newer version; the request tells nothing about you."
    )
    url: str | None = Field(
        None, description='Where to ask: the https address of a document `{"version": "1.4.0", "page": "https://…"}`.'
    )

    @field_validator("url")
    @classmethod
    def _is_safe(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://example.org")
        is_here = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not parts.hostname or parts.username or parts.scheme not in (("http", "https") if is_here else ("https",)):
            message = "must be an https address"
            raise ValueError(message)
        return value


class TrashSettings(Group):
    days: int = Field(
        30, ge=1, description="Days a memory or a media file stays in the trash before it is deleted for good."
    )


class LoggingSettings(Group):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level written.")
    file: bool = Field(True, description="Also write to `logs/` in the data folder.")
    max_bytes: int = Field(10 * MIB, ge=64 * 1024, description="Size at which a log file is rotated.")
    keep: int = Field(4, ge=1, le=20, description="Rotated log files kept.")
    audit_days: int = Field(365, ge=30, description="Days an entry of the audit log is kept.")


class AuthSettings(Group):
    secrets_in: Literal["file", "keyring"] = Field(
        "file",
        description="Where a new library's keys go: `secrets.json` (0600), or the account's keyring if there is one.",
    )
    ticket_s: int = Field(60, ge=5, le=600, description="Seconds a launch ticket can be redeemed.")
    session_days: int = Field(90, ge=1, description="Days after which a session ends, used or not.")
    idle_days: int = Field(30, ge=1, description="Days after which a session ends that was not used.")
    access_minutes: int = Field(15, ge=1, le=60, description="Minutes an access token is good for.")
    refresh_days: int = Field(30, ge=1, description="Days a refresh token can be used, once.")
    open_registration: bool = Field(False, description="Let anybody make an account, not only people with invitations.")
    setup_minutes: int = Field(60, ge=5, le=1440, description="Minutes the setup link of a new server can be used.")
    verification_hours: int = Field(48, ge=1, le=720, description="Hours a link that proves an address can be used.")
    reset_minutes: int = Field(60, ge=5, le=1440, description="Minutes a link to a new password can be used.")
    invitation_days: int = Field(7, ge=1, le=90, description="Days an invitation can be accepted.")


class EmailSettings(Group):
    host: str | None = Field(None, description="Mail server; unset writes mails as files into `outbox/`.")
    port: int | None = Field(
        None, ge=1, le=65535, description="Its port; unset means 587 for `starttls`, 465 for `tls`, 25 for `none`."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is encrypted; the certificate must fit the server's name."
    )
    username: str | None = Field(None, description="Name to sign in with at the mail server; unset signs in nowhere.")
    password: SecretStr | None = Field(None, description="Password for it.")
    ca_file: Path | None = Field(None, description="Certificate authority of a mail server of your own (PEM).")
    sender: str = Field(
        "Timeline Local <timeline@localhost>", description="From address, as `Name <address>` or the address alone."
    )
    timeout_s: float = Field(20, gt=0, le=120, description="Seconds the mail server may take for each answer.")

    @field_validator("sender")
    @classmethod
    def _is_one_address(cls, value: str) -> str:
        name, bracket, rest = value.rpartition("<")
        address = rest.removesuffix(">") if bracket else value
        if (
            value.count("@") != 1
            or not address.strip("<> ").count("@")
            or not (value.isprintable() and name.isprintable())
        ):
            message = "must be an address, or a name with the address in angle brackets"
            raise ValueError(message)
        return value


def unusable_settings(error: Any) -> str:  # noqa: ANN401 - pydantic's error, by whatever raised it
    """What is wrong with which settings, without their values."""
    parts = [f"{'.'.join(map(str, each['loc']))} {each['msg'].lower()}" for each in error.errors(include_input=False)]
    return f"These settings cannot be used: {'; '.join(parts)}."


MOST_MOVES = 20  # one after the other; a circle ends here


def usual_data_dir() -> Path:
    """The library folder of who chose none."""
    return user_data_path("timeline-local", appauthor=False)


def libraries_file() -> Path:
    """Where the libraries of this account are listed, and which of them was chosen; `core.libraries` writes it."""
    return user_config_path("timeline-local", appauthor=False) / "libraries.json"


def chosen_data_dir() -> Path:
    """The library folder that was chosen, else the usual one. A list that cannot be read counts as no choice here;

    opening the usual library is refused then.
    """
    with suppress(OSError, ValueError, KeyError, TypeError):
        chosen = json.loads(libraries_file().read_bytes())["current"]
        if isinstance(chosen, str) and Path(chosen).is_absolute():
            return Path(chosen)
    return usual_data_dir()


def followed(data_dir: Path) -> Path:
    """Where the library of this folder is now: what was moved says where to, as far as it is there."""
    for _ in range(MOST_MOVES):
        moved_to = _marker(data_dir).get("moved_to")
        if not isinstance(moved_to, str) or _marker(Path(moved_to)).get("id") != _marker(data_dir)["id"]:
            break
        data_dir = Path(moved_to)
    return data_dir


def _marker(data_dir: Path) -> dict[str, Any]:
    """What library.json of a folder holds; nothing if it cannot be read, which whoever opens the folder tells."""
    with suppress(OSError, ValueError):
        found = json.loads((data_dir / "library.json").read_bytes())
        if isinstance(found, dict) and isinstance(found.get("id"), str):
            return found
    return {}


class Settings(BaseSettings):
    """Every setting of one process. Build it with `load_settings`, which also finds the files."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        env_file=None,
        env_ignore_empty=True,
    )

    environment: Literal["production", "development", "test"] = Field(
        "production", description="Picks the environment-specific settings file."
    )
    data_dir: Path = Field(
        default_factory=chosen_data_dir,
        description="The library folder: database, media, previews, logs and secrets.",
    )
    home_zone: str | None = Field(
        None, description="IANA zone assumed when nothing else tells; unset means the computer's."
    )
    server: ServerSettings = Field(default_factory=ServerSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    cache: CacheSettings = Field(default_factory=CacheSettings)
    monitoring: MonitoringSettings = Field(default_factory=MonitoringSettings)
    media: MediaSettings = Field(default_factory=MediaSettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    jobs: JobSettings = Field(default_factory=JobSettings)
    imports: ImportSettings = Field(default_factory=ImportSettings)
    exports: ExportSettings = Field(default_factory=ExportSettings)
    trash: TrashSettings = Field(default_factory=TrashSettings)
    updates: UpdateSettings = Field(default_factory=UpdateSettings)
    logging: LoggingSettings = Field(default_factory=LoggingSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    email: EmailSettings = Field(default_factory=EmailSettings)

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then files named by `load_settings` through `_env_file`."""
        del settings_cls, file_secret_settings
        return init_settings, env_settings, dotenv_settings


def settings_files(environment: str, data_dir: Path) -> list[Path]:
    """The settings files that exist, weakest first (a later file wins)."""
    names = ("timeline.env", f"timeline.{environment}.env")
    folders = dict.fromkeys((Path.cwd(), data_dir))
    return [folder / name for name in names for folder in folders if (folder / name).is_file()]


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - passed on to the validating model
    """Settings of this process; raises pydantic.ValidationError naming every value that cannot be used.

    overrides  what the command line gave; None values are dropped, nested groups are plain dicts.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    environment = str(given.get("environment") or os.environ.get(f"{PREFIX}ENVIRONMENT") or "production")
    data_dir = Path(given.get("data_dir") or os.environ.get(f"{PREFIX}DATA_DIR") or chosen_data_dir())
    files = settings_files(environment, followed(data_dir.expanduser()))
    settings = Settings(_env_file=files or None, **given)
    return settings.model_copy(update={"data_dir": followed(settings.data_dir)})


class Effective(Group):
    """One setting as it is in force: its dotted name, variable, printable value (secrets masked) and origin."""

    name: str
    env: str
    value: Any
    source: str
    description: str


def effective_settings(settings: Settings, overrides: dict[str, Any] | None = None) -> list[Effective]:
    """Every setting with the place its value came from, in declaration order.

    overrides  the arguments `load_settings` was called with, so that they can be named as the origin.
    """
    layers: list[tuple[str, dict[str, Any]]] = [("command line", overrides or {})]
    layers.append(("environment", _environment_layer()))
    files = settings_files(settings.environment, settings.data_dir)
    layers.extend((str(path), _file_layer(path)) for path in reversed(files))
    rows: list[Effective] = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, Group):
            for inner, inner_field in type(value).model_fields.items():
                rows.append(_row(layers, (name, inner), getattr(value, inner), inner_field.description))
        else:
            rows.append(_row(layers, (name,), value, field.description))
    return rows


def _row(layers: list[tuple[str, dict[str, Any]]], path: tuple[str, ...], value: Any, about: str | None) -> Effective:  # noqa: ANN401
    source = next((origin for origin, layer in layers if _holds(layer, path)), "default")
    return Effective(
        name=".".join(path),
        env=PREFIX + "__".join(part.upper() for part in path),
        value=_printable(value),
        source=source,
        description=about or "",
    )


def _holds(layer: dict[str, Any], path: tuple[str, ...]) -> bool:
    node: Any = layer
    for part in path:
        if not isinstance(node, dict) or node.get(part) is None:
            return False
        node = node[part]
    return True


def _printable(value: Any) -> Any:  # noqa: ANN401 - whatever a setting holds
    if isinstance(value, SecretStr):
        return "**********"
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [_printable(item) for item in value]
    return value


def _environment_layer() -> dict[str, Any]:
    return _nested({name: value for name, value in os.environ.items() if value})


def _file_layer(path: Path) -> dict[str, Any]:
    source = DotEnvSettingsSource(Settings, env_file=path, case_sensitive=False)
    return _nested({name: value for name, value in source.env_vars.items() if value})


def _nested(variables: dict[str, str]) -> dict[str, Any]:
    layer: dict[str, Any] = {}
    for name, value in variables.items():
        upper = name.upper()
        if not upper.startswith(PREFIX):
            continue
        *groups, last = upper.removeprefix(PREFIX).lower().split("__")
        node = layer
        for group in groups:
            node = node.setdefault(group, {})
            if not isinstance(node, dict):
                break
        else:
            node[last] = value
    return layer
