"""The house rules that no linter knows: sizes, one place for each danger, clean files."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ledger", "pos", "settlement", "kiosk")
MONEY = ("ledger", "pos", "settlement")

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

# Where Chinese is data: names for a made-up town, catalogues, rule files.
CHINESE_DATA = ("kiosk/locale/", "kiosk/generator/", "ledger/schemes/")

_HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/[a-z]+|tmp/brief)(?:/|\b)")
_REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg|index-url|"
    r'"resolved"\s*:|\.whl\b|[a-z]+\.tgz\b'
)


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the project that is, or may be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return tuple(path for path in paths if path.is_file())


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _python(*packages: str) -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in packages
    ]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


# --- sizes


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    read = {".py", ".ts", ".tsx", ".js", ".mjs", ".css", ".html"}
    code = [path for path in tracked() if path.suffix in read]
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in code}

    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    assert [
        f"{_name(path)}:{node.lineno} {node.name}"
        for path in _python(*PACKAGES, "tests")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ] == []


# --- one place for each danger


def transactions_ended(tree: ast.Module) -> Iterator[int]:
    """Lines that begin, commit or roll back, as a call or as SQL."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"begin", "commit", "rollback", "begin_nested", "begin_twophase"}
        ) or (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.match(r"\s*(BEGIN|COMMIT|ROLLBACK)\b(?!.*\bWHERE\b)", node.value)
        ):
            yield node.lineno


def test_transactions_begin_and_end_in_one_place() -> None:
    ends = (
        "ledger/database.py",
        "ledger/writer.py",
        "ledger/migrate.py",
        "ledger/migrations/env.py",
    )

    assert [
        f"{_name(path)}:{line}"
        for path in _python(*PACKAGES)
        if _name(path) not in ends
        for line in transactions_ended(_tree(path))
    ] == []


def clock_readings(tree: ast.Module) -> Iterator[int]:
    """Lines that ask the machine what time it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            base = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if (base, node.attr) in {
                ("datetime", "now"),
                ("datetime", "utcnow"),
                ("datetime", "today"),
                ("date", "today"),
                ("time", "time"),
                ("time", "time_ns"),
                ("time", "localtime"),
                ("time", "gmtime"),
            }:
                yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for name in node.names if name.name in {"time", "time_ns"})


ASK_THE_TIME = {
    "ledger/clock.py": "the product's one clock",
    "kiosk/fakepay/store.py": "stands for an outside party, which has a clock of its own",
}


def test_only_the_clock_reads_the_time() -> None:
    assert [
        f"{_name(path)}:{line}"
        for path in _python(*PACKAGES)
        if _name(path) not in ASK_THE_TIME
        for line in clock_readings(_tree(path))
    ] == []


# Seconds to wait or pixels to draw are no money; anything else that is a fraction stays out.
_WAITS = re.compile(r"(_s|_seconds|timeout|backoff|delay)$")


def fractions(tree: ast.Module) -> Iterator[int]:
    """Lines that make or declare a float, unless its name says that it is a wait in seconds."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and _is_float(node.annotation):
            name = node.target.id if isinstance(node.target, ast.Name) else ""
            if not _WAITS.search(name):
                yield node.lineno
        elif isinstance(node, ast.arg) and node.annotation and _is_float(node.annotation):
            if not _WAITS.search(node.arg):
                yield node.lineno
        elif isinstance(node, ast.FunctionDef) and node.returns and _is_float(node.returns):
            if not _WAITS.search(node.name):
                yield node.lineno
        elif isinstance(node, ast.Call) and _is_float(node.func):
            yield node.lineno


def _is_float(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_float(node.left) or _is_float(node.right)
    return isinstance(node, ast.Name) and node.id == "float"


def test_money_and_points_are_never_fractions() -> None:
    assert [
        f"{_name(path)}:{line}" for path in _python(*MONEY) for line in fractions(_tree(path))
    ] == []


# --- language


def chinese_literals(tree: ast.Module) -> Iterator[int]:
    """Lines with a Chinese string that is no docstring."""
    sentences = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in sentences
            and _HAN.search(node.value)
        ):
            yield node.lineno


def test_sentences_for_people_come_from_the_catalogues() -> None:
    assert [
        f"{_name(path)}:{line}"
        for path in _python(*PACKAGES)
        if not _name(path).startswith(CHINESE_DATA)
        for line in chinese_literals(_tree(path))
    ] == []


