"""Calling the domain's function for one field: how its arguments become SQL, and what of them the plan depends on.

scalar, list, id      a bound parameter, or None            the plan depends on whether it is null
enum, Boolean         the value: it may choose SQL          on the value
input read in SQL     it, its members bound parameters      on which members are given
other input, plain    the domain value                      on the shape of the SQL it became
injected ``Held``     what is read from the stored value    on the shape of the SQL it became
injected ``Either``   the value that was chosen             on which
literal, default      the same                              on nothing
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from api.graph import sql
from api.graph.bind import converter_of, members, parameter, read_in_sql
from api.graph.choice import Either, Question, Undecided, asked
from api.graph.field import Field
from api.graph.inputs import holds_input, is_choice
from api.graph.planning import Planning
from api.graph.request import Arguments, Env, Getter
from api.graph.view import Held

MOST_SHAPES = 256  # remembered conversions of one field: building a clause costs 60 µs a node


class RefusedHere(Exception):
    """The domain refuses this field's arguments: an error at this place, not a defect."""

    def __init__(self, mark: Any) -> None:
        super().__init__("refused")
        self.mark = mark


class Stored(NamedTuple):
    """A parameter whose value belongs to one row: its name, the row's id, and the value, of each request."""

    name: str
    key: Getter
    value: Getter


