"""Injected values where there is no SQL to plan: for a mutation's function, and for the batch of a loaded field."""

from typing import Any

from api.graph.choice import Either
from api.graph.field import Field
from api.graph.request import Env, Getter
from api.graph.view import Held, Views


class Direct:
    """Stands for the planner: binds and looks are the values themselves."""

    def __init__(self, env: Env) -> None:
        self.env, self.now = env, env.now

    def bind(self, getter: Getter, type_: Any) -> Any:
        """The value."""
        return getter(self.env)

    def look(self, getter: Getter) -> Any:
        """The value."""
        return getter(self.env)


def uses_stored(views: Views, field: Field) -> bool:
    """Whether something that is stored is injected."""
    return any(isinstance(views.inject.get(name), Held) for name in field.injected)


def injected(views: Views, field: Field, env: Env) -> dict[str, Any]:
    """The injected parameters of a field's function, as values."""
    made: dict[str, Any] = {}
    for name in field.injected:
        inject = views.inject.get(name)
        if inject is None:
            made[name] = env.now
        elif isinstance(inject, Either):
            made[name] = inject.usual
        else:
            made[name] = inject.read(env.stored) if isinstance(inject, Held) else inject(Direct(env))
    return made
