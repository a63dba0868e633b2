"""Community C1, 30,000 residents, lived through the product: audit, an outside program and a replay agree with it."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.demo.live import live
from ledger.database import Database
from ledger.migrate import upgrade
from settlement.auditor.run import audit
from settlement.export.beancount import write_beancount
from settlement.export.write import write_export
from settlement.replay import replay
from tests.support.town import moment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

YEAR_ENDS = moment("2026-12-31 00:30")
CHECK = Path(sys.executable).with_name("bean-check")


class Clock:
    """How long each step took, said at the end as seconds per million transfers."""

    def __init__(self) -> None:
        """Nothing is measured yet."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def measured(self, step: str) -> Iterator[None]:
        """Measure what happens inside."""
        began = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - began

    def per_million(self, transfers: int) -> str:
        """Every step with its seconds, as they are and for a million transfers."""
        return ", ".join(
            f"{step} {seconds:.1f} s ({seconds * 1e6 / transfers:.1f} s a million)"
            for step, seconds in self.seconds.items()
        )


def test_a_month_of_a_quarter_of_c1_is_what_three_others_make_of_it(tmp_path: Path) -> None:
    agree(tmp_path, months=1, at_least=1_500, size="C1Q")


@pytest.mark.proof
@pytest.mark.timeout(14_400)
def test_a_month_of_c1_is_what_three_others_make_of_it(tmp_path: Path) -> None:
    agree(tmp_path, months=1, at_least=8_000)


@pytest.mark.proof
@pytest.mark.timeout(14_400)
def test_a_year_of_c1_is_what_three_others_make_of_it(tmp_path: Path) -> None:
    agree(tmp_path, months=12, at_least=150_000)


def agree(folder: Path, *, months: int, at_least: int, size: str = "C1") -> None:
    """Live, export, audit, add up by beancount, replay; every one finds the same book."""
    seed, clock = random.SystemRandom().randrange(10**6), Clock()
    print(f"seed {seed}")  # noqa: T201 - shown where the run fails
    with clock.measured("lived"):
        town = live(folder / "town", now=YEAR_ENDS, seed=seed, months=months, size=size)
    db = Database(town.database_url)
    with db.engine.connect() as connection:
        here = connection.exec_driver_sql("SELECT community_id FROM community").scalar_one()
    out, journal = folder / "out", folder / "book.beancount"
    with clock.measured("export"):
        write_export(db, here, out, at=YEAR_ENDS)
    with clock.measured("audit"):
        report = audit(out)
    assert report.findings == (), report.to_text("en")
    assert report.transfers >= at_least

    with clock.measured("journal"):
        write_beancount(db, here, journal)
    with clock.measured("bean-check"):
        checked = subprocess.run(
            [CHECK, "--no-cache", str(journal)], capture_output=True, text=True, check=False
        )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")

    again = Database(f"sqlite:///{folder / 'again.db'}")
    upgrade(again.engine)
    with clock.measured("replay"):
        replay(again, out)
    assert balances(again) == balances(db)
    print(f"{report.transfers} transfers: {clock.per_million(report.transfers)}")  # noqa: T201
    again.close()
    db.close()


def balances(db: Database) -> list[tuple[object, ...]]:
    """Every balance row, and the order's leaves."""
    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT account_id, posted, held FROM balance ORDER BY account_id"
        ).all()
        leaves = connection.exec_driver_sql(
            "SELECT leaf_index, entry_id, leaf_hash FROM leaf ORDER BY leaf_index"
        ).all()
    return [tuple(row) for row in (*rows, *leaves)]
