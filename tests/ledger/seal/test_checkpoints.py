"""Checkpoints: signed only where they extend what was signed, whoever put which database in place."""

import shutil
import threading
from pathlib import Path

import pytest

from ledger import audit
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.members.key_vault import KeyVault
from ledger.seal import keys, recovery
from ledger.seal.checkpoints import covering, newest, show_signed
from ledger.seal.last_signed import LastSigned
from ledger.seal.note import NoteError, Verifier, new_signer, open_head, open_note, sign_note
from ledger.seal.proofs import prove_consistency
from ledger.seal.sealer import seal
from ledger.seal.tree import verify_consistency
from tests.support.log import SealedLog, copy_of, put_back, refused


def test_a_checkpoint_says_size_and_root_under_the_logs_name(log: SealedLog) -> None:
    log.grow(5)

    made = log.publish()

    assert open_head(made.note, log.trusted, origin="jifen/CA01") == (
        "jifen/CA01",
        made.size,
        made.root,
    )
    with log.db.read() as tx:
        assert newest(tx, log.here) == made
        assert made.size == 7  # the community's opening, the key's making, five acts


def test_without_anything_new_the_newest_stands(log: SealedLog) -> None:
    log.grow(2)
    first = log.publish()

    assert log.publish() == first


def test_each_checkpoint_grows_out_of_the_one_before(log: SealedLog) -> None:
    made = []
    for count in (1, 3, 300, 1):
        log.grow(count)
        made.append(log.publish())

    with log.db.read() as tx:
        for old in made:
            for new in made[made.index(old) :]:
                path = prove_consistency(tx, log.here, old.size, new.size)
                assert verify_consistency(old.size, old.root, new.size, new.root, path)
        assert covering(tx, log.here, made[0].size - 1) == made[0]
        assert covering(tx, log.here, made[0].size) == made[1]
        assert covering(tx, log.here, made[-1].size) is None


def test_the_first_publication_makes_the_first_key(db: Database, tmp_path: Path) -> None:
    log = SealedLog.begin(db, tmp_path, "Ed25519")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM log_key")

    made = log.publish()

    assert [key.alg for key in log.trusted] == ["Ed25519"]
    assert open_head(made.note, log.trusted, origin="jifen/CA01").size == made.size


# --- an old database, another database


def test_a_restored_backup_refuses_to_sign(log: SealedLog) -> None:
    log.grow(3)
    log.publish()
    backup = copy_of(log)
    log.grow(4)
    log.publish()

    put_back(log, backup)

    with refused("log_behind"):
        log.publish()


def test_a_restored_backup_that_grew_past_the_loss_refuses_to_sign(log: SealedLog) -> None:
    log.grow(3)
    log.publish()
    backup = copy_of(log)
    log.grow(4)
    log.publish()
    put_back(log, backup)
    log.grow(9)

    with refused("log_forked"):
        log.publish()


def test_without_the_file_outside_the_restored_backup_forks_the_log(
    log: SealedLog, tmp_path: Path
) -> None:
    """The control: the same story where nothing outside the database remembers."""
    log.grow(3)
    log.publish()
    backup = copy_of(log)
    memory = tmp_path / "memory"
    shutil.copytree(tmp_path / "seal", memory)
    log.grow(4)
    seen = log.publish()
    put_back(log, backup)
    shutil.rmtree(tmp_path / "seal")
    shutil.copytree(memory, tmp_path / "seal")
    log.grow(9)

    forked = log.publish()

    with log.db.read() as tx:
        path = prove_consistency(tx, log.here, seen.size, forked.size)
    assert not verify_consistency(seen.size, seen.root, forked.size, forked.root, path)


def test_a_till_that_saw_more_stops_a_server_whose_file_was_put_back_too(
    log: SealedLog, tmp_path: Path
) -> None:
    log.grow(3)
    log.publish()
    backup = copy_of(log)
    memory = tmp_path / "memory"
    shutil.copytree(tmp_path / "seal", memory)
    log.grow(4)
    seen = log.publish()
    put_back(log, backup)
    shutil.rmtree(tmp_path / "seal")
    shutil.copytree(memory, tmp_path / "seal")

    assert show_signed(log.db, log.here, log.last_signed, seen.note) is False

    with refused("log_behind"):
        log.publish()


def test_a_checkpoint_the_log_grew_out_of_changes_nothing(log: SealedLog) -> None:
    log.grow(3)
    seen = log.publish()
    log.grow(1)
    log.publish()

    assert show_signed(log.db, log.here, log.last_signed, seen.note) is True
    log.grow(1)
    assert log.publish().size == seen.size + 2


def test_a_strangers_checkpoint_stops_nothing(log: SealedLog, alg: str) -> None:
    log.grow(3)
    made = log.publish()
    text = made.note.split("\n\n")[0] + "\n"
    stranger = new_signer("jifen/CA01", alg)

    with refused("log_note_unknown"):
        show_signed(log.db, log.here, log.last_signed, sign_note(text, [stranger]))
    log.grow(1)
    assert log.publish().size == made.size + 1


def test_a_server_that_never_signed_does_not_sign_over_anothers_log(
    log: SealedLog, tmp_path: Path
) -> None:
    log.grow(3)
    made = log.publish()
    log.last_signed = LastSigned(tmp_path / "another server")
    log.grow(1)

    with refused("log_mark_missing"):
        log.publish()
    assert recovery.adopt(log.db, log.here, log.last_signed, by=SYSTEM, at=log.at) == made
    # The entry, and the act of adopting.
    assert log.publish().size == made.size + 2
    with refused("log_mark_there"):
        recovery.adopt(log.db, log.here, log.last_signed, by=SYSTEM, at=log.at)


