"""Holds what the nights found against what the generator planted: recall, precision and fen, code by code.

The labels are the generator's file; nothing of settlement is used, only rows that it left are read.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.book.balances import account_sum
from ledger.database import Database
from ledger.sql import Sql
from ledger.units import CNY

EXACT: Final = frozenset({"X1", "X2", "X3", "X4", "V1", "V2", "S1", "T1", "C1"})
"""Decided by keys that are equal or not: nothing may be missed, nothing raised besides."""
PATTERNS: Final = frozenset({"PAIRED", "R1", "R2", "R4", "R5"})
"""Repaired references, and what a bill says of a sale by its amount and minute."""

_FOUND: Final = Sql(
    "SELECT d.code, d.sub_code, d.ref, d.business_date, d.plus_fen + d.minus_fen AS fen, coalesce(m.code, '') AS shop"
    " FROM discrepancy d LEFT JOIN merchant m ON m.community_id = d.community_id AND m.merchant_id = d.claimant_id"
    " WHERE d.community_id = :community_id"
)
_PAIRED: Final = Sql("SELECT ref, booked_ref FROM claim_pairing WHERE community_id = :community_id")
_LAST_NIGHT: Final = Sql(
    "SELECT max(business_date) AS day FROM night_run WHERE community_id = :community_id AND state = 'locked'"
)
_SETTLED: Final = Sql(
    "SELECT m.code, sum(t.settled_fen_plus - t.settled_fen_minus) AS fen FROM night_total t JOIN merchant m"
    " ON m.community_id = t.community_id AND m.merchant_id = t.claimant_id WHERE t.community_id = :community_id"
    " GROUP BY m.code"
)
_SHOP_CODE: Final = "M"
_FLAGS: Final = Sql(
    "SELECT f.rule, f.business_date, f.figure, coalesce(m.code, '') AS shop FROM watch_flag f LEFT JOIN merchant m"
    " ON m.community_id = f.community_id AND m.merchant_id = f.merchant_id WHERE f.community_id = :community_id"
    " ORDER BY f.business_date, f.rule"
)
_SALES: Final = Sql(
    "SELECT count(*) AS n FROM sale WHERE community_id = :community_id AND state = 'done'"
)
_SHOP: Final = Sql(
    "SELECT merchant_id FROM merchant WHERE community_id = :community_id AND code = :shop"
)
_SETTLED_SINCE: Final = Sql(
    "SELECT coalesce(sum(t.settled_fen_plus - t.settled_fen_minus), 0) AS fen FROM night_total t JOIN night_run n"
    " ON n.community_id = t.community_id AND n.run_no = t.run_no WHERE t.community_id = :community_id"
    " AND t.claimant_id = :merchant_id AND n.ended_at > (SELECT coalesce(max(p.sent_at), 0) FROM payout p"
    "  WHERE p.community_id = t.community_id AND p.claimant_id = t.claimant_id)"
)


class Mark(NamedTuple):
    """One thing planted, or one thing found: its code, what it is about, and the fen it comes to."""

    code: str
    what: str
    fen: int


@dataclass
class Score:
    """One code: how many were planted and found, and those that stand alone on either side."""

    code: str
    labels: int = 0
    found: int = 0
    fen_wrong: int = 0
    missed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The share of what was planted that was found."""
        return 1 - len(self.missed) / self.labels if self.labels else 1.0

    @property
    def precision(self) -> float:
        """The share of what was found that was planted."""
        return 1 - len(self.extra) / self.found if self.found else 1.0

    @property
    def holds(self) -> bool:
        """Whether it is as good as its kind must be: no error by exact keys, else one in a hundred, or a single one."""
        if self.code in EXACT:
            return not self.missed and not self.extra and not self.fen_wrong
        allowed = max(self.labels // 100, 1)
        return len(self.missed) <= allowed and len(self.extra) <= allowed and not self.fen_wrong


def labels_of(lines: str, *, until: int) -> list[Mark]:
    """What was planted in documents that a night up to `until` (yyyymmdd) has seen, from the generator's file."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines.splitlines()]
    return [_label(row) for row in rows if row["facts"].get("came", 0) <= until]


def _label(row: Mapping[str, Any]) -> Mark:
    verdict = str(row["verdict"])
    if verdict == "PAIRED":
        return Mark("PAIRED", f"{row['ref']} is {row['facts']['meant']}", 0)
    if verdict.startswith("C1/"):
        day = Path(row["where"]).stem.replace("-", "")
        return Mark("C1", f"{row['merchant']} {day} {verdict[3:]}", 0)
    return Mark(verdict, f"{row['merchant']} {row['ref']}", int(row["amount_fen"]))


def found_by(db: Database, community_id: int) -> list[Mark]:
    """Everything the nights raised about shops' claims and bills, whatever became of it since."""
    with db.read() as tx:
        rows = tx.all(_FOUND, community_id=community_id)
        pairs = tx.all(_PAIRED, community_id=community_id)
    marks = [Mark("PAIRED", f"{row.ref} is {row.booked_ref}", 0) for row in pairs]
    for row in rows:
        if row.code == "C1":
            marks.append(Mark("C1", f"{row.shop} {row.business_date} {row.sub_code}", 0))
        else:
            marks.append(Mark(row.code, f"{row.shop} {row.ref}", int(row.fen)))
    return marks


def last_night(db: Database, community_id: int) -> int:
    """The newest day that is locked (yyyymmdd)."""
    with db.read() as tx:
        return int(tx.get(_LAST_NIGHT, community_id=community_id).day)


def score(labels: Iterable[Mark], found: Iterable[Mark]) -> dict[str, Score]:
    """A score for each code on either side."""
    scores: dict[str, Score] = {}
    planted, raised = _by_code(labels), _by_code(found)
    for code in sorted(planted.keys() | raised.keys()):
        want, got = planted.get(code, Counter()), raised.get(code, Counter())
        one = scores[code] = Score(code, want.total(), got.total())
        whats = Counter[str]()
        for mark, count in want.items():
            whats[mark.what] += count
        seen = Counter[str]()
        for mark, count in got.items():
            seen[mark.what] += count
        one.missed = sorted((whats - seen).elements())
        one.extra = sorted((seen - whats).elements())
        one.fen_wrong = _fen_wrong(want, got)
    return scores


def _by_code(marks: Iterable[Mark]) -> dict[str, Counter[Mark]]:
    codes: dict[str, Counter[Mark]] = defaultdict(Counter)
    for mark in marks:
        codes[mark.code][mark] += 1
    return codes


def _fen_wrong(want: Counter[Mark], got: Counter[Mark]) -> int:
    """By how many fen what was found differs from what was planted, where both name the same thing."""
    planted = {mark.what: mark.fen for mark in want}
    return sum(
        abs(planted[mark.what] - mark.fen) * count
        for mark, count in got.items()
        if mark.what in planted
    )


def settled_wrong(db: Database, community_id: int, owed: Mapping[str, int]) -> dict[str, int]:
    """Fen by which the nights settled another sum with a shop than the generator says is right."""
    with db.read() as tx:
        rows = tx.all(_SETTLED, community_id=community_id)
    settled = {row.code: int(row.fen) for row in rows if row.code.startswith(_SHOP_CODE)}
    codes = settled.keys() | {code for code, fen in owed.items() if fen}
    wrong = {code: settled.get(code, 0) - owed.get(code, 0) for code in sorted(codes)}
    return {code: fen for code, fen in wrong.items() if fen}


def table_of(scores: Mapping[str, Score]) -> str:
    """The table as it stands in the reliability page, and each miss and each extra below it."""
    lines = [
        "| code | labels | found | missed | extra | precision | recall | fen wrong |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {one.code} | {one.labels} | {one.found} | {len(one.missed)} | {len(one.extra)} |"
        f" {one.precision:.4f} | {one.recall:.4f} | {one.fen_wrong} |"
        for one in scores.values()
    ]
    for one in scores.values():
        lines += [f"missed {one.code}: {what}" for what in one.missed]
        lines += [f"extra {one.code}: {what}" for what in one.extra]
    return "\n".join(lines)


class Alarm(NamedTuple):
    """A ring the watch raised: which, the night's day, the shop ('' for none), and its figure."""

    ring: str
    day: int
    shop: str
    figure: int


@dataclass
class RingScore:
    """The rings: in which night each was raised first, and the alarms that belong to none."""

    first_night: dict[str, int]
    last_act: dict[str, int]
    false: list[Alarm]
    sales: int
    other_flags: Counter[str]

    @property
    def missed(self) -> list[str]:
        """Rings that no night raised on a day they acted on."""
        return sorted(self.last_act.keys() - self.first_night.keys())

    @property
    def allowed_false(self) -> int:
        """One in two thousand sales, and one where there are fewer."""
        return max(self.sales // 2_000, 1)


def score_rings(db: Database, community_id: int, lines: str) -> RingScore:
    """Hold the watch's flags against the rings the generator planted, as its file `lines` tells."""
    planted = [json.loads(line) for line in lines.splitlines()]
    with db.read() as tx:
        flags = tx.all(_FLAGS, community_id=community_id)
        sales = int(tx.get(_SALES, community_id=community_id).n)
    alarms = [Alarm(row.rule, row.business_date, row.shop, int(row.figure)) for row in flags]
    alarms = [alarm for alarm in alarms if alarm.ring.startswith("R")]
    acts = {(ring["ring"], day, ring["shop"]) for ring in planted for day in ring["days"]}
    true = [alarm for alarm in alarms if (alarm.ring, alarm.day, alarm.shop) in acts]
    return RingScore(
        {alarm.ring: alarm.day for alarm in reversed(true)},
        {ring["ring"]: max(ring["days"]) for ring in planted},
        [alarm for alarm in alarms if alarm not in true],
        sales,
        Counter(row.rule for row in flags if row.rule.startswith("F")),
    )


def ring_table(rings: RingScore) -> str:
    """Each ring with its night, and every alarm that was none."""
    lines = ["| ring | last act | raised first in the night of |", "| --- | --- | --- |"]
    lines += [
        f"| {ring} | {day} | {rings.first_night.get(ring, 'never')} |"
        for ring, day in sorted(rings.last_act.items())
    ]
    lines.append(f"false alarms: {len(rings.false)} in {rings.sales} sales")
    lines += [f"false: {alarm}" for alarm in rings.false]
    lines.append(f"flags of the rules besides: {dict(sorted(rings.other_flags.items()))}")
    return "\n".join(lines)


def left_unpaid(db: Database, community_id: int, shop: str) -> int:
    """Fen a shop was still owed right after it was paid last: what is held is among it, whatever else was paid."""
    with db.read() as tx:
        owner = int(tx.get(_SHOP, community_id=community_id, shop=shop).merchant_id)
        owed = account_sum(tx, community_id, "payable", CNY, owner)
        lately = tx.get(_SETTLED_SINCE, community_id=community_id, merchant_id=owner)
    return owed - int(lately.fen)