def _without_comments(text: str) -> str:
    text = re.sub(r"\{#.*?#\}|<!--.*?-->|/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"(?m)(^|\s)//.*$", "", text)


def test_templates_and_scripts_hold_no_chinese() -> None:
    suffixes = {".html", ".jinja", ".j2", ".txt", ".typ", ".ts", ".tsx", ".js", ".mjs", ".css"}
    screens = [
        path
        for path in tracked()
        if path.suffix in suffixes
        and path.relative_to(ROOT).parts[0] in PACKAGES
        and not _name(path).startswith(CHINESE_DATA)
    ]

    assert [
        f"{_name(path)}:{number}"
        for path in screens
        for number, line in enumerate(
            _without_comments(path.read_text(encoding="utf-8")).splitlines(), 1
        )
        if _HAN.search(line)
    ] == []


# --- nothing of the machine


def _texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        try:
            yield _name(path), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_no_file_names_a_machine_or_a_package_host() -> None:
    here = _name(Path(__file__))

    assert [
        f"{name}: {found.group()}"
        for name, text in _texts()
        if name != here
        for pattern in (_MACHINE, _REGISTRY)
        if (found := pattern.search(text))
    ] == []


def test_built_and_foreign_files_stay_out() -> None:
    unwanted = re.compile(
        r"(^|/)(node_modules|dist|build|var|\.venv)/|^kiosk/static/(app|vendor)/|"
        r"(^|/)(uv\.lock|pylock\.toml)$|\.(mo|db|sqlite|whl|woff2?|ttf|otf|ttc)$"
    )

    assert [_name(path) for path in tracked() if unwanted.search(_name(path))] == []


# --- the locks


@pytest.mark.parametrize(
    "lock", sorted((ROOT / ".ci").glob("requirements*.txt")), ids=lambda p: p.name
)
def test_a_lock_holds_a_hash_for_each_package_and_names_no_host(lock: Path) -> None:
    text = lock.read_text()
    joined = text.replace("\\\n", " ")
    pins = [line for line in joined.splitlines() if line and not line.lstrip().startswith("#")]

    assert "://" not in text
    assert len(pins) > 0
    assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_what_runs_is_what_was_tested() -> None:
    runs, tested = (
        set(re.findall(r"(?m)^([a-z0-9._-]+==[^ ;\\]+)", (ROOT / ".ci" / name).read_text()))
        for name in ("requirements.txt", "requirements-dev.txt")
    )

    assert runs <= tested


def test_the_lock_covers_every_dependency() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    locked = set(
        re.findall(r"(?m)^([a-z0-9._-]+)==", (ROOT / ".ci/requirements-dev.txt").read_text())
    )
    asked = re.findall(r'(?m)^  "([A-Za-z0-9._-]+)(?:\[[a-z]+\])?[><=]', project)

    assert asked
    assert {re.sub(r"[._-]+", "-", name).lower() for name in asked} <= locked


# --- the detectors themselves


@pytest.mark.parametrize(
    ("detector", "code"),
    [
        (transactions_ended, "connection.commit()"),
        (transactions_ended, "tx.raw.execute('BEGIN IMMEDIATE')"),
        (clock_readings, "datetime.now(tz=UTC)"),
        (clock_readings, "datetime.date.today()"),
        (clock_readings, "from time import time"),
        (fractions, "def share(rate: float) -> int: ..."),
        (fractions, "def share(rate: int) -> float | None: ..."),
        (fractions, "total = float(text)"),
        (chinese_literals, "title = '\u79ef\u5206'"),
    ],
)
def test_a_detector_finds(detector: Callable[[ast.Module], Iterator[int]], code: str) -> None:
    assert list(detector(ast.parse(code))) == [1]


@pytest.mark.parametrize(
    ("detector", "code"),
    [
        (transactions_ended, "sentence = 'Committed is committed'"),
        (clock_readings, "time.monotonic()"),
        (fractions, "def wait(pause_s: float, done: Callable[[float], None]) -> None: ..."),
        (chinese_literals, "'''\u79ef\u5206 are points.'''"),
    ],
)
def test_a_detector_lets_pass(detector: Callable[[ast.Module], Iterator[int]], code: str) -> None:
    assert list(detector(ast.parse(code))) == []
