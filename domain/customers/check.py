"""Checks what a caller says of a customer: all of it, before anything is written, by the rules that imports obey."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from domain import values
from domain.customers.attribute import AttributeDefinition
from domain.customers.customer import WRITABLE
from domain.customers.fields import NEVER_NULL, attribute_check, customer_fields, unknown_attribute
from domain.customers.input import OMITTED, AttributeInput, CustomerInput
from domain.customers.normalise import email, phone
from domain.customers.read import CustomerBy, ExternalRefInput
from domain.refusal import FieldIssue, Invalid, ProblemCode, Refused
from domain.values import BadValue, Check, out_of_range, required, shown

MOST_REFS, MOST_ATTRIBUTES = 50, 500
Ref = tuple[str, str]  # system, value
_checks = cache(customer_fields)
_reference = values.text(values.LONGEST_KEY)


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a customer, checked.  A null clears."""

    by: CustomerBy | None  # normalised
    fields: dict[str, Any]  # by column
    attributes: dict[str, Any]  # by key
    refs: list[Ref]  # the one of ``by``, too; each once, sorted: all writers lock them in one order
    valid_from: datetime | None


def checked(
    by: CustomerBy | None,
    input: CustomerInput,
    definitions: Mapping[str, AttributeDefinition],
    now: datetime,
    phone_region: str | None = None,
) -> Said:
    """What is said, in the form it is stored in.  Refuses with ``Invalid``, naming every wrong field."""
    checking, checks = Checking(phone_region=phone_region), _checks(phone_region)
    given = {name: getattr(input, name) for name in WRITABLE if getattr(input, name) is not OMITTED}
    fields = {name: checking.value(("input", camel(name)), checks[name], raw) for name, raw in given.items()}
    refs = checking.refs(("input", "externalRefs"), input.external_refs or ())
    if by is not None:
        by = checking.somebody(("by",), by)
        refs |= {(by.external_ref.system, by.external_ref.value)} if by.external_ref else set()
    said = Said(
        by=by,
        fields={name: NEVER_NULL.get(name) if value is None else value for name, value in fields.items()},
        attributes=checking.attributes(input.attributes or (), definitions),
        refs=sorted(refs),
        valid_from=checking.since(input.valid_from, now),
    )
    if checking.issues:
        raise Refused(Invalid(path=checking.issues[0].path[:1], fields=tuple(checking.issues)))
    return said


def camel(name: str) -> str:
    """A field's name as callers write it."""
    head, *rest = name.split("_")
    return head + "".join(map(str.capitalize, rest))


@dataclass(slots=True)
class Checking:
    """Checks value by value and remembers what is wrong where."""

    issues: list[FieldIssue] = field(default_factory=list)
    phone_region: str | None = None  # of numbers without a country code

    def value(self, path: tuple[str, ...], check: Check, raw: Any) -> Any:
        """The value to store; null for null, for blank text, and for what is wrong."""
        try:
            if isinstance(raw, str):
                raw = values.text_of(raw.strip()) or None
            return None if raw is None else check(raw)
        except BadValue as problem:
            return self.wrong(path, problem)

    def wrong(self, path: tuple[str, ...], problem: BadValue) -> None:
        """Remember it."""
        self.issues.append(FieldIssue(path=path, code=problem.code, text=problem.text))

    def somebody(self, path: tuple[str, ...], by: CustomerBy) -> CustomerBy:
        """A customer's name as it is compared.  It must name somebody: a blank one would mean anybody new."""
        if by.id is None and by.external_ref is None and not (by.email or "").strip() and not (by.phone or "").strip():
            self.wrong(path, required("A name of the customer", "客户标识"))
        return CustomerBy(
            id=by.id,
            external_ref=by.external_ref and ExternalRefInput(*self.ref((*path, "externalRef"), by.external_ref)),
            email=self.value((*path, "email"), email, by.email),
            phone=self.value((*path, "phone"), phone(self.phone_region), by.phone),
        )

    def refs(self, path: tuple[str, ...], given: Any) -> set[Ref]:
        """The references, each once."""
        if len(given) > MOST_REFS:
            self._too_many(path, MOST_REFS)
        return {self.ref((*path, str(i)), ref) for i, ref in enumerate(given[:MOST_REFS])}

    def ref(self, path: tuple[str, ...], ref: ExternalRefInput) -> Ref:
        """One reference: neither part is blank."""
        wrong = len(self.issues)
        parts = {name: self.value((*path, name), _reference, getattr(ref, name)) for name in ("system", "value")}
        if wrong == len(self.issues):
            for name in (name for name, part in parts.items() if part is None):
                self.wrong((*path, name), required(name, f" {name}"))
        return str(parts["system"]), str(parts["value"])

    def attributes(
        self, given: list[AttributeInput] | tuple[()], definitions: Mapping[str, AttributeDefinition]
    ) -> dict[str, Any]:
        """The values by key, each as its definition asks."""
        made: dict[str, Any] = {}
        if len(given) > MOST_ATTRIBUTES:
            self._too_many(("input", "attributes"), MOST_ATTRIBUTES)
        for i, one in enumerate(given[:MOST_ATTRIBUTES]):
            path = ("input", "attributes", str(i))
            if one.key not in definitions:
                self.wrong((*path, "key"), unknown_attribute(one.key))
            elif one.key in made:
                self.wrong((*path, "key"), _twice(one.key))
            else:
                made[one.key] = self.value((*path, "value"), attribute_check(definitions[one.key]), one.value)
        return made

    def since(self, given: datetime | None, now: datetime) -> datetime | None:
        """Since when it is true: a moment that has come."""
        found: datetime | None = self.value(("input", "validFrom"), values.instant(UTC), given)
        if found is not None and found > now:
            self.wrong(("input", "validFrom"), out_of_range("It lies in the future.", "该时间尚未到来。"))
        return found

    def _too_many(self, path: tuple[str, ...], most: int) -> None:
        self.wrong(path, BadValue(ProblemCode.TOO_LONG, f"More than {most}.", f"超过 {most} 项。"))


def _twice(key: str) -> BadValue:
    return BadValue(ProblemCode.DUPLICATE, f"{shown(key)} is given twice.", f"{shown(key)} 出现了两次。")
