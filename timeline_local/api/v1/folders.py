"""The folder browser of the import wizard."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from timeline_local.api.dependencies import Me, Parts, requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.exceptions import FolderNotAllowed, FolderNotFound, NotAllowed, ScopeMissing
from timeline_local.schemas.imports import FolderListing
from timeline_local.services.folders import check_may_read_disk, view_folder

router = APIRouter(prefix="/fs", tags=["imports"], route_class=StrictRoute)


@router.get(
    "/list",
    summary="Folders of this computer",
    dependencies=[requires("imports:write")],
    responses=responses(FolderNotFound, FolderNotAllowed, NotAllowed, ScopeMissing),
)
async def list_folder(
    parts: Parts,
    me: Me,
    path: Annotated[str | None, Query(max_length=4096, description="A whole path; the first root if left out.")] = None,
) -> FolderListing:
    """The folders in a folder, archives and exports to choose, how many files lie in it. Hidden ones are left out."""
    check_may_read_disk(me)
    return FolderListing.model_validate(asdict(await asyncio.to_thread(view_folder, path, parts.settings)))
