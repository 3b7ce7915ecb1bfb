"""API keys over GraphQL: made, listed and ended by the merchant itself.  They live in the control plane."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.asking import Asking
from api.graph.errors import Closed
from api.graph.field import load, write_values
from api.outcomes import REUSED
from api.scopes import Scope, granted
from api.views import view
from domain.customers.reach import CustomerScope
from domain.refusal import FieldIssue, Invalid, NotFound, ProblemCode, Refused
from domain.words import Says, Words
from tenancy import keys
from tenancy.tenant import one_line

MOST_ORIGINS = 20
MORE = Words("A key can grant no more than the key that makes it.", "新密钥的权限不得超过创建它的密钥。")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, without its secret."""

    prefix: Annotated[str, Says(Words("prefix", "前缀"), "Names the key, also in histories; not secret.")]
    label: Annotated[str, Says(Words("label", "标签"))]
    scopes: Annotated[list[Scope], Says(Words("scopes", "权限"), "What it may do.")]
    data_scope: Annotated[CustomerScope, Says(Words("data scope", "数据范围"), "Which customers it reaches.")]
    origins: Annotated[list[str], Says(Words("origins", "来源"), "Of pages in browsers; empty: it is for programs.")]
    only_trusted: Annotated[
        bool, Says(Words("trusted documents only", "仅限受信文档"), "Whether it asks nothing else.")
    ]
    created_at: Annotated[datetime, Says(Words("created", "创建时间"))]
    expires_at: Annotated[datetime | None, Says(Words("expires", "到期时间"))]
    last_used_at: Annotated[datetime | None, Says(Words("last used", "最近使用"), "To the minute.")]
    revoked_at: Annotated[datetime | None, Says(Words("revoked", "吊销时间"))]
    member_id: UUID | None = field(default=None, metadata={"ids": "Member", "doc": "The member whose key it is."})


@dataclass(frozen=True, slots=True)
class ApiKeyInput:
    """A new key.  It can grant no more, reach no more and last no longer than the key that makes it."""

    label: Annotated[str, Says(Words("label", "标签"), "What it is for; at most 200 characters.")]
    scopes: Annotated[list[Scope], Says(Words("scopes", "权限"))]
    origins: Annotated[
        list[str] | None,
        Says(
            Words("origins", "来源"),
            "Of the pages that may use it, like https://shop.example; if left out it is for programs.",
        ),
    ] = None
    only_trusted: Annotated[
        bool,
        Says(Words("trusted documents only", "仅限受信文档"), "Whether it may ask documents that were uploaded alone."),
    ] = False
    expires_at: Annotated[datetime | None, Says(Words("expires", "到期时间"), "Never, if left out.")] = None
    member_id: Annotated[
        UUID | None, Says(Words("member", "成员"), "Whose key it is: it opens nothing once the member is removed.")
    ] = None
    data_scope: Annotated[
        CustomerScope, Says(Words("data scope", "数据范围"), "Which customers it reaches; of a member unless ALL.")
    ] = CustomerScope.ALL


async def api_keys(fetch: Any, ids: list[Any], revoked: bool = False, *, asking: Asking) -> list[list[ApiKey]]:
    """The merchant's keys, oldest first; for a key with a data scope those of its own member that reach no further."""
    del fetch
    async with asking.control.read() as connection:
        found = await keys.list_keys(connection, asking.caller.tenant)
    shown = [_shown(key) for key in found if (revoked or key.revoked_at is None) and _within(key, asking)]
    return [shown for _ in ids]


async def api_key_create(
    connection: AsyncConnection, input: ApiKeyInput, *, now: datetime, asking: Asking, attempt: UUID | None
) -> tuple[ApiKey, str | None]:
    """Make a key.  Its token is answered this once; a repeat under the same idempotency key answers the key without."""
    asked: dict[str, Any] = {
        "label": input.label,
        "scopes": sorted(scope.lower() for scope in set(input.scopes)),
        "origins": list(dict.fromkeys(input.origins or ())),
        "only_trusted": input.only_trusted,
        "expires_at": input.expires_at,
        "member_id": input.member_id,
        "data_scope": input.data_scope.value,
    }
    tenant = asking.caller.tenant
    if attempt:
        await keys.take_turn(connection, attempt)
        if made := await keys.find_key(connection, tenant, attempt):
            if any(_plain(getattr(made, name)) != value for name, value in asked.items()):
                raise Closed(REUSED)
            return _shown(made), None
    issues = [*_wrong(input, now), *_more(input, asking)]
    if input.member_id and not await asking.has_member(input.member_id):
        issues.append(_issue("memberId", ProblemCode.NOT_FOUND, "There is no such member.", "没有该成员。"))
    if issues:
        raise Refused(Invalid(path=("input",), fields=tuple(issues)))
    key, token = await keys.create_key(connection, tenant, now, id=attempt, actor=asking.caller.actor, **asked)
    return _shown(key), token


