"""Working the whole log out again: silent on a whole one, and exact about the first row that was touched."""

from pathlib import Path

import pytest

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.seal import keys
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from ledger.seal.sealer import seal
from ledger.seal.tree import EMPTY_ROOT
from ledger.seal.verify import Verified, verify_log
from pos.checkout import check_out
from tests.support.log import SealedLog
from tests.support.tampering import as_insider
from tests.support.town import HERE, Town, build_town


@pytest.fixture
def town(db: Database, tmp_path: Path) -> Town:
    """A town with sales, sealed and signed twice."""
    town = build_town(db, grant_units=500_000)
    last_signed = LastSigned(tmp_path / "seal")
    for person in (1, 2):
        check_out(town.desk, town.sale(person, 5_000, 20_000), at=town.at)
        publish(db, HERE, town.vault, last_signed, at=town.at)
    return town


def touch(db: Database, *statements: str) -> None:
    """Change rows as somebody with every right on the database can."""
    with as_insider(db) as connection:
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount, statement


def row_of(db: Database, query: str) -> int:
    with db.engine.connect() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())


def test_a_whole_log_verifies(town: Town) -> None:
    found = verify_log(town.db, HERE)

    assert found.fault is None
    assert found.checkpoints == 2
    assert found.size == row_of(town.db, "SELECT size FROM log_head")


def test_an_empty_log_verifies(db: Database) -> None:
    assert verify_log(db, HERE) == Verified(0, EMPTY_ROOT, 0, None)


def test_a_log_with_two_keys_and_many_tiles_verifies(log: SealedLog) -> None:
    for count in (3, 600, 2):
        log.grow(count)
        log.publish()
        log.db.write(lambda tx: keys.change_key(tx, log.vault, log.here, by=SYSTEM, at=log.at))
    seal(log.db, log.here)
    told: list[tuple[int, int]] = []

    found = verify_log(log.db, log.here, progress=lambda done, of: told.append((done, of)))

    assert found.fault is None
    assert found.checkpoints == 3
    assert told[-1] == (found.size, found.size)


SALE = "SELECT max(txn_id) FROM txn WHERE kind = 'sale'"
ACT = "SELECT min(entry_id) FROM leaf WHERE kind = 'act'"
IS_ACT = "SELECT count(*) FROM leaf WHERE leaf_index = 2 AND kind = 'act'"
TAMPERED = {
    "an amount": (
        f"UPDATE transfer SET amount = amount + 1 WHERE line_no = 0 AND txn_id = ({SALE})",
        "txn {sale}",
    ),
    "who bought": (f"UPDATE txn SET person_id = 3 WHERE txn_id = ({SALE})", "txn {sale}"),
    "the yuan of an offset": (
        f"UPDATE offset_booked SET fen = fen + 1 WHERE txn_id = ({SALE})",
        "txn {sale}",
    ),
    "an offset taken away": (f"DELETE FROM offset_booked WHERE txn_id = ({SALE})", "txn {sale}"),
    "an act's text": (f"UPDATE audit SET after = 'x' WHERE audit_id = ({ACT})", "act {act}"),
    "an act's actor": (f"UPDATE audit SET actor_id = 9 WHERE audit_id = ({ACT})", "act {act}"),
    "an act taken away": (f"DELETE FROM audit WHERE audit_id = ({ACT})", "act {act}"),
    "a leaf taken away": ("DELETE FROM leaf WHERE leaf_index = 3", "leaf 3"),
    "the last leaf taken away": (
        "DELETE FROM leaf WHERE leaf_index = (SELECT size - 1 FROM log_head)",
        "leaf {last}",
    ),
    "a leaf too many": (
        (
            "INSERT INTO leaf (community_id, leaf_index, entry_id, kind, leaf_hash)"
            " SELECT community_id, size, 5, 'txn', signed_root FROM log_head"
        ),
        "leaf {size}",
    ),
    "two leaves exchanged": (
        "UPDATE leaf SET entry_id = -entry_id WHERE leaf_index IN (2, 3)",
        "{kind} {minus}",
    ),
    "a tile": ("UPDATE tile SET hashes = (SELECT signed_root FROM log_head)", "tile 0/0"),
    "a tile too many": (
        (
            "INSERT INTO tile (community_id, level, tile_index, hashes)"
            " SELECT community_id, 3, 0, signed_root FROM log_head"
        ),
        "tile",
    ),
    "a checkpoint's root": (
        (
            "UPDATE checkpoint SET root = (SELECT leaf_hash FROM leaf WHERE leaf_index = 1)"
            " WHERE size = (SELECT min(size) FROM checkpoint)"
        ),
        "checkpoint {first}",
    ),
    "a checkpoint's note": (
        (
            "UPDATE checkpoint SET note = (SELECT max(note) FROM checkpoint c WHERE c.size ="
            " (SELECT max(size) FROM checkpoint)) WHERE size = (SELECT min(size) FROM checkpoint)"
        ),
        "checkpoint {first}",
    ),
    "the last checkpoint taken away": (
        "DELETE FROM checkpoint WHERE size = (SELECT signed_size FROM log_head)",
        "checkpoint {signed}",
    ),
    "the log cut short": ("UPDATE log_head SET size = size - 1", "leaf {last}"),
    "an entry that never waited": (
        (
            "INSERT INTO audit (community_id, audit_id, at, actor_kind, actor_id, act, subject, before,"
            " after, device, salt) SELECT community_id, 77, at, actor_kind, actor_id, act, subject,"
            f" before, after, device, salt FROM audit WHERE audit_id = ({ACT})"
        ),
        "act 77",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_touched_is_named(town: Town, what: str) -> None:
    statement, row = TAMPERED[what]
    names = {
        "sale": row_of(town.db, SALE),
        "act": row_of(town.db, ACT),
        "size": row_of(town.db, "SELECT size FROM log_head"),
        "last": row_of(town.db, "SELECT size - 1 FROM log_head"),
        "signed": row_of(town.db, "SELECT signed_size FROM log_head"),
        "first": row_of(town.db, "SELECT min(size) FROM checkpoint"),
        "kind": "act" if row_of(town.db, IS_ACT) else "txn",
        "minus": row_of(town.db, "SELECT -entry_id FROM leaf WHERE leaf_index = 2"),
    }

    touch(town.db, statement)

    found = verify_log(town.db, HERE)
    assert found.fault is not None
    assert found.fault.row.startswith(row.format(**names)), found.fault


def test_without_comparing_rows_a_changed_amount_passes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a look at leaves and tiles alone believes what the rows say now."""
    touch(town.db, TAMPERED["an amount"][0])
    monkeypatch.setattr(
        "ledger.seal.verify._Work._leaves",
        lambda _self, _first, rows: (bytes(row.leaf_hash) for row in rows),
    )

    assert verify_log(town.db, HERE).fault is None
