"""What the shops claim for a period: daybooks of tills, and files of the shops that keep paper."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from kiosk.generator.claim_csv import FileFault, draw_habits, write_claims, write_spoiled
from kiosk.generator.faults import (
    Claim,
    Sheet,
    claim_less,
    claim_more,
    claim_twice,
    claim_unbooked,
    keep_refund,
    leave_out,
    mistype,
)
from kiosk.generator.shapes import Shop, Truth
from kiosk.generator.shops import CARE
from kiosk.generator.streams import Streams
from kiosk.generator.trade import Rung

# Chance of each fault for one offset at the average shop.
_UNCLAIMED, _LATE, _AMOUNT, _WRONG_REF = 0.015, 0.012, 0.008, 0.005
_DUPLICATE, _UNKNOWN, _TWO_IN_ONE = 0.006, 0.003, 0.002
_REFUND_KEPT: Final = 0.33
_UPWARD: Final = 0.6
_FILE_CHANCES: Final[dict[FileFault, float]] = {
    "EMPTY": 0.01,
    "UNREADABLE": 0.004,
    "NO_FILE": 0.01,
    "TOTALS_WRONG": 0.01,
}
_SAME_TWICE: Final = 0.02


class Document(NamedTuple):
    """A file a shop hands in: where it lies in the folder, and its bytes."""

    path: str
    body: bytes


class Filing(NamedTuple):
    """All that shops handed in for one day."""

    documents: list[Document]
    daybooks: list[dict[str, Any]]
    truth: list[Truth]


class Office:
    """Files day after day; a late claim waits here for its file, a till's batch number counts here."""

    def __init__(self, shops: Iterable[Shop], streams: Streams) -> None:
        """Know the shops' care; chance comes by shop and day."""
        self._shops = {shop.code: shop for shop in shops}
        self._streams = streams
        self._late: dict[str, list[tuple[int, Claim]]] = defaultdict(list)
        self._batches: dict[str, int] = defaultdict(int)
        self._faults = 0

    def file_day(self, day: date, rung: Sequence[Rung]) -> Filing:
        """The claims for one day's sales and refunds (all of them, with and without an offset)."""
        filing = Filing([], [], [])
        by_shop: dict[str, list[Rung]] = defaultdict(list)
        for line in rung:
            by_shop[line.merchant].append(line)
        for code in sorted(self._shops):
            chance = self._streams.stream("claims", code, day.isoformat())
            shop = self._shops[code]
            if shop.care == "messy":
                self._file_on_paper(shop, day, by_shop[code], chance, filing)
            else:
                self._file_by_till(shop, day, by_shop[code], chance, filing)
        return filing

    def _file_by_till(
        self, shop: Shop, day: date, rung: list[Rung], chance: random.Random, filing: Filing
    ) -> None:
        for till in shop.tills:
            lines = [line for line in rung if line.terminal == till]
            if not lines:
                continue
            self._batches[till] += 1
            where = f"daybooks/{day.isoformat()}.jsonl#{till}"
            sheet = self._sheet(lines, where)
            for line in list(sheet.lines):
                _spoil_line(sheet, line, chance, CARE[shop.care], by_hand=False)
            if not sheet.filed() and all(line.offset_fen for line in lines):
                sheet = self._sheet(lines, where)  # a day without any line would be another fault
            self._keep(sheet, filing)
            plain = [line._asdict() for line in lines if not line.offset_fen]
            filing.daybooks.append(
                daybook(till, day, self._batches[till], plain + _unsigned(sheet.filed()))
            )

    def _file_on_paper(
        self, shop: Shop, day: date, rung: list[Rung], chance: random.Random, filing: Filing
    ) -> None:
        path = f"claims/{shop.code}/{day.isoformat()}.csv"
        month = day.year * 100 + day.month
        fault = _file_fault(chance)
        sheet = self._sheet(rung, path)
        # What nobody can read hides no faults of single lines.
        if fault is None:
            sheet = self._spoiled_by_hand(sheet, rung, chance, shop, month)
        claims = [*sheet.filed(), *self._due(shop.code, month)]
        self._keep(sheet, filing)
        if not claims:
            return
        habits = draw_habits(chance)
        if fault is None:
            body = write_claims(shop.code, month, claims, habits)
            filing.documents.append(Document(path, body))
            if chance.random() < _SAME_TWICE:
                filing.documents.append(Document(path.replace(".csv", "-again.csv"), body))
            return
        self._faults += 1
        filing.truth.append(_file_truth(f"F{self._faults:06d}", fault, path, shop.code, claims))
        spoiled = write_spoiled(shop.code, month, claims, habits, fault)
        if spoiled is not None:
            filing.documents.append(Document(path, spoiled))

    def _sheet(self, rung: Sequence[Rung], where: str) -> Sheet:
        return Sheet((_claim(line) for line in rung if line.offset_fen), where, self._faults + 1)

    def _keep(self, sheet: Sheet, filing: Filing) -> None:
        self._faults += len(sheet.truth)
        filing.truth.extend(sheet.truth)

    def _spoiled_by_hand(
        self, sheet: Sheet, rung: list[Rung], chance: random.Random, shop: Shop, month: int
    ) -> Sheet:
        """The sheet with a hand's faults; some lines are left for a file of the next month."""
        late = []
        for line in list(sheet.lines):
            _spoil_line(sheet, line, chance, CARE[shop.care], by_hand=True)
            if sheet.is_free(line) and line["kind"] == "sale" and chance.random() < _late(shop):
                sheet.drop(line)
                sheet.note(
                    "X2", "late", line, correct_fen=0, amount_fen=line["fen"], filed_after=month
                )
                late.append((month, line))
        if sheet.lines and not sheet.filed():
            return self._sheet(rung, sheet.where)  # a day without a file would be another fault
        self._late[shop.code] += late
        return sheet

    def _due(self, merchant: str, month: int) -> list[Claim]:
        due = [line for since, line in self._late[merchant] if since < month]
        self._late[merchant] = [row for row in self._late[merchant] if row[0] >= month]
        return due