@dataclass(slots=True)
class Given:
    """What one call is made with."""

    fixed: dict[str, Any]
    varying: dict[str, Getter]  # inputs read from each request
    constant: dict[str, Any]  # inputs written in the document, coerced
    held: dict[str, Held]
    either: tuple[str, Either] | None = None
    stored: Stored | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What of the domain's answer to one request's arguments a plan depends on, and what it needs from it."""

    shape: int  # the number of the SQL's structure at this place; -1 when refused
    values: tuple[Any, ...] = ()  # of the SQL's own parameters, in order
    problem: Any = None
    used_stored: bool = False
    told: bytes = b""  # a digest of the values, where something is chosen by them


def call(
    planner: Planning,
    field: Field,
    arguments: Arguments,
    row: Any,
    stored: Stored | None = None,
    *,
    usual: bool = False,
) -> Any:
    """The domain's SQL for this field, with the usual value of what could be chosen if ``usual``.

    RefusedHere when the domain refuses the arguments.
    """
    given = _given(planner, field, arguments, row)
    given.stored = stored
    if given.either:
        name, either = given.either
        if usual or (either.only and not either.only(given.fixed)):
            given.fixed[name], given.either = either.usual, None
    shaping = Shaping(planner, field, given, row)
    select, key, made = shaping.planned(planner)
    if given.varying or made.used_stored or given.either:
        planner.look(lambda env: shaping.at(env).shape)
        for place, bound in enumerate(key.bindparams if key else ()):
            planner.getters.setdefault(bound.key, shaping.value(place))
    if made.problem is not None:
        planner.refusals.append(lambda env: shaping.at(env).problem)
        raise RefusedHere(sql.mark(f"#{len(planner.refusals) - 1}"))
    return select


def _given(planner: Planning, field: Field, arguments: Arguments, row: Any) -> Given:
    given, converter = Given({}, {}, {}, {}), converter_of(planner, field)
    for name in field.injected:
        inject = planner.views.inject.get(name)
        if inject is None:
            given.fixed[name] = planner.now
        elif isinstance(inject, Held):
            given.held[name] = inject
        elif isinstance(inject, Either):
            given.either = (name, inject)
        else:
            given.fixed[name] = inject(planner)
    for name, argument in (field.args | field.inherited).items():
        getter, constant = planner.argument(field, name, arguments, row)
        if declared := read_in_sql(planner.views, argument.hint):
            given.fixed[name] = members(planner, converter, declared, getter)
        elif name in field.plain or holds_input(planner.views, argument.hint):
            if constant:
                given.constant[name] = getter(planner.env)
            else:
                given.varying[name] = getter
        elif is_choice(argument.hint):
            given.fixed[name] = getter(planner.env) if constant else planner.look(getter)
        elif _null(planner, getter, constant):
            given.fixed[name] = None
        else:
            given.fixed[name] = parameter(planner, converter, name, argument.hint, getter)
    return given


def _null(planner: Planning, getter: Getter, constant: bool) -> bool:
    if constant:
        return getter(planner.env) is None
    return bool(planner.look(lambda env: getter(env) is None))


class Shaping:
    """The call of one field's function, made again for each request whose inputs are new.

    The SQL itself belongs to one planning, as it names that planning's rows; what is remembered is its shape
    and its values.
    """

    def __init__(self, planner: Planning, field: Field, given: Given, row: Any) -> None:
        self.field, self.given, self.refused = field, given, planner.views.refused
        self.first = (row,) if field.row else ()
        self.converter = converter_of(planner, field)
        self.slot = planner.slot("shape")
        self.seen: dict[Any, Made] = {}
        self.number, self.named = planner.number, planner.named

    def planned(self, planner: Planning) -> tuple[Any, Any, Made]:
        """(SQL, its cache key, what of it the plan depends on)."""
        env = planner.env
        taken = self._make(self._read(env), env)
        planner.made.append(taken)
        if self.given.either and taken[2].problem is None:
            other = self._make(self._read(env), env, other=True)
            planner.made.append(other)
            if taken[2].shape != other[2].shape:
                planner.settings = self.given.either[1].settings
            try:
                taken = other if self._takes_other(self.given.either[1], taken[2], other[2], env) else taken
            except Undecided as undecided:  # what else is to be chosen is asked together with it
                planner.undecided += undecided.questions
        env.memo[self.slot] = taken[2]
        return taken

    def at(self, env: Env) -> Made:
        """What the domain makes of this request's arguments; made once per request, and remembered by input."""
        return env.once(self.slot, lambda: self._chosen(env))  # type: ignore[no-any-return]

    def _chosen(self, env: Env) -> Made:
        usual = self._remembered(env)
        if not self.given.either or usual.problem is not None:
            return usual
        other = self._remembered(env, other=True)
        return other if self._takes_other(self.given.either[1], usual, other, env) else usual

    def _takes_other(self, either: Either, usual: Made, other: Made, env: Env) -> bool:
        """Whether the other value was chosen.  Undecided when that has to be asked."""
        if usual.shape == other.shape:
            return False
        key = (env.place, usual.shape, usual.told)
        found = env.choices.get(key, env.now)
        if found is None:
            given = self._read(env)
            # Also of the past: what tables were is looked up for few rows, but PostgreSQL reckons with all.
            texts = [asked(self._make(given, env, other=each)[0], self.named, env) for each in (False, True)]
            raise Undecided([Question(key, either, *texts)])
        return bool(found)

    def value(self, place: int) -> Getter:
        """Getter of the value of the SQL's own parameter at a place."""
        return lambda env: self.at(env).values[place]

    def _read(self, env: Env) -> dict[str, Any]:
        return {name: getter(env) for name, getter in self.given.varying.items()}

    def _remembered(self, env: Env, *, other: bool = False) -> Made:
        """Keyed by the inputs and what the caller may do; by tenant, version and row as well when stored values
        went in."""
        given = self._read(env)
        text = (orjson.dumps(given, default=str) if given else b"", env.scopes, other)
        stored = self.given.stored
        own = (text, env.place, getattr(env.held, "version", None), stored and stored.key(env))
        found = self.seen.get(text) or self.seen.get(own)
        if found is None:
            _, _, found = self._make(given, env, other=other)
            if len(self.seen) >= MOST_SHAPES:
                self.seen.clear()
            self.seen[own if found.used_stored else text] = found
        env.used_stored = env.used_stored or found.used_stored
        return found

    def _make(self, given: dict[str, Any], env: Env, *, other: bool = False) -> tuple[Any, Any, Made]:
        """(SQL, its cache key, what is remembered of it)."""
        before, env.used_stored = env.used_stored, False
        try:
            select = self._call({**self.given.constant, **given}, env, other)
        except self.refused as error:
            return None, None, Made(-1, (), error.problem, env.used_stored)
        finally:
            used, env.used_stored = env.used_stored, env.used_stored or before
        key = select._generate_cache_key()
        assert key is not None, "the domain's SQL can be compared with another by its shape"
        values = tuple(bound.effective_value for bound in key.bindparams)
        told = blake2b(repr(values).encode(), digest_size=16).digest() if self.given.either else b""
        return select, key, Made(self.number(key.key), values, None, used, told)

    def _call(self, coerced: dict[str, Any], env: Env, other: bool) -> Any:
        convert, args = self.converter.value, self.field.args | self.field.inherited
        values = {name: convert(name, args[name].hint, each, env) for name, each in coerced.items()}
        values |= {name: held.read(env.stored) for name, held in self.given.held.items()}
        if self.given.either:
            name, either = self.given.either
            values[name] = either.other if other else either.usual
        if self.given.stored:
            values[self.given.stored.name] = self.given.stored.value(env)
        assert self.field.call
        return self.field.call(*self.first, **self.given.fixed, **values)
