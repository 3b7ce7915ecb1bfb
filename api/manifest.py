"""Manifests of trusted documents, as clients' tools write them: read, bounded, and each document validated.

graphql-codegen and the Relay compiler write ``{"<hash>": "<text>", …}`` (tell both to use SHA-256), Apollo's tool
``{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": …, "body": …}, …]}``.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from api.graph.document import Documents, Rejected
from api.graph.limits import Limits
from api.schema import core_schema
from api.trusted import hash_in, hash_of
from tenancy.documents import MOST_DOCUMENTS, BadManifest

LARGEST_MANIFEST = 8 * 2**20
LONGEST_DOCUMENT = 16_384
APOLLO = "apollo-persisted-query-manifest"
MOST_TOLD = 20


def read_manifest(content: bytes) -> dict[bytes, str]:
    """The documents by their hashes, all valid.  Raises ``BadManifest``."""
    if len(content) > LARGEST_MANIFEST:
        raise BadManifest(f"the manifest exceeds {LARGEST_MANIFEST} bytes")
    try:
        given = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadManifest(f"the manifest is not JSON: {error}") from None
    entries = list(_entries(given))
    if len(entries) > MOST_DOCUMENTS:
        raise BadManifest(f"the manifest has {len(entries)} documents; at most {MOST_DOCUMENTS}")
    documents = Documents(core_schema(), Limits(), most=1)
    wrong = [f"{id_[:80]}: {reason}" for id_, text in entries if (reason := _fault(documents, id_, text))]
    if wrong:
        more = [f"and {len(wrong) - MOST_TOLD} more"] if len(wrong) > MOST_TOLD else []
        raise BadManifest("\n".join([f"{len(wrong)} documents are refused:", *wrong[:MOST_TOLD], *more]))
    return {hash_of(text): text for _, text in entries}


def _entries(given: Any) -> Iterator[tuple[str, str]]:
    """(id, text) of each document."""
    if isinstance(given, dict) and given.get("format") == APOLLO:
        given = {one.get("id"): one.get("body") for one in given.get("operations", []) if isinstance(one, dict)}
    if not isinstance(given, dict) or not all(isinstance(part, str) for pair in given.items() for part in pair):
        raise BadManifest('a manifest is {"<SHA-256 of the document>": "<document>", …}, or Apollo\'s')
    yield from given.items()


def _fault(documents: Documents, id_: str, text: str) -> str | None:
    """What is wrong with a document; null when nothing is."""
    if len(text) > LONGEST_DOCUMENT:
        return f"it has {len(text)} characters; at most {LONGEST_DOCUMENT}"
    if hash_in(id_) != hash_of(text):
        return "the id is not the SHA-256 of the text; tell the tool: SHA-256"
    try:
        documents.get(text, "en")
    except Rejected as rejected:
        return str(rejected.errors[0]["message"])
    return None
