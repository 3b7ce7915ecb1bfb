"""An object while it is read: its values by dotted names, where it stands, what is around it."""

from __future__ import annotations

from enum import Enum
from typing import Any

from domain.rules.issues import issue
from domain.rules.text.parts import Part, parts, places
from domain.rules.text.place import Wrong

Path = tuple[str, ...]


class Frame:
    """An object being read: its values by dotted names, its place in JSON, and the object around it."""

    __slots__ = ("of", "outer", "path", "values")

    def __init__(self, of: Any, path: Path, outer: Frame | None) -> None:
        self.of, self.path, self.outer = of, path, outer
        self.values: dict[str, Any] = {}

    def owner(self, name: str) -> Frame:
        """The nearest object that has such a field."""
        frame: Frame | None = self
        root = name.partition(".")[0]
        while frame is not None:
            if root in parts(frame.of):
                return frame
            frame = frame.outer
        raise TypeError(f"{self.of.__name__} has no {name!r}")

    def made(self) -> Any:
        """The object.  Raises ``Wrong`` where a field that must be given was not."""
        given = {name.partition(".")[0] for name in self.values}
        for name, part in parts(self.of).items():
            if part.member.required and name not in given:
                raise Wrong(issue((*self.path, name), f"{name!r} is missing.", f"缺少“{name}”。"))
        return _built(self.of, self.values)


def part_of(of: Any, name: str) -> Part:
    """The field of a dotted name."""
    *above, last = name.split(".")
    for each in above:
        of = parts(of)[each].member.hint
    return parts(of)[last]


def place_of(of: Any, name: str) -> Path:
    path: Path = ()
    for each in name.split("."):
        path += places(of)[each]
        of = parts(of)[each].member.hint
    return path


def _built(of: Any, values: dict[str, Any]) -> Any:
    """An object of values by dotted names."""
    plain: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        root, dot, rest = name.partition(".")
        if dot:
            nested.setdefault(root, {})[rest] = value
        else:
            plain[name] = _member(parts(of)[name].member.hint, value)
    plain |= {root: _built(parts(of)[root].member.hint, inner) for root, inner in nested.items()}
    return of(**plain)


def _member(hint: Any, value: Any) -> Any:
    """What a phrase fixes of an enum it gives by name: phrases know no classes."""
    fixed = type(value) is str and isinstance(hint, type) and issubclass(hint, Enum)
    return hint[value] if fixed else value
