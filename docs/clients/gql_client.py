"""Python gql: a query with variables, all pages of a connection, and a mutation that may be refused."""

import json
import os
import sys

from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport

OF_A_CITY = gql("""
    query OfACity($city: String!, $after: String) {
      customers(where: { attribute: { key: "city", test: { text: { eq: $city } } } }, first: 100, after: $after) {
        totalCount
        nodes { id displayName receivable }
        pageInfo { hasNextPage endCursor }
      }
    }
""")
SAVE = gql("""
    mutation Save($input: CustomerInput!) {
      customerUpsert(input: $input) {
        __typename
        ... on CustomerSuccess { created customer { id version displayName } }
        ... on Problem { code message path }
        ... on Invalid { fields { path code message } }
      }
    }
""")

transport = HTTPXTransport(
    os.environ.get("REGULARS_URL", "http://127.0.0.1:8000/graphql"),
    headers={"Authorization": f"Bearer {os.environ['REGULARS_KEY']}", "Accept-Language": "en"},
)
city = sys.argv[1] if len(sys.argv) > 1 else "Ulm"

# The schema is fetched by introspection; documents and variables are then checked before they are sent.
with Client(transport=transport, fetch_schema_from_transport=True) as session:
    seen, pages, after, more = set(), 0, None, True
    while more:
        page = session.execute(OF_A_CITY, variable_values={"city": city, "after": after})["customers"]
        seen |= {one["id"] for one in page["nodes"]}
        more, after, pages = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"], pages + 1

    def save(**fields: str) -> str:
        """What became of it: a refusal is data, not an exception."""
        given = {"externalRefs": [{"system": "docs", "value": "gql"}], "city": city, **fields}
        saved = session.execute(SAVE, variable_values={"input": given})["customerUpsert"]
        if saved["__typename"] == "CustomerSuccess":
            return f"saved {saved['customer']['displayName']}"
        if saved["__typename"] == "Invalid":
            return ",".join(f"{'.'.join(field['path'])}: {field['code']}" for field in saved["fields"])
        return saved["code"]  # every other problem, also those to come

    told = {"total": page["totalCount"], "pages": pages, "seen": len(seen)}
    told["saved"] = save(displayName="Grace Gql", email="grace@example.com")
    told["refused"] = save(displayName="Grace Gql", email="no at sign")
    try:  # what is not expected is raised
        session.execute(OF_A_CITY, variable_values={"city": city, "after": "not a cursor"})
    except TransportQueryError as error:
        told["error"] = error.errors[0]["extensions"]["code"]

print(json.dumps(told))
