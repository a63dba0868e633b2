"""The import contracts hold, and each of them bites when it is broken on purpose."""

import ast
import inspect
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from settlement.night import run_night

ROOT = Path(__file__).parents[1]
PACKAGES = ("ledger", "pos", "settlement", "kiosk")
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
CONTRACTS = {contract["id"]: contract for contract in TOOLS["importlinter"]["contracts"]}

# Modules that decide: values in, values out. Those that exist must stand under the contract.
RULES = (
    "ledger.book.chart",
    "ledger.earning.calendar",
    "ledger.earning.caps",
    "ledger.earning.formula",
    "ledger.earning.rates",
    "ledger.earning.scheme",
    "ledger.refs",
    "ledger.seal.encoding",
    "ledger.seal.note",
    "ledger.seal.tree",
    "ledger.tokens",
    "ledger.units",
    "pos.pricing",
    "pos.refund_rules",
    "pos.receipts",
    "pos.sale_rules",
    "settlement.identities",
    "settlement.matching",
    "settlement.verdicts",
)

VIOLATIONS = {
    "down": ("pos/careless.py", "import settlement.careless\n"),
    "screens": ("ledger/book/careless.py", "import flask\n"),
    "gateway": ("settlement/careless.py", "import requests\n"),
    "book": ("pos/careless.py", "from ledger.book.tables import balance\n"),
    "rules": ("ledger/refs.py", "from ledger import clock\n"),
    "circles": ("ledger/units.py", "import ledger.book.tables\n"),
    "independent": ("settlement/careless.py", "import pos.careless\n"),
    "second": ("settlement/auditor/careless.py", "from ledger import units\n"),
}


def _exists(module: str) -> bool:
    path = ROOT / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@pytest.mark.parametrize("module", RULES)
def test_a_rules_file_stands_under_the_contract(module: str) -> None:
    assert not _exists(module) or module in CONTRACTS["rules"]["source_modules"]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_contract_has_a_violation_to_catch(contract: str) -> None:
    assert contract in VIOLATIONS


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_contract_bites(contract: str, tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=shutil.ignore_patterns("node_modules", "static"),
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "settlement/careless.py").write_text("")
    (tmp_path / "pos/careless.py").write_text("")
    assert _lint(tmp_path, contract).returncode == 0

    file, line = VIOLATIONS[contract]
    broken = tmp_path / file
    broken.write_text((broken.read_text() if broken.exists() else "") + line)

    found = _lint(tmp_path, contract)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "BROKEN" in found.stdout


def _lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--no-logo", "--contract", contract],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


# --- the second engine is one in itself


def imported(text: str) -> set[str]:
    """Every module a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def foreign(text: str) -> set[str]:
    """What of that is neither the auditor's own, nor Python's, nor DuckDB, nor the library that checks signatures."""
    return {
        name
        for name in imported(text)
        if name.partition(".")[0] not in {"duckdb", "cryptography"}
        and name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("settlement.auditor")
    }


def test_the_auditor_imports_duckdb_cryptography_and_python_alone() -> None:
    files = sorted((ROOT / "settlement/auditor").rglob("*.py"))

    assert len(files) > 10
    assert {path.name: foreign(path.read_text()) for path in files} == {
        p.name: set() for p in files
    }


@pytest.mark.parametrize(
    "line", ["from settlement import night", "import ledger.units", "from .. import night"]
)
def test_the_search_for_foreign_imports_finds(line: str) -> None:
    assert foreign(line) != set()


def test_only_the_gate_and_the_command_ask_the_auditor() -> None:
    asking = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if any(name.startswith("settlement.auditor") for name in imported(path.read_text()))
    }

    assert {path for path in asking if not path.startswith("settlement/auditor/")} == {
        "kiosk/commands/audit.py",
        "settlement/gate.py",
        "settlement/night.py",
    }


def test_nothing_takes_the_second_engine_out_of_a_night() -> None:
    """Every entry point runs `run_night`, which has no way around the audit; nobody puts another in its place."""
    parameters = inspect.signature(run_night).parameters
    assert list(parameters) == ["db", "community_id", "day", "at", "after_step"]
    replacing = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "second_engine" in path.read_text()
    }

    assert replacing == {"settlement/gate.py", "settlement/night.py"}
    text = (ROOT / "settlement/gate.py").read_text()
    assert text.count("second_engine") == 1
    assert "second_engine: SecondEngine = audit_book" in text
    assert (ROOT / "settlement/night.py").read_text().count("gate.second_engine(") == 1
