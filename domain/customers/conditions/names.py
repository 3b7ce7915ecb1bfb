"""What the fields of a customer are called: in the texts of rules (``birth_date``, in both languages) and by people."""

from __future__ import annotations

from collections.abc import Iterator

from domain.customers.conditions.fields import BUILT_IN
from domain.rules.shape import camel, snake
from domain.rules.terms import Terms
from domain.rules.text.phrase import Named
from domain.words import Words

LABELS = {
    "kind": Words("kind of customer", "客户性质"),
    "displayName": Words("name", "姓名"),
    "email": Words("e-mail", "邮箱"),
    "phone": Words("phone", "电话"),
    "gender": Words("gender", "性别"),
    "birthDate": Words("birth date", "生日"),
    "incomeBand": Words("income band", "收入档次"),
    "educationLevel": Words("education", "学历"),
    "maritalStatus": Words("marital status", "婚姻状况"),
    "industry": Words("industry", "行业"),
    "companySize": Words("company size", "企业规模"),
    "employees": Words("employees", "员工数"),
    "registeredCapital": Words("registered capital", "注册资本"),
    "department": Words("department", "部门"),
    "owner": Words("owner", "负责人"),
    "store": Words("store", "门店"),
    "source": Words("source", "来源"),
    "country": Words("country", "国家"),
    "region": Words("region", "地区"),
    "city": Words("city", "城市"),
    "postalCode": Words("postal code", "邮编"),
    "street": Words("street", "街道"),
    "latitude": Words("latitude", "纬度"),
    "longitude": Words("longitude", "经度"),
    "locale": Words("language", "语言"),
    "timezone": Words("time zone", "时区"),
    "intimacy": Words("intimacy", "亲密度"),
    "purchaseIntent": Words("purchase intent", "购买意向"),
    "decisionSpeed": Words("decision speed", "决策速度"),
    "salesStage": Words("sales stage", "销售阶段"),
    "relationshipStage": Words("relationship stage", "关系阶段"),
    "receivable": Words("receivable", "应收款"),
    "registeredAt": Words("registration", "注册时间"),
}


def label(key: str, terms: Terms) -> Words:
    """What a field is called by people; its key when it has no label."""
    own = terms.attributes.get(key)
    found = LABELS.get(key) or (own.label if own else None)
    return found or Words(key.replace("_", " "), key)


def _read(word: str) -> str:
    """A built-in field by either spelling, else one of the tenant's own by its key."""
    return camel(word) if camel(word) in BUILT_IN else word


def _write(key: str) -> str | None:
    """The word that is read as this key; null where a built-in field takes it."""
    if key in BUILT_IN:
        return snake(key)
    return None if camel(key) in BUILT_IN else key


def _known(terms: Terms) -> Iterator[str]:
    yield from map(snake, BUILT_IN)
    yield from BUILT_IN
    yield from terms.attributes


FIELD = Named(_read, _write, _known, label)
