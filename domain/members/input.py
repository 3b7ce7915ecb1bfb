"""What may be said of a member, and what becomes of it before it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from domain.customers.check import Checking
from domain.customers.normalise import email
from domain.members.member import MemberRole
from domain.refusal import Invalid, Problem, ProblemCode, Refused
from domain.text import LONGEST_NAME
from domain.values import required, text
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class MemberInput:
    """A member, whole: what is not given is not kept."""

    name: Annotated[str, Says(Words("name", "姓名"))]
    email: Annotated[str, Says(Words("e-mail", "电子邮箱"))]
    role: Annotated[MemberRole, Says(Words("role", "角色"))]
    code: Annotated[
        str | None, Says(Words("code", "工号"), "What `owner` of this member's customers says; the e-mail if left out.")
    ] = None
    department: Annotated[str | None, Says(Words("department", "部门"))] = None
    store: Annotated[str | None, Says(Words("store", "门店"))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastOwner(Problem):
    """The merchant would be left without an OWNER."""

    code: ClassVar = ProblemCode.IN_USE
    text: ClassVar = Words(
        "This is the last OWNER: make another member OWNER first.", "这是最后一位所有者（OWNER），请先指定另一位。"
    )


def columns(input: MemberInput) -> Mapping[str, Any]:
    """The columns to store.  Refuses with ``Invalid``, naming every wrong field."""
    checking, of = Checking(), text(LONGEST_NAME)
    checks = {"name": of, "email": email, "code": of, "department": of, "store": of}
    made = {name: checking.value(("input", name), check, getattr(input, name)) for name, check in checks.items()}
    wrong = {issue.path[1] for issue in checking.issues}
    for name, en, zh in (("name", "A name", "姓名"), ("email", "An e-mail address", "电子邮箱")):
        if made[name] is None and name not in wrong:
            checking.wrong(("input", name), required(en, zh))
    if checking.issues:
        raise Refused(Invalid(path=("input",), fields=tuple(checking.issues)))
    return {**made, "code": made["code"] or made["email"], "role": input.role}
