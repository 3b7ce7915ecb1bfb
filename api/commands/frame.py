"""What every command shares: exit codes, JSON or tables, a database for the duration."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.blueprint import blueprint
from api.databases import Databases, NoDatabase, open_databases
from api.settings import Settings
from tenancy.baseline import Blueprint
from tenancy.documents import BadApp, BadManifest, NoApp
from tenancy.engine import create_engine
from tenancy.keys import BadKey, NoKey
from tenancy.migrate import NewerRelease, migrate_platform
from tenancy.place import NoPlace
from tenancy.provision import BadTenant, SlugTaken
from tenancy.registry import CannotMove, NoTenant
from tenancy.roles import UnfitRole
from tenancy.tenant import BadSlug
from tenancy.waiting import IN_THE_WAY, Busy, reason, sqlstate

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]


class Exit(IntEnum):
    """What the exit status says."""

    DONE = 0
    FAULT = 1  # a defect, or something unforeseen
    USAGE = 2  # the command line itself is wrong
    REFUSED = 3  # what was asked is not allowed or not possible
    NOT_FOUND = 4
    NO_DATABASE = 5  # none can be reached, or it is not prepared
    IN_PART = 6  # some of it failed, or something was found wrong


EXITS = (
    "Exit status: 0 done; 1 a defect; 2 wrong usage; 3 refused; 4 not found; 5 no database, or not prepared;"
    " 6 some of it failed, or something was found wrong."
)
ANSWERS: tuple[tuple[tuple[type[BaseException], ...], Exit], ...] = (
    (
        (BadSlug, BadTenant, BadKey, BadManifest, BadApp, SlugTaken, CannotMove, Busy, UnfitRole, NewerRelease),
        Exit.REFUSED,
    ),
    ((NoTenant, NoKey, NoApp), Exit.NOT_FOUND),
    ((NoDatabase, NoPlace, OSError), Exit.NO_DATABASE),
)
UNDEFINED = frozenset(("42P01", "3F000"))  # undefined_table, invalid_schema_name
FORBIDDEN = "42501"  # insufficient_privilege
# Classes of SQLSTATE: no connection, no authorization, no such database, no resources, shut down.
UNREACHABLE = ("08", "28", "3D", "53", "57P")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with."""

    databases: Databases
    owner: AsyncEngine
    blueprint: Blueprint
    now: datetime


def run(work: Callable[[Desk], Awaitable[T]], as_json: bool, *, any_owner: bool = False) -> T:
    """Run a command's work on the database; an expected failure ends the program with its exit status.

    ``any_owner``: the work itself says what is wrong with the owner's DSN.
    """
    with failures(as_json), open_databases(Settings(), say(as_json)) as databases:
        if not any_owner:
            databases.check_owner()
        return asyncio.run(_at_desk(databases, work))


async def _at_desk(databases: Databases, work: Callable[[Desk], Awaitable[T]]) -> T:
    if databases.embedded:  # made here a moment ago, perhaps
        await migrate_platform(databases.owner(), databases.login, databases.password)
    owner = create_engine(databases.owner(), pool_size=8)
    try:
        return await work(Desk(databases, owner, blueprint(), datetime.now(UTC)))
    finally:
        await owner.dispose()


@contextmanager
def failures(as_json: bool) -> Iterator[None]:
    """Turns expected exceptions into one line on stderr and an exit status."""
    try:
        yield
    except Exception as error:
        answer = answered(error)
        if answer is None:
            raise
        fail(*answer, as_json)


def answered(error: Exception) -> tuple[Exit, str] | None:
    """Exit status and text of a failure that was to be expected; null for a defect."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return Exit.USAGE, f"REGULARS_{'_'.join(map(str, first['loc'])).upper()}: {first['msg']}"
    for kinds, status in ANSWERS:
        if isinstance(error, kinds):
            return status, str(error)
    state = sqlstate(error)
    if state is None:
        return None
    if state in UNDEFINED:
        return Exit.NO_DATABASE, "the database is not prepared; run: regulars migrate"
    if state in IN_THE_WAY:
        return Exit.REFUSED, f"{reason(error)}; somebody is using it: try again"
    if state == FORBIDDEN:
        return Exit.NO_DATABASE, f"{reason(error)}; REGULARS_OWNER_DATABASE_URL must name the owner of the tables"
    return Exit.NO_DATABASE if state.startswith(UNREACHABLE) else Exit.FAULT, reason(error)


def fail(status: Exit, message: str, as_json: bool) -> NoReturn:
    """End the program; stdout stays empty."""
    if as_json:
        sys.stderr.write(json.dumps({"error": {"code": status.name, "message": message}}, ensure_ascii=False) + "\n")
    else:
        Console(stderr=True, soft_wrap=True, markup=False, highlight=False).print(message, style="red")
    raise typer.Exit(int(status))


def say(as_json: bool) -> Callable[[str], None]:
    """Tells people what takes time, on stderr."""
    if as_json:
        return lambda text: None
    return Console(stderr=True, soft_wrap=True, markup=False, highlight=False).print


def show(result: Any, as_json: bool, print_it: Callable[[Console], None]) -> None:
    """Print a result: as JSON for programs, else as ``print_it`` shows it."""
    if as_json:
        sys.stdout.write(json.dumps(result, default=str, ensure_ascii=False, indent=2) + "\n")
    else:
        print_it(Console())


def table(rows: Sequence[Mapping[str, Any]], *columns: str) -> Table:
    """Rows as a table of those columns."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        made.add_column(column.replace("_", " "), no_wrap=place == 0)
    for row in rows:
        # As text: a bracket in somebody's name is no markup.
        made.add_row(*(Text("" if row[column] is None else str(row[column])) for column in columns))
    return made
