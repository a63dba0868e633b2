"""How long a receipt's check takes on a slow device: in Chromium 80 and 92, the processor slowed down, without network.

The receipt is one of 10,000 sealed entries. What is measured is the whole step a person waits for: the code's text in,
path and signature checked in script, the verdict drawn.

python -m tests.bench.check
"""

from __future__ import annotations

import logging
import statistics
import tempfile
from pathlib import Path
from typing import Final

from ledger import audit
from ledger.audit import SYSTEM
from ledger.database import Database
from tests.browser.sealing import Sealing
from tests.browser.served import serve
from tests.browser.test_old_chromium import CHECKER, run
from tests.support.engines import SqliteFiles
from tests.support.town import HERE

ENTRIES: Final = 10_000
SLOWER: Final = (1, 6)
"""How many times slower than this machine; six stands for a tablet of five years ago."""


def grow(database: Database, at: int) -> None:
    """So many entries in the book that are not sealed yet."""

    def work(tx) -> None:
        for number in range(ENTRIES):
            audit.record(tx, HERE, SYSTEM, "good.put", f"good:{number}", at=at)

    database.write(work)


def main() -> None:
    """Check one receipt a few times in each browser and print the medians."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(SqliteFiles(folder).copy_to(folder / "check.db"))
        with serve(database, folder) as served:
            grow(database, served.now())
            sealing = Sealing(served, folder)
            size = sealing.sign().size
            code = sealing.receipt_of_a_sale()
            print(f"\na receipt among {size:,} sealed entries, its code {len(code):,} signs long")
            for version in ("80", "92"):
                for slower in SLOWER:
                    task = {"url": served.url, "codes": {"good": code}, "slower": slower}
                    times = run(version, task, runner=CHECKER)["ms"]
                    print(
                        f"  Chromium {version}, {slower} x slower    median {statistics.median(times):6.0f} ms"
                        f"  longest {max(times):6.0f} ms"
                    )
        database.close()


if __name__ == "__main__":
    main()
