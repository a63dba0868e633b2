"""The month end of a city: 1,100 shops' statements, what is paid of them, and every file there is, step by step.

    python -m tests.bench.month_end [--shops 1100] [--sales 8] [--engines postgresql]

A month of days is written into the book in bulk, as its nights would have left it (for each shop and day what was sold
and settled, and two differences a shop); the steps measured are the product's own, one process doing them one after
another. There is no floor: nothing else makes these files.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from kiosk.texts import translator
from ledger.audit import By
from ledger.database import Database
from ledger.members import payout_accounts
from ledger.members.payout_accounts import PayoutAccount
from settlement.bank_batches import Order, make_bank_file
from settlement.bank_form import Payer, bank_forms
from settlement.closing import accept_silent, run_month
from settlement.exports import export
from settlement.finance_setup import set_codes, set_payer
from settlement.payment_form import payment_month, payment_request
from settlement.payouts import approve_payout, propose_payout
from settlement.reports import month_sheet
from settlement.statement_form import statement_sheet
from settlement.voucher_sheet import programs
from settlement.vouchers import YUAN_ACCOUNTS, month_vouchers
from tests.bench.month_book import MONTH, live_month
from tests.bench.night_once import peak_mib
from tests.support.engines import SqliteFiles, create_schema
from tests.support.postgres import Cluster
from tests.support.town import HERE, Town, moment

FORMATS = ("pdf", "xlsx", "csv", "json")
ZHOU, CHIEF = By("staff", 11), By("staff", 12)
_ISSUED_AT, _PAID_AT = moment("2026-04-05 09:00"), moment("2026-05-06 09:00")
_DAYS = 31
_SAY = translator("zh")
T = TypeVar("T")


@contextmanager
def _database(engine: str) -> Iterator[str]:
    if engine == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield SqliteFiles(Path(folder)).copy_to(Path(folder) / "bench.db")
        return
    with Cluster(durable=True) as cluster:
        url = cluster.url(cluster.new_database())
        create_schema(url)
        yield url


def _open_accounts(town: Town, shops: int) -> None:
    """Every shop's bank account and the office's own, and the codes of its vouchers."""

    def work(tx: Any) -> None:
        for shop in range(1, shops + 1):
            account = PayoutAccount(f"个体户{shop}", "工商银行西安分行", f"62220202000{shop:08d}")
            number = payout_accounts.propose(tx, HERE, shop, account, by=ZHOU, at=_ISSUED_AT)
            payout_accounts.approve(tx, HERE, number, by=CHIEF, at=_ISSUED_AT)
        payer = Payer("1100200000000000001", "长安社区居委会", "工商银行西安分行")
        set_payer(tx, HERE, payer, "icbc", by=ZHOU, at=_ISSUED_AT)
        codes = {kind: f"{2000 + place}.01" for place, kind in enumerate(YUAN_ACCOUNTS)}
        set_codes(tx, HERE, codes, by=ZHOU, at=_ISSUED_AT)

    town.db.write(work)


# --- the steps


class _Steps:
    """Measures each step and prints it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all_s = 0.0

    def do(self, name: str, work: Callable[[], T], count: int) -> T:
        """Do it; a line with its seconds, and milliseconds for each of `count`."""
        began, cpu = time.perf_counter(), time.process_time()
        found = work()
        took = time.perf_counter() - began
        self._all_s += took
        print(
            f"  {name:44}{took:8.2f} s  {took / count * 1_000:8.2f} ms each"
            f"  ({time.process_time() - cpu:7.2f} s CPU here)",
            flush=True,
        )
        return found

    def keep(self, name: str, body: bytes) -> None:
        """Write a file."""
        (self._folder / name).write_bytes(body)

    def ended(self) -> None:
        """The sum, and what was written."""
        files = list(self._folder.iterdir())
        size = sum(path.stat().st_size for path in files)
        print(
            f"  together {self._all_s:43.2f} s; {len(files)} files of {size / 1e6:.0f} MB; at most"
            f" {peak_mib()} MiB; load {os.getloadavg()[0]:.1f}"
        )


