"""Map files (TOML): which columns make which fields of a kind, and which rows are left out."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from api.imports.conditions import Condition, condition
from api.imports.shape import listed, needed, table, wrong
from api.imports.transforms import Field
from api.imports.transforms import field as field_of
from domain.imports.subjects import ImportKind


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows that are left out, and what the summary calls them."""

    label: str
    holds: Condition
    of_returns: bool | None = None  # only returns, only orders, or both


@dataclass(frozen=True, slots=True)
class Join:
    """A smaller file beside the main one, read whole, whose columns are laid beside each row's."""

    file: str
    on: str  # column of the row
    key: str  # column of the side file
    many: bool = False  # one record for each match, not only for the last


@dataclass(frozen=True, slots=True)
class Map:
    """How a file is read."""

    kind: ImportKind
    system: str
    fields: dict[str, Field]
    customer_system: str
    zone: ZoneInfo | None = None
    region: str | None = None
    create_customers: bool = False
    create_products: bool = False
    delimiter: str = ","
    encoding: str = "utf-8"
    skips: tuple[Skip, ...] = ()
    joins: tuple[Join, ...] = ()
    returns: Condition | None = None
    answers: tuple[dict[str, Field], ...] = field(default=())

    def all_fields(self) -> dict[str, Field]:
        """Every field the map makes."""
        made = dict(self.fields)
        for answer in self.answers:
            made |= answer
        return made


def read_map(path: Path, kind: ImportKind) -> Map:
    """The map in a file.  Refuses with ``Invalid`` what is not one for this kind, naming the key."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise wrong((path.name,), f"is not TOML: {error}.", f"不是 TOML：{error}。") from None
    return parse_map(found, kind)


def parse_map(found: dict[str, Any], kind: ImportKind) -> Map:
    """A map from what TOML holds."""
    table(
        found, (), kind=str, system=str, customer_system=str, timezone=str, region=str, create_customers=bool,
        create_products=bool, file=dict, skip=list, join=list, returns=dict, fields=dict, answers=list,
    )  # fmt: skip
    needed(found, (), "kind", "system", "fields")
    if found["kind"] != kind:
        said = found["kind"]
        raise wrong(("kind",), f"is {said!r}; this import is of {kind}.", f"为 {said!r}，但本次导入的是 {kind}。")
    file = table(found.get("file", {}), ("file",), delimiter=str, encoding=str)
    if len(file.get("delimiter", ",")) != 1:
        raise wrong(("file", "delimiter"), "must be one character.", "必须是单个字符。")
    if kind is not ImportKind.FEEDBACK and "answers" in found:
        raise wrong(("answers",), "belongs to feedback.", "仅用于反馈。")
    if kind is not ImportKind.ORDERS and "returns" in found:
        raise wrong(("returns",), "belongs to orders.", "仅用于订单。")
    return Map(
        kind=kind,
        system=found["system"],
        customer_system=found.get("customer_system", found["system"]),
        zone=_zone(found.get("timezone")),
        region=found.get("region"),
        create_customers=found.get("create_customers", False),
        create_products=found.get("create_products", False),
        delimiter=file.get("delimiter", ","),
        encoding=_encoding(file.get("encoding", "utf-8")),
        fields=_fields(found["fields"], ("fields",)),
        skips=tuple(_skip(one, path) for one, path in listed(found.get("skip", []), ("skip",))),
        joins=tuple(_join(one, path) for one, path in listed(found.get("join", []), ("join",))),
        returns=condition(found["returns"], ("returns",)) if "returns" in found else None,
        answers=tuple(_fields(one, path) for one, path in listed(found.get("answers", []), ("answers",))),
    )


def _fields(found: Any, path: tuple[str, ...]) -> dict[str, Field]:
    if not isinstance(found, dict):
        raise wrong(path, "must be a table.", "必须是表。")
    return {name: field_of(value, (*path, name)) for name, value in found.items()}


def _skip(found: Any, path: tuple[str, ...]) -> Skip:
    holds = condition(found, path, label=str, only=str)
    needed(found, path, "label")
    only = found.get("only")
    if only not in (None, "orders", "returns"):
        raise wrong((*path, "only"), "is orders or returns.", "只能是 orders 或 returns。")
    return Skip(found["label"], holds, None if only is None else only == "returns")


def _join(found: Any, path: tuple[str, ...]) -> Join:
    table(found, path, file=str, on=str, key=str, many=bool)
    needed(found, path, "file", "on")
    return Join(found["file"], found["on"], found.get("key", found["on"]), found.get("many", False))


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    if name not in available_timezones():
        raise wrong(("timezone",), f"{name!r} is not an IANA time zone.", f"{name!r} 不是 IANA 时区。")
    return ZoneInfo(name)


def _encoding(name: str) -> str:
    try:
        "x".encode(name)
    except (LookupError, UnicodeError, ValueError):
        raise wrong(("file", "encoding"), f"{name!r} is not an encoding.", f"{name!r} 不是字符编码。") from None
    return name
