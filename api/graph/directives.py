"""What the SDL tells of a field besides its type: its cost, and the scopes it asks for."""

import strawberry
from strawberry.schema_directive import Location

from api.graph.field import Field, bare, camel, items_of

ON_FIELD = [Location.FIELD_DEFINITION]


@strawberry.schema_directive(
    locations=ON_FIELD,
    description="Points the field costs; 1 where nothing is said. Its multipliers (the size of a page, 50 when not "
    "given; the length of a list) multiply what is below it, and of a mutation the weight too.",
)
class Cost:
    """What a field costs."""

    weight: int
    multipliers: list[str] | None = strawberry.UNSET


@strawberry.schema_directive(
    locations=ON_FIELD, repeatable=True, description="A scope a caller must hold; without it null, or a mask."
)
class Requires:
    """Whom a field is for."""

    scope: str
    mask_instead: bool


def directives_of(field: Field) -> list[object]:
    """Those of a field, as it was declared."""
    multipliers = _multipliers(field)
    made: list[object] = []
    if field.cost != 1 or multipliers:
        made.append(Cost(weight=field.cost, multipliers=multipliers or strawberry.UNSET))
    if field.requires:
        made.append(Requires(scope=field.requires, mask_instead=False))
    if field.unmasked:
        made.append(Requires(scope=field.unmasked, mask_instead=True))
    return made


def _multipliers(field: Field) -> list[str]:
    """The arguments that say how often what is below a field is asked."""
    if field.how == "pages":
        return ["first", "last"]
    if field.how == "nodes" or (field.write and field.write.each):
        return [camel(name) for name, argument in field.args.items() if items_of(bare(argument.hint)) is not None]
    return []
