"""A night's arithmetic: the two sides in; discrepancies, what waits and each shop's totals out."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

from ledger.earning.calendar import day_from_key
from settlement.lone import Leftover, name_lone, place
from settlement.matching import Booked, Claimed, Finding, judge
from settlement.passes import Paired
from settlement.sides import Pair, Run, Sides, Waiting, due_of
from settlement.verdicts import Code


class Found(NamedTuple):
    """One discrepancy with both sides; amounts in fen, plus and minus apart."""

    code: Code
    sub_code: str
    claimant_id: int
    terminal_id: int
    ref: str
    business_date: int
    booked: Booked | None = None
    claimed: Claimed | None = None
    plus_fen: int = 0
    minus_fen: int = 0
    held_fen: int = 0
    rest_units: int = 0
    rest_fen: int = 0


class Opened(NamedTuple):
    """An offset that starts to wait, why, and whether it was called X2 at once."""

    booked: Booked
    reason: str
    flagged: bool


@dataclass(slots=True)
class Totals:
    """One shop's night in counts, units and fen; plus and minus never netted."""

    booked_count: int = 0
    booked_units_plus: int = 0
    booked_units_minus: int = 0
    booked_fen_plus: int = 0
    booked_fen_minus: int = 0
    claimed_count: int = 0
    claimed_fen_plus: int = 0
    claimed_fen_minus: int = 0
    matched_count: int = 0
    carried_count: int = 0
    carried_fen_plus: int = 0
    carried_fen_minus: int = 0
    settled_units_plus: int = 0
    settled_units_minus: int = 0
    settled_fen_plus: int = 0
    settled_fen_minus: int = 0

    def settle(self, units: int, fen: int) -> None:
        """Add a settled amount to the side of its sign."""
        self.settled_units_plus += max(units, 0)
        self.settled_units_minus += max(-units, 0)
        self.settled_fen_plus += max(fen, 0)
        self.settled_fen_minus += max(-fen, 0)

    def carry(self, fen: int) -> None:
        """Add an offset that waits for a later night."""
        self.carried_count += 1
        self.carried_fen_plus += max(fen, 0)
        self.carried_fen_minus += max(-fen, 0)


@dataclass(slots=True)
class Tally:
    """Counts for the identities: where each booked line and each claim of one shop went."""

    booked_lines: int = 0
    booked_fen_plus: int = 0
    booked_fen_minus: int = 0
    claims_seen: int = 0
    off_rate: int = 0


@dataclass(slots=True)
class Outcome:
    """What a night found. Lists are sorted, so that the digest is the same on every engine."""

    found: list[Found] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    paired: list[Paired] = field(default_factory=list)
    closed: list[tuple[int, str]] = field(default_factory=list)
    flagged: list[tuple[int, str]] = field(default_factory=list)
    cleared: list[int] = field(default_factory=list)
    unclaimed_ended: list[tuple[int, str]] = field(default_factory=list)
    totals: dict[int, Totals] = field(default_factory=lambda: defaultdict(Totals))
    tallies: dict[int, Tally] = field(default_factory=lambda: defaultdict(Tally))


def reckon(sides: Sides, run: Run) -> Outcome:
    """Judge every line that does not agree, and sum up those that do."""
    out = Outcome()
    _add_sums(out, sides)
    left = place(sides, run)
    out.paired.extend(left.paired)
    for pair in sides.differing:
        _take_new(out, sides, left.completed(pair), left, run)
    for item in sides.waiting:
        _take_waiting(out, sides, item._replace(pair=left.completed(item.pair)), left, run)
    for orphan in sides.orphans:
        out.tallies[orphan.claimant_id].claims_seen += 1
    for named in name_lone(sides, left):
        out.found.append(Found(*named))
    out.cleared.extend(left.ended)
    _join_clocks(out)
    _add_repeats(out, sides)
    _add_files(out, sides, run)
    out.cleared.extend(sides.explained)
    _sort(out)
    return out


