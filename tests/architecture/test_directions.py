"""Imports point one way, and nothing but the scope reaches tenant rows."""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def sources(*packages: str) -> dict[Path, ast.Module]:
    """Parsed files of the packages, by path."""
    found = (path for package in packages for path in (ROOT / package).rglob("*.py"))
    return {path.relative_to(ROOT): ast.parse(path.read_text()) for path in found}


def test_the_contracts_of_pyproject_hold() -> None:
    # As a process: in this one it would disable every logger that exists already.
    lint = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def test_domain_reads_no_clock_and_never_commits() -> None:
    wrong = [
        f"{path}:{node.lineno} {ast.unparse(node.func)}"
        for path, tree in sources("domain").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and re.search(r"(^|\.)(commit|utcnow|today|time|now)$", ast.unparse(node.func))
        and ast.unparse(node.func) not in ("datetime.time",)
    ]
    assert not wrong


def test_one_place_commits() -> None:
    committing = {
        str(path)
        for path, tree in sources("api", "domain", "tenancy").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    }
    assert committing <= {"tenancy/scope.py"}


def test_nothing_names_a_role_or_a_path_outside_tenancy() -> None:
    wrong = [
        str(path)
        for package in ("api", "domain")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"(?i)\bset\s+(local\s+)?(role|search_path)\b|set_config|schema_translate_map", path.read_text())
    ]
    assert not wrong


def test_imports_inside_functions_are_left_to_the_command_line() -> None:
    wrong = [
        f"{path}:{inner.lineno}"
        for path, tree in sources("api", "domain", "tenancy").items()
        if not str(path).startswith(("api/cli.py", "api/commands/"))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert not wrong


def test_nothing_committed_names_this_machine_or_a_package_index() -> None:
    text = re.compile(r"--(extra-)?index-url|\"resolved\": *\"http|/root/|/home/[a-z]+/")
    kinds = {".py", ".md", ".toml", ".txt", ".ini", ".graphql", ".json", ""}
    wrong = [
        str(path.relative_to(ROOT))
        for folder in ("api", "domain", "tenancy", "migrations", "docs", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in kinds and text.search(path.read_text())
    ]
    assert not wrong
