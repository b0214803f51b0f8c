"""The sources there are, in the order in which they read a folder. The tuple is the whole mechanism."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace

from timeline_local.domain.drafts import JSON, Contact, Draft, Problem
from timeline_local.importers.archive import Folder, Listing
from timeline_local.importers.base import Checkpoint, Claiming, Item, ReadOptions, Recognition, Source, Unit
from timeline_local.importers.files import is_unknown
from timeline_local.importers.sources.apple_calls import AppleCalls
from timeline_local.importers.sources.apple_contacts import AppleContacts
from timeline_local.importers.sources.apple_health import AppleHealth
from timeline_local.importers.sources.apple_journal import AppleJournal
from timeline_local.importers.sources.apple_messages import AppleMessages
from timeline_local.importers.sources.apple_note_store import AppleNoteStore
from timeline_local.importers.sources.apple_notes import AppleNotes
from timeline_local.importers.sources.apple_photos import ApplePhotos
from timeline_local.importers.sources.bear import Bear
from timeline_local.importers.sources.bluesky import Bluesky
from timeline_local.importers.sources.bookmarks import Bookmarks
from timeline_local.importers.sources.contact_list import ContactList
from timeline_local.importers.sources.daily_you import DailyYou
from timeline_local.importers.sources.dawarich import Dawarich
from timeline_local.importers.sources.day_one import DayOne
from timeline_local.importers.sources.day_one_classic import DayOneClassic
from timeline_local.importers.sources.daylio import Daylio
from timeline_local.importers.sources.diarium import Diarium
from timeline_local.importers.sources.diaro import Diaro
from timeline_local.importers.sources.discord import Discord
from timeline_local.importers.sources.evernote import Evernote
from timeline_local.importers.sources.facebook import Facebook
from timeline_local.importers.sources.fit import Fit
from timeline_local.importers.sources.flickr import Flickr
from timeline_local.importers.sources.flights import Flights
from timeline_local.importers.sources.foursquare import Foursquare
from timeline_local.importers.sources.garmin import Garmin
from timeline_local.importers.sources.geojson import Geojson
from timeline_local.importers.sources.goodreads import Goodreads
from timeline_local.importers.sources.google_chat import GoogleChat
from timeline_local.importers.sources.google_fit import GoogleFit
from timeline_local.importers.sources.google_keep import GoogleKeep
from timeline_local.importers.sources.google_location import GoogleLocation
from timeline_local.importers.sources.google_takeout import GoogleTakeout
from timeline_local.importers.sources.google_voice import GoogleVoice
from timeline_local.importers.sources.gpx import Gpx
from timeline_local.importers.sources.icalendar import ICalendar
from timeline_local.importers.sources.igc import Igc
from timeline_local.importers.sources.imessage import IMessage
from timeline_local.importers.sources.instagram import Instagram
from timeline_local.importers.sources.joplin import Joplin
from timeline_local.importers.sources.journey import Journey
from timeline_local.importers.sources.journiv import Journiv
from timeline_local.importers.sources.jrnl import Jrnl
from timeline_local.importers.sources.kakaotalk import KakaoTalk
from timeline_local.importers.sources.kindle import Kindle
from timeline_local.importers.sources.kml import Kml
from timeline_local.importers.sources.lastfm import LastFm
from timeline_local.importers.sources.letterboxd import Letterboxd
from timeline_local.importers.sources.line import Line
from timeline_local.importers.sources.mail import MailSource
from timeline_local.importers.sources.mapping import MappedTables
from timeline_local.importers.sources.mastodon import Mastodon
from timeline_local.importers.sources.memos import Memos
from timeline_local.importers.sources.messenger import Messenger
from timeline_local.importers.sources.netflix import Netflix
from timeline_local.importers.sources.nmea import Nmea
from timeline_local.importers.sources.notes_folder import NotesFolder
from timeline_local.importers.sources.notion import Notion
from timeline_local.importers.sources.org import Org
from timeline_local.importers.sources.owntracks_rec import OwntracksRec
from timeline_local.importers.sources.oziexplorer import OziExplorer
from timeline_local.importers.sources.photo_folder import PhotoFolder
from timeline_local.importers.sources.photos_library import PhotosLibrary
from timeline_local.importers.sources.polarsteps import Polarsteps
from timeline_local.importers.sources.rednotebook import RedNotebook
from timeline_local.importers.sources.roam import Roam
from timeline_local.importers.sources.signal import Signal
from timeline_local.importers.sources.simplenote import Simplenote
from timeline_local.importers.sources.skype import Skype
from timeline_local.importers.sources.slack import Slack
from timeline_local.importers.sources.sms_backup import SmsBackup
from timeline_local.importers.sources.spotify import Spotify
from timeline_local.importers.sources.standard_notes import StandardNotes
from timeline_local.importers.sources.strava import Strava
from timeline_local.importers.sources.tcx import Tcx
from timeline_local.importers.sources.telegram import Telegram
from timeline_local.importers.sources.track_csv import TrackCsv
from timeline_local.importers.sources.trakt import Trakt
from timeline_local.importers.sources.vcard import VCard
from timeline_local.importers.sources.whatsapp import WhatsApp
from timeline_local.importers.sources.whatsapp_database import WhatsAppDatabase
from timeline_local.importers.sources.x_archive import XArchive
from timeline_local.importers.sources.youtube import YouTube

# Exports come before folders of anything, and what is known by its content before notes: a log in a .txt file is none.
# Notes come before pictures: a picture that a note shows belongs to the note.
# What the owner says of a table goes before what anybody else makes of it.
SOURCES: tuple[Source, ...] = (
    MappedTables(),
    GoogleTakeout(),
    GoogleKeep(),
    ApplePhotos(),
    Flickr(),
    PhotosLibrary(),
    DayOne(),
    DayOneClassic(),
    Journiv(),
    Journey(),
    AppleJournal(),
    AppleNotes(),
    AppleNoteStore(),
    Memos(),
    Evernote(),
    Daylio(),
    DailyYou(),
    Diaro(),
    Diarium(),
    Bear(),
    RedNotebook(),
    Roam(),
    Simplenote(),
    StandardNotes(),
    Joplin(),
    Notion(),
    Jrnl(),  # before chats: an entry may begin as a message does
    ICalendar(),
    VCard(),
    ContactList(),
    AppleContacts(),
    AppleMessages(),
    AppleCalls(),
    IMessage(),
    Line(),
    KakaoTalk(),
    Signal(),  # before WhatsApp, for which its text could be taken
    WhatsApp(),
    WhatsAppDatabase(),
    Telegram(),
    Messenger(),
    Instagram(),
    Facebook(),
    Discord(),
    GoogleChat(),
    GoogleVoice(),
    Skype(),
    Slack(),
    SmsBackup(),
    MailSource(),
    Dawarich(),  # before whatever was given to it, which lies in its export
    GoogleLocation(),
    XArchive(),
    Mastodon(),
    Bluesky(),
    AppleHealth(),
    Garmin(),
    GoogleFit(),
    Spotify(),
    Netflix(),
    Goodreads(),
    Letterboxd(),
    Trakt(),
    Kindle(),
    Bookmarks(),
    YouTube(),
    LastFm(),
    Polarsteps(),
    Foursquare(),
    Flights(),
    Strava(),
    Gpx(),
    Kml(),
    Geojson(),
    Fit(),
    Tcx(),
    Nmea(),
    Igc(),
    OziExplorer(),
    OwntracksRec(),
    TrackCsv(),
    Org(),
    NotesFolder(),
    PhotoFolder(),
)
LAST_HINTS = frozenset({"mapping"})  # sources whose advice is for what no other one knows
TELLS_THE_REST = frozenset({"photo_folder"})  # the source that tells itself of all files that nobody took
NOBODY = "folder"  # where a source's name stands, for what belongs to none

# Sources whose keys are paths below the folder that is imported: the same path in another folder is another thing. The
# keys of all others are the things' own, wherever their export lies.
KEYED_BY_PATH = frozenset({"notes_folder", "org", "photo_folder", "rednotebook"})


@dataclass(frozen=True, slots=True)
class Recognised:
    source: Source
    recognition: Recognition


@dataclass(frozen=True, slots=True)
class Read:
    """One item with the name of the source it came from."""

    source: str
    item: Item


@dataclass(frozen=True, slots=True)
class Judged:
    """What all sources think of a folder, in the order in which they read."""

    all: tuple[Recognised, ...]

    @property
    def recognised(self) -> list[Recognised]:
        """Those that can read something of it."""
        return [each for each in self.all if each.recognition.confidence > 0]

    @property
    def hint(self) -> str:
        """The best there is: an export knows its own files better than a folder source, so the first one."""
        last = sorted(self.all, key=lambda each: each.source.name in LAST_HINTS)
        return next((each.recognition.hint for each in last if each.recognition.hint), "")


def judge(folder: Folder, sources: Sequence[Source] = SOURCES) -> Judged:
    """Ask every source. Cost: one sample of the folder, and the heads of some files, for all together."""
    return Judged(tuple(Recognised(source, source.recognise(folder)) for source in sources))


def recognise_all(folder: Folder, sources: Sequence[Source] = SOURCES) -> list[Recognised]:
    """The sources that can read something of the folder, in the order they will read it."""
    return judge(folder, sources).recognised


def walk_problems(folder: Folder) -> Iterator[Problem]:
    """What is wrong with folders and archives themselves, whichever source they are for."""
    return (each for each in folder.walk() if isinstance(each, Problem))


def read_all(
    folder: Folder, sources: Sequence[Source], options: ReadOptions, checkpoint: JSON = None
) -> Iterator[Read]:
    """What is wrong with folders and archives themselves, then everything the sources find, one after the other.

    It goes on from a checkpoint of this function.

    Files of a draft belong to its source: sources that read later do not see them. What was
    handed over before the checkpoint is read again in silence, to know whose files are whose
    and which keys a source has told. What nobody took is told at the end.
    """
    tells_the_rest = bool(sources) and sources[-1].name in TELLS_THE_REST
    told: set[str] | None = None if tells_the_rest else set()
    if checkpoint is None:
        yield from (Read(NOBODY, problem) for problem in walk_problems(folder))
    current, position = _position(checkpoint, sources)
    for index, source in enumerate(sources):
        is_last = tells_the_rest and index + 1 == len(sources)  # nobody asks any more whose its files are
        if index < current:
            _pass_over(source, folder, options, told)
            continue
        if index > current or position is None or is_last:
            items = source.read(folder, options, position if index == current else None)
        else:
            items = _going_on(source, folder, options, position, told)
        for item in items:
            if not is_last:
                _take_note(item, options, told)
            if isinstance(item, Checkpoint):
                item = Checkpoint({"source": source.name, "position": item.position})  # noqa: PLW2901
            yield Read(source.name, item)
    if told is not None:
        yield from (Read(NOBODY, problem) for problem in _rest(folder, options, told))


def _pass_over(source: Source, folder: Folder, options: ReadOptions, told: set[str] | None) -> None:
    """Learn what a source took before."""
    if isinstance(source, Claiming):
        options.claimed.update(source.claims(folder, options))
        return
    for item in source.read(folder, options, None):
        _take_note(item, options, told)


def _going_on(
    source: Source, folder: Folder, options: ReadOptions, position: JSON, told: set[str] | None
) -> Iterator[Item]:
    """What a source gives behind a checkpoint.

    It is read from its beginning, in silence: two backups hold the same messages, and only who has read the first knows
    which ones of the second were told. One that can claim without reading goes on by itself, and so does one whose
    checkpoint does not come again, as the folder is another by now.
    """
    own = replace(options, claimed=set(options.claimed))  # what it claims is not hidden from itself
    if isinstance(source, Claiming):
        options.claimed.update(source.claims(folder, options))
        yield from source.read(folder, own, position)
        return
    items = source.read(folder, options, None)
    for item in items:
        if isinstance(item, Checkpoint) and item.position == position:
            yield from items
            return
        _take_note(item, options, told)
    yield from source.read(folder, own, position)


def _rest(folder: Folder, options: ReadOptions, told: Container[str]) -> Iterator[Problem]:
    """What no source took and nobody told of."""
    for listing in folder.walk():
        for file in listing.files if isinstance(listing, Listing) else ():
            if not options.is_claimed(file.locator) and file.locator not in told:
                yield is_unknown(file)


def _position(checkpoint: JSON, sources: Sequence[Source]) -> tuple[int, JSON]:
    """Which source to go on with, and where; the start for a checkpoint that is not ours."""
    names = [source.name for source in sources]
    if not isinstance(checkpoint, dict) or checkpoint.get("source") not in names:
        return 0, None
    return names.index(str(checkpoint["source"])), checkpoint.get("position")


def _take_note(item: Item, options: ReadOptions, told: set[str] | None) -> None:
    """Remember whose files an item takes; told: the files of which something is said, None where nobody asks."""
    if not isinstance(item, Problem):
        _claim(item, options)
    elif told is not None:
        told.add(item.locator.partition("#")[0])


def _claim(item: Item, options: ReadOptions) -> None:
    if isinstance(item, Draft):
        options.claimed.update(each.locator for each in item.media if not options.is_claimed(each.locator))
    elif isinstance(item, Contact) and item.photo is not None and not options.is_claimed(item.photo.locator):
        options.claimed.add(item.photo.locator)
    elif isinstance(item, Unit):
        options.claimed.update(each.locator for each in item.files if not options.is_claimed(each.locator))
