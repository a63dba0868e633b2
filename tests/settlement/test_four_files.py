"""A month with everything in it read back from CSV, XLSX, PDF and JSON: every cell the same in all four."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from itertools import pairwise

import pytest

from kiosk.texts import translator
from ledger.sql import Sql
from settlement import shop_money, statement_receipts
from settlement.claims import file_daybook
from settlement.closing import accept_silent, run_month
from settlement.dispute_life import Outcome
from settlement.disputes import approve_ruling, rule_dispute
from settlement.exports import FORMATS, export
from settlement.night import run_night
from settlement.sheet import Block, Sheet
from settlement.statement_form import statement_sheet
from settlement.statements import Statement
from tests.settlement.test_exports import (
    assert_in_pdf,
    assert_same,
    from_csv,
    from_json,
    from_xlsx,
    texts,
)
from tests.support.night_plant import (
    HOUR,
    Planter,
    book,
    daybook,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.objections import (
    CHIEF,
    SILENT_AT,
    ZHOU,
    act,
    eighty_receipts,
    object_to_two,
)
from tests.support.town import HERE, Town, moment

LAST = 20260430
ISSUED_AT = moment("2026-05-06 09:00")
BOOKED = Sql(
    "SELECT business_date, occurred_at, kind, ref, txn_id, units, fen FROM offset_booked"
    " WHERE community_id = :community_id AND claimant_id = 1 AND business_date = :day"
    " ORDER BY business_date, occurred_at, ref"
)


def lived_april(town: Town) -> tuple[Statement, Statement, str]:
    """March with two lines in dispute, one ruled on in April; in April one receipt claimed, one not."""
    march, sold = eighty_receipts(town)
    one, _still_open = object_to_two(town, march, sold)
    accept_silent(town.db, HERE, at=SILENT_AT)
    rule_dispute(town.db, act(one, ZHOU, "uphold", at=SILENT_AT), Outcome.UPHELD)
    approve_ruling(town.db, act(one, CHIEF, "agree", at=SILENT_AT), fen=300)
    planter, till = Planter(town.tills, seed=404), town.tills[0]
    claimed, forgotten = (planter.entry(LAST, till, fen=fen) for fen in (2_000, 700))
    town.at = midnight(LAST) + 6 * HOUR
    reserve_cover(town, 100_000)
    book(town, [claimed, forgotten])
    file_daybook(town.db, HERE, till.terminal_id, daybook(LAST, 3, [claimed]), at=town.at)
    run_night(town.db, HERE, LAST, at=midnight(next_day(LAST)) + 2 * HOUR)
    town.db.write(
        lambda tx: shop_money.set_rule(
            tx, HERE, 1, risk_days=3, least_fen=None, why="new shop", by=ZHOU, at=town.at
        )
    )
    (april,) = run_month(town.db, HERE, 202604, at=ISSUED_AT).statements
    return march, april, forgotten.ref


def named(sheet: Sheet, heading: str) -> Block:
    return next(block for block in sheet.blocks if block.heading == heading)


def lines(block: Block) -> list[dict[str, str]]:
    names = [cell.text for cell in block.header]
    return [{name: cell.text for name, cell in zip(names, row, strict=True)} for row in block.rows]


def test_adjustments_carried_disputed_held_and_payable_are_the_same_in_all_four(
    town: Town,
) -> None:
    march, april, forgotten = lived_april(town)
    with town.db.read() as tx:
        sheets = {
            language: statement_sheet(
                tx, HERE, april.statement_id, translate=translator(language), receipts=True
            )
            for language in ("zh", "en")
        }
        booked = [list(row) for row in tx.all(BOOKED, community_id=HERE, day=LAST)]

    for sheet in sheets.values():
        assert_same(sheet)

    sheet = sheets["en"]
    head = {row[0].text: row[1].text for row in named(sheet, "Summary").rows}
    assert (head["Adjustments in favour"], head["Booked and not settled yet"]) == ("3.00", "7.00")
    held = [Decimal(head[name]) for name in ("Held: lines in dispute", "Held: too recent")]
    # What is in dispute is not called recent too: a fen is held once.
    assert sum(held) == -20
    assert max(held) < 0
    assert Decimal(head["Available once accepted"]) == Decimal(head["Owed now"]) - 20
    assert head["Fingerprint of the statement before"] == march.digest[:16]
    assert head["Statement number"] == "M01-0002"
    [adjusted] = lines(named(sheet, "Adjustments decided this month"))
    assert (adjusted["Amount"], adjusted["Corrects"][:16]) == ("3.00", "Statement M01-00")
    [carried] = lines(named(sheet, "Owed, not settled yet"))
    assert (carried["Reference"], carried["Booked"]) == (forgotten, "7.00")

    receipts = lines(named(sheet, "Receipt by receipt"))
    assert [(r["Reference"], r["Amount"], r["State"]) for r in receipts] == [
        (row[3], "20.00" if row[3] != forgotten else "7.00",
         "Settled that night" if row[3] != forgotten else "Not claimed") for row in booked
    ]  # fmt: skip
    assert {
        (r["Shop's place"] != "", r["Till"] != "", r["Points for a yuan"]) for r in receipts
    } == {(True, True, "20.00")}
    assert all(r["Entry"].isdigit() for r in receipts)
    totals = {
        row[0].text: row[1].text for row in named(sheet, "Control totals of the receipts").rows
    }
    assert (totals["Lines"], totals["Yuan plus"], totals["Yuan minus"]) == ("2", "27.00", "0.00")
    plain = [[r[0], r[1], r[2], r[3], str(r[4]), r[5], r[6]] for r in booked]
    text = json.dumps(plain, separators=(",", ":"))
    assert totals["SHA-256"] == hashlib.sha256(text.encode()).hexdigest()


def test_one_changed_cell_is_told_in_every_file(town: Town) -> None:
    """The control: what is compared is what the files say, not what they were made of."""
    _, april, _ = lived_april(town)
    with town.db.read() as tx:
        sheet = statement_sheet(tx, HERE, april.statement_id, translate=str, receipts=True)
    block = sheet.blocks[-1]
    cells = block.rows[0]
    changed = block._replace(rows=((cells[0], cells[1]._replace(value=9)), *block.rows[1:]))
    other = sheet._replace(blocks=(*sheet.blocks[:-1], changed))
    files = {kind: export(other, kind) for kind in FORMATS}
    for wanted, same in ((other, True), (sheet, False)):
        assert (from_csv(files["csv"]) == texts(wanted)) is same
        assert (from_json(files["json"]) == texts(wanted)) is same
        assert (from_xlsx(files["xlsx"], wanted) == texts(wanted)) is same
    assert_in_pdf(files["pdf"], other)
    with pytest.raises(AssertionError):
        assert_in_pdf(files["pdf"], sheet)


def test_a_month_too_busy_for_its_lines_has_the_totals_of_all(town: Town, monkeypatch) -> None:
    _, april, _ = lived_april(town)
    monkeypatch.setattr(statement_receipts, "MOST", 1)
    with town.db.read() as tx:
        sheet = statement_sheet(tx, HERE, april.statement_id, translate=str, receipts=True)
    headings = [block.heading for block in sheet.blocks]
    assert "Receipt by receipt" not in headings
    assert named(sheet, "Control totals of the receipts").rows[0][1].text == "2"
    assert all(a != b for a, b in pairwise(headings))
