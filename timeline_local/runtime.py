"""The one composition root: everything a process needs, built from its settings. Only here is a backend named.

main, the command line, jobs and tests all open a Runtime; nothing below knows it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from timeline_local.backends.blobs_fs import FileBlobs
from timeline_local.backends.cache_diskcache import DiskCache
from timeline_local.backends.cache_redis import RedisCache
from timeline_local.backends.email_files import FileMailer
from timeline_local.backends.email_smtp import SmtpMailer
from timeline_local.backends.events_redis import RedisRelay
from timeline_local.backends.limits_redis import RedisCounts
from timeline_local.backends.redis_client import RedisLink
from timeline_local.config import MIB, DatabaseSettings, Settings
from timeline_local.core.blobs import Blobs
from timeline_local.core.cache import Cache, NoCache
from timeline_local.core.changes import Changes
from timeline_local.core.database import Database, open_database
from timeline_local.core.email import Mailer
from timeline_local.core.encryption import FieldCipher
from timeline_local.core.instance import LibraryClaim, claim_library
from timeline_local.core.integrity import check_unless_clean, note_clean_close
from timeline_local.core.library import Library, open_library
from timeline_local.core.limits import Limits
from timeline_local.core.metrics import RouteTimes
from timeline_local.core.migrations import refuse_other_schema, upgrade
from timeline_local.core.note_keys import NoteKeys
from timeline_local.core.passwords import Passwords
from timeline_local.core.pause import Pause
from timeline_local.core.places import places
from timeline_local.core.presence import Presence
from timeline_local.core.relocation import Onward, Relocation
from timeline_local.core.reserve import Reserve
from timeline_local.core.security import Challenges, LaunchTickets, MediaSigner
from timeline_local.core.tokens import AccessTokens
from timeline_local.core.updates import Updates
from timeline_local.domain.gazetteer import Place
from timeline_local.media.file_hand import FileHand
from timeline_local.media.worker import DecodePool
from timeline_local.services.audit_chain import anchor
from timeline_local.services.audit_head import FILE as AUDIT_HEAD_FILE
from timeline_local.services.audit_head import HeadFile
from timeline_local.services.identity import Authentication, ensure_owner
from timeline_local.services.previews import PreviewMaker
from timeline_local.services.sessions import Lifetimes
from timeline_local.services.sign_in import SignIn
from timeline_local.services.skeletons import Skeletons
from timeline_local.services.vocabulary import Vocabularies

CLOSE_S = 0.7  # what helpers get at the end; a folder or a Redis that hangs is not waited for
SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Runtime:
    """The parts of one running library. Close it, or the data folder stays locked until the process ends."""

    settings: Settings
    claim: LibraryClaim
    library: Library
    database: Database
    blobs: Blobs
    hand: FileHand
    decoder: DecodePool
    changes: Changes
    cache: Cache
    limits: Limits
    skeletons: Skeletons
    vocabularies: Vocabularies
    previews: PreviewMaker
    authentication: Authentication
    signer: MediaSigner
    tickets: LaunchTickets
    challenges: Challenges
    passwords: Passwords
    sign_in: SignIn
    tokens: AccessTokens
    lifetimes: Lifetimes
    cipher: FieldCipher
    mailer: Mailer
    audit_head: HeadFile
    note_keys: NoteKeys
    pause: Pause
    updates: Updates | None  # None: not to be asked for
    presence: Presence
    owner_pk: int
    home_zone: str
    now: Callable[[], datetime]
    given: dict[str, Any] = field(default_factory=dict)  # arguments of the command line, named as settings' origin
    route_times: RouteTimes = field(default_factory=RouteTimes)
    started: float = field(default_factory=time.monotonic)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    port: int | None = None  # where it is served; None where it is not, as in a worker
    port_wished: int | None = None  # set where another program had taken it
    onwards: list[Onward] | None = None  # what the server does after it has ended; None where it just ends
    relocation: Relocation | None = None
    is_draining: bool = False  # still serving, but a load balancer should send nobody any more
    build: str = ""  # of the web UI, once it is loaded
    wake_jobs: asyncio.Event = field(default_factory=asyncio.Event)
    quit: asyncio.Event = field(default_factory=asyncio.Event)
    stop_jobs: Callable[[], None] | None = None  # set by who runs them here: end with the batch, begin no more

    def zone_of(self, lat: float, lon: float) -> str | None:
        """The IANA zone of a point on land or sea, offline."""
        return _zone_of(lat, lon)

    def place_of(self, lat: float, lon: float) -> Place | None:
        """City, region and country of a point, offline; None on the open sea. Some 50 µs; the first takes longer."""
        return places().find(lat, lon, _zone_of(lat, lon))

    def begin_to_end(self) -> None:
        """Close streams and let jobs stop, while requests are still answered; calling it twice is harmless."""
        self.changes.close()
        if self.stop_jobs is not None:
            self.stop_jobs()

    async def close(self) -> None:
        """End streams and helpers, close the database, free the folder; calling it twice is harmless."""
        self.begin_to_end()
        self.note_keys.close()
        self.passwords.close()
        closing = asyncio.create_task(self._close_helpers())
        _, hanging = await asyncio.wait((closing,), timeout=CLOSE_S)
        if hanging:
            log.warning("helpers did not close in time and are left behind")
            closing.cancel()
        await self.database.close()
        if self.claim.is_held and self.database.dialect == "sqlite" and self.presence.is_here():
            await asyncio.to_thread(note_clean_close, self.library)
        self.claim.release()

    async def _close_helpers(self) -> None:
        """End what holds nothing that cannot be made again."""
        if self.relocation is not None:
            await self.relocation.stop()
        await asyncio.to_thread(self.hand.close)
        await self.decoder.stop()
        if self.changes.relay is not None:
            await self.changes.relay.close()
        await self.limits.close()
        await self.cache.close()


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


async def open_runtime(
    settings: Settings, *, claim: LibraryClaim | None = None, now: Callable[[], datetime] = utc_now
) -> Runtime:
    """Claim the data folder, bring its schema up to date and put the parts together.

    claim  the folder already held by the caller, who bound a socket for it; else it is claimed here.
    Raises the StartRefused family; then the folder is as it was, and free.
    """
    claim = claim or _claimed(settings)
    database: Database | None = None
    try:
        library = open_library(claim.data_dir, uses_sqlite=settings.database.url is None)
        if settings.database.url is None:
            await asyncio.to_thread(check_unless_clean, library)
        database = open_database(settings.database, library.database)
        await database.check_writable()
        if claim.is_guest:
            await refuse_other_schema(database)
        else:
            await upgrade(database, library)
        async with database.write() as db:
            owner_pk, _ = await ensure_owner(db, now=now())
        return await _put_together(settings, claim, library=library, database=database, owner_pk=owner_pk, now=now)
    except BaseException:
        if database is not None:
            await database.close()
        claim.release()
        raise


def _claimed(settings: Settings) -> LibraryClaim:
    place, uses_sqlite = settings.auth.secrets_in, settings.database.url is None
    return claim_library(settings.data_dir, secrets_in=place, uses_sqlite=uses_sqlite)


async def _put_together(
    settings: Settings,
    claim: LibraryClaim,
    *,
    library: Library,
    database: Database,
    owner_pk: int,
    now: Callable[[], datetime],
) -> Runtime:
    audit_head = HeadFile(library.root / AUDIT_HEAD_FILE, claim.secrets.audit)
    database.after_commit = audit_head.keep
    async with database.write() as db:
        await anchor(db, audit_head, now=now())
    signer = MediaSigner(claim.secrets.media)
    tokens = AccessTokens(claim.secrets.signing, claim.secrets.instance_id, minutes=settings.auth.access_minutes)
    idle = timedelta(days=settings.auth.idle_days)
    authentication = Authentication(database, signer, media_key=claim.secrets.media, tokens=tokens, idle=idle, now=now)
    await authentication.load()
    passwords = Passwords()
    cipher = FieldCipher(claim.secrets.field_key, older=claim.secrets.older_field_keys)
    hand = FileHand()
    blobs = FileBlobs(library.media, library.incoming, reserve_bytes=settings.media.reserve_bytes, hand=hand)
    if not claim.is_guest:
        await blobs.sweep()
    decoder = await _decoder(settings)
    changes = Changes()
    cache, limits = _shared(settings, library, changes)
    return Runtime(
        settings=settings,
        claim=claim,
        library=library,
        database=database,
        blobs=blobs,
        hand=hand,
        decoder=decoder,
        changes=changes,
        cache=cache,
        limits=limits,
        skeletons=Skeletons(database),
        vocabularies=Vocabularies(database),
        previews=PreviewMaker(database, blobs, decoder, library.previews),
        authentication=authentication,
        signer=signer,
        tickets=LaunchTickets(settings.auth.ticket_s),
        challenges=Challenges(claim.secrets.instance),
        passwords=passwords,
        sign_in=SignIn(database, passwords, cipher, now=now),
        tokens=tokens,
        lifetimes=_lifetimes(settings, idle),
        cipher=cipher,
        mailer=_mailer(settings, library, now=now),
        audit_head=audit_head,
        note_keys=NoteKeys(),
        pause=Pause(library.run),
        updates=updates_of(settings, library, now=now),
        presence=_guarded(database, library),
        owner_pk=owner_pk,
        home_zone=settings.home_zone or computer_zone(),
        now=now,
    )


async def _decoder(settings: Settings) -> DecodePool:
    decoder = DecodePool(size=settings.media.decoders, timeout_s=settings.media.decode_timeout_s)
    await decoder.start()
    return decoder


def _lifetimes(settings: Settings, idle: timedelta) -> Lifetimes:
    session, refresh = (timedelta(days=days) for days in (settings.auth.session_days, settings.auth.refresh_days))
    return Lifetimes(session=session, refresh=min(idle, refresh))


def updates_of(settings: Settings, library: Library, *, now: Callable[[], datetime]) -> Updates | None:
    """What asks for newer versions; None where that is not switched on."""
    wanted = settings.updates
    return Updates(library.run, wanted.url, now=now) if wanted.check and wanted.url else None


def _guarded(database: Database, library: Library) -> Presence:
    """From now on nothing is written while the library's folder is not there, and a full disk leaves it some room."""
    presence, reserve = Presence(library), Reserve(library.root)

    def check() -> None:
        presence.check()
        if database.dialect == "sqlite":
            reserve.keep()

    database.check, database.explain = check, presence.trouble
    return presence


