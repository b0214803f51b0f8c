"""What a memory can be, and what a file can be to it. The numbers are stored: never reuse or renumber one."""

from enum import StrEnum


class Kind(StrEnum):
    """The kind of a memory; `code` is the number stored in rows and sent in the timeline skeleton."""

    PHOTO = "photo"
    VIDEO = "video"
    NOTE = "note"
    VISIT = "visit"
    EVENT = "event"
    AUDIO = "audio"
    MOVE = "move"
    MESSAGE = "message"
    POST = "post"
    PLAY = "play"
    HEALTH = "health"
    DOCUMENT = "document"
    BOOKMARK = "bookmark"

    @property
    def code(self) -> int:
        return _CODES[self]

    @classmethod
    def from_code(cls, code: int) -> "Kind":
        """Raises ValueError for a number no kind has."""
        try:
            return _KINDS[code]
        except KeyError:
            raise ValueError(f"no kind has the number {code}") from None


_CODES = {
    Kind.PHOTO: 0,
    Kind.VIDEO: 1,
    Kind.NOTE: 2,
    Kind.VISIT: 3,
    Kind.EVENT: 4,
    Kind.AUDIO: 5,
    Kind.MOVE: 6,
    Kind.MESSAGE: 7,
    Kind.POST: 8,
    Kind.PLAY: 9,
    Kind.HEALTH: 10,
    Kind.DOCUMENT: 11,
    Kind.BOOKMARK: 12,
}
_KINDS = {code: kind for kind, code in _CODES.items()}


class MediaRole(StrEnum):
    """What a media file is to its memory: the picture itself, its moving part, an edit of it, and so on.

    track  the file that a move was read from: kept as it came, offered for download, never shown.
    """

    PRIMARY = "primary"
    MOTION = "motion"
    EDITED = "edited"
    RAW = "raw"
    SIDECAR = "sidecar"
    ATTACHMENT = "attachment"
    TRACK = "track"
