"""Going on after a loss: openly, under the log's own signature, and only where something was lost."""

from base64 import b64encode

from ledger import audit
from ledger.audit import SYSTEM
from ledger.seal import recovery
from ledger.seal.checkpoints import show_signed
from ledger.seal.note import open_note
from ledger.seal.proofs import prove_consistency
from ledger.seal.tree import verify_consistency
from tests.support.log import SealedLog, copy_of, put_back, refused


def test_a_loss_is_gone_on_after_openly(log: SealedLog) -> None:
    log.grow(3)
    kept = log.publish()
    backup = copy_of(log)
    log.grow(4)
    lost = log.publish()
    put_back(log, backup)
    log.grow(1)

    note = recovery.begin_again(
        log.db, log.here, log.vault, log.last_signed, by=SYSTEM, day=20260303, at=log.at
    )
    after = log.publish()

    lines = open_note(note, log.trusted).text.split("\n")
    assert lines[:3] == ["jifen-recovery/1", log.origin, str(kept.size)]
    assert lines[4:] == ["20260303", str(lost.size), b64encode(lost.root).decode(), ""]
    with log.db.read() as tx:
        assert recovery.recoveries(tx, log.here) == [note]
        path = prove_consistency(tx, log.here, kept.size, after.size)
        recorded = audit.acts_on(tx, log.here, "recovery:1")[0]
    assert verify_consistency(kept.size, kept.root, after.size, after.root, path)
    assert f'"lost_size":{lost.size}' in recorded.after
    log.grow(1)
    assert log.publish().size == after.size + 1


def test_what_was_given_up_openly_stops_nobody_again(log: SealedLog) -> None:
    log.grow(3)
    log.publish()
    backup = copy_of(log)
    log.grow(4)
    seen_by_a_till = log.publish()
    put_back(log, backup)
    recovery.begin_again(
        log.db, log.here, log.vault, log.last_signed, by=SYSTEM, day=20260303, at=log.at
    )
    log.grow(1)
    after = log.publish()

    assert show_signed(log.db, log.here, log.last_signed, seen_by_a_till.note) is True
    log.grow(9)
    assert log.publish().size == after.size + 9


def test_a_second_loss_is_one_again(log: SealedLog) -> None:
    log.grow(3)
    log.publish()
    backup = copy_of(log)
    log.grow(4)
    log.publish()
    put_back(log, backup)
    recovery.begin_again(
        log.db, log.here, log.vault, log.last_signed, by=SYSTEM, day=20260303, at=log.at
    )
    log.grow(20)
    log.publish()
    put_back(log, backup)

    with refused("log_behind"):
        log.publish()


def test_a_log_that_lost_nothing_is_not_cut_short(log: SealedLog) -> None:
    log.grow(3)
    log.publish()

    with refused("log_whole"):
        recovery.begin_again(
            log.db, log.here, log.vault, log.last_signed, by=SYSTEM, day=20260303, at=log.at
        )


def test_a_database_from_before_the_first_checkpoint_begins_at_nothing(log: SealedLog) -> None:
    backup = copy_of(log)
    log.grow(3)
    log.publish()
    put_back(log, backup)

    note = recovery.begin_again(
        log.db, log.here, log.vault, log.last_signed, by=SYSTEM, day=20260303, at=log.at
    )

    assert open_note(note, log.trusted).text.split("\n")[2] == "0"
    assert log.publish().size == 3
