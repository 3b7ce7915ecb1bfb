"""Null propagation: an answer that holds errors is walked as the specification's CompleteValue."""

from typing import Any

import orjson
from graphql import is_abstract_type, is_leaf_type, is_list_type, is_non_null_type

from api.graph.errors import FAULTS, fault
from api.graph.introspect import INTROSPECTION
from api.graph.planning import Plan
from api.graph.project import plain
from api.graph.request import Env

Path = tuple[Any, ...]


class Hole(Exception):
    """A null where none may be; travels to the nearest nullable parent."""


def complete(plan: Plan, env: Env, shape: tuple[Any, list[Any]], data: Any, path: Path = ()) -> tuple[bytes, list[Any]]:
    """(the JSON, its errors) of parsed data with marks.  ``shape``: the root type and its nodes."""
    walk = _Walk(plan, env)
    try:
        return orjson.dumps(walk.fields(shape[0], shape[1], data, path)), walk.errors
    except Hole:
        return b"null", walk.errors


class _Walk:
    def __init__(self, plan: Plan, env: Env) -> None:
        self.plan, self.schema, self.env = plan, plan.selections.schema, env
        self.errors: list[dict[str, Any]] = []

    def collect(self, type_: Any, nodes: list[Any]) -> dict[str, Any]:
        """What this request selects."""
        return self.plan.selections.collect(type_, nodes, lambda variable: bool(self.env.variables[variable]))

    def fields(self, type_: Any, nodes: list[Any], value: dict[str, Any], path: Path) -> dict[str, Any]:
        """An object: each selected field completed, in order."""
        out = {}
        for key, inner in self.collect(type_, nodes).items():
            name = inner[0].name.value
            if name == "__typename" or name in INTROSPECTION:
                out[key] = value[key]
            elif key in value:
                where = f"{type_.name}.{name}"
                out[key] = self.completed(type_.fields[name].type, inner, value[key], (*path, key), where)
        return out

    def completed(self, type_: Any, nodes: list[Any], value: Any, path: Path, where: str) -> Any:
        """A value of a type; Hole when a null may not be here."""
        if is_non_null_type(type_):
            made = self.nullable(type_.of_type, nodes, value, path, where)
            if made is None:
                if value is None or value == "\0!NULL":
                    message = f"Cannot return null for non-nullable field {where}."
                    self.errors.append({"message": message, "path": list(path), "extensions": {"code": "INTERNAL"}})
                raise Hole
            return made
        try:
            return self.nullable(type_, nodes, value, path, where)
        except Hole:
            return None

    def nullable(self, type_: Any, nodes: list[Any], value: Any, path: Path, where: str) -> Any:
        """A value of a nullable type: null when it is a mark, whose error is noted."""
        if value is None or value == "\0!NULL":
            return None
        if isinstance(value, str) and value.startswith("\0!"):
            self.errors.append(self.marked(value[2:], list(path)))
            return None
        if is_list_type(type_):
            return [self.completed(type_.of_type, nodes, v, (*path, i), where) for i, v in enumerate(value)]
        if is_leaf_type(type_):
            return value
        candidates = self.schema.get_possible_types(type_) if is_abstract_type(type_) else [type_]
        # "Same response shape" makes the leaf types of candidates with the same keys agree, so the first will do.
        concrete = next(c for c in candidates if list(self.collect(c, nodes)) == list(value))
        return self.fields(concrete, nodes, value, path)

    def marked(self, code: str, path: list[Any]) -> dict[str, Any]:
        """The error a mark stands for: one of ours, or the domain's refusal of this request's arguments."""
        if code in FAULTS:
            return fault(code, self.env.locale, path)
        problem = self.plan.refusals[int(code[1:])](self.env)
        return refusal(problem, self.env.locale, path)


def refusal(problem: Any, locale: str, path: list[Any]) -> dict[str, Any]:
    """A domain's problem as an error at a field."""
    said = plain(problem, locale)
    message = said.pop("message")
    code = getattr(problem, "error", "BAD_USER_INPUT")
    extensions = {"code": code, "problem": str(getattr(problem.code, "value", problem.code)), **said}
    return {"message": message, "path": path, "extensions": extensions}
