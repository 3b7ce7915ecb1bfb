"""Members over GraphQL: the merchant's own staff."""

from api.graph.field import Same, masked, pages, write
from api.scopes import Scope
from api.views import view
from domain.customers.masks import masked_email
from domain.members import member, read, save
from domain.members.input import LastOwner, MemberInput
from domain.refusal import Invalid, NameTaken, NotFound, VersionConflict

view.enum(
    member.MemberRole,
    OWNER="Answers for the merchant; there is always one, once there was one.",
    ADMIN="Administers.",
    MARKETER="Plans and runs strategies.",
    SALES="Sells to customers.",
    SUPPORT="Helps customers.",
    ANALYST="Studies customers.",
    INTEGRATION="A program.",
    READ_ONLY="Only looks.",
)
view.input(MemberInput)


@view(member.Member, "mem", requires=Scope.CUSTOMERS_READ)
class Member:
    version: Same
    name: Same
    email: Same = masked(Scope.PII_READ, masked_email)
    code: Same
    role: Same
    department: Same
    store: Same
    created_at: Same
    updated_at: Same
    removed_at: Same


@view.query
class MemberQueries:
    members = pages(read.members, by=read.BY_NAME, requires=Scope.CUSTOMERS_READ, says={"role": "Only with this role."})


@view.mutation
class MemberMutations:
    member_save = write(
        save.member_save,
        row="member",
        problems=(Invalid, NameTaken, NotFound, VersionConflict, LastOwner),
        requires=Scope.ADMIN,
        ids={"id": "Member"},
        says={"id": "The member to save anew; a new one is made without."},
    )
    member_remove = write(
        save.member_remove,
        row="member",
        problems=(Invalid, NotFound, VersionConflict, LastOwner),
        requires=Scope.ADMIN,
        ids={"id": "Member"},
        says={"id": "Who leaves."},
    )
