"""``regulars documents``: upload, list, forget."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenancy.documents import MOST_DOCUMENTS
from tests.integration.commands.conftest import Regulars, error_of

Told = Callable[..., Any]
COUNT = "query Count { strategies { totalCount } }"
NAMES = "query Names { strategies { nodes { name } } }"


def sha256(text: str) -> str:
    """As clients' tools write it."""
    return hashlib.sha256(text.encode()).hexdigest()


def by_hash(*texts: str) -> dict[str, str]:
    """As graphql-codegen and Relay write a manifest."""
    return {sha256(text): text for text in texts}


def by_apollo(*texts: str) -> dict[str, Any]:
    """As Apollo's tool does."""
    operations = [{"id": sha256(text), "name": "A", "type": "query", "body": text} for text in texts]
    return {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[[Any], str]:
    """Writes a manifest; its path."""

    def write(content: Any) -> str:
        path = tmp_path / "manifest.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


@pytest.mark.parametrize("form", [by_hash, by_apollo])
def test_uploads_add_up_until_one_replaces(
    told: Told, slug: str, manifest: Callable[[Any], str], form: Callable[..., Any]
) -> None:
    def upload(content: Any, *options: str) -> tuple[int, int, int]:
        done = told("documents", "upload", slug, manifest(content), "--app", "web", *options)
        return done["added"], done["known"], done["removed"]

    assert upload(form(COUNT)) == (1, 0, 0)
    assert upload(form(COUNT, NAMES)) == (1, 1, 0)
    (listed,) = told("documents", "list", slug)
    assert (listed["app"], listed["documents"]) == ("web", 2)
    assert upload(form(NAMES), "--replace") == (0, 1, 1)
    assert told("documents", "forget", slug, "--app", "web") == {"app": "web", "removed": 1}
    assert told("documents", "list", slug) == []


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (by_hash("{ nothing }", COUNT), sha256("{ nothing }")),
        (by_hash("query {", COUNT), sha256("query {")),
        (by_hash("{ " + "strategies { nodes { " * 9 + "id" + " } }" * 9 + " }"), "depth"),
        ({"0" * 64: COUNT}, "0" * 64),
        ({hashlib.md5(COUNT.encode()).hexdigest(): COUNT}, "SHA-256"),
        (by_hash(COUNT + " " * 20_000), "characters"),
        ({f"{n:064x}": COUNT for n in range(MOST_DOCUMENTS + 1)}, str(MOST_DOCUMENTS)),
        ([COUNT], "manifest"),
        ({sha256(COUNT): 5}, "manifest"),
        ({"format": "apollo-persisted-query-manifest", "operations": [{"id": 5}]}, "manifest"),
        ("{", "JSON"),
        (" " * (8 * 2**20 + 1), "bytes"),
    ],
)
def test_a_manifest_with_anything_wrong_in_it_is_refused_naming_it(
    regulars: Regulars, told: Told, slug: str, manifest: Callable[[Any], str], content: Any, named: str
) -> None:
    done = regulars("documents", "upload", slug, manifest(content), "--app", "web", "--json")
    assert done.exit_code == 3, done.output
    assert named in error_of(done)["message"]
    assert len(error_of(done)["message"]) < 10_000
    assert told("documents", "list", slug) == []


@pytest.mark.parametrize("app", ["", "Web", "a b", "../x", "x" * 64, "'; --"])
def test_an_app_has_a_plain_name(regulars: Regulars, slug: str, manifest: Callable[[Any], str], app: str) -> None:
    done = regulars("documents", "upload", slug, manifest(by_hash(COUNT)), "--app", app, "--json")
    assert (done.exit_code, error_of(done)["code"]) == (3, "REFUSED")


def test_what_is_not_there_is_told(regulars: Regulars, slug: str, manifest: Callable[[Any], str]) -> None:
    assert regulars("documents", "forget", slug, "--app", "web").exit_code == 4
    assert regulars("documents", "list", "nobody-at-all").exit_code == 4
    assert regulars("documents", "upload", slug, "/nowhere.json", "--app", "web").exit_code == 2


def test_documents_go_with_their_tenant(regulars: Regulars, told: Told, slug: str, manifest: Any) -> None:
    told("documents", "upload", slug, manifest(by_hash(COUNT)), "--app", "web")
    assert regulars("tenant", "drop", slug, "--yes").exit_code == 0


def test_a_key_may_be_for_trusted_documents_only(told: Told, slug: str) -> None:
    assert told("key", "create", slug, "--only-trusted")["only_trusted"] is True
    assert told("key", "create", slug)["only_trusted"] is False
