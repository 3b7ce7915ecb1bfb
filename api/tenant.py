"""The merchant itself over GraphQL, who asks for it, and its settings.  They live in the control plane."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, ClassVar
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy.ext.asyncio import AsyncConnection

from api.asking import Asking
from api.graph.field import load, write_values
from api.scopes import Scope
from api.views import view
from domain.customers.reach import CustomerScope
from domain.refusal import FieldIssue, Invalid, ProblemCode, Refused
from domain.words import Says, Words
from tenancy.platform import Status
from tenancy.registry import change_settings, find_facts
from tenancy.tenant import LOCALE, one_line


class Omitted(Enum):
    """Stands for what the caller did not say: it is left alone."""

    OMITTED = "OMITTED"


OMITTED: Any = Omitted.OMITTED


@dataclass(frozen=True, slots=True)
class Tenant:
    """The merchant."""

    slug: Annotated[str, Says(Words("slug", "标识"), "Never changes, and is never used again.")]
    name: Annotated[str, Says(Words("name", "名称"))]
    status: Annotated[Status, Says(Words("status", "状态"))]
    locale: Annotated[str, Says(Words("locale", "语言"), "BCP 47; of who does not say which.")]
    timezone: Annotated[str, Says(Words("time zone", "时区"), "IANA name: its days begin there.")]
    base_currency: Annotated[str, Says(Words("base currency", "本位币"), "ISO 4217.")]
    fiscal_year_start: Annotated[int, Says(Words("fiscal year", "财年起始月"), "The month that it begins in, 1 to 12.")]
    week_start: Annotated[int, Says(Words("week", "每周起始日"), "The day that it begins on; 1 is Monday.")]
    created_at: Annotated[datetime, Says(Words("created", "创建时间"))]
    updated_at: Annotated[datetime, Says(Words("changed", "更新时间"))]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks."""

    actor: Annotated[str, Says(Words("actor", "操作者"), "As histories name who asks.")]
    scopes: Annotated[list[Scope], Says(Words("scopes", "权限"), "What it may do.")]
    data_scope: Annotated[CustomerScope, Says(Words("data scope", "数据范围"), "Which customers it reaches.")]
    expires_at: Annotated[datetime | None, Says(Words("expires", "到期时间"), "When its key ends.")]
    tenant: Annotated[Tenant, Says(Words("merchant", "商家"))]
    member_id: UUID | None = field(default=None, metadata={"ids": "Member", "doc": "The member whose key it is."})


@dataclass(frozen=True, slots=True)
class TenantSettingsInput:
    """What is to change; what is left out stays."""

    partial: ClassVar = True
    name: Annotated[str | None, Says(Words("name", "名称"), "1 to 200 characters.")] = OMITTED
    locale: Annotated[str | None, Says(Words("locale", "语言"), "BCP 47, like zh-CN.")] = OMITTED
    timezone: Annotated[str | None, Says(Words("time zone", "时区"), "IANA name, like Asia/Shanghai.")] = OMITTED
    fiscal_year_start: Annotated[int | None, Says(Words("fiscal year", "财年起始月"), "A month, 1 to 12.")] = OMITTED
    week_start: Annotated[int | None, Says(Words("week", "每周起始日"), "A day, 1 (Monday) to 7.")] = OMITTED


_TEXTS = {
    "name": Words("1 to 200 characters, no control characters.", "1 至 200 个字符，不含控制字符。"),
    "locale": Words("A locale like zh-CN.", "须为 zh-CN 之类的语言标识。"),
    "timezone": Words("No time zone has this name.", "没有该时区。"),
    "fiscal_year_start": Words("A month, 1 to 12.", "须为 1 至 12 月。"),
    "week_start": Words("A day, 1 (Monday) to 7.", "须为 1（周一）至 7。"),
}
_RIGHT: Mapping[str, Any] = {
    "name": lambda name: bool(name.strip()) and one_line(name),
    "locale": LOCALE.fullmatch,
    "timezone": lambda name: name in available_timezones(),
    "fiscal_year_start": lambda month: 1 <= month <= 12,
    "week_start": lambda day: 1 <= day <= 7,
}
_CODES = {"name": ProblemCode.BAD_TEXT, "locale": ProblemCode.BAD_TEXT, "timezone": ProblemCode.NOT_FOUND}
_PLACES = {"fiscal_year_start": "fiscalYearStart", "week_start": "weekStart"}


async def tenant(fetch: Any, ids: list[Any], *, asking: Asking) -> list[Tenant]:
    """The merchant that the key belongs to."""
    del fetch
    async with asking.control.read() as connection:
        found = await _read(connection, asking)
    return [found for _ in ids]


async def viewer(fetch: Any, ids: list[Any], *, asking: Asking) -> list[Viewer]:
    """Who asks, as far as the key tells."""
    (of,) = await tenant(fetch, [None], asking=asking)
    caller, key = asking.caller, asking.caller.key
    scopes = sorted(caller.scopes, key=list(Scope).index)
    found = Viewer(caller.actor, scopes, CustomerScope(key.data_scope), key.expires_at, of, key.member_id)
    return [found for _ in ids]


async def tenant_settings_save(
    connection: AsyncConnection, input: TenantSettingsInput, *, now: datetime, asking: Asking
) -> tuple[Tenant]:
    """Change the merchant's settings.  They hold within a second in every process."""
    given = {f.name: value for f in fields(input) if (value := getattr(input, f.name)) is not OMITTED}
    issues = [
        FieldIssue(
            path=("input", _PLACES.get(name, name)),
            code=_CODES.get(name, ProblemCode.OUT_OF_RANGE),
            text=_TEXTS[name],
        )
        for name, value in given.items()
        if value is None or not _RIGHT[name](value)
    ]
    if issues:
        raise Refused(Invalid(path=("input",), fields=tuple(issues)))
    await change_settings(connection, asking.caller.tenant.id, given, now, actor=asking.caller.actor)
    return (await _read(connection, asking),)


async def _read(connection: AsyncConnection, asking: Asking) -> Tenant:
    row = await find_facts(connection, asking.caller.tenant.id)
    values = {f.name: row[f.name] for f in fields(Tenant)}
    return Tenant(**values | {"status": Status(row["status"])})


view.enum(
    Status,
    PROVISIONING="Being made.",
    ACTIVE="Read and written.",
    READ_ONLY="Read, not written.",
    SUSPENDED="Neither read nor written.",
    DELETING="Being dropped.",
    DELETED="Dropped.",
)
view.enum(Scope)
view.input(TenantSettingsInput)


@view.query
class TenantQueries:
    tenant = load(tenant)
    viewer = load(viewer)


@view.mutation
class TenantMutations:
    tenant_settings_save = write_values(
        tenant_settings_save, names=("tenant",), success="TenantSuccess", problems=(Invalid,), requires=Scope.ADMIN
    )