async def api_key_revoke(connection: AsyncConnection, prefix: str, *, now: datetime, asking: Asking) -> tuple[ApiKey]:
    """End a key, within a second in every process.  One that has ended stays as it is.

    A key with a data scope ends none but those it is shown.
    """
    tenant = asking.caller.tenant
    named = await keys.find_key(connection, tenant, prefix)
    if named is None or not _within(named, asking):
        raise Refused(NotFound(path=("prefix",)))
    await keys.revoke_key(connection, tenant, prefix, now, actor=asking.caller.actor)
    found = await keys.find_key(connection, tenant, prefix)
    assert found is not None
    return (_shown(found),)


def _within(key: keys.Key, asking: Asking) -> bool:
    """Whether a key reaches no further than the caller's: those of others, or of everything, do not exist for it."""
    own = asking.caller.key
    return own.data_scope == keys.EVERYTHING or (own.member_id, own.data_scope) == (key.member_id, key.data_scope)


def _shown(key: keys.Key) -> ApiKey:
    return ApiKey(
        prefix=key.prefix,
        label=key.label,
        scopes=sorted(granted(key.scopes), key=list(Scope).index),
        data_scope=CustomerScope(key.data_scope),
        origins=list(key.origins),
        only_trusted=key.only_trusted,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
        member_id=key.member_id,
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _wrong(input: ApiKeyInput, now: datetime) -> Iterable[FieldIssue]:
    """What makes no sense."""
    if not (input.label.strip() and one_line(input.label)):
        text = "1 to 200 characters, no control characters.", "1 至 200 个字符，不含控制字符。"
        yield _issue("label", ProblemCode.BAD_TEXT, *text)
    if not input.scopes:
        yield _issue("scopes", ProblemCode.REQUIRED, "Give at least one scope.", "请至少提供一项权限。")
    origins = input.origins or []
    if len(origins) > MOST_ORIGINS or not all(map(keys.ORIGIN.fullmatch, origins)):
        text = (
            f"At most {MOST_ORIGINS} origins like https://shop.example.",
            f"最多 {MOST_ORIGINS} 个，形如 https://shop.example。",
        )
        yield _issue("origins", ProblemCode.BAD_TEXT, *text)
    if input.expires_at is not None and input.expires_at <= now:
        yield _issue("expiresAt", ProblemCode.OUT_OF_RANGE, "It would have expired already.", "该时间已过。")
    if input.data_scope is not CustomerScope.ALL and input.member_id is None:
        yield _issue("memberId", ProblemCode.REQUIRED, "A data scope is that of a member.", "数据范围须对应某位成员。")


def _more(input: ApiKeyInput, asking: Asking) -> Iterable[FieldIssue]:
    """Where the key would grant more than the one that makes it."""
    caller, maker = asking.caller, asking.caller.key
    if not set(input.scopes) <= caller.scopes:
        yield _issue("scopes", ProblemCode.FORBIDDEN, MORE.en, MORE.zh)
    if maker.expires_at is not None and (input.expires_at is None or input.expires_at > maker.expires_at):
        yield _issue("expiresAt", ProblemCode.FORBIDDEN, MORE.en, MORE.zh)
    if maker.origins and not (input.origins and set(input.origins) <= maker.origins):
        yield _issue("origins", ProblemCode.FORBIDDEN, MORE.en, MORE.zh)
    if maker.only_trusted and not input.only_trusted:
        yield _issue("onlyTrusted", ProblemCode.FORBIDDEN, MORE.en, MORE.zh)
    if maker.member_id is not None and input.member_id != maker.member_id:
        yield _issue("memberId", ProblemCode.FORBIDDEN, MORE.en, MORE.zh)
    if maker.data_scope not in (keys.EVERYTHING, input.data_scope):
        yield _issue("dataScope", ProblemCode.FORBIDDEN, MORE.en, MORE.zh)


def _issue(name: str, code: ProblemCode, en: str, zh: str) -> FieldIssue:
    return FieldIssue(path=("input", name), code=code, text=Words(en, zh))


view.enum(
    CustomerScope,
    OWN="Customers whose owner the member is.",
    DEPARTMENT="Customers of the member's department.",
    STORE="Customers of the member's store.",
    ALL="All customers.",
)
view.input(ApiKeyInput)


@view.query
class KeyQueries:
    api_keys = load(api_keys, requires=Scope.ADMIN, says={"revoked": "With those that have been revoked."})


@view.mutation
class KeyMutations:
    api_key_create = write_values(
        api_key_create,
        names=("key", "token"),
        success="ApiKeyCreated",
        problems=(Invalid,),
        requires=Scope.ADMIN,
    )
    api_key_revoke = write_values(
        api_key_revoke,
        names=("key",),
        success="ApiKeySuccess",
        problems=(NotFound,),
        requires=Scope.ADMIN,
        says={"prefix": "As `apiKeys` shows it."},
    )
