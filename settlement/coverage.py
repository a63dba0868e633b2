"""Which shops' claims for which days are in, and which are missing or unusable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from settlement.verdicts import FileFault

WHOLE_SHOP: Final = 0
"""Terminal number of a batch that speaks for every till of a shop."""


class Filed(NamedTuple):
    """One batch that came: for which till (0: all) and days, and what became of it."""

    batch_id: int
    claimant_id: int
    terminal_id: int
    first_date: int
    last_date: int
    outcome: str
    run_no: int


class Due(NamedTuple):
    """A till with booked offsets on a day: claims are expected."""

    claimant_id: int
    terminal_id: int
    business_date: int


class Missing(NamedTuple):
    """A C1: the shop, the till (0: all of them), the day, why, and the batch if one came."""

    claimant_id: int
    terminal_id: int
    business_date: int
    fault: FileFault
    batch_id: int | None


class Coverage:
    """Answers whether the claims of a till and day are in."""

    def __init__(self, filed: Iterable[Filed]) -> None:
        """Sort the batches by the shop and till they speak for."""
        self._by_till: dict[tuple[int, int], list[Filed]] = defaultdict(list)
        for batch in filed:
            self._by_till[batch.claimant_id, batch.terminal_id].append(batch)

    def came(self, claimant_id: int, terminal_id: int, business_date: int) -> bool:
        """Whether a usable batch covers that till on that day."""
        return any(
            batch.outcome == "ok"
            for batch in self.covering(claimant_id, terminal_id, business_date)
        )

    def covering(self, claimant_id: int, terminal_id: int, business_date: int) -> list[Filed]:
        """Every batch, usable or not, that speaks for that till and day."""
        return [
            batch
            for till in {terminal_id, WHOLE_SHOP}
            for batch in self._by_till.get((claimant_id, till), ())
            if batch.first_date <= business_date <= batch.last_date
        ]

    def missing(self, due: Sequence[Due], run_no: int, day: int) -> list[Missing]:
        """The C1s of a run: bad batches that nothing replaced, and tills that sent nothing.

        A shop that sent nothing at all is one C1, not one for each till. Tills that are due on
        days before the run's were named in the run of that day.
        """
        found = {
            Missing(
                batch.claimant_id,
                batch.terminal_id,
                min(batch.last_date, day),
                fault,
                batch.batch_id,
            )
            for batches in self._by_till.values()
            for batch in batches
            if batch.run_no == run_no and (fault := _always_named(batch.outcome)) is not None
            if not self.came(batch.claimant_id, batch.terminal_id, min(batch.last_date, day))
        }
        silent: dict[tuple[int, int], set[int]] = defaultdict(set)
        tills: dict[tuple[int, int], set[int]] = defaultdict(set)
        for claimant_id, terminal_id, date in due:
            tills[claimant_id, date].add(terminal_id)
            if self.came(claimant_id, terminal_id, date):
                continue
            bad = self.covering(claimant_id, terminal_id, date)
            if not bad:
                silent[claimant_id, date].add(terminal_id)
            for batch in bad:
                if batch.outcome == FileFault.EMPTY:
                    found.add(
                        Missing(
                            claimant_id, batch.terminal_id, date, FileFault.EMPTY, batch.batch_id
                        )
                    )
        for (claimant_id, date), missing in silent.items():
            named = (
                {WHOLE_SHOP}
                if missing == tills[claimant_id, date] and len(missing) > 1
                else missing
            )
            found |= {Missing(claimant_id, till, date, FileFault.NO_FILE, None) for till in named}
        return sorted(
            found, key=lambda c1: (c1.claimant_id, c1.terminal_id, c1.business_date, c1.fault)
        )


def _always_named(outcome: str) -> FileFault | None:
    """Empty claims are only a fault where something was booked; the other faults always are."""
    named = {FileFault.UNREADABLE.value, FileFault.TOTALS_WRONG.value}
    return FileFault(outcome) if outcome in named else None
