"""Signing keys: sealed at rest, renewed before they end, gone when retired."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import keys
from ledger.members.key_vault import KeyVault, write_master_key
from ledger.sql import Row, Sql
from ledger.token_keys import KeyClass, KeySet, PublicKey
from ledger.tokens import Claims, Token, read, sign, to_digits, verify
from tests.ledger.key_samples import (
    COMMUNITY,
    DAY_US,
    MORNING,
    NEIGHBOUR,
    STAFF,
    VAULT,
    open_communities,
)

ROWS = Sql("SELECT * FROM token_key WHERE community_id = :community_id ORDER BY kid, not_before")
VERSION = Sql("SELECT config_version FROM community WHERE community_id = :community_id")
SWAP = Sql(
    "UPDATE token_key SET private_key_encrypted = :sealed "
    "WHERE community_id = :community_id AND kid = :kid"
)


@pytest.fixture
def book(db: Database) -> Database:
    db.write(open_communities)
    return db


def make(
    db: Database,
    key_class: KeyClass = KeyClass.DYN,
    *,
    at: int = MORNING,
    not_before: int | None = None,
    community_id: int = COMMUNITY,
) -> PublicKey:
    return db.write(
        lambda tx: keys.make_key(
            tx, VAULT, community_id, key_class, at=at, by=STAFF, not_before=not_before
        )
    )


def renew(db: Database, at: int) -> list[PublicKey]:
    return db.write(lambda tx: keys.renew_keys(tx, VAULT, COMMUNITY, at=at, by=STAFF))


def rows(db: Database) -> list[Row]:
    with db.read() as tx:
        return tx.all(ROWS, community_id=COMMUNITY)


def keyset(db: Database) -> KeySet:
    with db.read() as tx:
        return keys.public_keys(tx, COMMUNITY)


def signed_at(db: Database, at: int, vault: KeyVault = VAULT) -> str:
    with db.read() as tx:
        key = keys.signing_key(tx, vault, COMMUNITY, KeyClass.DYN, at=at)
    now_s = at // 1_000_000
    return to_digits(sign(Claims("CHAN", now_s, now_s + 60, 1, 1), key))


def believed(db: Database, text: str, at: int) -> Token:
    return verify(
        read(text),
        keyset(db),
        now_s=at // 1_000_000,
        classes_allowed=frozenset({"dyn"}),
        issuer="CHAN",
    )


def test_a_key_made_in_the_database_signs_what_its_public_half_verifies(book: Database) -> None:
    made = make(book)

    token = believed(book, signed_at(book, MORNING), MORNING)

    assert (token.kid, token.key_class) == (made.kid, KeyClass.DYN)
    assert keyset(book).keys == (made,)


def test_the_private_half_lies_sealed_and_opens_with_the_right_master_key_alone(
    book: Database,
) -> None:
    make(book)
    with book.read() as tx:
        key = keys.signing_key(tx, VAULT, COMMUNITY, KeyClass.DYN, at=MORNING)
    secret = key.private.private_bytes_raw()  # type: ignore[union-attr]

    stored = b"".join(bytes(row.private_key_encrypted) for row in rows(book))

    assert secret not in stored
    with pytest.raises(Refusal, match="keys_master_wrong"):
        signed_at(book, MORNING, KeyVault(bytes(32)))


def test_a_sealed_key_moved_to_another_row_does_not_open(book: Database) -> None:
    make(book, KeyClass.DYN)
    make(book, KeyClass.EARN)
    dyn, earn = rows(book)
    sealed = bytes(earn.private_key_encrypted)

    book.write(lambda tx: tx.run(SWAP, sealed=sealed, community_id=COMMUNITY, kid=dyn.kid))

    with pytest.raises(Refusal, match="keys_master_wrong"):
        signed_at(book, MORNING)


def test_two_keys_of_a_class_are_valid_at_once_and_the_newer_signs(book: Database) -> None:
    old = make(book)
    from_old = signed_at(book, MORNING + DAY_US)
    new = make(book, at=MORNING + DAY_US, not_before=MORNING + DAY_US)

    from_new = signed_at(book, MORNING + DAY_US)

    assert believed(book, from_old, MORNING + DAY_US).kid == old.kid
    assert believed(book, from_new, MORNING + DAY_US).kid == new.kid
    assert old.kid != new.kid


def test_a_key_published_ahead_does_not_sign_before_its_day(book: Database) -> None:
    old = make(book)
    make(book, not_before=MORNING + 7 * DAY_US)

    assert believed(book, signed_at(book, MORNING + DAY_US), MORNING + DAY_US).kid == old.kid


def test_a_key_stops_signing_one_code_life_before_it_ends(book: Database) -> None:
    end = make(book).expires_at_s * 1_000_000

    last = signed_at(book, end - 60_000_000)

    assert believed(book, last, end).serial == 1
    with pytest.raises(Refusal, match="token_no_signing_key"):
        signed_at(book, end - 59_000_000)


def test_a_year_of_daily_renewal_never_leaves_a_day_without_keys(book: Database) -> None:
    made: list[PublicKey] = []
    for day in range(365):
        at = MORNING + day * DAY_US
        made += renew(book, at)
        assert believed(book, signed_at(book, at), at).serial == 1

    counts = {each: sum(key.key_class is each for key in made) for each in KeyClass}
    assert counts[KeyClass.CARD] == 2
    assert counts[KeyClass.DYN] == counts[KeyClass.EARN] == counts[KeyClass.VCH] == 29
    assert len({key.kid for key in made}) == len(made)
    assert renew(book, at) == []


def test_a_successor_is_published_a_week_before_it_signs(book: Database) -> None:
    renew(book, MORNING)

    assert renew(book, MORNING + 5 * DAY_US) == []
    successors = renew(book, MORNING + 6 * DAY_US)
    assert {key.not_before_s for key in successors} == {(MORNING + 13 * DAY_US) // 1_000_000}


def test_a_retired_key_is_refused_unpublished_and_its_private_half_destroyed(
    book: Database,
) -> None:
    kid = make(book).kid
    text = signed_at(book, MORNING)

    book.write(lambda tx: keys.retire_key(tx, COMMUNITY, kid, at=MORNING, by=STAFF))

    with pytest.raises(Refusal, match="token_key_retired"):
        believed(book, text, MORNING)
    with pytest.raises(Refusal, match="token_no_signing_key"):
        signed_at(book, MORNING)
    with book.read() as tx:
        assert keys.published_keys(tx, COMMUNITY, at=MORNING) == {"keys": []}
    (row,) = rows(book)
    assert (bytes(row.private_key_encrypted), row.retired_by) == (b"", STAFF)
    with pytest.raises(Refusal, match="key_not_found"):
        book.write(lambda tx: keys.retire_key(tx, COMMUNITY, kid, at=MORNING, by=STAFF))


def test_an_ended_key_is_no_longer_published_but_still_known_by_the_server(book: Database) -> None:
    key = make(book)
    later = key.expires_at_s * 1_000_000 + 1

    with book.read() as tx:
        assert len(keys.published_keys(tx, COMMUNITY, at=later - 1)["keys"]) == 1
        assert keys.published_keys(tx, COMMUNITY, at=later) == {"keys": []}
    assert keyset(book).keys == (key,)


def test_every_change_of_keys_raises_the_communitys_version(book: Database) -> None:
    def version() -> int:
        with book.read() as tx:
            return int(tx.get(VERSION, community_id=COMMUNITY).config_version)

    before = version()
    kid = make(book).kid
    between = version()
    book.write(lambda tx: keys.retire_key(tx, COMMUNITY, kid, at=MORNING, by=STAFF))

    assert (between, version()) == (before + 1, before + 2)


def test_communities_do_not_see_each_others_keys(book: Database) -> None:
    make(book, community_id=NEIGHBOUR)

    assert keyset(book).keys == ()
    with pytest.raises(Refusal, match="token_no_signing_key"):
        signed_at(book, MORNING)


def test_the_257th_living_key_finds_no_number_until_one_has_ended(book: Database) -> None:
    for _ in range(256):
        end = make(book).expires_at_s * 1_000_000

    with pytest.raises(Refusal, match="key_slots_full"):
        make(book)
    assert make(book, at=end, not_before=end).kid == 0


def test_a_key_never_signs_for_the_past(book: Database) -> None:
    with pytest.raises(ValueError, match="before it was made"):
        make(book, not_before=MORNING - 1)


def test_the_master_key_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    write_master_key(path)
    sealed = KeyVault.from_file(path).seal(b"secret", b"label")

    assert KeyVault.from_file(path).open(sealed, b"label") == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_master_key(path)
    path.chmod(0o640)
    with pytest.raises(Refusal, match="keys_master_open"):
        KeyVault.from_file(path)


@pytest.mark.parametrize("content", [None, b"", b"00" * 31, b"no hex", b"\xff\xfe"])
def test_a_missing_or_broken_master_key_file_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "master.key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)

    with pytest.raises(Refusal, match="keys_master_missing"):
        KeyVault.from_file(path)


def test_one_master_key_gives_each_purpose_its_own_secret() -> None:
    vault = KeyVault(bytes(range(32)))

    assert len({vault.derive("pin"), vault.derive("session"), bytes(range(32))}) == 3
    assert vault.derive("pin") == KeyVault(bytes(range(32))).derive("pin")
