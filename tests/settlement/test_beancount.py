"""An outside program adds up the exported journal: bean-check accepts it, and its balances are the product's."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import data

from ledger.book.balances import account_sum
from ledger.book.chart import DEBIT_SIDE, Account
from ledger.database import Database
from ledger.errors import Refusal
from ledger.units import CNY
from settlement.export.beancount import write_beancount
from tests.support.lived_month import live_month
from tests.support.night_plant import into
from tests.support.town import CIVIC, HERE

CHECK = Path(sys.executable).with_name("bean-check")
OWNERS = (0, 1, 2)


def bean_check(journal: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CHECK, "--no-cache", str(journal)], capture_output=True, text=True, check=False
    )


def added_up(journal: Path) -> dict[str, Decimal]:
    """What beancount makes of each account: debits less credits."""
    entries, errors, _ = loader.load_file(str(journal))
    assert errors == []
    sums: dict[str, Decimal] = {}
    for entry in entries:
        if isinstance(entry, data.Transaction):
            for posting in entry.postings:
                assert posting.units is not None
                assert posting.units.number is not None
                sums[posting.account] = sums.get(posting.account, Decimal(0)) + posting.units.number
    return sums


def test_bean_check_accepts_a_month_and_finds_the_products_balances(
    db: Database, tmp_path: Path
) -> None:
    live_month(db, tmp_path / "channel")
    journal = tmp_path / "book.beancount"
    lines = write_beancount(db, HERE, journal)

    checked = bean_check(journal)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    assert lines > 100
    sums = added_up(journal)
    seen = 0
    with db.read() as tx:
        for kind in Account:
            for commodity, name in ((CIVIC, "P-CIVIC"), (CNY, "CNY")):
                for owner in OWNERS:
                    words = "".join(part.capitalize() for part in kind.value.split("_"))
                    end = f":{words}:{name}" + (f":O{owner}" if owner else "")
                    total = sum(value for account, value in sums.items() if account.endswith(end))
                    balance = account_sum(tx, HERE, kind, commodity, owner)
                    sign = 1 if kind in DEBIT_SIDE else -1
                    assert total == Decimal(sign * balance) / 100, end
                    seen += bool(balance)
    assert seen > 8


def test_bean_check_refuses_a_balance_that_was_altered(db: Database, tmp_path: Path) -> None:
    """The control: the assertions are the product's own figures, not beancount's."""
    live_month(db, tmp_path / "channel")
    into(
        db,
        "UPDATE balance SET posted = posted + 1 WHERE account_id ="
        " (SELECT account_id FROM account WHERE kind = 'wallet')",
    )
    write_beancount(db, HERE, tmp_path / "book.beancount")

    checked = bean_check(tmp_path / "book.beancount")

    assert checked.returncode == 1
    assert "Balance failed" in checked.stdout + checked.stderr


def test_a_file_that_is_there_is_kept(db: Database, tmp_path: Path) -> None:
    (tmp_path / "book.beancount").write_text("mine")

    with pytest.raises(Refusal, match="export_folder_taken"):
        write_beancount(db, HERE, tmp_path / "book.beancount")
