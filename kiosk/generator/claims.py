"""What the shops claim for a period: daybooks of tills, and files of the shops that keep paper."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from kiosk.generator.claim_csv import FileFault, Habits, draw_habits, write_claims, write_spoiled
from kiosk.generator.faults import (
    Claim,
    Fault,
    Sheet,
    claim_hundredfold,
    claim_rounded,
    claim_swapped,
    claim_twice,
    claim_unbooked,
    keep_refund,
    leave_out,
)
from kiosk.generator.hand_faults import (
    OtherShops,
    claim_misnumbered,
    claim_others,
    claim_together,
)
from kiosk.generator.shapes import Shop, Truth
from kiosk.generator.shops import CARE
from kiosk.generator.streams import Streams
from kiosk.generator.trade import Rung

# Chance of each fault for one offset at the average shop.
_UNCLAIMED, _LATE, _AMOUNT, _WRONG_REF = 0.015, 0.012, 0.008, 0.005
_DUPLICATE, _UNKNOWN, _TWO_IN_ONE, _ANOTHER_SHOPS = 0.006, 0.003, 0.002, 0.001
# Of wrong amounts; the rest are refunds that are not deducted.
_SWAPPED, _HUNDREDFOLD, _WHOLE_YUAN = 0.20, 0.10, 0.25
# Of refunds: a whole one is claimed all the same; in part, it makes up the rest of the wrong amounts.
_VOID_KEPT, _PART_KEPT = 0.33, 0.60
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
    """Files day after day; a late claim waits here for its file, a till's batch number counts here.

    `owed_fen`: what a correct settlement of everything filed so far pays each shop, by its code.
    """

    def __init__(self, shops: Iterable[Shop], streams: Streams) -> None:
        """Know the shops' care; chance comes by shop and day."""
        self._shops = {shop.code: shop for shop in shops}
        self._streams = streams
        self._late: dict[str, list[tuple[int, Claim]]] = defaultdict(list)
        self._batches: dict[str, int] = defaultdict(int)
        self._claimed: dict[str, dict[str, int]] = defaultdict(dict)
        self._others = OtherShops()
        self._faults = 0
        self.owed_fen: Counter[str] = Counter()

    def file_day(self, day: date, rung: Sequence[Rung]) -> Filing:
        """The claims for one day's sales and refunds (all of them, with and without an offset)."""
        filing = Filing([], [], [])
        self._others = OtherShops()
        by_shop: dict[str, list[Rung]] = defaultdict(list)
        for line in rung:
            by_shop[line.merchant].append(line)
        # Tills first: what they claim is what a hand of another shop may write down as its own.
        for code in sorted(self._shops, key=lambda code: (self._by_hand(code), code)):
            chance = self._streams.stream("claims", code, day.isoformat())
            shop = self._shops[code]
            if self._by_hand(code):
                self._file_on_paper(shop, day, by_shop[code], chance, filing)
            else:
                self._file_by_till(shop, day, by_shop[code], chance, filing)
        return filing

    def _by_hand(self, code: str) -> bool:
        return self._shops[code].care == "messy"

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
                _spoil_line(sheet, line, chance, CARE[shop.care])
            if not sheet.filed() and all(line.offset_fen for line in lines):
                sheet = self._sheet(lines, where)  # a day without any line would be another fault
            self._keep(sheet, filing)
            self._others.add(shop.code, (c for c in sheet.honest() if c["kind"] == "sale"))
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
        if fault is not None:
            # What nobody can read hides no faults of single lines.
            self._file_spoiled(shop, month, sheet, draw_habits(chance), fault, filing)
            return
        sheet = self._spoiled_by_hand(sheet, rung, chance, shop, month)
        late = self._due(shop.code, month)
        for line in late:
            sheet.note("X4", "late", line, correct_fen=line["fen"], amount_fen=0)
        self._keep(sheet, filing)
        claims = [*sheet.filed(), *late]
        if not claims:
            return
        body = write_claims(shop.code, month, claims, draw_habits(chance))
        filing.documents.append(Document(path, body))
        if chance.random() < _SAME_TWICE:
            filing.documents.append(Document(path.replace(".csv", "-again.csv"), body))

    def _file_spoiled(
        self,
        shop: Shop,
        month: int,
        sheet: Sheet,
        habits: Habits,
        fault: FileFault,
        filing: Filing,
    ) -> None:
        """A file of no use, or none; without any claim there is nothing to miss."""
        claims, path = sheet.filed(), sheet.where
        if not claims:
            return
        self._faults += 1
        filing.truth.append(_file_truth(f"F{self._faults:06d}", fault, path, shop.code, claims))
        spoiled = write_spoiled(shop.code, month, claims, habits, fault)
        if spoiled is not None:
            filing.documents.append(Document(path, spoiled))

    def _sheet(self, rung: Sequence[Rung], where: str) -> Sheet:
        before = self._claimed[rung[0].merchant] if rung else {}
        claims = (_claim(line) for line in rung if line.offset_fen)
        return Sheet(claims, where, self._faults + 1, claimed_before=before)

    def _keep(self, sheet: Sheet, filing: Filing) -> None:
        """Take a sheet as handed in: its faults, what is owed for it, and what later refunds may go back to."""
        self._faults += len(sheet.truth)
        filing.truth.extend(sheet.truth)
        for row in sheet.truth:
            self.owed_fen[row.merchant] += row.correct_fen
        for line in sheet.honest():
            self.owed_fen[line["merchant"]] += line["fen"]
            if line["kind"] == "sale":
                self._claimed[line["merchant"]][line["ref"]] = line["total_fen"]
        self._add_touched(sheet)

    def _add_touched(self, sheet: Sheet) -> None:
        """Lines that carry no fault of their own but may get none: they are paid as booked."""
        named = {row.ref for row in sheet.truth} | {row.facts.get("meant") for row in sheet.truth}
        for line in sheet.filed():
            if line["ref"] not in named and not sheet.is_honest(line):
                self.owed_fen[line["merchant"]] += line["fen"]

    def _spoiled_by_hand(
        self, sheet: Sheet, rung: list[Rung], chance: random.Random, shop: Shop, month: int
    ) -> Sheet:
        """The sheet with a hand's faults; some lines are left for a file of the next month."""
        late = []
        plain = [line.ref for line in rung if not line.offset_fen]
        for line in list(sheet.lines):
            _spoil_line(sheet, line, chance, CARE[shop.care])
            self._spoil_by_hand(sheet, line, chance, shop, plain)
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

    def _spoil_by_hand(
        self,
        sheet: Sheet,
        line: Claim,
        chance: random.Random,
        shop: Shop,
        plain: Sequence[str],
    ) -> None:
        """Perhaps a fault that only somebody with a pen makes; `plain`: the day's sales without points."""
        draw = chance.random() / CARE[shop.care]
        if line["kind"] != "sale" or not sheet.is_free(line):
            return
        if draw < _WRONG_REF:
            claim_misnumbered(sheet, line, chance, plain)
        elif draw < _WRONG_REF + _TWO_IN_ONE:
            claim_together(sheet, line)
        elif draw < _WRONG_REF + _TWO_IN_ONE + _ANOTHER_SHOPS:
            claim_others(sheet, line, chance, shop.code, self._others)

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


def _spoil_line(sheet: Sheet, line: Claim, chance: random.Random, care: float) -> None:
    """Perhaps give one offset a fault that tills and hands make alike."""
    draw = chance.random() / care
    if not sheet.is_free(line):
        return
    if line["kind"] == "refund":
        if draw < (_VOID_KEPT if sheet.is_whole(line) else _PART_KEPT):
            keep_refund(sheet, line, chance)
        return
    for share, fault in _STEPS:
        if draw < share:
            fault(sheet, line, chance)
            return
        draw -= share


_STEPS: Final[tuple[tuple[float, Fault], ...]] = (
    (_UNCLAIMED, leave_out),
    (_AMOUNT * _SWAPPED, claim_swapped),
    (_AMOUNT * _HUNDREDFOLD, claim_hundredfold),
    (_AMOUNT * _WHOLE_YUAN, claim_rounded),
    (_DUPLICATE, claim_twice),
    (_UNKNOWN, claim_unbooked),
)


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