def _run(engine: str, url: str, options: argparse.Namespace) -> None:
    db, shops = Database(url), options.shops
    town = live_month(db, shops, _DAYS, options.sales)
    _open_accounts(town, shops)
    print(
        f"month end on {engine}: {shops} shops, {_DAYS} days, {options.sales} sales with points a shop and day,"
        f" load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory() as name:
        steps = _Steps(Path(name))
        closed = steps.do(
            "close: statements issued, order sealed", lambda: run_month(db, HERE, MONTH, at=_ISSUED_AT), shops
        )  # fmt: skip
        numbers = [one.statement_id for one in closed.statements]
        if len(numbers) != shops:
            raise SystemExit(f"{len(numbers)} statements")
        for form in FORMATS:
            work = partial(_statements, db, numbers, form, steps)
            steps.do(f"statements as {form}", work, shops)
        steps.do("accepted by silence", lambda: accept_silent(db, HERE, at=_PAID_AT), shops)
        payouts = steps.do(
            "payouts proposed",
            lambda: [propose_payout(db, HERE, number, by=ZHOU, at=_PAID_AT).payout_id for number in numbers],
            shops,
        )  # fmt: skip
        steps.do(
            "payouts approved",
            lambda: [approve_payout(db, HERE, one, by=CHIEF, at=_PAID_AT) for one in payouts],
            shops,
        )
        steps.do("payment requests as pdf", lambda: _requests(db, payouts, steps), shops)
        _sheets(db, steps)
        steps.do(
            "bank files, every payout on its way", partial(_bank_files, db, payouts, steps), shops
        )
        for program in programs():
            steps.do(f"vouchers for {program}", partial(_vouchers, db, program, steps), 1)
        steps.ended()
    db.close()


def _statements(db: Database, numbers: list[int], form: str, steps: _Steps) -> None:
    for number in numbers:
        with db.read() as tx:
            sheet = statement_sheet(tx, HERE, number, translate=_SAY)
        steps.keep(f"statement-{number}.{form}", export(sheet, form))


def _requests(db: Database, payouts: list[int], steps: _Steps) -> None:
    for number in payouts:
        with db.read() as tx:
            sheet = payment_request(tx, HERE, number, translate=_SAY)
        steps.keep(f"request-{number}.pdf", export(sheet, "pdf"))


def _sheets(db: Database, steps: _Steps) -> None:
    for name, make in (("month sheet", month_sheet), ("sheet of all payments", payment_month)):

        def work(name: str = name, make: Any = make) -> None:
            with db.read() as tx:
                sheet = make(tx, HERE, MONTH, translate=_SAY)
            for form in FORMATS:
                steps.keep(f"{name}.{form}", export(sheet, form))

        steps.do(f"{name}, four formats", work, 4)


def _bank_files(db: Database, payouts: list[int], steps: _Steps) -> None:
    most = bank_forms()["icbc"].most_lines
    for first in range(0, len(payouts), most):
        order = Order(tuple(payouts[first : first + most]), "icbc")
        made = db.write(
            lambda tx, order=order: make_bank_file(  # type: ignore[misc]
                tx, HERE, order, forms=None, by=ZHOU, at=_PAID_AT
            )
        )
        steps.keep(made.file.name, made.file.body)


def _vouchers(db: Database, program: str, steps: _Steps) -> None:
    with db.read() as tx:
        made = month_vouchers(tx, HERE, MONTH, program, translate=_SAY, preparer="周会计")
    steps.keep(made.name, made.body)


def main() -> None:
    """Print the steps on each engine."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--shops", type=int, default=1_100)
    parser.add_argument("--sales", type=int, default=8)
    parser.add_argument("--engines", default="postgresql")
    options = parser.parse_args()
    for engine in options.engines.split(","):
        with _database(engine) as url:
            _run(engine, url, options)


if __name__ == "__main__":
    main()
