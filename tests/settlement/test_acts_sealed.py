"""What is sealed of a lived month besides its entries: rules, keys, people's acts, nights, statements, payouts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.database import Database
from ledger.members.key_vault import KeyVault
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from ledger.seal.proofs import find_leaf, prove_inclusion
from ledger.seal.tree import verify_inclusion
from ledger.seal.verify import verify_log
from ledger.sql import Row, Sql
from tests.support.town import HERE, START

ACTS = Sql(
    "SELECT audit_id, act, subject, after FROM audit WHERE community_id = :community_id"
    " ORDER BY audit_id"
)
NIGHTS = Sql(
    "SELECT business_date, run_id, digest, end_leaf FROM night_run"
    " WHERE community_id = :community_id AND state = 'locked'"
)
STATEMENTS = Sql(
    "SELECT statement_id, month, payable_fen, digest FROM statement WHERE community_id = :community_id"
)
VAULT = KeyVault(bytes(range(32)))


@pytest.fixture(scope="module")
def month(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A copy of the lived month, sealed and signed."""
    folder = tmp_path_factory.mktemp("sealed")
    shutil.copyfile(lived, folder / "month.db")
    db = Database(f"sqlite:///{folder / 'month.db'}")
    publish(db, HERE, VAULT, LastSigned(folder / "seal"), at=START)
    yield db
    db.close()


def acts_of(db: Database) -> list[Row]:
    with db.read() as tx:
        return tx.all(ACTS, community_id=HERE)


def told(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.after)
    return found


def test_every_act_is_a_leaf_that_can_be_proven(month: Database) -> None:
    signed = publish(month, HERE, VAULT, LastSigned(Path(month.url[10:]).parent / "seal"), at=START)

    with month.read() as tx:
        for row in acts_of(month):
            leaf = find_leaf(tx, HERE, row.audit_id)
            proof = prove_inclusion(tx, HERE, row.audit_id, signed.size)
            assert leaf is not None
            assert verify_inclusion(leaf.hash, proof.index, proof.size, proof.path, signed.root)
    assert verify_log(month, HERE).fault is None


@pytest.mark.parametrize(
    "act",
    [
        "night.lock",
        "audit.passed",
        "statement.issue",
        "month.close",
        "payout.state",
        "log_key.make",
    ],
)
def test_what_is_not_money_is_an_act(month: Database, act: str) -> None:
    assert act in {row.act for row in acts_of(month)}


def test_a_locked_night_is_sealed_with_its_run_and_its_digest(month: Database) -> None:
    with month.read() as tx:
        nights = tx.all(NIGHTS, community_id=HERE)
    wanted = {
        f"night:{night.business_date}": {
            "run_id": night.run_id,
            "digest": night.digest,
            "tree_size": night.end_leaf,
        }
        for night in nights
    }

    assert nights
    assert {row.subject: told(row) for row in acts_of(month) if row.act == "night.lock"} == wanted


def test_an_issued_statement_is_sealed_with_its_digest(month: Database) -> None:
    with month.read() as tx:
        statements = tx.all(STATEMENTS, community_id=HERE)
    sealed = {row.subject: told(row) for row in acts_of(month) if row.act == "statement.issue"}

    assert statements
    assert {
        f"statement:{one.statement_id}": (one.payable_fen, one.digest) for one in statements
    } == {subject: (facts["payable_fen"], facts["digest"]) for subject, facts in sealed.items()}
