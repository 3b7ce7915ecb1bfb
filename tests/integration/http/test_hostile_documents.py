"""What graphql-cop looks for in an endpoint, each of its checks asked of ours, and the answers we decided on.

https://github.com/dolevf/graphql-cop.  Introspection and suggestions stay on: the schema is public (schema.graphql is
served to anyone), so they tell nothing that is hidden; but they too are answered to callers with a key only.
"""

import re
import time
from typing import Any

import httpx
import orjson
import pytest
from graphql import get_introspection_query

from tests.support.http import JSON, Api

GRAPHQL_JSON = "application/graphql-response+json"
LIMIT_S = 0.1  # within which an oversized document is refused
MUTATION = 'mutation { attributeDefine(input: {key: "cop", label: {en: "C"}, type: TEXT}) { __typename } }'
DEFINED = "{ attributeDefinitions { key } }"
OVERSIZED = {
    "1,000 aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(1000)) + " }",
    "one field 500 times": "{ " + "__typename " * 500 + "}",
    "ten unknown directives on one field, a hundred times": "{ "
    + " ".join("__typename " + "@aa" * 10 for _ in range(100))
    + " }",
    "1,000 directives on one field": "{ __typename " + "@include(if: true) " * 1000 + "}",
    "introspection in a circle, 20 levels": "{ __schema { types { "
    + "fields { type { " * 20
    + "name"
    + " } }" * 20
    + " } } }",
    "a segment's members' segments' members, 20 levels": "{ segments { nodes { "
    + "members { nodes { segments { " * 20
    + "key"
    + " } } }" * 20
    + " } } }",
    "10,000 tokens": "{ " + "__typename, " * 10_000 + "}",
    "depth 3,000": "{" + "a{" * 3000 + "a" + "}" * 3001,
    "2^20 fields of fragments": "{ ...F0 } "
    + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(20))
    + " fragment F20 on Query { __typename }",
}


def codes(answer: httpx.Response) -> list[str]:
    """Of the errors."""
    return [error["extensions"]["code"] for error in answer.json().get("errors", ())]


@pytest.mark.parametrize("name", OVERSIZED)
async def test_an_oversized_document_is_refused_with_400_within_100_ms(shop: Api, name: str) -> None:
    took = []
    for _ in range(3):
        start = time.perf_counter()
        answer = await shop.post(OVERSIZED[name], Accept=GRAPHQL_JSON)
        took.append(time.perf_counter() - start)
        assert (answer.status_code, codes(answer)) == (400, ["QUERY_TOO_COMPLEX"])
    assert min(took) < LIMIT_S


@pytest.mark.parametrize("levels", range(1, 7))
async def test_introspection_in_a_circle_ends_at_the_third_level(shop: Api, levels: int) -> None:
    circle = "{ __schema { types { " + "fields { type { " * levels + "name" + " } }" * levels + " } } }"
    start = time.perf_counter()
    answer = await shop.post(circle, Accept=GRAPHQL_JSON)
    assert time.perf_counter() - start < 1
    assert codes(answer) == ([] if levels < 3 else ["GRAPHQL_VALIDATION_FAILED"])


@pytest.mark.parametrize("count", [1, 10])
async def test_a_batch_of_operations_is_refused(shop: Api, count: int) -> None:
    content = orjson.dumps([{"query": "{ __typename }"}] * count)
    headers = JSON | {"Authorization": f"Bearer {shop.token}"}
    answer = await shop.client.post("/graphql", content=content, headers=headers)
    assert (answer.status_code, codes(answer)) == (400, ["BAD_USER_INPUT"])


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL_JSON])
@pytest.mark.parametrize(
    "text", [MUTATION, f"query Q {{ __typename }} {MUTATION.replace('mutation', 'mutation M', 1)}"]
)
async def test_a_mutation_by_get_is_405_and_changes_nothing(shop: Api, accept: str, text: str) -> None:
    before = await shop.data(DEFINED)
    asked = {"query": text, **({"operationName": "M"} if "query Q" in text else {})}
    headers = {"Authorization": f"Bearer {shop.token}", "Accept": accept}
    answer = await shop.client.get("/graphql", params=asked, headers=headers)
    assert (answer.status_code, answer.headers["allow"], codes(answer)) == (405, "POST", ["BAD_USER_INPUT"])
    assert await shop.data(DEFINED) == before


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/xml", ""],
)
async def test_what_a_form_of_another_site_can_send_is_415(shop: Api, kind: str) -> None:
    content = {"query": MUTATION}
    body = httpx.Request("POST", "http://x", data=content).content if "urlencoded" in kind else orjson.dumps(content)
    headers = {"Authorization": f"Bearer {shop.token}", "Content-Type": kind}
    answer = await shop.client.post("/graphql", content=body, headers=headers)
    assert (answer.status_code, codes(answer)) == (415, ["BAD_USER_INPUT"])


