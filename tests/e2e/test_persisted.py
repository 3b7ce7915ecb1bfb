"""graphql-codegen's manifest of the programs of docs/clients: uploaded as it is, and asked by its hashes alone."""

import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Served
from tests.support.command import COMMAND
from tests.support.node import installed, needs_node, ran

PROGRAMS = Path(__file__).parents[2] / "docs" / "clients"
PERSISTING = ("fragmentMasking: false", 'fragmentMasking: false, persistedDocuments: { hashAlgorithm: "sha256" }')


@pytest.fixture(scope="module")
def manifest(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tool writes when it is told to persist the documents, as the page says."""
    home = tmp_path_factory.mktemp("persisted")
    shutil.copytree(PROGRAMS, home, dirs_exist_ok=True)
    (home / "node_modules").symlink_to(installed() / "node_modules")
    config = home / "codegen.ts"
    assert PERSISTING[0] in config.read_text()
    config.write_text(config.read_text().replace(*PERSISTING))
    ran(["node_modules/.bin/graphql-codegen", "--config", "codegen.ts"], home, **served.environment("harbour"))
    return home / "gql" / "persisted-documents.json"


@needs_node
def test_a_manifest_of_graphql_codegen_is_taken_and_its_documents_are_found(served: Served, manifest: Path) -> None:
    hashes = list(json.loads(manifest.read_text()))
    assert hashes
    command = [COMMAND, "documents", "upload", "harbour", manifest, "--app", "docs", "--json"]
    done = subprocess.run(command, cwd=served.demo.home, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"app": "docs", "added": len(hashes), "known": 0, "removed": 0}
    headers = {"Authorization": f"Bearer {served.key('harbour')}"}
    for hash_ in hashes:
        answer = httpx.post(served.url, json={"documentId": f"sha256:{hash_}"}, headers=headers, timeout=10)
        codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
        assert codes <= {"BAD_USER_INPUT"}, "found; some need variables"