def daybook(till: str, day: date, batch_no: int, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A till's upload: its lines and control totals over exactly these lines."""
    ordered = sorted(lines, key=lambda line: line["counter"])
    sales = [line for line in ordered if line["kind"] == "sale"]
    refunds = [line for line in ordered if line["kind"] == "refund"]
    counters = [line["counter"] for line in ordered]
    kept = ("counter", "ref", "kind", "original_ref", "total_fen", "offset_units", "offset_fen",
            "paid_fen", "occurred_at")  # fmt: skip
    times = [line["occurred_at"] for line in ordered]
    return {
        "terminal": till,
        "business_date": day.year * 10_000 + day.month * 100 + day.day,
        "batch_no": batch_no,
        "opened_at": min(times, default=0),
        "closed_at": max(times, default=0),
        "lines": [{name: line[name] for name in kept} for line in ordered],
        "totals": {
            "sales": len(sales),
            "refunds": len(refunds),
            "offset_units_plus": sum(line["offset_units"] for line in sales),
            "offset_units_minus": sum(line["offset_units"] for line in refunds),
            "offset_fen_plus": sum(line["offset_fen"] for line in sales),
            "offset_fen_minus": sum(line["offset_fen"] for line in refunds),
            "first_counter": min(counters, default=0),
            "last_counter": max(counters, default=0),
            "hash_total": sum(counters) % 10**10,
        },
    }


def _claim(line: Rung) -> Claim:
    sign = 1 if line.kind == "sale" else -1
    return {**line._asdict(), "units": sign * line.offset_units, "fen": sign * line.offset_fen}


def _unsigned(claims: Iterable[Claim]) -> list[Claim]:
    return [
        {**claim, "offset_units": abs(claim["units"]), "offset_fen": abs(claim["fen"])}
        for claim in claims
    ]


def _late(shop: Shop) -> float:
    return _LATE * CARE[shop.care]


def _spoil_line(
    sheet: Sheet, line: Claim, chance: random.Random, care: float, *, by_hand: bool
) -> None:
    """Perhaps give one offset a fault; a hand copies references wrongly, a till does not."""
    draw = chance.random() / care
    if not sheet.is_free(line):
        return
    if line["kind"] == "refund":
        if draw < _REFUND_KEPT:
            keep_refund(sheet, line, chance)
        return
    steps = (
        (_UNCLAIMED, leave_out),
        (_AMOUNT * _UPWARD, claim_more),
        (_AMOUNT * (1 - _UPWARD), claim_less),
        (_DUPLICATE, claim_twice),
        (_UNKNOWN, claim_unbooked),
        (_WRONG_REF if by_hand else 0, _claim_mistyped),
        (_TWO_IN_ONE if by_hand else 0, _claim_together),
    )
    for share, fault in steps:
        if draw < share:
            fault(sheet, line, chance)
            return
        draw -= share


def _claim_mistyped(sheet: Sheet, line: Claim, chance: random.Random) -> None:
    """The reference copied wrongly: a night joins it with its sale and pays it, and nobody is asked."""
    right = line["ref"]
    wrong = {**line, "ref": mistype(right, chance)}
    sheet.drop(line)
    sheet.add(wrong)
    sheet.note("PAIRED", "mistyped", wrong, correct_fen=line["fen"], amount_fen=0, meant=right)
    sheet.leave_alone(line)


def _claim_together(sheet: Sheet, line: Claim, _chance: random.Random) -> None:
    """Two vouchers on one line: too much under the first reference (V1), nothing under the second (X2)."""
    second = next(
        (
            other
            for other in sheet.lines
            if other is not line and other["kind"] == "sale" and sheet.is_free(other)
        ),
        None,
    )
    if second is None:
        return
    fen = line["fen"]
    line["fen"] += second["fen"]
    line["units"] += second["units"]
    sheet.drop(second)
    sheet.note(
        "V1", "two in one", line, correct_fen=fen, amount_fen=second["fen"], claimed=line["fen"]
    )
    sheet.note("X2", "two in one", second, correct_fen=0, amount_fen=second["fen"])


def _file_fault(chance: random.Random) -> FileFault | None:
    draw = chance.random()
    for fault, share in _FILE_CHANCES.items():
        if draw < share:
            return fault
        draw -= share
    return None


def _file_truth(
    fault_id: str, fault: FileFault, path: str, merchant: str, claims: Sequence[Claim]
) -> Truth:
    held = sum(claim["fen"] for claim in claims)
    return Truth(fault_id, "file", f"C1/{fault}", path, merchant, "", 0, abs(held))
