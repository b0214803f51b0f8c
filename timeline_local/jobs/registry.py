"""Every kind of job there is, by name. An explicit tuple: what is not here does not run."""

from timeline_local.jobs.anonymise import ANONYMISE
from timeline_local.jobs.email import EMAIL
from timeline_local.jobs.exports import EXPORT
from timeline_local.jobs.imports import IMPORT, SCAN, UNDO
from timeline_local.jobs.locked_notes import FORGET_WORDS
from timeline_local.jobs.maintenance import MAINTENANCE
from timeline_local.jobs.place_names import NAME_PLACES
from timeline_local.jobs.previews import PREVIEWS
from timeline_local.jobs.retelling import RETELL
from timeline_local.jobs.trash import PURGE_TRASH
from timeline_local.jobs.visits import DERIVE_VISITS
from timeline_local.jobs.watching import WATCH
from timeline_local.jobs.work import JobKind

KINDS: tuple[JobKind, ...] = (
    SCAN,
    IMPORT,
    UNDO,
    EXPORT,
    PREVIEWS,
    EMAIL,
    RETELL,
    DERIVE_VISITS,
    NAME_PLACES,
    WATCH,
    PURGE_TRASH,
    FORGET_WORDS,
    MAINTENANCE,
    ANONYMISE,
)
