"""The `timeline-local` command: what can be asked, each answered by a module that is loaded only then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from timeline_local.cli.output import exit_status

app = typer.Typer(
    name="timeline-local",
    help="Your private timeline, on this computer. Without a command: open it in the browser.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
api_key = typer.Typer(help="Keys for scripts.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(api_key, name="api-key")
account = typer.Typer(help="Help for a forgotten password.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(account, name="account")
audit = typer.Typer(help="The log of what matters for security.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(audit, name="audit")
secrets = typer.Typer(help="The keys of this install.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(secrets, name="secrets")
library = typer.Typer(
    help="Where your libraries are, and which one is opened.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(library, name="library")

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="The library folder.")]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


def run(arguments: list[str]) -> int:
    """Run one command; its exit status: 0 success, 1 a problem (one sentence on stderr), 2 wrong usage."""

    def command() -> int:
        try:
            app(args=arguments, prog_name="timeline-local")
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 0
        return 0

    os.umask(0o077)  # whatever a command makes is the owner's alone, the database's own files too
    return exit_status(command)


def _given(data: Path | None, **groups: dict[str, Any]) -> dict[str, Any]:
    """What the command line says, as `load_settings` takes it: nothing that was left away."""
    found: dict[str, Any] = {} if data is None else {"data_dir": data}
    for name, group in groups.items():
        kept = {key: value for key, value in group.items() if value is not None}
        if kept:
            found[name] = kept
    return found


@app.command()
def serve(
    data: Data = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, metavar="N", help="Port to listen on; else 8765 or the next free one."),
    ] = None,
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Address to listen on; else 127.0.0.1.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")] = False,  # noqa: FBT002
    for_tray: Annotated[bool, typer.Option("--for-tray", hidden=True)] = False,  # noqa: FBT002
) -> None:
    """Run the server until Ctrl+C."""
    from timeline_local.cli.serving import serve as run_server  # noqa: PLC0415

    given = _given(data, server={"port": port, "host": host})
    raise typer.Exit(run_server(given, opens_browser=not no_browser, for_tray=for_tray))


@app.command()
def worker(data: Data = None) -> None:
    """Run background jobs beside the server of the same library, until Ctrl+C; needs PostgreSQL."""
    from timeline_local.cli.worker import work  # noqa: PLC0415

    work(_given(data))


@app.command(name="import")
def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="A folder, or archives and files; parts of one export are read as one."),
    ],
    data: Data = None,
    reference: Annotated[  # noqa: FBT002
        bool, typer.Option("--reference", help="Leave the originals where they are instead of copying them.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before importing.")] = False,  # noqa: FBT002
    json: Json = False,  # noqa: FBT002
) -> None:
    """Import folders, archives or files: show the plan, ask, import, and tell what came of it.

    Archives are read in place. Goes through the running server, or opens the library itself. Files with problems are
    told and do not make it fail.
    """
    from timeline_local.cli.importing import Asked, import_folder  # noqa: PLC0415

    asked = Asked(paths=tuple(paths), mode="reference" if reference else "copy", is_sure=yes, as_json=json)
    raise typer.Exit(import_folder(asked, _given(data)))


@app.command()
def watch(
    path: Annotated[
        Path | None, typer.Argument(metavar="PATH", help="A folder, archive or file.", show_default=False)
    ] = None,
    data: Data = None,
    every: Annotated[int, typer.Option(metavar="MINUTES", help="How often to look at it.")] = 60,
    now: Annotated[bool, typer.Option("--now", help="Look at once at a folder that is watched.")] = False,  # noqa: FBT002
    pause: Annotated[bool, typer.Option("--pause", help="Look no more until --resume.")] = False,  # noqa: FBT002
    resume: Annotated[bool, typer.Option("--resume", help="Go on.")] = False,  # noqa: FBT002
    remove: Annotated[bool, typer.Option("--remove", help="Watch it no more; what came stays.")] = False,  # noqa: FBT002
    json: Json = False,  # noqa: FBT002
) -> None:
    """Import what is new in a folder, again and again; without PATH, list what is watched.

    The server looks, while it runs. Goes through it, or opens the library itself.
    """
    from timeline_local.cli.watching import Asked, watch_folder  # noqa: PLC0415

    wishes = {"now": now, "pause": pause, "resume": resume, "remove": remove}
    asked = Asked(
        path=path, every_min=every, wishes=tuple(name for name, is_on in wishes.items() if is_on), as_json=json
    )
    raise typer.Exit(watch_folder(asked, _given(data)))


@app.command(name="export")
def export_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write; must not exist.", show_default=False)
    ],
    data: Data = None,
    query: Annotated[
        str | None, typer.Option(metavar="QUERY", help="Only what this search finds; else everything but the trash.")
    ] = None,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option(metavar="FORMAT", help="ndjson, csv, zip or markdown; else what the name of the file says."),
    ] = None,
    account: Annotated[  # noqa: FBT002
        bool, typer.Option("--account", help="A zip of the whole account: people, places, collections, settings too.")
    ] = False,
    no_originals: Annotated[  # noqa: FBT002
        bool, typer.Option("--no-originals", help="Leave the photos and other files out.")
    ] = False,
    json: Json = False,  # noqa: FBT002
) -> None:
    """Write memories to a file that other programs read, and that imports back.

    Goes through the running server, or opens the library itself. Nothing stands at FILE before it is whole.
    """
    from timeline_local.cli.exporting import Asked, export_to  # noqa: PLC0415

    asked = Asked(file=file, format=format, query=query, account=account, originals=not no_originals, as_json=json)
    raise typer.Exit(export_to(asked, _given(data)))


@app.command(name="open")
def open_(data: Data = None) -> None:
    """Open the running timeline in the browser, signed in; without a display, print the address that does it."""
    from timeline_local.cli.opening import open_browser  # noqa: PLC0415

    raise typer.Exit(open_browser(_given(data)))


@app.command()
def config(data: Data = None, json: Json = False) -> None:  # noqa: FBT002
    """Show every setting in force and where its value came from; secrets are masked."""
    from timeline_local.cli.config import show_settings  # noqa: PLC0415

    show_settings(_given(data), as_json_=json)


@app.command()
def doctor(data: Data = None, json: Json = False) -> None:  # noqa: FBT002
    """Examine the library without changing it; the exit status is 1 if something is wrong."""
    from timeline_local.cli.doctor import examine  # noqa: PLC0415

    raise typer.Exit(examine(_given(data), as_json_=json))


@app.command()
def maintenance(
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="verify, vacuum, reindex, sweep or recount.", show_default=False)
    ],
    data: Data = None,
    json: Json = False,  # noqa: FBT002
) -> None:
    """Look after the library: check everything, give back space, rebuild what is derived.

    Exit status 1 if something is wrong.
    """
    from timeline_local.cli.maintenance import maintain  # noqa: PLC0415

    raise typer.Exit(maintain(_given(data), task, as_json_=json))


@app.command()
def anonymise(
    target: Annotated[
        Path, typer.Argument(metavar="DEST", help="The folder for the copy: empty or new.", show_default=False)
    ],
    data: Data = None,
    seed: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The same text makes the same copy; keep it to yourself.")
    ] = None,
    json: Json = False,  # noqa: FBT002
) -> None:
    """Write a copy of the library for development: the structure is real, texts, places and pictures are made up."""
    from timeline_local.cli.anonymise import anonymise as write_copy  # noqa: PLC0415

    write_copy(_given(data), target, seed=seed, as_json_=json)


@app.command()
def jobs(
    data: Data = None,
    state: Annotated[
        str | None,
        typer.Option(metavar="STATE", help="Only jobs that are waiting, running, paused, done, failed or cancelled."),
    ] = None,
    json: Json = False,  # noqa: FBT002
) -> None:
    """List the background jobs, newest first."""
    from timeline_local.cli.jobs import show_jobs  # noqa: PLC0415

    show_jobs(_given(data), state=state, as_json_=json)


@app.command()
def autostart(
    wish: Annotated[str, typer.Argument(metavar="on|off|status", help="Whether to.", show_default=False)],
    data: Data = None,
) -> None:
    """Start at login, hidden in the tray, or no more; `status` says which."""
    from timeline_local.cli.desktop import switch_login  # noqa: PLC0415

    raise typer.Exit(switch_login(_given(data), wish))


@app.command(name="menu-entry")
def menu_entry(
    wish: Annotated[str, typer.Argument(metavar="on|off|status", help="Whether to have one.", show_default=False)],
) -> None:
    """Have an entry in the desktop's menu (Linux), which also opens folders and exports to import; or none."""
    from timeline_local.cli.desktop import switch_menu_entry  # noqa: PLC0415

    raise typer.Exit(switch_menu_entry(wish))


