"""What is wrong with a database, and what to do about it.  Reads only."""

from collections.abc import Sequence
from typing import Any

from migrations.compiled import Revisions, platform_revisions
from tenancy.engine import NOWHERE
from tenancy.finding import Finding
from tenancy.platform import SCHEMA, Status
from tenancy.roles import NEWEST, OLDEST, login_faults, read_hardening

NEWER = "run that release or a newer one"
MOST_MEMBERSHIPS = 1000  # beyond, the first SET ROLE of a connection takes longer than most requests


async def examine(owner: Any, app: Any | None, tenants: Revisions) -> list[Finding]:
    """All findings; none is health.  ``owner`` and ``app`` are asyncpg connections of the two roles.

    ``app`` is null when the login role could not connect.
    """
    version = owner.get_server_version().major
    found: list[Finding] = []
    if not OLDEST <= version <= NEWEST:
        found.append(Finding(f"the server is PostgreSQL {version}", f"use {OLDEST} to {NEWEST}"))
    if not await owner.fetchval(f"SELECT to_regclass('{SCHEMA}.alembic_version')"):
        return [*found, Finding("the control plane does not exist", "run: regulars migrate")]
    platform, known = await owner.fetchval(f"SELECT version_num FROM {SCHEMA}.alembic_version"), platform_revisions()
    if platform != known.head:
        remedy = "run: regulars migrate" if known.knows(platform) else NEWER
        found.append(Finding(f"the control plane is at revision {platform}", remedy))
    found += await _owner(owner)
    hardening = await read_hardening(owner)
    if not hardening.full:
        remedy = "run regulars migrate with a superuser as owner; a managed PostgreSQL may not allow it"
        found.append(Finding(f"isolation: {hardening.report}", remedy))
    if app is None:
        found.append(Finding("the login role cannot connect", "run: regulars migrate; check REGULARS_DATABASE_URL"))
    else:
        found += await _login(app)
    return found + await _tenants(owner, tenants) + await _schemas(owner)


async def _owner(owner: Any) -> list[Finding]:
    me = await owner.fetchrow(
        "SELECT rolname, rolsuper OR rolcreaterole AS able FROM pg_roles WHERE rolname = current_user"
    )
    remedy = "ALTER ROLE … CREATEROLE, or check REGULARS_OWNER_DATABASE_URL"
    return [] if me["able"] else [Finding(f"{me['rolname']}, the owner, may not create roles", remedy)]


async def _login(app: Any) -> list[Finding]:
    found = [Finding(fault, "use a role of its own for the application") for fault in await login_faults(app)]
    path = await app.fetchval("SELECT setting FROM pg_settings WHERE name = 'search_path'")
    if path != NOWHERE:
        found.append(Finding(f"the login role's search_path is {path}", "run: regulars migrate"))
    members = await app.fetchval(
        "SELECT count(*) FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = session_user)"
    )
    if members > MOST_MEMBERSHIPS:
        found.append(Finding(f"the login role is a member of {members} roles", "spread the tenants over login roles"))
    return found


async def _tenants(owner: Any, revisions: Revisions) -> list[Finding]:
    rows = await owner.fetch(
        f"SELECT slug, status, revision, to_regnamespace('t_' || replace(id::text, '-', '')) IS NULL AS homeless"
        f" FROM {SCHEMA}.tenant WHERE status <> '{Status.DELETED}' ORDER BY slug"
    )
    return [one for row in rows if (one := _judge(row, revisions)) is not None]


def _judge(row: Any, revisions: Revisions) -> Finding | None:
    slug, status, revision = row["slug"], row["status"], row["revision"]
    if status == Status.PROVISIONING:
        return Finding("was never completed", f"run: regulars tenant create {slug}", slug)
    if status == Status.DELETING:
        return Finding("was not dropped completely", f"run: regulars tenant drop {slug}", slug)
    if row["homeless"]:
        return Finding("has no schema", "restore it from a backup", slug)
    if revision == revisions.head:
        return None
    if not revisions.knows(revision):
        return Finding(f"is at revision {revision} of another release", NEWER, slug)
    served = "" if revision in revisions.served else ", too old to be served"
    return Finding(f"is at revision {revision}{served}", "run: regulars migrate", slug)


async def _schemas(owner: Any) -> list[Finding]:
    asked: Sequence[tuple[str, str, str]] = (
        (_ORPHAN_SCHEMAS, "schema {} belongs to no tenant", "if nothing of it is needed: DROP SCHEMA"),
        (_ORPHAN_ROLES, "role {} belongs to no tenant of this database", "if no other database uses it: DROP ROLE"),
        (_STRANGE_OWNERS, "tables of {} belong to another role than the owner", "REASSIGN OWNED BY that role"),
        (_MAY_CREATE, "the role of {} may create objects in its schema", "REVOKE CREATE ON SCHEMA"),
    )
    return [
        Finding(what.format(row[0]), remedy)
        for sql, what, remedy in asked
        for row in await owner.fetch(f"{sql} ORDER BY 1")
    ]


_IS_TENANT = "~ '^t_[0-9a-f]{32}$'"
_KNOWN = f"SELECT 't_' || replace(id::text, '-', '') FROM {SCHEMA}.tenant WHERE status <> '{Status.DELETED}'"
_ORPHAN_SCHEMAS = f"SELECT nspname FROM pg_namespace WHERE nspname {_IS_TENANT} AND nspname NOT IN ({_KNOWN})"
_ORPHAN_ROLES = (
    f"SELECT rolname FROM pg_roles WHERE rolname {_IS_TENANT} AND rolname NOT IN ({_KNOWN})"
    # One server may hold several databases of ours; their tenants' roles are none of our concern.
    " AND NOT EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = pg_roles.oid)"
)
_STRANGE_OWNERS = (
    f"SELECT DISTINCT nspname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname {_IS_TENANT}"
    " AND relkind = 'r' AND relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)"
)
_MAY_CREATE = (
    f"SELECT nspname FROM pg_namespace JOIN pg_roles ON rolname = nspname WHERE nspname {_IS_TENANT}"
    " AND has_schema_privilege(rolname, nspname, 'CREATE')"
)
