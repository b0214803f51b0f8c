"""The whole error tree. A class names what happened; it knows no web framework.

    TimelineError
    ├── InvalidInput            what was sent cannot be used (400/422)
    ├── NotAllowed              who asks may not (401/403)
    ├── NotFound                nothing of that name in *your* timeline (404)
    ├── Conflict                the thing changed, or is in the wrong state (409/412)
    ├── TooMuch                 a cap was reached (413/429)
    ├── Unavailable             try again later (503/507)
    └── StartRefused            the library cannot be opened; nothing was changed

Each class carries `slug` (the stable end of the problem type), `title` and `status` as plain data; an instance carries
`detail`, a sentence for the owner: what happened, what was kept, what to do. docs/problems.md has a section per slug.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field. pointer: JSON pointer as a URI fragment (`#/happened_at`); never the value."""

    pointer: str
    detail: str


class TimelineError(Exception):
    """Anything we say to the owner instead of an answer."""

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"
    status: ClassVar[int] = 500

    def __init__(
        self,
        detail: str = "",
        *,
        errors: tuple[FieldError, ...] = (),
        headers: dict[str, str] | None = None,
        facts: dict[str, str | int | float | bool | None] | None = None,
    ) -> None:
        """Take the sentence, the field errors, response headers and the extra members of the problem document."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors
        self.headers = headers or {}
        self.facts = facts or {}


# --- invalid input -----------------------------------------------------------


class InvalidInput(TimelineError):
    slug, title, status = "invalid-input", "That input cannot be used", 422


class MalformedRequest(InvalidInput):
    slug, title, status = "malformed-request", "The request cannot be read", 400


class InvalidCursor(InvalidInput):
    slug, title, status = "invalid-cursor", "That page cursor is not one of ours", 400


class InvalidQuery(InvalidInput):
    slug, title, status = "invalid-query", "The search query cannot be read", 400


class UnsupportedContentType(InvalidInput):
    slug, title, status = "unsupported-content-type", "That content type is not accepted here", 415


class NothingToImport(InvalidInput):
    slug, title, status = "nothing-to-import", "There is nothing to import there", 422


class InvalidToken(InvalidInput):
    slug, title = "invalid-token", "That link is used up, too old or not ours"


class FolderNotAllowed(InvalidInput):
    slug, title, status = "folder-not-allowed", "That folder cannot be imported", 422


class MoveRefused(InvalidInput):
    slug, title = "move-refused", "The library cannot be moved there"


class LibraryNotUsable(InvalidInput):
    slug, title = "library-not-usable", "That folder cannot be used as a library"


class PasswordTooWeak(InvalidInput):
    slug, title, status = "password-too-weak", "That password cannot be used", 422


# --- not allowed -------------------------------------------------------------


class NotAllowed(TimelineError):
    slug, title, status = "forbidden", "You may not do that", 403


class NotSignedIn(NotAllowed):
    slug, title, status = "not-signed-in", "Sign in first", 401


class ForeignRequest(NotAllowed):
    slug, title, status = "foreign-request", "The request did not come from this application", 403


class WrongHost(NotAllowed):
    slug, title, status = "wrong-host", "This address is not served here", 421


class ScopeMissing(NotAllowed):
    slug, title, status = "scope-missing", "Your key or role may not do that", 403


class RegistrationClosed(NotAllowed):
    slug, title = "registration-closed", "New accounts need an invitation"


class ProtectedUser(NotAllowed):
    slug, title = "protected-user", "That cannot be done to this account"


class InvalidTicket(NotAllowed):
    slug, title, status = "invalid-ticket", "That launch ticket is used up or too old", 401


class SignInFailed(NotAllowed):
    slug, title, status = "sign-in-failed", "That did not sign you in", 401


class SecondFactorNeeded(NotAllowed):
    slug, title, status = "second-factor-needed", "The code of your second factor is needed", 401


class PasswordNeeded(NotAllowed):
    slug, title, status = "password-needed", "The app lock asks for your password", 401


class InvalidRefreshToken(NotAllowed):
    slug, title, status = "invalid-refresh-token", "That refresh token opens nothing", 401


class WrongPassword(NotAllowed):
    slug, title, status = "wrong-password", "That is not your password", 403


class WrongPassphrase(NotAllowed):
    slug, title, status = "wrong-passphrase", "That is not the passphrase of your locked notes", 403


class NotesLocked(NotAllowed):
    slug, title, status = "notes-locked", "Your locked notes are locked", 403


class WrongCode(NotAllowed):
    slug, title, status = "wrong-code", "That code is not valid", 403


# --- not found ---------------------------------------------------------------


class NotFound(TimelineError):
    slug, title, status = "not-found", "There is nothing at this address", 404


class MemoryNotFound(NotFound):
    slug, title = "memory-not-found", "Memory not found"


class MediaNotFound(NotFound):
    slug, title = "media-not-found", "Media file not found"


class PreviewNotFound(NotFound):
    slug, title = "preview-not-found", "There is no preview of this file"


class ImportNotFound(NotFound):
    slug, title = "import-not-found", "Import not found"


class GuideNotFound(NotFound):
    slug, title = "guide-not-found", "There is no such page about imports"


class JobNotFound(NotFound):
    slug, title = "job-not-found", "Job not found"


class UserNotFound(NotFound):
    slug, title = "user-not-found", "User not found"


class InvitationNotFound(NotFound):
    slug, title = "invitation-not-found", "Invitation not found"


class ApiKeyNotFound(NotFound):
    slug, title = "api-key-not-found", "API key not found"


class TagNotFound(NotFound):
    slug, title = "tag-not-found", "Tag not found"


class WatchedFolderNotFound(NotFound):
    slug, title = "watched-folder-not-found", "Watched folder not found"


class SourceAccountNotFound(NotFound):
    slug, title = "source-account-not-found", "Source account not found"


class SessionNotFound(NotFound):
    slug, title = "session-not-found", "Session not found"


class PersonNotFound(NotFound):
    slug, title = "person-not-found", "Person not found"


class IdentityNotFound(NotFound):
    slug, title = "identity-not-found", "Identity not found"


class LocationNotFound(NotFound):
    slug, title = "location-not-found", "Location not found"


class RelationNotFound(NotFound):
    slug, title = "relation-not-found", "Relation not found"


class CollectionNotFound(NotFound):
    slug, title = "collection-not-found", "Collection not found"


class ExportNotFound(NotFound):
    slug, title = "export-not-found", "Export not found"


class TaskNotFound(NotFound):
    slug, title = "task-not-found", "There is no such maintenance task"


class FolderNotFound(NotFound):
    slug, title = "folder-not-found", "Folder not found"


class MethodNotAllowed(TimelineError):
    slug, title, status = "method-not-allowed", "That method is not answered at this address", 405


# --- conflict ----------------------------------------------------------------


class Conflict(TimelineError):
    slug, title, status = "conflict", "That does not fit the present state", 409


class VersionConflict(Conflict):
    slug, title, status = "version-conflict", "Changed elsewhere in the meantime", 412


class StaleRevision(Conflict):
    slug, title = "stale-revision", "The timeline has changed since"


class WrongState(Conflict):
    slug, title = "wrong-state", "That is not possible in the present state"


class MediaInUse(Conflict):
    slug, title = "media-in-use", "That media file is shown somewhere"


class FolderNotEmpty(Conflict):
    slug, title = "folder-not-empty", "That folder is not empty"


class PassphraseMissing(Conflict):
    slug, title = "passphrase-missing", "No passphrase for locked notes is set"


class IdempotencyConflict(Conflict):
    slug, title = "idempotency-conflict", "That idempotency key was used for another request"


class MadeAlready(Conflict):
    slug, title = "made-already", "That was made already, and its secret was shown once"


class IdentityTaken(Conflict):
    slug, title = "identity-taken", "That address is somebody else's"


class AddressTaken(Conflict):
    slug, title = "address-taken", "That mail address belongs to an account already"


class OwnerStays(Conflict):
    slug, title = "owner-stays", "The owner cannot leave while others have accounts"


class WatchedAlready(Conflict):
    slug, title = "watched-already", "That folder is watched already"


class SourceAccountTaken(Conflict):
    slug, title = "source-account-taken", "That account is kept already"


class SourceTokenBroken(Conflict):
    slug, title = "source-token-broken", "The token of that account cannot be opened any more"


class TagNameTaken(Conflict):
    slug, title = "tag-name-taken", "There is a tag of that name"


class CollectionNameTaken(Conflict):
    slug, title = "collection-name-taken", "There is a collection of that name"


class CollectionIsComputed(Conflict):
    slug, title = "collection-is-computed", "The members of that collection come from its query"


class JobTakenOver(Conflict):
    slug, title = "job-taken-over", "Another process works on that job now"


class UndoExpired(Conflict):
    slug, title, status = "undo-expired", "That can no longer be undone", 410


# --- too much ----------------------------------------------------------------


class TooMuch(TimelineError):
    slug, title, status = "too-much", "That is more than we take at once", 413


class BodyTooLarge(TooMuch):
    slug, title = "body-too-large", "The request is too large"


class RateLimited(TooMuch):
    slug, title, status = "rate-limited", "Too many requests in a short time", 429


class RangeNotSatisfiable(TooMuch):
    slug, title, status = "range-not-satisfiable", "The file has no such range", 416


# --- unavailable -------------------------------------------------------------


class Unavailable(TimelineError):
    slug, title, status = "unavailable", "Not available just now", 503


class DatabaseUnavailable(Unavailable):
    slug, title = "database-unavailable", "The library's database does not answer"


class LibraryAway(Unavailable):
    slug, title = "library-away", "The disk with your library is not there"


class LibraryReadOnly(Unavailable):
    slug, title = "library-read-only", "The disk with your library is read-only"


class DiskFull(Unavailable):
    slug, title, status = "disk-full", "The disk is full", 507


class OriginalMissing(Unavailable):
    slug, title, status = "original-missing", "The original file is not where it was", 410


class MailUnavailable(Unavailable):
    slug, title = "mail-unavailable", "The mail could not be sent just now"


class MailRefused(InvalidInput):
    slug, title = "mail-refused", "The mail server refuses that message"


class JobGaveUp(TimelineError):
    slug, title = "job-gave-up", "The job ended the program again and again"


# --- the library refuses to start ---------------------------------------------


class StartRefused(TimelineError):
    slug, title, status = "start-refused", "The library cannot be opened", 503


class LibraryInUse(StartRefused):
    slug, title = "library-in-use", "The library is already open in another process"


class LibraryNewer(StartRefused):
    slug, title = "library-newer", "The library was written by a newer version"


class LibraryDamaged(StartRefused):
    slug, title = "library-damaged", "The library's database is missing or damaged"


class LibraryNotPrivate(StartRefused):
    slug, title = "library-not-private", "The library folder is not private"


class LibraryMissing(StartRefused):
    slug, title = "library-missing", "The library is not where it was"


class LibraryUnfinished(StartRefused):
    slug, title = "library-unfinished", "That folder holds an unfinished copy of a library"


class LibraryDiskUnfit(StartRefused):
    slug, title = "library-disk-unfit", "A library cannot be kept on that disk"


class LibraryNotWritable(StartRefused):
    slug, title = "library-not-writable", "The library folder cannot be written"


class KeyringAway(StartRefused):
    slug, title = "keyring-away", "The keyring with the library's keys does not answer"


class DatabaseTooOld(StartRefused):
    slug, title = "database-too-old", "The database lacks a feature we need"


class MigrationFailed(StartRefused):
    slug, title = "migration-failed", "The library could not be upgraded"


class PortTaken(StartRefused):
    slug, title = "port-taken", "The port is taken by another program"


# --- media --------------------------------------------------------------------


class MediaError(TimelineError):
    slug, title, status = "media-unusable", "That file cannot be used", 422