@app.command()
def version(json: Json = False) -> None:  # noqa: FBT002
    """Show the version."""
    from timeline_local.cli.version import show_version  # noqa: PLC0415

    show_version(as_json_=json)


@api_key.command(name="create")
def create_key(
    name: Annotated[str, typer.Option(metavar="NAME", help="What the key is for.", show_default=False)],
    data: Data = None,
    scopes: Annotated[
        str | None, typer.Option(metavar="LIST", help="Scopes the key gets, separated by commas; else all but admin.")
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="When it ends: a date (2027-01-31) or a number of days (90d); else never."),
    ] = None,
    json: Json = False,  # noqa: FBT002
) -> None:
    """Make a key and print it, alone, on stdout. It is shown this once."""
    from timeline_local.cli.keys import create  # noqa: PLC0415

    create(_given(data), name=name, scopes=scopes, expires=expires, as_json_=json)


@api_key.command(name="list")
def list_keys(data: Data = None, json: Json = False) -> None:  # noqa: FBT002
    """List the keys, without the secrets in them."""
    from timeline_local.cli.keys import show  # noqa: PLC0415

    show(_given(data), as_json_=json)


@api_key.command(name="revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id or prefix.", show_default=False)],
    data: Data = None,
) -> None:
    """End a key; from now on it opens nothing."""
    from timeline_local.cli.keys import revoke  # noqa: PLC0415

    revoke(_given(data), key)


