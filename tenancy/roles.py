"""Roles and privileges: what the login role may not be, and what PUBLIC may not do.

PostgreSQL itself keeps tenants apart.  This prepares the roles, reads back what was really granted, and says
whether the application may start.
"""

import re
from dataclasses import dataclass
from typing import Any

from tenancy.engine import SETTINGS
from tenancy.platform import SCHEMA

ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
OLDEST, NEWEST = 15, 18
# What PUBLIC must not have.  Each: a name, the statement that takes it away, the question whether it is still there.
HARDENING = {
    "set_config": (
        "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC",
        "SELECT EXISTS (SELECT FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl"
        " WHERE pg_proc.oid = 'pg_catalog.set_config(text, text, boolean)'::regprocedure AND acl.grantee = 0)",
    ),
    "languages": (
        "REVOKE USAGE ON LANGUAGE sql, plpgsql FROM PUBLIC",
        "SELECT EXISTS (SELECT FROM pg_language, aclexplode(coalesce(lanacl, acldefault('l', lanowner))) AS acl"
        " WHERE lanname IN ('sql', 'plpgsql') AND acl.grantee = 0)",
    ),
    "temporary tables": (
        'REVOKE TEMPORARY ON DATABASE "{database}" FROM PUBLIC',
        "SELECT EXISTS (SELECT FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) AS acl"
        " WHERE datname = current_database() AND acl.grantee = 0 AND acl.privilege_type = 'TEMPORARY')",
    ),
}
# What the login role's connections have where nothing is said at their start, as through PgBouncer.
USUAL = ("search_path", "timezone", "jit", "idle_in_transaction_session_timeout")
# Without this one a statement can name another tenant to PostgreSQL; the others are needed for it to hold.
SET_CONFIG = "set_config"

# What the login role may write of the control plane; row level security narrows it to the tenant that is named.
WRITTEN = (
    "INSERT (id, tenant_id, prefix, secret_hash, label, scopes, origins, only_trusted, expires_at, created_at,"
    " member_id, data_scope), UPDATE (last_used_at, revoked_at) ON {schema}.api_key",
    "UPDATE (name, locale, timezone, fiscal_year_start, week_start, updated_at) ON {schema}.tenant",
    "INSERT (at, actor, action, tenant_id, details) ON {schema}.audit",
    "UPDATE (version) ON {schema}.change",
    "SELECT, INSERT, UPDATE ON {schema}.budget",
)


class UnfitRole(Exception):
    """A role cannot be used for this; the text says why."""


@dataclass(frozen=True, slots=True)
class Hardening:
    """What PUBLIC still has and should not."""

    missing: tuple[str, ...]

    @property
    def full(self) -> bool:
        """Whether everything is taken away."""
        return not self.missing

    @property
    def report(self) -> str:
        """For ``/readyz`` and people: ``full``, or what is missing."""
        return "full" if self.full else f"without {', '.join(self.missing)} hardening"


async def prepare_roles(owner: Any, login: str, password: str | None) -> Hardening:
    """Make the login role and take from PUBLIC what it must not have.  ``owner`` is an asyncpg connection.

    Idempotent.  Managed PostgreSQL only warns when it refuses a REVOKE: the result is what was read back.
    Raises ``UnfitRole``.
    """
    login = checked(login)
    if login == await owner.fetchval("SELECT current_user"):
        raise UnfitRole("the owner and the login role must be two roles: one may do everything, the other nothing")
    async with owner.transaction():
        if not await owner.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", login):
            await owner.execute(f"CREATE ROLE {login} LOGIN NOINHERIT")
        options = "LOGIN NOINHERIT"
        if await owner.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            # Nobody else may say these, not even to take nothing away.
            options += " NOSUPERUSER NOBYPASSRLS NOREPLICATION NOCREATEROLE NOCREATEDB"
        await owner.execute(f"ALTER ROLE {login} {options}")
        if password is not None:
            literal = await owner.fetchval("SELECT quote_literal($1::text)", password)
            await owner.execute(f"ALTER ROLE {login} PASSWORD {literal}")
        for setting in USUAL:
            await owner.execute(f"ALTER ROLE {login} SET {setting} TO '{SETTINGS[setting]}'")
    return await harden(owner, login)


