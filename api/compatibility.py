"""What the schema promises to programs that are written already: nothing they use goes, or changes, unannounced."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from graphql import (
    GraphQLSchema,
    GraphQLSyntaxError,
    Source,
    build_schema,
    find_breaking_changes,
    resolve_schema_coordinate,
)

SHORTEST = timedelta(days=180)  # between the announcement and the end
REASON = re.compile(r"Since (\d{4}-\d\d-\d\d); stays until (\d{4}-\d\d-\d\d)\. Use ([\w.()@:]+)\.")
REMOVED = re.compile(r"(?:Field|Enum value|Argument) (\S+) was removed\.")


def breaking(released: str, current: str, today: date) -> list[str]:
    """What a program written for the released SDL may stumble over in the current one; empty is compatible.

    What was announced by ``@deprecated`` may go on its day.
    """
    before, after = (build_schema(Source(sdl), assume_valid=True) for sdl in (released, current))
    changes = [change.description for change in find_breaking_changes(before, after)]
    announced = {place: ends_on for place, reason in deprecated(before) if (ends_on := _ends_on(reason))}
    kept = [change for change in changes if not _has_ended(change, announced, today)]
    return sorted([*kept, *_closed_to_more(before, after)])


def badly_deprecated(sdl: str) -> list[str]:
    """Deprecations without a date of each end, too short, or without an alternative that exists."""
    schema = build_schema(Source(sdl), assume_valid=True)
    return [f"{place}: {fault}" for place, reason in deprecated(schema) if (fault := _fault(schema, reason))]


def deprecated(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """(coordinate, reason) of each field, argument, input field and enum value that is marked."""
    for name, type_ in schema.type_map.items():
        members = {**getattr(type_, "fields", {}), **getattr(type_, "values", {})}
        for member, element in members.items():
            found = {f"{name}.{member}": element}
            found |= {f"{name}.{member}({one}:)": arg for one, arg in getattr(element, "args", {}).items()}
            yield from ((place, one.deprecation_reason) for place, one in found.items() if one.deprecation_reason)


def _fault(schema: GraphQLSchema, reason: str) -> str | None:
    found = REASON.fullmatch(reason)
    if not found:
        return "say 'Since <date>; stays until <date>. Use <Type.member>.'"
    since, until = date.fromisoformat(found[1]), date.fromisoformat(found[2])
    if until - since < SHORTEST:
        return f"stays for {(until - since).days} days, fewer than {SHORTEST.days}"
    return None if _exists(schema, found[3]) else f"{found[3]} does not exist"


def _exists(schema: GraphQLSchema, place: str) -> bool:
    try:
        return resolve_schema_coordinate(schema, place) is not None
    except (TypeError, GraphQLSyntaxError):  # of a type that is not there; no coordinate
        return False


def _ends_on(reason: str) -> date | None:
    found = REASON.fullmatch(reason)
    return date.fromisoformat(found[2]) if found else None


def _has_ended(change: str, announced: dict[str, date], today: date) -> bool:
    found = REMOVED.fullmatch(change)
    ends_on = announced.get(found[1]) if found else None
    return ends_on is not None and ends_on <= today


def _closed_to_more(before: GraphQLSchema, after: GraphQLSchema) -> Iterator[str]:
    """Fields that ask for a scope they did not ask for: keys that read them would be refused."""
    for name, type_ in before.type_map.items():
        for member in getattr(type_, "fields", {}):
            then, now = (_scopes(schema, name, member) for schema in (before, after))
            for scope in sorted(now - then):
                yield f"Field {name}.{member} requires {scope} now."
        if _one_of(after, name) and not _one_of(before, name):
            yield f"{name} takes exactly one member now."


def _scopes(schema: GraphQLSchema, type_: str, member: str) -> set[str]:
    field = getattr(schema.type_map.get(type_), "fields", {}).get(member)
    directives = getattr(getattr(field, "ast_node", None), "directives", ()) or ()
    return {
        argument.value.value
        for directive in directives
        if directive.name.value == "requires"
        for argument in directive.arguments
        if argument.name.value == "scope"
    }


def _one_of(schema: GraphQLSchema, name: str) -> bool:
    return bool(getattr(schema.type_map.get(name), "is_one_of", False))