def _mailer(settings: Settings, library: Library, *, now: Callable[[], datetime]) -> Mailer:
    """The mail server of the settings, or files where none is set."""
    email = settings.email
    if email.host is None:
        return FileMailer(library.outbox, sender=email.sender, now=now)
    return SmtpMailer(
        email.host,
        port=email.port or SMTP_PORTS[email.security],
        security=email.security,
        sender=email.sender,
        now=now,
        username=email.username,
        password=None if email.password is None else email.password.get_secret_value(),
        ca_file=email.ca_file,
        timeout_s=email.timeout_s,
    )


def _shared(settings: Settings, library: Library, changes: Changes) -> tuple[Cache, Limits]:
    """The cache that the settings name, and the limits; with Redis, other processes share both, and events."""
    if settings.cache.url is None:
        size_bytes = settings.cache.size_mib * MIB
        return DiskCache(library.cache, size_bytes=size_bytes) if size_bytes else NoCache(), Limits()
    link = RedisLink(settings.cache.url.get_secret_value())
    prefix = f"timeline:{library.id.hex}:"
    relay = RedisRelay(link, changes, channel=f"{prefix}events")
    changes.relay = relay
    relay.start()
    return RedisCache(link, prefix=prefix), Limits(shared=RedisCounts(link, prefix=prefix))


@asynccontextmanager
async def empty_library(root: Path) -> AsyncIterator[tuple[Database, Blobs]]:
    """A new SQLite library with its schema, secrets of its own and nobody in it, closed at the end of the block."""
    claim = claim_library(root)
    database: Database | None = None
    try:
        library = open_library(claim.data_dir, uses_sqlite=True)
        database = open_database(DatabaseSettings(), library.database)
        await upgrade(database, library)
        yield database, FileBlobs(library.media, library.incoming, reserve_bytes=0)
        await database.close()
        await asyncio.to_thread(note_clean_close, library)
    finally:
        if database is not None:
            await database.close()
        claim.release()


@lru_cache(maxsize=8)
def computer_zone(localtime: Path = Path("/etc/localtime")) -> str:
    """The computer's IANA zone; UTC when it cannot be told."""
    parts = localtime.resolve().parts
    if "zoneinfo" in parts:
        name = "/".join(parts[parts.index("zoneinfo") + 1 :])
        if _is_zone(name):
            return name
    return "UTC"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=4096)
def _zone_of(lat: float, lon: float) -> str | None:
    from tzfpy import get_tz  # noqa: PLC0415 - 130 ms and 33 MB that only imports of located media need

    return get_tz(lon, lat) or None
