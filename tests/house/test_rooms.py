"""What each room may do, beyond what the import rules can say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.code import AnyFunction, Module, dotted, product
from tests.house.waivers import not_waived

# Queries that run for everybody: before it is known who asks, or for the runner, which serves all owners.
# Each takes a secret's hash, an unguessable prefix or nothing that a caller could choose.
FOR_EVERYBODY = frozenset(
    {
        "exports.all_ids",  # whose files they are is all the same to the sweep of a start
        "audit.after",  # the log is the install's, for administrators
        "audit.last_before",
        "audit.newest",  # each entry hangs on the one before
        "audit.newest_held",
        "audit.page",
        "dialect.begin_forgetting",  # the full text index is one for all owners
        "dialect.hold_files",  # a lock of the whole library
        "dialect.hold_files_alone",
        "dialect.end_forgetting",
        "dialect.forget_from_now_on",
        "dialect.go_on_forgetting",
        "dialect.rebuild_text_index",
        "maintenance.every_user",  # checks go over every owner in turn
        "maintenance.known_media",  # whether anybody has bytes that lie on the disk
        "health.facts",  # sizes and counts of the whole install, for administrators
        "health.queue",
        "credentials.account_of",  # who signs in: by the address given
        "credentials.attempts",  # counted by the address given, known or not
        "credentials.has_any_password",  # what the sign-in page offers
        "credentials.hold_attempts",
        "credentials.refresh_token",  # by the hash of a random token
        "identity.first_owner",  # at start: is there an owner yet
        "identity.session",  # by the hash of a random token
        "identity.token_session",  # by the id in a signed token
        "identity.live_sessions",  # at start: which sessions to keep in memory
        "identity.api_key",  # by the prefix of a random key
        "jobs.is_running",  # previews stand back for anybody's import
        "jobs.next_due_at",  # the runner serves every owner
        "jobs.owners",  # the runner sweeps every owner's trash
        "users.account_by_address",  # who signs up or forgot a password: by the address given
        "users.account_by_id",  # accounts and invitations are the install's, for administrators
        "users.account_seen",
        "users.accounts",
        "users.count",
        "users.holder_of",  # by the hash of a random token
        "users.invitation",
        "users.invitations",
        "users.unconfirmed",  # accounts that nobody confirmed in time
        "search.scores",  # ranks keys that an owner's own query has just found
    }
)

# Who may open a transaction: the edges, and the few parts that work in the background between requests.
EDGES = ("timeline_local/api/", "timeline_local/jobs/", "timeline_local/cli/", "timeline_local/runtime.py")
OWN_TRANSACTIONS = frozenset(
    {
        "timeline_local/core/database.py",  # makes them
        "timeline_local/core/migrations.py",  # one for the whole upgrade
        "timeline_local/services/identity.py",  # notes the last use of sessions and keys, outside their requests
        "timeline_local/services/sign_in.py",  # an attempt is counted however its request ends
        "timeline_local/services/leaving.py",  # an account goes in steps, so that nobody waits for a large one
        "timeline_local/services/previews.py",  # a preview made while its picture is asked for is noted by itself
        # One batch is one transaction, and files are hashed and decoded before it begins:
        "timeline_local/services/import_plan.py",
        "timeline_local/services/import_run.py",
        "timeline_local/services/import_undo.py",
        "timeline_local/services/export_work.py",
    }
)
# On SQLite no other process works on the library, so these two may keep in memory what they would else read again.
KNOW_THE_DATABASE = frozenset({"timeline_local/jobs/runner.py", "timeline_local/services/identity.py"})
# SQLAlchemy's connections, and the driver's adapter.
DRIVER = ("timeline_local/core/database.py", "timeline_local/core/postgres.py", "timeline_local/core/onehop.py")

NAMES_THAT_SAY_NOTHING = ("utils", "util", "helpers", "helper", "manager", "managers", "common", "misc")
ZONELESS = {"datetime.utcnow", "datetime.datetime.utcnow", "datetime.today", "datetime.utcfromtimestamp", "date.today"}
ZONE_TAKING = {"datetime.now": 1, "datetime.datetime.now": 1, "datetime.fromtimestamp": 2}


def _parameters(function: AnyFunction) -> list[str]:
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]


def _unscoped_queries() -> Iterator[str]:
    for module in product():
        if module.room != "queries":
            continue
        noun = module.path.rpartition("/")[2].removesuffix(".py")
        for function in module.top_functions():
            name = f"{noun}.{function.name}"
            parameters = _parameters(function)
            if parameters[:1] == ["db"] and name not in FOR_EVERYBODY and parameters[1:2] != ["owner_pk"]:
                yield f"{module.path}:{function.lineno}:{function.name} ({', '.join(parameters)})"


def test_every_query_is_told_whose_timeline_it_reads() -> None:
    assert not_waived("owner scope", _unscoped_queries()) == []


def test_the_list_of_queries_for_everybody_names_only_queries_there_are() -> None:
    there = {
        f"{module.path.rpartition('/')[2].removesuffix('.py')}.{function.name}"
        for module in product()
        if module.room == "queries"
        for function in module.top_functions()
    }
    assert there >= FOR_EVERYBODY


def _opens_transaction(name: str) -> bool:
    return name.endswith(("database.write", "database.begin"))


def _transactions_below_the_edges() -> Iterator[str]:
    for module in product():
        if module.path.startswith(EDGES) or module.path in OWN_TRANSACTIONS:
            continue
        yield from (module.at(call) for name, call in module.calls() if _opens_transaction(name))


def test_only_edges_open_transactions() -> None:
    assert not_waived("transactions", _transactions_below_the_edges()) == []


def _commits() -> Iterator[str]:
    endings = (".commit", ".rollback", ".begin", ".begin_nested")
    for module in product():
        if module.path not in DRIVER:
            yield from (module.at(call) for name, call in module.calls() if name.endswith(endings))


def test_nobody_commits_by_hand() -> None:
    assert not_waived("commits", _commits()) == []


def _http_exceptions() -> Iterator[str]:
    """Imports of the web framework's HTTPException; http.client has a class of that name too."""
    for module in product():
        imports = (node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom))
        for node in imports if module.room != "api" else ():
            is_web = str(node.module).startswith(("fastapi", "starlette"))
            if is_web and any(alias.name == "HTTPException" for alias in node.names):
                yield module.at(node)


