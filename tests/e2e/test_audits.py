"""The audits of npm graphql-http, which its maintainers wrote for the specification GraphQL over HTTP."""

import json

from tests.e2e.conftest import Served
from tests.support.node import PACKAGES, installed, needs_node, ran

AUDITS = 61


@needs_node
def test_every_audit_of_graphql_http_passes(served: Served) -> None:
    # From where the packages are: Node looks for them beside the program.
    program = installed() / "audits.mjs"
    program.write_text((PACKAGES / "audits.mjs").read_text())
    found = [
        json.loads(line)
        for line in ran(["node", program], program.parent, **served.environment("harbour")).splitlines()
    ]
    assert [one for one in found if one["status"] != "ok"] == []
    assert len(found) == AUDITS