def test_two_servers_of_one_database_sign_in_turn(log: SealedLog, tmp_path: Path) -> None:
    log.grow(3)
    log.publish()
    second = SealedLog(log.db, log.here, log.vault, LastSigned(tmp_path / "second"), at=log.at)
    recovery.adopt(log.db, log.here, second.last_signed, by=SYSTEM, at=log.at)
    made = []
    for server in (second, log, log, second, log):
        log.grow(2)
        made.append(server.publish())

    assert [one.size for one in made] == sorted({one.size for one in made})


def test_two_servers_at_once_never_fork(log: SealedLog, tmp_path: Path) -> None:
    log.grow(3)
    log.publish()
    second = SealedLog(log.db, log.here, log.vault, LastSigned(tmp_path / "second"), at=log.at)
    recovery.adopt(log.db, log.here, second.last_signed, by=SYSTEM, at=log.at)
    made: list[tuple[int, bytes]] = []
    failed: list[Exception] = []

    def go_on(server: SealedLog) -> None:
        try:
            for _ in range(12):
                server.grow(1)
                one = server.publish()
                made.append((one.size, one.root))
        except Exception as error:  # noqa: BLE001 - judged below
            failed.append(error)

    threads = [threading.Thread(target=go_on, args=(server,)) for server in (log, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len(dict(made)) == len(set(made))
    last_size, last_root = max(made)
    with log.db.read() as tx:
        for size, root in made:
            path = prove_consistency(tx, log.here, size, last_size)
            assert verify_consistency(size, root, last_size, last_root, path)


def test_a_row_exchanged_in_the_tree_is_never_signed(log: SealedLog) -> None:
    log.grow(3)
    log.publish()
    with log.db.engine.begin() as connection:
        other = "x'" + "ab" * 160 + "'" if log.db.dialect == "sqlite" else "'\\x" + "ab" * 160 + "'"
        connection.exec_driver_sql(f"UPDATE tile SET hashes = {other}")

    with refused("log_forked"):
        log.publish()


@pytest.mark.parametrize("text", ["", "rubbish", "jifen/CA01\n3\nAAAA\n\n"])
def test_a_file_outside_that_says_nothing_stops_the_signing(
    log: SealedLog, tmp_path: Path, text: str
) -> None:
    log.grow(3)
    log.publish()
    (tmp_path / "seal" / f"{log.here}.checkpoint").write_text(text)
    log.grow(1)

    with refused("log_mark_unreadable"):
        log.publish()


def test_a_crash_between_file_and_database_costs_nothing(
    log: SealedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.grow(3)
    log.publish()
    log.grow(2)
    seal(log.db, log.here)
    with monkeypatch.context() as patched:
        patched.setattr(
            "ledger.seal.checkpoints._keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            log.publish()

    made = log.publish()

    with log.db.read() as tx:
        assert newest(tx, log.here) == made


# --- keys


def test_a_new_key_is_named_by_the_old_one_and_old_checkpoints_still_verify(
    log: SealedLog, alg: str
) -> None:
    other = {"Ed25519": "ES256", "ES256": "Ed25519"}[alg]
    log.grow(3)
    before = log.publish()

    log.db.write(
        lambda tx: keys.change_key(tx, log.vault, log.here, by=SYSTEM, at=log.at, alg=other)
    )
    after = log.publish()

    old_key, new_key = log.trusted
    assert (old_key.alg, new_key.alg) == (alg, other)
    for made in (before, after):
        assert open_head(made.note, log.trusted, origin=log.origin).size == made.size
    with pytest.raises(NoteError):
        open_head(after.note, [old_key], origin=log.origin)
    with log.db.read() as tx:
        (handover,) = keys.handovers(tx, log.here)
        acts = audit.newest(tx, log.here)
    text = open_note(handover, [old_key]).text
    assert text == f"jifen-log-key/1\n{log.origin}\n{new_key.text}\n"
    assert Verifier.from_text(text.split("\n")[2]) == new_key
    # The change is an act like any other, so it is in the log itself.
    assert after.size == before.size + 1
    assert acts[0].act == "log_key.make"
    assert new_key.text in acts[0].after


def test_the_old_private_key_is_destroyed(log: SealedLog) -> None:
    log.db.write(lambda tx: keys.change_key(tx, log.vault, log.here, by=SYSTEM, at=log.at))

    with log.db.engine.connect() as connection:
        sealed = connection.exec_driver_sql(
            "SELECT private_key_encrypted FROM log_key ORDER BY key_no"
        ).fetchall()
    assert [bool(bytes(row[0])) for row in sealed] == [False, True]


def test_another_master_key_does_not_open_the_logs_key(log: SealedLog) -> None:
    log.vault = KeyVault(bytes(32))
    log.grow(1)

    with refused("keys_master_wrong"):
        log.publish()


def test_an_unknown_algorithm_is_refused(log: SealedLog) -> None:
    with refused("log_key_alg_unknown"):
        log.db.write(
            lambda tx: keys.change_key(tx, log.vault, log.here, by=SYSTEM, at=log.at, alg="RS256")
        )
