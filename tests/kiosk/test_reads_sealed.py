"""Who looked at a resident is an act, and acts are sealed: nobody can look and have it forgotten."""

from pathlib import Path

from ledger import audit
from ledger.members import keys
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from ledger.seal.proofs import find_leaf
from ledger.token_keys import KeyClass
from tests.support.pages_town import NAMES, Served
from tests.support.town import HERE


def test_opening_a_residents_page_is_written_down_and_sealed(
    served: Served, tmp_path: Path
) -> None:
    page = served.member("wang").get("/office/residents/2")
    publish(
        served.town.db, HERE, served.town.vault, LastSigned(tmp_path / "seal"), at=served.town.at
    )

    assert page.status_code == 200
    with served.town.db.read() as tx:
        (read,) = [row for row in audit.acts_on(tx, HERE, "person:2") if row.act == "person.read"]
        assert find_leaf(tx, HERE, read.audit_id) is not None
    assert (read.actor_kind, read.before, read.after) == ("staff", "", "")
    assert not any(secret in repr(read) for secret in NAMES[2])


def test_a_page_of_nobody_is_no_reading(served: Served) -> None:
    assert served.member("wang").get("/office/residents/999").status_code == 404
    with served.town.db.read() as tx:
        assert audit.acts_on(tx, HERE, "person:999") == []


def test_keys_for_codes_are_made_and_retired_on_record(served: Served) -> None:
    town = served.town
    made = town.db.write(
        lambda tx: keys.make_key(tx, town.vault, HERE, KeyClass.LIST, at=town.at, by=0)
    )
    town.db.write(lambda tx: keys.retire_key(tx, HERE, made.kid, at=town.at, by=7))

    with town.db.read() as tx:
        acts = audit.acts_on(tx, HERE, f"token_key:{made.kid}")
    assert [(row.act, row.actor_kind, row.actor_id) for row in acts] == [
        ("token_key.make", "job", 0),
        ("token_key.retire", "staff", 7),
    ]
    assert '"class":"list"' in acts[0].after
