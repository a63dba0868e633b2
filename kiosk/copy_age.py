"""How old the copy at the second place is: for the office's first page and for `jifen copy status`."""

from __future__ import annotations

from typing import Final, NamedTuple

from kiosk.config import Settings
from kiosk.pages import say
from kiosk.texts import mark
from ledger.copies.continuous import Status, is_late, newest_write, read_status, wal_status
from ledger.copies.sources import PostgresDatabase, source_of
from ledger.database import Database
from ledger.errors import Refusal


def copy_status(db: Database, settings: Settings, *, at: int) -> Status | None:
    """How the copy stands; None where no second place is named and PostgreSQL does not archive either."""
    source = source_of(db.url)
    if isinstance(source, PostgresDatabase):
        with db.read() as tx:
            newest_at = newest_write(tx)
        try:
            return wal_status(source, newest_at=newest_at, at=at)
        except Refusal:
            return None
    if settings.copy_dir is None:
        return None
    return read_status(settings.copy_dir) or Status(0, 0)


class CopyWords(NamedTuple):
    """What the office's first page says of the copy; `is_low`: somebody should see to it."""

    text: str
    note: str
    is_low: bool


def copy_words(db: Database, settings: Settings, *, at: int) -> CopyWords:
    """The age of the copy in a few words, and what is wrong with it where something is."""
    status = copy_status(db, settings, at=at)
    if status is None:
        return CopyWords(say(_NEVER), say(_NONE), is_low=True)
    is_low = is_late(status, at=at, every_s=settings.copy_every_s)
    age_s = status.age_s(at)
    text = say(_NEVER) if age_s is None else say(_FRESH)
    if age_s is not None and age_s >= _MINUTE_S:
        text = say(_OLD).format(minutes=age_s // _MINUTE_S)
    note = ""
    if status.failed:
        note = say(_FAILED).format(why=say(_WHY.get(status.failed, _SOMETHING)))
    elif status.same_disk:
        note, is_low = say(_SAME_DISK), True
    return CopyWords(text, note, is_low=is_low)


_MINUTE_S: Final = 60
_NEVER: Final = mark("never made")
_FRESH: Final = mark("not a minute old")
_OLD: Final = mark("{minutes} minutes old")
_FAILED: Final = mark("not made: {why}")
_NONE: Final = mark(
    "None is set up. If this machine breaks, what the office entered since the last backup is lost."
)
_WHY: Final = {
    "backup_folder_missing": mark("the folder is not there"),
    "backup_no_room": mark("no room, or the disk fails"),
}
_SOMETHING: Final = mark("see the server's log")
_SAME_DISK: Final = mark(
    "It lies on the same disk as the book. Name a folder on another disk or machine."
)
