"""Accounts for several users, the audit log, collections, relations, exports, and what people and locations lacked.

Types are spelled out here, so that a later change of the models cannot change what this revision made.
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970
JSON = sa.Text().with_variant(postgresql.JSONB(), "postgresql")
HASH = sa.LargeBinary(length=32)
SPELLING_MARKS = frozenset(range(10, 37)) | frozenset(
    range(200, 241)
)  # combining classes that names are compared without


def upgrade() -> None:
    """Add the columns that existing tables lacked, then the new tables."""
    _columns()
    _fold_people()
    _sign_in()
    _invitation()
    _note_lock()
    _audit_event()
    _collection()
    _relation()
    _export()


def _columns() -> None:
    for column in (
        sa.Column("email_verified_at", INSTANT, nullable=True),
        sa.Column("password_changed_at", INSTANT, nullable=True),
        sa.Column("last_login_at", INSTANT, nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", INSTANT, nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
    ):
        op.add_column("user", column)
    op.add_column("session", sa.Column("kind", sa.String(), nullable=False, server_default="browser"))
    op.add_column("api_key", sa.Column("requests_per_s", sa.Integer(), nullable=True))
    op.add_column("memory", sa.Column("mood", sa.SmallInteger(), nullable=True))
    op.add_column("memory", sa.Column("locked_body", sa.LargeBinary(), nullable=True))
    for name in ("kind", "address", "country_code", "zone"):
        op.add_column("location", sa.Column(name, sa.String(), nullable=True))
    op.add_column("person", sa.Column("folded", sa.String(), nullable=False, server_default=""))
    op.add_column("person", sa.Column("note", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_person_name", "person", ["owner_pk", "folded"])


def _fold_people() -> None:
    person = sa.table("person", sa.column("pk"), sa.column("name"), sa.column("folded"))
    connection = op.get_bind()
    for pk, name in connection.execute(sa.select(person.c.pk, person.c.name)).all():
        connection.execute(sa.update(person).where(person.c.pk == pk).values(folded=_fold(name)))


def _fold(text: str) -> str:
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(letter for letter in spread if unicodedata.combining(letter) not in SPELLING_MARKS)
    return unicodedata.normalize("NFC", kept)


def _sign_in() -> None:
    op.create_table(
        "refresh_token",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("session_pk", KEY, nullable=False),
        sa.Column("token_hash", HASH, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["session_pk"], ["session.pk"], name=op.f("fk_refresh_token_session_pk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_token_token_hash")),
    )
    op.create_index(op.f("ix_refresh_token_session_pk"), "refresh_token", ["session_pk"])
    op.create_table(
        "recovery_code",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("code_hash", HASH, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_recovery_code_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("owner_pk", "code_hash", name=op.f("uq_recovery_code_owner_pk_code_hash")),
    )
    op.create_table(
        "mailed_token",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("token_hash", HASH, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_mailed_token_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_mailed_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mailed_token_token_hash")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("account_hash", HASH, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_login_attempt")),
    )
    op.create_index("ix_login_attempt_account", "login_attempt", ["account_hash", "at"])
    op.create_index(op.f("ix_login_attempt_at"), "login_attempt", ["at"])


def _identified(table: str, *columns: sa.Column[object] | sa.Constraint) -> None:
    """A table of rows with a public id, an owner and an edit history."""
    op.create_table(
        table,
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f(f"fk_{table}_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("id", name=op.f(f"uq_{table}_id")),
    )


def _invitation() -> None:
    _identified(
        "invitation",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("token_hash", HASH, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )


def _note_lock() -> None:
    op.create_table(
        "note_lock",
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("derivation", JSON, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_note_lock_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_pk", name=op.f("pk_note_lock")),
    )


def _audit_event() -> None:
    op.create_table(
        "audit_event",
        sa.Column("seq", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", UID, nullable=True),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("credential_id", UID, nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object_kind", sa.String(), nullable=True),
        sa.Column("object_id", UID, nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.Column("before_hash", HASH, nullable=True),
        sa.Column("after_hash", HASH, nullable=True),
        sa.Column("prev_hash", HASH, nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_event_hash")),
    )
    op.create_index(op.f("ix_audit_event_at"), "audit_event", ["at"])
    op.create_index(op.f("ix_audit_event_action"), "audit_event", ["action"])
    if op.get_bind().dialect.name == "postgresql":
        _append_only_postgresql()
    else:
        _append_only_sqlite()


# An entry is never changed, and goes only after an entry that says up to which number the log was pruned.
REFUSAL = "the audit log is append-only"
PRUNED = "SELECT 1 FROM audit_event WHERE action = 'audit.pruned' AND"


def _append_only_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    op.execute(f"CREATE TRIGGER audit_event_update BEFORE UPDATE ON audit_event {refuse}")
    op.execute(
        "CREATE TRIGGER audit_event_delete BEFORE DELETE ON audit_event WHEN NOT EXISTS "
        f"({PRUNED} json_extract(details, '$.up_to') >= old.seq) {refuse}"
    )


def _append_only_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_event_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' AND EXISTS ({PRUNED} (details->>'up_to')::bigint >= old.seq) THEN RETURN old; END IF; "
        f"RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_event_keep BEFORE UPDATE OR DELETE ON audit_event "
        "FOR EACH ROW EXECUTE FUNCTION audit_event_keep()"
    )


def _collection() -> None:
    _identified(
        "collection",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=True),
        sa.Column("cover_pk", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["cover_pk"], ["media_file.pk"], name=op.f("fk_collection_cover_pk"), ondelete="SET NULL"
        ),
        sa.UniqueConstraint("owner_pk", "folded", name=op.f("uq_collection_owner_pk_folded")),
    )
    op.create_index(op.f("ix_collection_cover_pk"), "collection", ["cover_pk"])
    op.create_table(
        "collection_member",
        sa.Column("collection_pk", KEY, nullable=False),
        sa.Column("memory_pk", KEY, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_pk"], ["collection.pk"], name=op.f("fk_collection_member_collection_pk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["memory_pk"], ["memory.pk"], name=op.f("fk_collection_member_memory_pk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection_pk", "memory_pk", name=op.f("pk_collection_member")),
    )
    op.create_index("ix_collection_member_order", "collection_member", ["collection_pk", "position"])
    op.create_index(op.f("ix_collection_member_memory_pk"), "collection_member", ["memory_pk"])


def _relation() -> None:
    _identified(
        "relation",
        sa.Column("from_pk", KEY, nullable=False),
        sa.Column("to_pk", KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["from_pk"], ["memory.pk"], name=op.f("fk_relation_from_pk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_pk"], ["memory.pk"], name=op.f("fk_relation_to_pk"), ondelete="CASCADE"),
        sa.UniqueConstraint("from_pk", "to_pk", "kind", name=op.f("uq_relation_from_pk_to_pk_kind")),
    )
    op.create_index(op.f("ix_relation_to_pk"), "relation", ["to_pk"])


def _export() -> None:
    _identified(
        "export",
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("error", JSON, nullable=True),
        sa.Column("job_pk", KEY, nullable=True),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", HASH, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["job_pk"], ["job.pk"], name=op.f("fk_export_job_pk"), ondelete="SET NULL"),
    )
    op.create_index(op.f("ix_export_job_pk"), "export", ["job_pk"])
    op.create_index("ix_export_owner", "export", ["owner_pk", "pk"])
