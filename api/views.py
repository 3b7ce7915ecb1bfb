"""The one object that all subjects declare their GraphQL types on, and what their functions are handed."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Integer, Text, select

from api.allowances import USUAL, Allowances
from api.asking import asking_of, attempt_of
from api.graph.choice import Either
from api.graph.view import Held, Views
from api.scalars import PRODUCT_SCALARS
from api.scopes import Scope
from domain.customers.normalise import phone_region_of
from domain.dictionary import Dictionary
from domain.past import AsOf, hiding
from domain.refusal import Problem, Refused
from domain.rules.grouped import Shape
from domain.segments.estimate import Accuracy
from domain.text import Names
from domain.time import Clock


def clock_of(planner: Any) -> Clock:
    """The tenant's clock, as parameters: one plan serves all tenants and instants."""
    return Clock(
        now=planner.now,
        zone=planner.bind(lambda env: env.tenant.timezone, Text()),
        week_start=planner.bind(lambda env: env.tenant.week_start, Integer()),
        fiscal_year_start=planner.bind(lambda env: env.tenant.fiscal_year_start, Integer()),
    )


def spoken_by(planner: Any) -> str:
    """The caller's language, ``en`` or ``zh``; it decides over the SQL."""
    return str(planner.look(lambda env: env.locale[:2].lower()))


def sees_personal(planner: Any) -> bool:
    """Whether the caller may see personal data; it decides over the SQL."""
    return bool(planner.look(lambda env: Scope.PII_READ in env.scopes))


def actor_of(planner: Any) -> str:
    """Who writes, for histories."""
    return str(planner.look(lambda env: env.actor))


def base_currency_of(planner: Any) -> str:
    """The tenant's base currency."""
    return str(planner.look(lambda env: env.tenant.base_currency))


def allowances_of(planner: Any) -> Allowances:
    """What the caller is held to; the usual numbers where nobody pays."""
    return cast(Allowances, planner.look(lambda env: env.purse.allowances if env.purse else USUAL))


def phone_region(planner: Any) -> str | None:
    """The country of phone numbers that name none: the tenant's."""
    found: str | None = planner.look(lambda env: phone_region_of(env.tenant.locale))
    return found


# Of statements about all members of a rule: planned with their values, which decide how many rows a window has; on one
# core, as other tenants' questions run beside; and rows read by an index cost little more than others, being in memory.
WHOLE = (
    "SET LOCAL plan_cache_mode TO force_custom_plan; SET LOCAL max_parallel_workers_per_gather TO 0; "
    "SET LOCAL random_page_cost TO 1.1"
)


def counts_all(given: Mapping[str, Any]) -> bool:
    """Whether all members are wanted: a sample is always asked one by one."""
    return given.get("accuracy") is not Accuracy.ESTIMATE


view = Views(
    scalars=PRODUCT_SCALARS,
    inject={
        "clock": clock_of,
        "terms": Held(lambda kept: kept),
        "spoken": spoken_by,
        "actor": actor_of,
        "asking": asking_of,
        "attempt": attempt_of,
        "base_currency": base_currency_of,
        "sees_personal": sees_personal,
        "phone_region": phone_region,
        "allowances": allowances_of,
        "shape": Either(Shape.EACH, Shape.ALL, factor=4.0, settings=WHOLE, only=counts_all),
    },
    refused=Refused,
    problem=Problem,
    stored_version=select(Dictionary.version),
    past=AsOf,
    hiding=hiding,
    says={
        "status": "Only with one of these.",
        "search": "Part of the name, e-mail or phone, or a whole external reference; case is ignored.",
        "input": "What to save.",
        "if_version": "Refuse with VersionConflict unless this is the version.",
        "locale": "BCP 47; the caller's when not given.",
        "types": "Only of these types.",
        "kind": "What the question measures.",
        "step": "How long a period is.",
        "kinds": "Only of these kinds.",
        "by": "Exactly one way.",
        "category_under": "Only below this path, widest category first.",
        "to": "The status to move to.",
        "updated_since": "Only what changed at or after this instant: `syncedUntil { at }` of the answer before.",
        "created": "Whether it is new.",
        "key": "The key.",
        "token": "What the key's user sends; shown this once, and null when it was shown before.",
        "tenant": "The merchant.",
    },
)
view.input(Names, "TextInput")
