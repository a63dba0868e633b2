"""Lives a demonstration from its founding to this minute, in a folder that appears only when it is whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event

from kiosk.context import pepper_of
from kiosk.demo.days import Days
from kiosk.demo.folder import DemoFolder
from kiosk.demo.found import facts_of, found_town
from kiosk.demo.services import add_services
from kiosk.fakepay.app import FakePay
from kiosk.fakepay.serve import Served
from kiosk.generator.desk import SERVICE_NAMES
from kiosk.generator.rhythm import days
from kiosk.generator.rings import ring_lines
from kiosk.generator.shapes import CHINA, SECOND_US
from kiosk.generator.world import imagine
from ledger.database import Database
from ledger.members.terms import TermsCache
from ledger.migrate import upgrade
from pos.desk import Desk
from pos.gateway import Gateway

CHANNEL_KEY: Final = "sk_test_demonstration"
CHANNEL_BALANCE_FEN: Final = 5_000_000
"""What lies at the channel before the first day, so that shops can be paid out."""

Progress = Callable[[int, int], None]
"""Told after each day how many of how many are lived."""


def live(
    final: Path,
    *,
    now: int,
    seed: int,
    months: int = 3,
    size: str = "S",
    progress: Progress | None = None,
) -> DemoFolder:
    """Live `months` months up to `now` (microseconds UTC) into the folder `final`, replacing it.

    `size` is one of the generator's. Yesterday and every day before are closed; today is open
    and has gone as far as the clock.
    """
    folder = DemoFolder(final.with_name(final.name + ".part"))
    folder.prepare()
    today = today_of(now)
    world = imagine(size, seed, months=months, until=today, rare=True, with_rings=True)
    vault = folder.vault()
    pepper = pepper_of(vault)
    with _opened(folder) as db, _channel(folder) as url:
        town = found_town(world, db, vault, pepper)
        channel = Gateway(url, CHANNEL_KEY)
        desk = Desk(db=db, terms=TermsCache(), pepper=pepper, channel=channel)
        lived = Days(town, desk, channel, folder.last_signed(), now=now)
        period = list(days(world.since, today))
        for done, day in enumerate(period, 1):
            lived.live(day)
            if progress is not None:
                progress(done, len(period))
        vouchers = add_services(town, desk, today, SERVICE_NAMES, at=now)
    folder.truth_file.write_text(lived.truth_lines(), encoding="utf-8")
    folder.rings_file.write_text(
        "".join(
            json.dumps(row) + "\n" for row in ring_lines(world.rings, lived.tills.offset_fen())
        ),
        encoding="utf-8",
    )
    folder.owed_file.write_text(json.dumps(lived.owed_fen, sort_keys=True), encoding="utf-8")
    counts = {
        **lived.tills.done,
        **lived.office.done,
        **lived.fees.done,
        **lived.months.done,
        "nights": len(lived.nights),
        "vouchers": vouchers,
        "planted faults": len(lived.truth),
    }
    return folder.finish(facts_of(town, today, counts), final)


def today_of(now: int) -> date:
    """The day in the town at a moment."""
    return datetime.fromtimestamp(now // SECOND_US, UTC).astimezone(CHINA).date()


@contextmanager
def _opened(folder: DemoFolder) -> Iterator[Database]:
    """A new database that does not wait for the disk: were the power to fail, it would be lived again."""
    db = Database(folder.database_url)

    @event.listens_for(db.engine, "connect")
    def _hurry(raw: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's connection
        raw.execute("PRAGMA synchronous=OFF")

    upgrade(db.engine)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def _channel(folder: DemoFolder) -> Iterator[str]:
    """The fake payment channel, with a balance to pay shops from; gives its address."""
    fake = FakePay(folder.channel_file)
    with fake.store.lock:
        fake.bank.move(CHANNEL_BALANCE_FEN)
        fake.store.save()
    with Served(fake) as served:
        yield served.url
