"""A biller's list of bills: looked at, then taken whole; what is new is a bill, what changed a new version of one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.bills.corrections import fit_offsets
from ledger.bills.facts import Bill, bills_of_biller
from ledger.bills.rules import KINDS, FeeRules, ceiling_fen, fee_rules
from ledger.earning.calendar import business_date, day_from_key, day_key
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.members import files
from ledger.members.import_checks import open_households
from ledger.members.import_rows import (
    Column,
    Fault,
    Row,
    Words,
    cells_of,
    names_of,
    read_code,
    read_day,
    read_fen,
    read_household_code,
    read_merchant_code,
)
from ledger.members.sheets import read_sheet
from ledger.members.terms import Terms
from ledger.sql import Sql, Tx

KIND: Final = "bills"
_NUMBER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_./-]{0,27}", re.ASCII)
_PERIOD: Final = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])|Q[1-4]|-?H[12])?", re.ASCII)

_FIND_FILE: Final = Sql(
    "SELECT answer FROM fee_file WHERE community_id = :community_id AND kind = :kind"
    " AND sha256 = :sha256"
)
_KEEP_FILE: Final = Sql(
    "INSERT INTO fee_file (community_id, kind, sha256, name, line_count, answer, taken_by, taken_at)"
    " VALUES (:community_id, :kind, :sha256, :name, :line_count, :answer, :taken_by, :taken_at)"
)
_OPEN: Final = Sql(
    "INSERT INTO fee_bill (community_id, bill_id, biller_id, bill_no, household_id, kind, period,"
    " amount_fen, due_date, version, ceiling_fen, scheme_version, offset_fen, offsets, opened_at,"
    " changed_at) VALUES (:community_id, :bill_id, :biller_id, :bill_no, :household_id, :kind,"
    " :period, :amount_fen, :due_date, 1, :ceiling_fen, :scheme_version, 0, 0, :at, :at)"
)
_CHANGE: Final = Sql(
    "UPDATE fee_bill SET amount_fen = :amount_fen, due_date = :due_date, period = :period,"
    " ceiling_fen = :ceiling_fen, version = version + 1, changed_at = :at"
    " WHERE community_id = :community_id AND bill_id = :bill_id AND version = :seen"
    " AND offset_fen = :offset_fen"
)
_VERSION: Final = Sql(
    "INSERT INTO fee_bill_version (community_id, bill_id, version, amount_fen, due_date, period,"
    " ceiling_fen, scheme_version, file_sha256, row_no, back_fen, recorded_at) VALUES (:community_id,"
    " :bill_id, :version, :amount_fen, :due_date, :period, :ceiling_fen, :scheme_version,"
    " :file_sha256, :row_no, :back_fen, :at)"
)


def _bill_no(cell: str, _words: Words) -> str:
    return read_code(cell, _NUMBER)


def _period(cell: str, _words: Words) -> str:
    return read_code(cell.upper(), _PERIOD)


def _fee_kind(cell: str, words: Words) -> str:
    word = words.get(cell, cell.lower())
    if word not in KINDS:
        raise Refusal("import_word", allowed=", ".join(KINDS))
    return word


COLUMNS: Final[Mapping[str, Column]] = {
    "merchant_code": Column(read_merchant_code),
    "bill_no": Column(_bill_no),
    "household_code": Column(read_household_code),
    "fee_kind": Column(_fee_kind),
    "period": Column(_period),
    "amount_yuan": Column(read_fen),
    "due_on": Column(read_day),
}
"""Columns of a list of bills; an amount of 0 cancels a bill that is known."""


@dataclass(frozen=True, slots=True)
class FeeUpload:
    """A list as it came: the bytes, the file's name, the people's words."""

    raw: bytes
    name: str
    words: Words

    @property
    def sha256(self) -> str:
        """The file's hash in hex."""
        return hashlib.sha256(self.raw).hexdigest()


class Change(NamedTuple):
    """What one row does: `before` None for a bill not known yet."""

    row: Row
    biller_id: int
    household_id: int
    before: Bill | None

    @property
    def is_news(self) -> bool:
        """Whether the row says anything that is not known."""
        if self.before is None:
            return True
        said = self.row.values
        return (self.before.amount_fen, self.before.due_date, self.before.period) != (
            said["amount_yuan"],
            said["due_on"],
            said["period"],
        )


