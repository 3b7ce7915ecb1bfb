"""What writes under an idempotency key did, as it is kept: ids, codes and places, never what was said."""

from typing import Any
from uuid import UUID

from api.errors import ErrorCode
from api.graph.errors import Closed, Fault
from api.graph.once import Done
from api.graph.request import Env
from domain.idempotency import KeyReused, claim, keep
from domain.recording.outcome import Recorded
from domain.refusal import FieldIssue, Invalid, ProblemCode
from domain.words import Words

REUSED = Fault(
    ErrorCode.IDEMPOTENCY_KEY_REUSED,
    "This Idempotency-Key came with another mutation or other arguments before.",
    "该 Idempotency-Key 已用于其他变更或其他参数。",
)
# The first answer had a sentence that may quote what was sent; that is not kept.
BEFORE = Words("It was refused when it was first sent, with this code.", "首次提交时已因此代码被拒绝。")


class KeptOutcomes:
    """Outcomes in the tenant's own table; the doors' ``Outcomes``."""

    async def claim(self, session: Any, env: Env, field: str, digest: str) -> Done | None:
        """What the first attempt did; null when this is it.  Raises ``Closed``: the key is another write's."""
        assert env.idempotency_key is not None
        try:
            kept = await claim(session, env.actor, env.idempotency_key, field, digest, env.now)
        except KeyReused:
            raise Closed(REUSED) from None
        if kept is None:
            return None
        if "items" in kept:
            return [_recorded(one) for one in kept["items"]], {}
        return UUID(kept["id"]), kept["extra"]

    async def keep(self, session: Any, env: Env, field: str, done: Done) -> None:
        """Keep what the first attempt did."""
        assert env.idempotency_key is not None
        written, extra = done
        if isinstance(written, list):
            outcome: dict[str, Any] = {"items": [_kept(one) for one in written]}
        else:
            outcome = {"id": str(written), "extra": extra}
        await keep(session, env.actor, env.idempotency_key, field, outcome)


def _kept(one: Recorded) -> dict[str, Any]:
    if one.problem is None:
        return {"id": one.id and str(one.id)}
    places = [{"path": issue.path, "code": issue.code} for issue in one.problem.fields]
    return {"path": one.problem.path, "fields": places}


def _recorded(kept: dict[str, Any]) -> Recorded:
    if "fields" not in kept:
        return Recorded(kept["id"] and UUID(kept["id"]))
    fields = (FieldIssue(path=tuple(f["path"]), code=ProblemCode(f["code"]), text=BEFORE) for f in kept["fields"])
    return Recorded(problem=Invalid(path=tuple(kept["path"]), fields=tuple(fields)))
