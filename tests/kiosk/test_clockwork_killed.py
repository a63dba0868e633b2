"""A worker of the clockwork killed outright in the middle of a night: the next one locks the same day, once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from kiosk.clockwork import record
from ledger.sql import Sql
from tests.kiosk.test_clockwork import Bench, bench
from tests.support.town import HERE, moment

__all__ = ["bench"]

_CHILD: Final = """
import sys, time
from pathlib import Path
from kiosk.clockwork.night import close_day
from kiosk.clockwork.run import Clockwork
from kiosk.clockwork.steps import WORK
from kiosk.config import settings_from
from kiosk.opened import Opened
from ledger.database import Database
from ledger.members.terms import TermsCache
from pos.desk import Desk
from settlement import gate
from tests.support.auditing import found_nothing

url, folder, at, stop = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
gate.second_engine = found_nothing
db = Database(url)
server = Opened(settings_from({"data_dir": folder}), db, None, Desk(db=db, terms=TermsCache(), pepper=b"p" * 32))

def night(server, here, day, at):
    def after_step(done):
        if done == stop:
            print("here", flush=True)
            time.sleep(600)
    close_day(server, here, day, at=at, after_step=after_step)
    return {}

Clockwork(server, now=lambda: at, work={**WORK, "keys": lambda *_: {}, "night": night}).tick()
"""
_RUNS: Final = Sql(
    "SELECT count(*) AS n FROM night_run WHERE community_id = :community_id AND state = 'locked'"
)


def test_a_worker_killed_outright_in_a_night_leaves_it_to_the_next(
    bench: Bench, engine_url: str, tmp_path: Path
) -> None:
    at = moment("2026-03-03 05:00")
    words = [sys.executable, "-c", _CHILD, engine_url, str(tmp_path), str(at), "matched"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        child.kill()
    assert bench.locked() == 0
    assert "night" not in [step for step, _, _ in bench.tick("2026-03-03 05:01")]

    ran = bench.tick("2026-03-03 05:04")

    assert ("night", 20260302, "done") in ran
    assert bench.locked() == 20260302
    with bench.town.db.read() as tx:
        run = record.find_run(tx, HERE, "night", 20260302)
        assert tx.get(_RUNS, community_id=HERE).n == 1
    assert run is not None
    assert (run.state, run.tries) == ("done", 2)
