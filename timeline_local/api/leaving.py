"""What deleting an account takes, of the parts of this process; for whoever leaves and whoever sends away."""

from __future__ import annotations

from timeline_local.runtime import Runtime
from timeline_local.services.leaving import Leaving


def leaving(parts: Runtime) -> Leaving:
    """The parts that `delete_account` works with."""
    return Leaving(
        database=parts.database,
        library=parts.library,
        blobs=parts.blobs,
        previews=parts.previews,
        authentication=parts.authentication,
        changes=parts.changes,
        cipher=parts.cipher,
    )
