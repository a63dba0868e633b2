"""What becomes of a filled form that comes back: kept as it is, or a shop's claims."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, NamedTuple

from kiosk.formbook.filled import Filled
from kiosk.formbook.reading import Read, read_form
from kiosk.formbook.registry import Form
from kiosk.formbook.workbook import to_csv
from ledger import audit
from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import files
from ledger.members.import_rows import Fault
from ledger.sql import Tx
from settlement.intake import Upload, take_claim_file

ACT: Final = "form.keep"


class Back(NamedTuple):
    """A form that was kept: the file's SHA-256, the hash of its cells, rows, and when (microseconds UTC)."""

    sha256: str
    cells: str
    rows: int
    at: int


class FaultsError(Exception):
    """Cells that are wrong; nothing was taken."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        """Keep `faults` for whoever names them."""
        super().__init__(f"{len(faults)} cells")
        self.faults = faults


def cells_hash(filled: Filled) -> str:
    """A name for what a form says, whoever saved it: the SHA-256 of its cells in hex."""
    said = [filled.form.code, *([cell.value for cell in row] for row in filled.rows)]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def checked(form: Form, raw: bytes) -> Filled:
    """The form read back. Raises FaultsError; refuses what `read_form` does."""
    read: Read = read_form(form, raw)
    if read.faults:
        raise FaultsError(read.faults)
    return read.filled


def kept(tx: Tx, community_id: int, form: Form) -> list[Back]:
    """What was kept of a form, newest first."""
    found = []
    for row in audit.acts_on(tx, community_id, f"form:{form.code}"):
        if row.act == ACT:
            facts = json.loads(row.after)
            found.append(Back(facts["file"], facts["cells"], int(facts["rows"]), int(row.at)))
    return found[::-1]


def keep(
    tx: Tx, community_id: int, filled: Filled, raw: bytes, *, name: str, by: By, at: int
) -> bool:
    """Keep a form that came back, with its file, for the record; nothing is booked by it.

    False where a form with the same cells is kept already: then nothing changes. Refuses form_not_taken.
    """
    form = filled.form
    if form.takes != "kept":
        raise Refusal("form_not_taken")
    cells = cells_hash(filled)
    if any(one.cells == cells for one in kept(tx, community_id, form)):
        return False
    sha256 = files.keep(
        tx,
        community_id,
        raw,
        name=name,
        media_type="application/octet-stream",
        source=f"form {form.code}",
        by=by,
        at=at,
    )
    facts: audit.Facts = {"file": sha256, "cells": cells, "rows": len(filled.rows)}
    audit.record(tx, community_id, by, ACT, f"form:{form.code}", at=at, after=facts)
    return True


def get_kept(tx: Tx, community_id: int, form: Form, sha256: str) -> Filled:
    """A kept form, read again from its file. Refuses file_not_found."""
    if not any(one.sha256 == sha256 for one in kept(tx, community_id, form)):
        raise Refusal("file_not_found")
    return checked(form, files.get_file(tx, community_id, sha256).body)


def take_claims(
    db: Database,
    community_id: int,
    shop_id: int,
    filled: Filled,
    *,
    name: str,
    by: By,
    day: int,
    at: int,
) -> dict[str, Any]:
    """File what stands on a shop's claim form; the answer is `settlement.intake.take_claim_file`'s.

    `day` (yyyymmdd): the day it is for where its lines do not say.
    """
    upload = Upload(name, to_csv(filled), by.id)
    return take_claim_file(db, community_id, shop_id, upload, day=day, at=at)