@dataclass(frozen=True, slots=True)
class FeePreview:
    """What a list would do: rows that can be taken, and every cell that cannot."""

    sha256: str
    columns: tuple[str, ...]
    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]
    known: Mapping[str, Any] | None
    """The answer of the same file taken before."""

    @property
    def bad_rows(self) -> int:
        """How many rows have at least one fault."""
        return len({fault.row for fault in self.faults})

    @property
    def counts(self) -> dict[str, int]:
        """Rows by what they do: new, changed, unchanged."""
        new = sum(change.before is None for change in self.changes)
        changed = sum(change.before is not None and change.is_news for change in self.changes)
        return {"new": new, "changed": changed, "unchanged": len(self.changes) - new - changed}

    @property
    def sums(self) -> dict[str, int]:
        """Fen of all rows together, and by how much known bills go up or down (signed)."""
        known = [change for change in self.changes if change.before is not None]
        return {
            "total_fen": sum(change.row.values["amount_yuan"] for change in self.changes),
            "known_fen": sum(
                change.row.values["amount_yuan"] - change.before.amount_fen
                for change in known
                if change.before is not None
            ),
        }


def preview_bills(tx: Tx, terms: Terms, upload: FeeUpload, *, at: int) -> FeePreview:
    """Look at a list without taking anything; every bad row is named with column and reason.

    Refusals: those of `read_sheet` and `names_of`.
    """
    here, day = terms.community.id, _day(terms, at)
    sheet = read_sheet(upload.raw)
    columns = names_of(COLUMNS, sheet.columns, upload.words)
    good: list[Row] = []
    faults: list[Fault] = []
    for line in sheet.lines:
        read = cells_of(COLUMNS, columns, line, upload.words)
        if isinstance(read, Row):
            good.append(read)
        else:
            faults += read
    faults += _twice(good)
    changes, more = _changes(tx, terms, good, day)
    faults += more
    bad = {fault.row for fault in faults}
    return FeePreview(
        upload.sha256,
        columns,
        tuple(change for change in changes if change.row.number not in bad),
        tuple(sorted(faults, key=lambda fault: (fault.row, fault.column))),
        find_answer(tx, here, KIND, upload.sha256),
    )


