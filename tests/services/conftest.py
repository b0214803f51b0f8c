"""What the tests of imports share: a desk to import at."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Owner
from tests.desk import Desk
from timeline_local.config import Settings
from timeline_local.core.database import Database
from timeline_local.core.library import Library


@pytest.fixture
async def desk(database: Database, library: Library, settings: Settings, owner: Owner) -> AsyncIterator[Desk]:
    """A library's owner who imports, with helpers that decode."""
    made = Desk(database, library, settings, owner.pk)
    await made.decoder.start()
    yield made
    await made.decoder.stop()
    made.hand.close()
