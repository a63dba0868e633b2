"""The command line: from an empty folder to a community with a till, and refusals in a sentence."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.serving import make_server

from kiosk import tls
from kiosk.cli import COMMANDS, main
from ledger.clock import now_us
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from tests.support.http import Server
from tests.support.members import CHANGAN, MORNING

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`jifen …` on a server of its own."""
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path / "server"))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("JIFEN_CONFIG", raising=False)

    def invoke(*words: str, **more: Any) -> Result:
        return CliRunner().invoke(main, [*words], catch_exceptions=False, **more)

    return invoke


def answer(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def open_community(run: Run, issuer: str = "CA01") -> None:
    answer(run("migrate", "--json"))
    opened = answer(
        run(
            *("community", "new", "--issuer", issuer, "--name", "常安社区"),
            *("--hotline", "0398-1234567", "--scheme", "changan", "--json"),
        )
    )
    assert opened["scheme"] == "changan/2026.1"


def open_with_shop(run: Run, folder: Path, code: str) -> None:
    """A community with one shop of that code, taken in from a list."""
    open_community(run)
    shops = folder / "shops.csv"
    shops.write_text(
        "merchant_code,name,category,agreement_no,effective_from,roles,proof\n"
        f"{code},一店,粮油店,XY-1,2026-01-01,earn offset,bill\n",
        encoding="utf-8",
    )
    assert answer(run("import", "merchants", str(shops), "--json"))["rows"] == 1


# --- from nothing to a till


def test_an_empty_folder_becomes_a_server_and_the_second_time_nothing_changes(
    run: Run, tmp_path: Path
) -> None:
    first = answer(run("migrate", "--json"))
    key = (tmp_path / "server/master.key").read_text()
    second = answer(run("migrate", "--json"))

    assert (first["from"], first["master_key_made"]) == ("-", True)
    assert (second["from"], second["master_key_made"]) == (second["to"], False)
    assert (tmp_path / "server/master.key").read_text() == key
    assert KeyVault.from_file(tmp_path / "server/master.key")


def test_a_community_gets_its_shops_people_and_a_till_by_commands(run: Run, tmp_path: Path) -> None:
    open_community(run)
    homes, shops = tmp_path / "homes.csv", tmp_path / "shops.csv"
    homes.write_text("户号,楼栋,单元\n3-2-501,3号楼,2\n", encoding="utf-8")
    shops.write_text(
        "merchant_code,name,category,agreement_no,effective_from,roles,proof\n"
        "M01,老李粮油店,粮油店,CA-1,2026-01-01,earn offset,bill\n",
        encoding="utf-8",
    )

    assert answer(run("import", "households", str(homes), "--json"))["rows"] == 1
    assert answer(run("import", "merchants", str(shops), "--json"))["rows"] == 1
    made = answer(run("terminal", "open", "M01", "M01T1", "--json"))
    again = answer(run("terminal", "code", "M01T1", "--json"))

    assert len(made["enrolment_code"].replace("-", "")) == 12
    assert again["enrolment_code"] != made["enrolment_code"]
    assert answer(run("terminal", "list", "--json")) == {"M01T1": "till waiting"}
    assert run("terminal", "revoke", "M01T1").exit_code == 0
    assert answer(run("terminal", "list", "--json")) == {"M01T1": "till revoked"}


def test_staff_sign_ins_are_opened_with_roles_and_the_password_is_typed_unseen(run: Run) -> None:
    open_community(run)

    result = run(
        *("staff", "add", "li.na", "--name", "李娜", "--role", "accountant", "--json"),
        input="four words make one\nfour words make one\n",
    )

    assert result.exit_code == 0
    assert "four words" not in result.output
    assert answer(run("staff", "list", "--json")) == {"li.na": "active, accountant"}


def test_settings_are_shown_and_changed_with_a_reason(run: Run) -> None:
    open_community(run)

    changed = run("settings", "set", "claim_days=30", "--why", "as agreed in March", "--json")

    assert answer(changed) == {"claim_days": 30}
    assert answer(run("settings", "show", "--json"))["claim_days"] == 30


def test_schemes_and_keys_are_kept_up_by_commands(run: Run, tmp_path: Path) -> None:
    open_community(run)
    file = tmp_path / "later.toml"
    file.write_bytes(
        CHANGAN.replace(b'"2026.1"', b'"2026.2"').replace(b"2026-01-01", b"2126-04-01", 1)
    )

    adopted = answer(run("scheme", "adopt", str(file), "--json"))
    assert adopted["effective_from"] == "2126-04-01"
    assert list(answer(run("scheme", "list", "--json"))) == ["changan/2026.1", "changan/2026.2"]
    assert answer(run("keys", "renew", "--json"))["made"] == 0
    assert run("keys", "retire", "0").exit_code == 0
    assert "retired" in answer(run("keys", "renew", "--json"))["key 0"]


# --- refusals


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("settings", "set", "claim_days=0", "--why", "x"), "setting_bad"),
        (("settings", "set", "claim_days=soon", "--why", "x"), "setting_type"),
        (("settings", "set", "claims=1", "--why", "x"), "setting_unknown"),
        (("terminal", "code", "M99T9"), "terminal_not_found"),
        (("terminal", "open", "M99", "M99T1"), "merchant_not_found"),
        (("settings", "show", "--community", "XX99"), "community_not_found"),
        (("scheme", "adopt", "no-such-file.toml"), "file_unreadable"),
        (("tls", "not a host"), "host_bad"),
        (("keys", "retire", "77"), "key_not_found"),
    ],
)
def test_a_refused_command_says_why_in_a_sentence(
    run: Run, words: tuple[str, ...], code: str
) -> None:
    open_community(run)

    result = run(*words)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"{code}: ")
    assert "Traceback" not in result.output