def take_bills(
    tx: Tx,
    terms: Terms,
    upload: FeeUpload,
    *,
    by: By,
    at: int,
    seen_sha256: str | None = None,
    each: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Take a whole list in the caller's transaction and keep its file; the same bytes again get the first answer.

    Answer: `sha256`, `rows`, `new`, `changed`, `unchanged`, `back_fen` (offsets that went back to wallets because
    bills were lowered or cancelled). Refusals: those of `preview_bills`, import_file_changed, import_rows_wrong,
    period_locked. Raises GuardMissedError where a bill changed meanwhile.
    """
    here = terms.community.id
    if seen_sha256 is not None and seen_sha256 != upload.sha256:
        raise Refusal("import_file_changed")
    known = find_answer(tx, here, KIND, upload.sha256)
    if known is not None:
        return known
    seen = preview_bills(tx, terms, upload, at=at)
    if seen.faults:
        raise Refusal("import_rows_wrong", count=seen.bad_rows)
    back_fen = 0
    for change in seen.changes:
        if change.is_news:
            back_fen += _take(tx, terms, change, seen.sha256, at=at)
        each()
    answer = {
        "sha256": seen.sha256,
        "rows": len(seen.changes),
        **seen.counts,
        "back_fen": back_fen,
    }
    keep_file(tx, here, KIND, upload, answer, by=by, at=at)
    return answer


def find_answer(tx: Tx, community_id: int, kind: str, sha256: str) -> dict[str, Any] | None:
    """What a file taken before was answered, None for one never taken."""
    row = tx.find(_FIND_FILE, community_id=community_id, kind=kind, sha256=sha256)
    if row is None:
        return None
    answer: dict[str, Any] = json.loads(row.answer)
    return answer


def keep_file(
    tx: Tx,
    community_id: int,
    kind: str,
    upload: FeeUpload,
    answer: Mapping[str, Any],
    *,
    by: By,
    at: int,
) -> None:
    """Keep a taken file word for word, its answer under its hash, and the act."""
    kept = {"name": upload.name, "media_type": "application/octet-stream"}
    files.keep(tx, community_id, upload.raw, source=f"fee {kind}", by=by, at=at, **kept)
    tx.run(
        _KEEP_FILE,
        community_id=community_id,
        kind=kind,
        sha256=upload.sha256,
        name=upload.name[-120:],
        line_count=int(answer["rows"]),
        answer=json.dumps(answer, ensure_ascii=False, separators=(",", ":")),
        taken_by=by.id,
        taken_at=at,
    )
    facts = {name: value for name, value in answer.items() if isinstance(value, int | str)}
    audit.record(tx, community_id, by, f"fee.{kind}", f"file:{upload.sha256}", at=at, after=facts)


def rules_of_version(terms: Terms, version: str, kind: str, day: int) -> FeeRules | None:
    """The rule for a kind of fee of one adopted scheme version (`id/version`)."""
    for scheme in terms.schemes:
        if f"{scheme.id}/{scheme.version}" == version:
            return fee_rules(scheme, KINDS[KINDS.index(kind)], day_from_key(day))
    return None


def _take(tx: Tx, terms: Terms, change: Change, sha256: str, *, at: int) -> int:
    """Write one new or changed bill; gives the fen of offsets that went back."""
    here, day, said = terms.community.id, _day(terms, at), change.row.values
    before, scheme = change.before, terms.scheme_on(day)
    # A bill keeps the share of the rules it came under: a new scheme cuts no offset that was fair.
    version = f"{scheme.id}/{scheme.version}" if before is None else before.scheme_version
    rules = rules_of_version(terms, version, said["fee_kind"], day)
    row = {
        "community_id": here,
        "bill_id": new_id(at) if before is None else before.bill_id,
        "period": said["period"],
        "amount_fen": said["amount_yuan"],
        "due_date": said["due_on"],
        "ceiling_fen": ceiling_fen(rules, said["amount_yuan"]),
        "at": at,
    }
    back_fen = 0
    if before is None:
        named = {"biller_id": change.biller_id, "household_id": change.household_id}
        fresh = {"bill_no": said["bill_no"], "kind": said["fee_kind"], "scheme_version": version}
        tx.run(_OPEN, **row, **named, **fresh)
    else:
        seen = {"seen": before.version, "offset_fen": before.offset_fen}
        _must(tx.run(_CHANGE, **row, **seen))
        bill = before._replace(
            amount_fen=said["amount_yuan"],
            ceiling_fen=row["ceiling_fen"],
            version=before.version + 1,
        )
        back_fen = fit_offsets(tx, here, bill, rules, day=day, at=at)
    tx.run(
        _VERSION,
        **row,
        version=1 if before is None else before.version + 1,
        scheme_version=version,
        file_sha256=sha256,
        row_no=change.row.number,
        back_fen=back_fen,
    )
    return back_fen


def _must(changed: int) -> None:
    if changed != 1:
        raise GuardMissedError("fee_bill")


def _day(terms: Terms, at: int) -> int:
    return day_key(business_date(at, terms.community.timezone))


def _twice(rows: list[Row]) -> list[Fault]:
    first: dict[tuple[str, str], int] = {}
    faults = []
    for row in rows:
        key = (row.values["merchant_code"], row.values["bill_no"])
        if key in first:
            faults.append(Fault(row.number, "bill_no", "import_twice", {"first_row": first[key]}))
        first.setdefault(key, row.number)
    return faults


def _changes(tx: Tx, terms: Terms, rows: list[Row], day: int) -> tuple[list[Change], list[Fault]]:
    """What each row would do, and where it does not fit what the community has."""
    here = terms.community.id
    homes = open_households(tx, here)
    billers = {
        shop.code: shop.merchant_id
        for shop in terms.merchants.values()
        if is_biller(terms, shop.merchant_id, day)
    }
    known: dict[int, dict[str, Bill]] = {}
    changes: list[Change] = []
    faults: list[Fault] = []
    for row in rows:
        said = row.values
        biller, home = billers.get(said["merchant_code"]), homes.get(said["household_code"])
        if biller is None:
            faults.append(Fault(row.number, "merchant_code", "import_biller", {}))
        if home is None:
            faults.append(Fault(row.number, "household_code", "import_household", {}))
        if biller is None or home is None:
            continue
        if biller not in known:
            known[biller] = bills_of_biller(tx, here, biller)
        change = Change(row, biller, home, known[biller].get(said["bill_no"]))
        faults += _misfits(change)
        changes.append(change)
    return changes, faults


def _misfits(change: Change) -> list[Fault]:
    """A bill stays its household's and its kind; what is not known cannot be cancelled."""
    said, before, number = change.row.values, change.before, change.row.number
    if before is None:
        return [] if said["amount_yuan"] else [Fault(number, "amount_yuan", "import_cancels", {})]
    faults = []
    if before.household_id != change.household_id:
        faults.append(Fault(number, "household_code", "import_other_household", {}))
    if before.kind != said["fee_kind"]:
        faults.append(Fault(number, "fee_kind", "import_other_fee", {}))
    return faults


def is_biller(terms: Terms, merchant_id: int, day: int) -> bool:
    """Whether a merchant's agreement of that day lets its bills be paid in points."""
    agreement = terms.agreement_on(merchant_id, day)
    return agreement is not None and "fee" in agreement.roles
