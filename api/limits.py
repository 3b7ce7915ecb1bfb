"""``apiLimits``: every limit a caller can meet, as this service has it."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from api.allowances import MOST_COST, Allowances
from api.asked import LARGEST_BODY
from api.graph.abstract import MOST_IDS
from api.graph.connection import MOST, PAGE
from api.graph.field import load
from api.graph.limits import Limits
from api.views import view
from domain.recording.batch import MOST_ITEMS
from domain.rules.check import MOST_NODES
from domain.time import Duration
from domain.words import Says, Words

DOCUMENT = Limits()


@dataclass(frozen=True, slots=True)
class BucketLimits:
    """A bucket of points: what is not used is saved up until it is full."""

    size: Annotated[int, Says(Words("most points that can be saved up", "点数上限"))]
    restore_rate: Annotated[int, Says(Words("points restored a second", "每秒恢复点数"))]


@dataclass(frozen=True, slots=True)
class ApiLimits:
    """Most of each. Beyond, a request is refused before anything is done."""

    depth: Annotated[int, Says(Words("levels of a document", "文档层数"))]
    fields: Annotated[int, Says(Words("fields of an operation, fragments inlined", "操作字段数（展开片段）"))]
    aliases: Annotated[int, Says(Words("aliases of a document", "文档别名数"))]
    directives: Annotated[int, Says(Words("directives of a document", "文档指令数"))]
    tokens: Annotated[int, Says(Words("tokens of a document", "文档词元数"))]
    body_bytes: Annotated[int, Says(Words("bytes of a request's body", "请求体字节数"))]
    rule_nodes: Annotated[int, Says(Words("nodes of a rule", "规则节点数"))]
    page_size: Annotated[int, Says(Words("rows of a page", "每页行数"))]
    usual_page_size: Annotated[int, Says(Words("rows of a page when no size is given", "默认每页行数"))]
    ids: Annotated[int, Says(Words("ids given at once", "一次提供的 id 数"))]
    items: Annotated[int, Says(Words("items of a mutation's list", "变更列表项数"))]
    cost: Annotated[int, Says(Words("points that one operation may cost", "单次操作点数"))]
    key: Annotated[BucketLimits, Says(Words("what each API key may spend", "每个 API 密钥的点数"))]
    tenant: Annotated[BucketLimits, Says(Words("what all keys of the tenant may spend", "租户全部密钥的点数"))]
    tenant_operations: Annotated[int, Says(Words("operations that a process runs at once", "每进程同时执行的操作数"))]
    deadline: Annotated[Duration, Says(Words("how long an operation may take", "操作时限"))]


def limits_of(allowances: Allowances) -> ApiLimits:
    """All limits, each from where it is declared."""
    given = allowances
    return ApiLimits(
        depth=DOCUMENT.depth,
        fields=DOCUMENT.fields,
        aliases=DOCUMENT.aliases,
        directives=DOCUMENT.directives,
        tokens=DOCUMENT.tokens,
        body_bytes=LARGEST_BODY,
        rule_nodes=MOST_NODES,
        page_size=MOST,
        usual_page_size=PAGE,
        ids=MOST_IDS,
        items=MOST_ITEMS,
        cost=min(MOST_COST, given.key_burst, given.tenant_burst),
        key=BucketLimits(given.key_burst, given.key_rate),
        tenant=BucketLimits(given.tenant_burst, given.tenant_rate),
        tenant_operations=given.tenant_operations,
        deadline=Duration(seconds=given.deadline_s),
    )


async def api_limits(fetch: Any, ids: list[UUID], *, allowances: Allowances) -> list[ApiLimits]:
    """What a caller is held to here."""
    return [limits_of(allowances)] * len(ids)


@view.query
class LimitQueries:
    api_limits = load(api_limits)