async def harden(owner: Any, login: str) -> Hardening:
    """Take from PUBLIC, keep for the login and owner roles, read back."""
    database = await owner.fetchval("SELECT current_database()")
    me = checked(await owner.fetchval("SELECT current_user"))
    grant = f"GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO {checked(login)}, {me}"
    for statement in (*(revoke for revoke, _ in HARDENING.values()), grant):
        await _attempt(owner, statement.format(database=database.replace('"', '""')))
    await owner.execute(f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC; GRANT USAGE ON SCHEMA {SCHEMA} TO {login}")
    read = ", ".join(
        f"{SCHEMA}.{name}" for name in ("tenant", "node", "api_key", "trusted_document", "change", "alembic_version")
    )
    await owner.execute(f"GRANT SELECT ON {read} TO {login}")
    for grant in WRITTEN:
        await owner.execute(f"GRANT {grant.format(schema=SCHEMA)} TO {login}")
    return await read_hardening(owner)


async def _attempt(owner: Any, statement: str) -> None:
    """Run it; a refusal is no error here, because what counts is read back afterwards."""
    try:
        async with owner.transaction():
            await owner.execute(statement)
    except Exception as refused:
        if getattr(refused, "sqlstate", None) != "42501":
            raise


async def read_hardening(connection: Any) -> Hardening:
    """What PUBLIC still has, asked of the catalogue by anybody."""
    return Hardening(tuple([name for name, (_, still) in HARDENING.items() if await connection.fetchval(still)]))


async def login_faults(connection: Any) -> list[str]:
    """Why the application must not run as this connection's role; empty if it may."""
    me = await connection.fetchrow("SELECT oid, rolname, rolsuper, rolbypassrls, rolinherit, rolcreaterole"
                                   " FROM pg_roles WHERE rolname = session_user")  # fmt: skip
    faults = [f"is {words}" for column, words in _FORBIDDEN.items() if me[column]]
    if await connection.fetchval(_OWNS, me["oid"]):
        faults.append("owns tables of tenants")
    version = connection.get_server_version().major
    inherits = _INHERITS_16 if version >= 16 else _INHERITS_15
    if await connection.fetchval(inherits, me["oid"]):
        faults.append("inherits the roles of tenants")
    if not OLDEST <= version <= NEWEST:
        faults.append(f"talks to PostgreSQL {version}; supported are {OLDEST} to {NEWEST}")
    return [f"{me['rolname']} {fault}" for fault in faults]


_FORBIDDEN = {
    "rolsuper": "a superuser",
    "rolbypassrls": "allowed to bypass row security",
    "rolcreaterole": "allowed to create roles",
}
_OWNS = (
    "SELECT EXISTS (SELECT FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace"
    " WHERE nspname ~ '^t_[0-9a-f]{32}$' AND relowner = $1)"
)
_MEMBER = "SELECT FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.roleid WHERE m.member = $1"
_INHERITS_16 = f"SELECT EXISTS ({_MEMBER} AND rolname ~ '^t_[0-9a-f]{{32}}$' AND m.inherit_option)"
_INHERITS_15 = (
    f"SELECT rolinherit AND EXISTS ({_MEMBER} AND rolname ~ '^t_[0-9a-f]{{32}}$') FROM pg_roles WHERE oid = $1"
)


def checked(role: str) -> str:
    """The role's name, if it needs no quotes.  Raises ``UnfitRole``."""
    if not ROLE_NAME.fullmatch(role):
        raise UnfitRole(f"use a role whose name has small letters, digits and '_' only: {role!a}")
    return role
