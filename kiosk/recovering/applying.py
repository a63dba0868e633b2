"""Writes what the tills sent, in the order in which the server had answered, so that the outcomes are the same.

A wallet that lacks points waits until nothing else can bring them; only then are they lent. Each line is written in a
transaction of its own that also marks it: killed anywhere, it goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kiosk.recovering.reading import read_kept
from ledger.errors import Refusal
from ledger.recovery import epochs, lines
from ledger.recovery.epochs import SERVER, Recovery
from ledger.recovery.lines import ASIDE, Kept
from ledger.sql import Tx
from pos.decide import SaleRequest
from pos.desk import Desk, day_of
from pos.redemption import RedemptionRequest
from pos.refunds import RefundRequest
from pos.replay.lending import pay_back
from pos.replay.redemptions import replay_redemption
from pos.replay.refunds import replay_refund
from pos.replay.sales import replay_sale
from pos.replay.telling import (
    APPLIED,
    KNOWN,
    AsideError,
    Outcome,
    ShortError,
    Told,
    differences_of,
)
from settlement.claims import file_daybook
from settlement.daybook import Daybook

Progress = Callable[[int, int], None]
"""Told how many lines are done, and of how many."""

_CLAIM_NAMES = ("batch_no", "outcome", "differences")


@dataclass
class Applied:
    """How one pass over the open lines went: lines by state, and units lent to wallets and paid back."""

    states: Counter[str] = field(default_factory=Counter)
    paid_back_units: int = 0


def apply_lines(
    desk: Desk,
    community_id: int,
    *,
    at: int,
    progress: Progress = lambda _done, _of: None,
) -> Applied:
    """Write every open line that can be written; what cannot stays aside with its reason and is tried again next time.

    Refuses: recovery_none, recovery_not_started.
    """
    with desk.db.read() as tx:
        found = epochs.get_open(tx, community_id)
        if not found.is_collecting:
            raise Refusal("recovery_not_started")
        waiting = lines.open_lines(tx, community_id, found.recovery_id)
    desk.refresh(community_id)
    work = _Work(desk, community_id, found, at, progress, len(waiting))
    work.run(waiting)
    result = Applied(work.states)
    day = day_of(desk.terms_of(community_id), at)
    if work.states[APPLIED]:
        result.paid_back_units = desk.db.write(
            lambda tx: pay_back(
                tx, community_id, since_at=found.opened_at, at=at, business_date=day
            )
        )
    return result


@dataclass
class _Work:
    """One pass; `lends` says whether the next line may be lent what its wallet lacks."""

    desk: Desk
    community_id: int
    recovery: Recovery
    at: int
    progress: Progress
    total: int
    states: Counter[str] = field(default_factory=Counter)

    def run(self, waiting: Sequence[Kept]) -> None:
        left, aside, stuck = list(waiting), dict[Kept, str](), dict[Kept, str]()
        while left:
            before = len(left)
            short, aside = self._try_all(left)
            left = [line for line in left if line in aside or line in short]
            if len(left) < before:
                continue
            if not short:
                break
            # Nothing else brings the points: the first in time gets them lent, and then all are tried again.
            try:
                self._one(short[0], lend=True)
            except AsideError as error:
                stuck[short[0]] = error.code
            left.remove(short[0])
        self._set_aside({**aside, **stuck})

    def _try_all(self, left: Sequence[Kept]) -> tuple[list[Kept], dict[Kept, str]]:
        """One try of each; gives those that lack points, in their order, and those that wait for something else."""
        short: list[Kept] = []
        aside: dict[Kept, str] = {}
        for line in left:
            try:
                self._one(line, lend=False)
            except ShortError:
                short.append(line)
            except AsideError as error:
                aside[line] = error.code
        return short, aside

    def _one(self, line: Kept, *, lend: bool) -> None:
        is_proven = self.recovery.proof == SERVER
        request, told = read_kept(line, self.community_id, is_proven=is_proven)
        outcome = self._replay(line, request, told, lend=lend)
        self.states[outcome.state] += 1
        self.progress(self.states.total(), self.total)

    def _replay(
        self,
        line: Kept,
        request: SaleRequest | RefundRequest | RedemptionRequest | Daybook,
        told: Told,
        *,
        lend: bool,
    ) -> Outcome:
        desk, at = self.desk, self.at
        terms = desk.terms_with(self.community_id, line.terminal_id)

        def ended(tx: Tx, outcome: Outcome) -> None:
            lines.mark(
                tx,
                self.community_id,
                self.recovery.recovery_id,
                line,
                state=outcome.state,
                differences=outcome.differences,
                at=at,
            )

        if isinstance(request, SaleRequest):
            return replay_sale(desk, terms, request, told, lend=lend, ended=ended, at=at)
        if isinstance(request, RefundRequest):
            return replay_refund(desk, terms, request, told, ended=ended, at=at)
        if isinstance(request, RedemptionRequest):
            return replay_redemption(desk, terms, request, told, lend=lend, ended=ended, at=at)
        outcome = self._file(line, request, told)
        desk.db.write(lambda tx: ended(tx, outcome))
        return outcome

    def _file(self, line: Kept, book: Daybook, told: Told) -> Outcome:
        """File a day again, as of when it was filed; the same batch again is known."""
        try:
            answer = file_daybook(
                self.desk.db, self.community_id, line.terminal_id, book, at=told.at
            )
        except Refusal as refusal:
            raise AsideError(refusal.code) from refusal
        is_new = answer["outcome"] != "replayed"
        found = {**answer, "outcome": answer["outcome"] if is_new else told.facts["outcome"]}
        differences = differences_of(told.facts, found, _CLAIM_NAMES)
        return Outcome(APPLIED if is_new else KNOWN, differences)

    def _set_aside(self, aside: dict[Kept, str]) -> None:
        def work(tx: Tx) -> None:
            for line, code in aside.items():
                lines.mark(
                    tx,
                    self.community_id,
                    self.recovery.recovery_id,
                    line,
                    state=ASIDE,
                    code=code,
                )

        if aside:
            self.desk.db.write(work)
        self.states[ASIDE] = len(aside)