def _add_sums(out: Outcome, sides: Sides) -> None:
    for row in sides.booked:
        total = out.totals[row.claimant_id]
        total.booked_count += row.lines
        total.booked_units_plus += row.units_plus
        total.booked_units_minus += row.units_minus
        total.booked_fen_plus += row.fen_plus
        total.booked_fen_minus += row.fen_minus
        out.tallies[row.claimant_id].off_rate += row.off_rate
    for claimant_id, filed in sides.claimed.items():
        total = out.totals[claimant_id]
        total.claimed_count = filed.lines
        total.claimed_fen_plus = filed.fen_plus
        total.claimed_fen_minus = filed.fen_minus
    for claimant_id, both in sides.matched.items():
        total, tally = out.totals[claimant_id], out.tallies[claimant_id]
        total.matched_count += both.lines
        total.settled_units_plus += both.units_plus
        total.settled_units_minus += both.units_minus
        total.settled_fen_plus += both.fen_plus
        total.settled_fen_minus += both.fen_minus
        tally.booked_lines += both.lines
        tally.booked_fen_plus += both.fen_plus
        tally.booked_fen_minus += both.fen_minus
        tally.claims_seen += both.new_claims


def _take_new(out: Outcome, sides: Sides, pair: Pair, left: Leftover, run: Run) -> None:
    """An offset of this run's range that is not simply matched."""
    booked = pair.booked
    total, tally = out.totals[booked.claimant_id], out.tallies[booked.claimant_id]
    tally.booked_lines += 1
    tally.booked_fen_plus += max(booked.fen, 0)
    tally.booked_fen_minus += max(-booked.fen, 0)
    tally.claims_seen += pair.new
    if booked.business_date > run.day:
        total.carry(booked.fen)
        out.opened.append(Opened(booked, "cut_off", flagged=False))
        return
    finding = _judge(sides, pair, run)
    if finding.code is Code.X2 and left.is_unsure(booked):
        finding = finding._replace(code=None)
    total.settle(finding.settle_units, finding.settle_fen)
    # It agrees with a claim that an earlier night could not place.
    total.matched_count += finding.code in _AGREES and finding.wait is None
    if finding.code is not None:
        out.found.append(_found(finding.code, pair, finding))
    if finding.wait is not None:
        total.carry(booked.fen)
        out.opened.append(Opened(booked, finding.wait, flagged=finding.code is Code.X2))


_AGREES: Final = (None, Code.T3)
"""Both amounts agree; a wrong clock changes none."""


def _take_waiting(out: Outcome, sides: Sides, item: Waiting, left: Leftover, run: Run) -> None:
    """An offset that waited: claimed at last, now called unclaimed, or still waiting."""
    booked = item.pair.booked
    key = (booked.claimant_id, booked.ref)
    total = out.totals[booked.claimant_id]
    finding = _judge(sides, item.pair, run)
    # A claim that came in an earlier night than its offset's day was seen there already; one that
    # comes now lies before the range, so the claims without an offset in the range hold it.
    if finding.wait is None:
        total.settle(finding.settle_units, finding.settle_fen)
        total.matched_count += finding.code in _AGREES
        out.closed.append(key)
        if item.flagged:
            out.unclaimed_ended.append(key)
        # An earlier night missed it in its day's claims; it is paid now, and said so.
        late = _days_late(booked, run)
        code = finding.code or (Code.X4 if item.flagged or late else None)
        if code is not None:
            found = _found(code, item.pair, finding)
            out.found.append(found._replace(sub_code=late) if code is Code.X4 else found)
    elif finding.code is Code.X2 and not item.flagged and not left.is_unsure(booked):
        out.flagged.append(key)
        out.found.append(_found(Code.X2, item.pair, finding))


def _days_late(booked: Booked, run: Run) -> str:
    """How many days after its day a claim came, where that is later than agreed: it is paid all the same, and said."""
    days = (day_from_key(run.day) - day_from_key(booked.business_date)).days
    return str(days) if 0 < run.claim_days < days else ""


def _judge(sides: Sides, pair: Pair, run: Run) -> Finding:
    booked = pair.booked
    return judge(
        booked,
        pair.claimed,
        file_came=sides.coverage.came(booked.claimant_id, booked.terminal_id, booked.business_date),
        original_claimed=pair.original_claimed,
        zone_us=run.zone_us,
    )


def _found(code: Code, pair: Pair, finding: Finding) -> Found:
    booked = pair.booked
    return Found(
        code,
        "",
        booked.claimant_id,
        booked.terminal_id,
        booked.ref,
        booked.business_date,
        booked,
        pair.claimed,
        finding.plus_fen,
        finding.minus_fen,
        finding.held_fen,
        finding.rest_units,
        finding.rest_fen,
    )