async def test_a_browser_carries_no_credential_of_ours(shop: Api) -> None:
    """No cookie is set or read, and none of the places a link can fill: without the header nobody is known."""
    good = await shop.post("{ __typename }")
    assert "set-cookie" not in good.headers
    named: dict[str, Any] = {
        "query": "{ __typename }",
        "access_token": shop.token,
        "authorization": f"Bearer {shop.token}",
    }
    for asked in (
        shop.client.build_request("GET", "/graphql", params=named),
        shop.client.build_request("GET", "/graphql", params=named, headers={"Cookie": f"authorization={shop.token}"}),
        shop.client.build_request("POST", "/graphql", json=named),
    ):
        assert (await shop.client.send(asked)).status_code == 401


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "TRACE"])
async def test_another_method_is_405(shop: Api, method: str) -> None:
    headers = {"Authorization": f"Bearer {shop.token}"}
    answer = await shop.client.request(method, "/graphql", headers=headers, params={"query": "{ __typename }"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST, OPTIONS")


@pytest.mark.parametrize("path", ["/graphql", "/graphiql", "/playground", "/console", "/v1/graphiql", "/altair"])
async def test_no_page_for_trying_queries_is_served_outside_the_demo(api: Api, path: str) -> None:
    answer = await api.client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code in (404, 406)
    assert not any(word in answer.text.lower() for word in ("graphiql", "playground", "altair", "<script"))


async def test_answers_hold_no_trace_and_no_debugging(shop: Api) -> None:
    for text in ("{ __typename }", "{ nothing }", "{ segments(first: 0) { totalCount } }"):
        answer = await shop.post(text, **{"X-Apollo-Tracing": "1", "Apollo-Federation-Include-Trace": "ftv1"})
        assert set(answer.json().get("extensions", {})) <= {"cost"}
        for error in answer.json().get("errors", ()):
            assert set(error) <= {"message", "locations", "path", "extensions"}
            assert not {"stacktrace", "exception", "debug", "trace"} & set(error["extensions"])
        assert not [name for name in answer.headers if "powered" in name or name == "server"]


async def test_a_fault_of_the_request_is_never_unhandled(shop: Api) -> None:
    headers = JSON | {"Authorization": f"Bearer {shop.token}"}
    for content in (b"", b"null", b"1", b"{}", b'{"qwerty": 1}', b'{"query": null}', b'{"query": "queryy { a }"}'):
        answer = await shop.client.post("/graphql", content=content, headers=headers)
        assert answer.status_code in (200, 400)
        (code,) = codes(answer)
        assert code in ("BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED")
        assert "Traceback" not in answer.text
        assert ".py" not in answer.text


async def test_the_schema_is_public_and_suggestions_name_what_it_holds(api: Api, shop: Api) -> None:
    sdl = (await api.client.get("/schema.graphql")).text
    (error,) = (await shop.ask("{ segmentz { totalCount } }"))["errors"]
    assert "'segments'" in error["message"]
    assert "segments(" in sdl
    types = {one["name"] for one in (await shop.data(get_introspection_query()))["__schema"]["types"]}
    assert [name for name in types if not name.startswith("__") and not re.search(rf"\b{name}\b", sdl)] == []


@pytest.mark.parametrize("text", [get_introspection_query(), "{ segmentz { totalCount } }"])
async def test_without_a_key_neither_is_answered(api: Api, text: str) -> None:
    answer = await api.client.post("/graphql", json={"query": text})
    assert (answer.status_code, codes(answer)) == (401, ["UNAUTHENTICATED"])


async def test_at_most_five_errors_come_back(shop: Api) -> None:
    assert len((await shop.ask("{ " + " ".join(f"nothing{n}" for n in range(400)) + " }"))["errors"]) <= 5


@pytest.mark.parametrize("given", [{}, {"email": None}])
async def test_a_null_variable_inside_a_one_of_is_the_callers_fault(shop: Api, given: dict[str, Any]) -> None:
    ask = "query($email: String) { customer(by: {email: $email}) { id } }"
    assert codes(await shop.post(ask, given)) == ["BAD_USER_INPUT"]
    change = (
        'mutation($email: String) { customerUpsert(by: {email: $email}, input: {displayName: "A"}) { __typename } }'
    )
    assert codes(await shop.post(change, given)) == ["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.parametrize(
    "by", ["{email: null}", "{}", '{email: "a@b.de", phone: "1"}', '{email: "a@b.de", phone: null}']
)
async def test_a_one_of_with_other_than_one_member_is_invalid(shop: Api, by: str) -> None:
    answer = await shop.post(f"{{ customer(by: {by}) {{ id }} }}")
    assert codes(answer) == ["GRAPHQL_VALIDATION_FAILED"]
