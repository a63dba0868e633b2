"""An entry made by no person, which puts right what a shop was paid too much or too little for one line: once."""

from __future__ import annotations

from typing import NamedTuple

from ledger.audit import SYSTEM
from ledger.book import requests
from ledger.database import Database
from ledger.ids import derived_request_id
from ledger.sql import Tx
from settlement.choices import Effect
from settlement.effects import post_effect


class Mend(NamedTuple):
    """What is put right: the `kind` names the reason in the book, `about` the entry or line that makes it due."""

    kind: str
    about: int
    claimant_id: int
    discrepancy_no: int
    fen: int
    """What the shop is owed more, or (negative) less."""
    corrects_date: int


def mend_once(db: Database, community_id: int, mend: Mend, *, at: int) -> int:
    """Post a mend; gives its fen, and 0 where it was posted before."""
    request_id = derived_request_id(mend.kind, community_id, mend.about)

    def work(tx: Tx) -> dict[str, int]:
        post_effect(
            tx,
            community_id,
            mend.claimant_id,
            Effect(grant_fen=mend.fen),
            request_id=request_id,
            corrects_date=mend.corrects_date,
            staff_id=SYSTEM.id or None,
            reason_key=mend.kind,
            at=at,
        )
        return {"fen": mend.fen, "at": at}

    said = requests.once(
        db,
        community_id,
        request_id,
        kind=mend.kind,
        body={"discrepancy": str(mend.discrepancy_no), "fen": mend.fen},
        at=at,
        work=work,
    )
    return mend.fen if said["at"] == at else 0