def test_nothing_outside_the_api_knows_http_exceptions() -> None:
    assert not_waived("http exceptions", _http_exceptions()) == []


def _broad_excepts() -> Iterator[str]:
    """`except Exception` and wider that keep the error, in routers: one handler renders them all."""
    for module in product():
        if module.path.startswith("timeline_local/api/v1/"):
            handlers = (node for node in ast.walk(module.tree) if isinstance(node, ast.ExceptHandler))
            yield from (f"{module.path}:{node.lineno}" for node in handlers if _keeps_everything(node))


def _keeps_everything(node: ast.ExceptHandler) -> bool:
    last = node.body[-1]
    passes_on = isinstance(last, ast.Raise) and last.exc is None
    return not passes_on and (node.type is None or dotted(node.type) in ("Exception", "BaseException"))


def test_no_router_catches_everything() -> None:
    assert not_waived("broad excepts", _broad_excepts()) == []


def _clocks_without_zone(module: Module) -> Iterator[str]:
    for name, call in module.calls():
        given = len(call.args) + any(keyword.arg in ("tz", "tzinfo") for keyword in call.keywords)
        if name in ZONELESS or given < ZONE_TAKING.get(name, 0):
            yield module.at(call)


def test_no_clock_is_read_without_a_zone() -> None:
    assert not_waived("clocks", (place for module in product() for place in _clocks_without_zone(module))) == []


def _empty_names() -> Iterator[str]:
    for module in product():
        parts = module.path.removesuffix(".py").split("/")
        if any(part.strip("_") in NAMES_THAT_SAY_NOTHING for part in parts):
            yield module.path


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not_waived("names", _empty_names()) == []


def _dialect_questions() -> Iterator[str]:
    """Text that asks which database it is; queries and models may, for the statements they write."""
    for module in product():
        if module.room in ("services", "jobs", "api", "cli") and module.path not in KNOW_THE_DATABASE:
            yield from (
                f"{module.path}:{number}"
                for number, line in enumerate(module.text.splitlines(), 1)
                if re.search(r"dialect(\.name)?\s*[!=]=\s*[\"']", line)
            )


def test_rules_and_routes_do_not_ask_which_database_it_is() -> None:
    assert not_waived("dialects", _dialect_questions()) == []


# What the decisions of docs/adr rule out: 0002 (sessions, loaded objects), and middleware that runs each request in a
# task of its own, which six at once made 18 times slower than a bare route (measured 2026-11).
RULED_OUT = frozenset(
    {"relationship", "sessionmaker", "async_sessionmaker", "AsyncSession", "BaseHTTPMiddleware", "ORJSONResponse"}
)


def _ruled_out() -> Iterator[str]:
    for module in product():
        imports = (node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom))
        yield from (
            f"{module.path}:{node.lineno}:{alias.name} is ruled out"
            for node in imports
            for alias in node.names
            if alias.name in RULED_OUT
        )


def test_nobody_imports_what_the_decisions_rule_out() -> None:
    assert not_waived("ruled out", _ruled_out()) == []