def _join_clocks(out: Outcome) -> None:
    """A till whose clock is off says so with every line: one T3 for the till and day, with how many lines it is of."""
    tills: dict[tuple[int, int, int], list[Found]] = defaultdict(list)
    for found in out.found:
        if found.code is Code.T3:
            tills[found.claimant_id, found.terminal_id, found.business_date].append(found)
    many = {till: len(lines) for till, lines in tills.items() if len(lines) > 1}
    out.found = [
        found
        for found in out.found
        if found.code is not Code.T3
        or (found.claimant_id, found.terminal_id, found.business_date) not in many
    ]
    out.found += [
        Found(Code.T3, str(count), claimant_id, terminal_id, "", day)
        for (claimant_id, terminal_id, day), count in many.items()
    ]


def _add_repeats(out: Outcome, sides: Sides) -> None:
    for again in sides.again:
        claimed = again.claimed
        out.found.append(
            Found(
                Code.X3,
                "",
                again.claimant_id,
                0,
                again.ref,
                again.business_date,
                claimed=claimed,
                plus_fen=max(-claimed.fen, 0),
                minus_fen=max(claimed.fen, 0),
                held_fen=max(claimed.fen, 0),
            )
        )


def _add_files(out: Outcome, sides: Sides, run: Run) -> None:
    for missing in sides.coverage.missing(due_of(sides, run), run.run_no, run.day):
        claimed = None
        if missing.batch_id is not None:
            claimed = Claimed(missing.batch_id, 0, "", 0, 0, 0)
        out.found.append(
            Found(
                Code.C1,
                missing.fault.value,
                missing.claimant_id,
                missing.terminal_id,
                "",
                missing.business_date,
                claimed=claimed,
            )
        )
    # Also one that first waited for its day to end waits for a file now.
    waiting = [item.pair.booked for item in sides.waiting if item.reason != "unclaimed"]
    for row in sides.open_files:
        tills = {
            b.terminal_id
            for b in waiting
            if (b.claimant_id, b.business_date) == (row.claimant_id, row.business_date)
            and row.terminal_id in {0, b.terminal_id}
        } or {row.terminal_id}
        if all(sides.coverage.came(row.claimant_id, t, row.business_date) for t in tills):
            out.cleared.append(row.discrepancy_no)


def _sort(out: Outcome) -> None:
    out.found.sort(key=_found_key)
    out.opened.sort(key=lambda o: (o.booked.claimant_id, o.booked.ref))
    out.paired.sort(key=lambda p: (p.booked.claimant_id, p.lone.ref))
    for some in (out.closed, out.flagged, out.unclaimed_ended):
        some.sort()
    out.cleared.sort()


def _found_key(found: Found) -> tuple[Any, ...]:
    claimed = found.claimed
    line = (0, 0) if claimed is None else (claimed.batch_id, claimed.line_no)
    return (
        found.code,
        found.claimant_id,
        found.ref,
        found.terminal_id,
        found.business_date,
        found.sub_code,
        line,
    )


def digest_of(outcome: Outcome, run_id: str) -> str:
    """SHA-256 over everything a run found; book numbers made at posting time stay out."""
    document = {
        "run": run_id,
        "found": [_plain(found) for found in outcome.found],
        "opened": [
            [o.booked.claimant_id, o.booked.ref, o.booked.units, o.booked.fen, o.reason, o.flagged]
            for o in outcome.opened
        ],
        "closed": outcome.closed,
        "flagged": outcome.flagged,
        "cleared": outcome.cleared,
        "ended": outcome.unclaimed_ended,
        "totals": [[claimant, asdict(t)] for claimant, t in sorted(outcome.totals.items())],
    }
    if outcome.paired:
        document["paired"] = [
            [p.booked.claimant_id, p.lone.ref, p.booked.ref, p.how] for p in outcome.paired
        ]
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(found: Found) -> list[Any]:
    booked, claimed = found.booked, found.claimed
    return [
        found.code,
        found.sub_code,
        found.claimant_id,
        found.terminal_id,
        found.ref,
        found.business_date,
        None if booked is None else [booked.kind, booked.units, booked.fen, booked.occurred_at],
        None if claimed is None else list(claimed),
        found.plus_fen,
        found.minus_fen,
        found.held_fen,
        found.rest_units,
        found.rest_fen,
    ]
