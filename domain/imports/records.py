"""Records that are entities of their own: customers, products, interactions, answers."""

from collections.abc import Mapping
from typing import Any

from domain.customers import load as customers
from domain.customers.customer import WRITABLE
from domain.feedback import load as feedback
from domain.feedback.feedback import FeedbackKind
from domain.imports.terms import OF_CUSTOMER, Staged, Terms, fault, need, nested
from domain.interactions import load as interactions
from domain.interactions.interaction import Direction
from domain.orders import products
from domain.refusal import ProblemCode
from domain.values import BadValue, out_of_range

ATTRIBUTES, PROPERTIES = "attributes.", "properties."
KEY_SEPARATOR = "\x1f"  # between the parts of an answer's key
# The scale a kind is asked on unless the record says; what is not here needs no score.
SCALES: dict[str, tuple[int, int]] = {
    FeedbackKind.NPS: (0, 10),
    FeedbackKind.CSAT: (1, 5),
    FeedbackKind.STAR: (1, 5),
    FeedbackKind.CES: (1, 7),
    FeedbackKind.THUMBS: (0, 1),
}
_ANSWER = ("external_id", "customer", "survey_key", "kind", "score", "comment", "channel", "order", "submitted_at")


class Customers:
    """A customer: only the fields that the record has are written."""

    naming = ("external_id",)

    def __init__(self, terms: Terms) -> None:
        del terms

    def place(self, values: Mapping[str, Any]) -> tuple[str, str | None]:
        """By the external reference."""
        return customers.SUBJECT, values.get("external_id")

    def staged(self, values: Mapping[str, Any]) -> Staged:
        """The customer's fields, the tenant's own below ``attributes``."""
        need(values, "external_id")
        made = {name: values[name] for name in WRITABLE if name in values}
        if values.get("registered_at") is not None:
            made["registered_at"] = values["registered_at"]
        own = nested(values, ATTRIBUTES)
        if own:
            made["attributes"] = own
        return Staged(customers.SUBJECT, values["external_id"], made)


class Products:
    """A product, by article number."""

    naming = ("sku",)

    def __init__(self, terms: Terms) -> None:
        del terms

    def place(self, values: Mapping[str, Any]) -> tuple[str, str | None]:
        """By the article number."""
        return products.SUBJECT, values.get("sku")

    def staged(self, values: Mapping[str, Any]) -> Staged:
        """The product's fields."""
        need(values, "sku")
        made = {name: value for name, value in values.items() if name != "sku"}
        return Staged(products.SUBJECT, values["sku"], made)


class Interactions:
    """An interaction, by the number its system gives it."""

    naming = ("external_id",)

    def __init__(self, terms: Terms) -> None:
        del terms

    def place(self, values: Mapping[str, Any]) -> tuple[str, str | None]:
        """By its number."""
        return interactions.SUBJECT, values.get("external_id")

    def staged(self, values: Mapping[str, Any]) -> Staged:
        """The interaction's fields."""
        need(values, "external_id", "customer", "type", "occurred_at")
        names = ("customer", "type", "name", "channel", "direction", "occurred_at", "outcome")
        made = {name: values.get(name) for name in names}
        made["direction"] = made["direction"] or Direction.INBOUND.value
        made["properties"] = {name: one for name, one in nested(values, PROPERTIES).items() if one is not None}
        made["customer_fields"] = nested(values, OF_CUSTOMER)
        return Staged(interactions.SUBJECT, values["external_id"], made)


class Feedback:
    """An answer, by response, kind and question."""

    naming = ("external_id", "kind", "question_key")

    def __init__(self, terms: Terms) -> None:
        del terms

    def place(self, values: Mapping[str, Any]) -> tuple[str, str | None]:
        """By response, kind and question together."""
        response, kind = values.get("external_id"), values.get("kind")
        whole = response is not None and kind is not None
        parts = (str(response), str(kind), values.get("question_key") or "")
        return feedback.SUBJECT, KEY_SEPARATOR.join(parts) if whole else None

    def staged(self, values: Mapping[str, Any]) -> Staged:
        """The answer with the scale it was given on."""
        need(values, "external_id", "kind", "submitted_at")
        made = {name: values.get(name) for name in _ANSWER}
        made["question_key"] = values.get("question_key") or ""
        low, high = SCALES.get(values["kind"], (None, None))
        if low is not None or made["score"] is not None:
            need(values, "score")
            self._scale(made, values, low, high)
        made["customer_fields"] = nested(values, OF_CUSTOMER)
        return Staged(feedback.SUBJECT, str(self.place(values)[1]), made)

    def _scale(self, made: dict[str, Any], values: Mapping[str, Any], low: int | None, high: int | None) -> None:
        given = [values.get("scale_min"), values.get("scale_max")]
        scale = [one if one is not None else default for one, default in zip(given, (low, high), strict=True)]
        first, last = scale
        if first is None or last is None or first >= last or (made["kind"] == "NPS" and scale != [0, 10]):
            problem = BadValue(
                ProblemCode.BAD_SCALE,
                "A score needs a scale from low to high; NPS is asked from 0 to 10.",
                "评分须有由低到高的量表；NPS 的量表为 0 到 10。",
            )
            raise fault("scale_min", problem)
        if not first <= made["score"] <= last:
            score = made["score"]
            en, zh = f"{score} is not between {first} and {last}.", f"{score} 不在 {first} 与 {last} 之间。"
            raise fault("score", out_of_range(en, zh))
        made["scale_min"], made["scale_max"] = first, last