def test_with_two_communities_a_command_must_name_one(run: Run) -> None:
    open_community(run)
    open_community(run, "CA02")

    assert run("settings", "show").stderr.startswith("community_needed: This server has 2")
    assert answer(run("settings", "show", "--community", "CA02", "--json"))


def test_a_table_with_faults_is_listed_row_by_row_and_not_taken(run: Run, tmp_path: Path) -> None:
    open_community(run)
    file = tmp_path / "homes.csv"
    file.write_text("户号,楼栋,单元\n1-1,1号楼,101\n1-1,1号楼,102\n,2号楼,1\n", encoding="gbk")

    plain = run("import", "households", str(file), "--yes")
    program = run("import", "households", str(file), "--json")

    assert plain.exit_code == program.exit_code == 2
    assert "3  Household code" in plain.stdout
    rows = json.loads(program.stdout)["rows"]
    assert [(row["row"], row["code"]) for row in rows] == [
        (3, "import_twice"),
        (4, "import_missing"),
    ]


def test_without_settings_the_program_says_what_is_missing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JIFEN_DATA_DIR")

    assert run("migrate").stderr.startswith("config_missing: The setting data_dir is missing")


def test_every_command_has_help_and_its_module_is_light(run: Run) -> None:
    listed = run("--help").output
    for name in (name for name in COMMANDS if f"  {name} " in listed):
        assert "Usage" in run(name, "--help").output, name
    assert {"serve", "tls", "migrate", "community", "settings", "import"} <= set(COMMANDS)


def test_the_command_line_starts_without_loading_the_app() -> None:
    code = "import sys, kiosk.cli; sys.exit('flask' in sys.modules or 'granian' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- TLS of our own


def test_a_tablet_that_trusts_the_authority_speaks_to_the_server(
    tmp_path: Path, sqlite_url: str
) -> None:
    made = tls.make_certificate(tmp_path, ["127.0.0.1", "jifen.local"], at=now_us())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    db = Database(sqlite_url)
    served = make_server("127.0.0.1", 0, Server(db).app, ssl_context=context)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()

    trusting = ssl.create_default_context(cafile=str(made.authority))
    url = f"https://127.0.0.1:{served.server_port}/healthz"
    with urllib.request.urlopen(url, context=trusting, timeout=10) as response:
        assert json.loads(response.read())["ok"] is True
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(url, context=ssl.create_default_context(), timeout=10)

    served.shutdown()
    served.server_close()
    db.close()


def test_a_new_certificate_keeps_the_authority_that_tablets_trust(tmp_path: Path) -> None:
    first = tls.make_certificate(tmp_path, ["a.local"], at=MORNING)
    trusted, old = first.authority.read_bytes(), first.certificate.read_bytes()

    second = tls.make_certificate(tmp_path, ["b.local", "192.168.1.10"], at=MORNING)

    assert second.authority.read_bytes() == trusted
    assert second.certificate.read_bytes() != old
    assert second.key.stat().st_mode & 0o077 == 0
    assert second.authority_key.stat().st_mode & 0o077 == 0


def test_the_fingerprint_is_the_authoritys_sha256(tmp_path: Path) -> None:
    made = tls.make_certificate(tmp_path, ["a.local"], at=MORNING)
    certificate = x509.load_pem_x509_certificate(made.authority.read_bytes())

    shown = tls.fingerprint(made.authority)

    assert bytes.fromhex(shown.replace(":", "")) == certificate.fingerprint(SHA256())


@pytest.mark.parametrize("host", ["", "a b", "-\n", "x" * 300, "常安.local", "a..b"])
def test_a_name_no_browser_would_open_gets_no_certificate(tmp_path: Path, host: str) -> None:
    with pytest.raises(Refusal, match="host_bad"):
        tls.make_certificate(tmp_path, [host], at=MORNING)

    assert list(tmp_path.iterdir()) == []


def test_the_tls_command_prints_the_fingerprint_as_text_and_as_a_code(run: Run) -> None:
    plain = run("tls", "jifen.local").output
    told = answer(run("tls", "jifen.local", "--json"))

    assert told["fingerprint"] in plain
    assert "\u2588" in plain or "\u2580" in plain
