"""Checking the shape of a map file: which keys a table may have, and of what type.  Every error names its key."""

from collections.abc import Mapping
from typing import Any

from domain.refusal import Refused, invalid

Path = tuple[str, ...]


def wrong(path: Path, en: str, zh: str) -> Refused:
    """The refusal of a map, naming the key as it stands in the file: ``fields.quantity.values``."""
    key = ".".join(path)
    return invalid(path, f"{key}: {en}", f"{key}：{zh}")


def table(value: Any, path: Path, **kinds: type | tuple[type, ...]) -> dict[str, Any]:
    """``value`` as a table that has only the keys of ``kinds``, each of its type."""
    if not isinstance(value, dict):
        raise wrong(path, "must be a table.", "必须是表。")
    for name, one in value.items():
        kind = kinds.get(name)
        if kind is None:
            known = ", ".join(kinds)
            raise wrong((*path, name), f"is not a key here; there are {known}.", f"此处没有该键；可用的键：{known}。")
        if not isinstance(one, kind) or (isinstance(one, bool) and kind is not bool and kind is not object):
            raise wrong((*path, name), f"must be {_named(kind)}.", f"类型必须是 {_named(kind)}。")
    return value


def listed(value: Any, path: Path) -> list[tuple[Any, Path]]:
    """The members of a list, each with its path."""
    if not isinstance(value, list):
        raise wrong(path, "must be a list of tables.", "必须是表的列表。")
    return [(one, (*path, str(place))) for place, one in enumerate(value)]


def needed(found: Mapping[str, Any], path: Path, *names: str) -> None:
    """Refuses a table that lacks a key."""
    for name in names:
        if name not in found:
            raise wrong((*path, name), "is missing.", "缺失。")


def _named(kind: type | tuple[type, ...]) -> str:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join({str: "text", bool: "true or false", dict: "a table"}.get(k, k.__name__) for k in kinds)