@audit.command(name="verify")
def verify_audit(data: Data = None, json: Json = False) -> None:  # noqa: FBT002
    """Check that no entry was changed, removed or reordered; the exit status is 1 if one was."""
    from timeline_local.cli.audit import check  # noqa: PLC0415

    raise typer.Exit(check(_given(data), as_json_=json))


@audit.command(name="export")
def export_audit(data: Data = None) -> None:
    """Print every entry, one JSON object a line, oldest first."""
    from timeline_local.cli.audit import export  # noqa: PLC0415

    export(_given(data))


Email = Annotated[
    str | None,
    typer.Option("--email", metavar="ADDRESS", help="Whose account; else the owner's, who made the library."),
]


@account.command(name="set-password")
def set_password(data: Data = None, email: Email = None) -> None:
    """Set a new password, asked for here, or read from a pipe. Every session of the account ends.

    An owner without an address gets the one given, to sign in with.
    """
    from timeline_local.cli.account import set_password as run_it  # noqa: PLC0415

    run_it(_given(data), email=email)


@account.command(name="disable-second-factor")
def disable_second_factor(data: Data = None, email: Email = None) -> None:
    """Switch the second factor off, and void the recovery codes. Every session of the account ends."""
    from timeline_local.cli.account import disable_second_factor as run_it  # noqa: PLC0415

    run_it(_given(data), email=email)


@secrets.command(name="rotate")
def rotate_secrets(data: Data = None) -> None:
    """Make new keys while the server is stopped: everyone signs in again, API keys and passwords stay."""
    from timeline_local.cli.secrets import rotate  # noqa: PLC0415

    rotate(_given(data))


@secrets.command(name="move")
def move_keys(
    place: Annotated[Literal["file", "keyring"], typer.Argument(help="Where they go.", show_default=False)],
    data: Data = None,
) -> None:
    """Move the keys while the server is stopped: into secrets.json, or into the keyring of your account."""
    from timeline_local.cli.secrets import move  # noqa: PLC0415

    move(_given(data), place)


@library.command(name="list")
def list_libraries(json: Json = False) -> None:  # noqa: FBT002
    """List the libraries; * is the one that is opened when nobody says which."""
    from timeline_local.cli.libraries import show  # noqa: PLC0415

    show(as_json_=json)


Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The library's folder.", show_default=False)]


@library.command(name="add")
def add_library(folder: Folder) -> None:
    """Put a library into the list, or an empty or new folder, in which one is made when it is opened."""
    from timeline_local.cli.libraries import add  # noqa: PLC0415

    add(folder)


@library.command(name="use")
def use_library(
    library: Annotated[str, typer.Argument(metavar="LIBRARY", help="Its folder, or its name.", show_default=False)],
) -> None:
    """Open this one from now on; a server that runs for another one goes over to it."""
    from timeline_local.cli.libraries import use  # noqa: PLC0415

    use(library)


@library.command(name="forget")
def forget_library(folder: Folder) -> None:
    """Take a library out of the list. Its folder stays as it is."""
    from timeline_local.cli.libraries import forget  # noqa: PLC0415

    forget(folder)


@library.command(name="move")
def move_library(
    target: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where to: an empty or new folder.", show_default=False)
    ],
    data: Data = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the old files where they are.")] = False,  # noqa: FBT002
    json: Json = False,  # noqa: FBT002
) -> None:
    """Move the library to another folder or disk: copied, checked, and only then given up.

    Interrupted at any moment, one whole library is left, which starts.
    """
    from timeline_local.cli.libraries import move  # noqa: PLC0415

    move(_given(data), target, keeps_old=keep, as_json_=json)
