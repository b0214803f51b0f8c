"""Version 1 of the API: its routers, in the order in which a request is looked up."""

from __future__ import annotations

from timeline_local.api.v1 import (
    admin_audit,
    admin_health,
    admin_maintenance,
    admin_users,
    api_keys,
    auth,
    batches,
    collections,
    credentials,
    events,
    exports,
    folders,
    health,
    imports,
    jobs,
    locations,
    locked_notes,
    media,
    memories,
    people,
    positions,
    push,
    registration,
    relations,
    sessions,
    settings,
    source_accounts,
    system,
    tags,
    timeline,
    tray,
    users,
)

PREFIX = "/api/v1"
# Included one by one, not through a router of routers: each level costs a request some 0.1 ms.
ROUTERS = tuple(
    part.router
    for part in (
        batches,  # before memories: /memories/batch is no memory's id
        memories,
        relations,
        positions,
        timeline,
        media,
        health,
        admin_health,
        auth,
        sessions,
        credentials,
        system,
        tray,
        settings,
        api_keys,
        tags,
        people,
        locations,
        folders,
        imports,
        source_accounts,
        push,
        collections,
        exports,
        jobs,
        events,
        admin_audit,
        admin_maintenance,
        admin_users,
        registration,
        users,
        locked_notes,
    )
)
