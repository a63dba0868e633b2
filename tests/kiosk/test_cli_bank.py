"""`jifen bank`: templates, a file that goes out once, its answer, what differs, vouchers."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.audit import SYSTEM, By
from ledger.database import Database
from ledger.members import payout_accounts, staff
from ledger.members.payout_accounts import PayoutAccount
from ledger.members.staff import NewStaff
from ledger.sql import Tx
from settlement.bank_form import Payer
from settlement.closing import accept_statement, run_month
from settlement.finance_setup import set_codes, set_payer
from settlement.payouts import approve_payout, propose_payout
from settlement.vouchers import YUAN_ACCOUNTS
from tests.kiosk.test_cli import Run, answer, run
from tests.settlement.test_month import ISSUED_AT, live_march
from tests.support.night_plant import reserve_cover
from tests.support.paper_bank import PaperBank
from tests.support.town import HERE, build_town

__all__ = ["run"]

ZHOU, LIU = By("staff", 11), By("staff", 12)


@pytest.fixture
def server(run: Run, tmp_path: Path) -> Database:
    """A server with a closed March and one approved payout of 15.00."""
    answer(run("migrate", "--json"))
    db = Database(f"sqlite:///{tmp_path / 'server/jifen.db'}")
    town = build_town(db, people=1, shops=10, fund_fen=1_000_000_000)
    town.grant(1, 10**12)
    reserve_cover(town, 50_000_000)
    live_march(town, unclaimed=False)
    [statement] = run_month(db, HERE, 202603, at=ISSUED_AT).statements

    def known(tx: Tx) -> None:
        new = NewStaff(login="zhou", name="周", password="long enough 1")  # noqa: S106 - opens nothing
        staff.add_staff(tx, HERE, new, pepper=bytes(32), by=SYSTEM, at=ISSUED_AT)
        account = PayoutAccount("长安超市", "工商银行西安分行", "6222020200012345678")
        number = payout_accounts.propose(tx, HERE, 1, account, by=ZHOU, at=ISSUED_AT)
        payout_accounts.approve(tx, HERE, number, by=LIU, at=ISSUED_AT)
        payer = Payer("1100200000000000001", "长安社区居委会", "工商银行西安分行")
        set_payer(tx, HERE, payer, "icbc", by=ZHOU, at=ISSUED_AT)
        codes = {kind: f"{2000 + place}" for place, kind in enumerate(YUAN_ACCOUNTS)}
        set_codes(tx, HERE, codes, by=ZHOU, at=ISSUED_AT)

    db.write(known)
    accept_statement(db, HERE, statement.statement_id, by=By("merchant", 1), at=ISSUED_AT)
    payout = propose_payout(db, HERE, statement.statement_id, by=ZHOU, at=ISSUED_AT)
    approve_payout(db, HERE, payout.payout_id, by=LIU, at=ISSUED_AT)
    return db


def test_a_month_is_paid_by_commands(run: Run, server: Database, tmp_path: Path) -> None:
    out = tmp_path / "usb"
    file = ("bank", "file", "icbc", "--login", "zhou", "--pay-on", "2099-01-05")

    assert "icbc" in answer(run("bank", "templates", "--json"))
    made = answer(run(*file, "--out", str(out), "--json"))
    again = run(*file, "--out", str(out), "--json")
    lost = Path(made["file"]).read_bytes()
    Path(made["file"]).unlink()
    anew = answer(run(*file, "--again", "1", "--out", str(out), "--json"))
    other = run(*file, "--again", "2", "--out", str(out), "--json")
    bank = PaperBank()
    back = tmp_path / "back.csv"
    back.write_bytes(bank.answer(bank.upload(Path(made["file"]).read_bytes())))
    took = [
        answer(run("bank", "answer", "icbc", str(back), "--login", "zhou", "--json"))
        for _ in range(2)
    ]
    written = answer(run("bank", "vouchers", "2026-03", "k3", "--out", str(out), "--json"))

    assert (made["payments"], made["amount_fen"], made["pay_on"]) == (1, 1500, 20990105)
    assert (again.exit_code, "bank_file_empty" in again.stderr) == (2, True)
    assert (anew, Path(anew["file"]).read_bytes()) == (made, lost)
    assert (other.exit_code, "bank_batch_not_found" in other.stderr) == (2, True)
    assert (took[0]["paid"], took[1]) == (1, took[0])
    assert answer(run("bank", "differences", "--json")) == {"count": 0}
    assert written["debit_fen"] == written["credit_fen"] > 0
    assert Path(written["file"]).read_bytes()[:2] == b"PK"
    server.close()


def test_a_stranger_makes_no_file(run: Run, server: Database) -> None:
    refused = run("bank", "file", "icbc", "--login", "nobody")

    assert (refused.exit_code, "staff_not_found" in refused.stderr) == (2, True)
    server.close()
