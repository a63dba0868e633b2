"""What a shop's bills say of the sales behind its points: verdicts R1 to R5, values in and values out.

A sale is judged only where bills speak for its minute and those around it; where nobody has looked, nothing is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from settlement.verdicts import Code

Covers = Callable[[str, int], bool]
"""Whether bills speak for a payment rung up as a channel at a moment (microseconds UTC)."""


class EarnedSale(NamedTuple):
    """A sale with its evidence. `cash_back_fen`: given back by refunds in the book; `may_earn`: by the agreement.

    `misses_points`: the till rang up a way of paying that earns nothing, in a shop where the approved ones earn. What
    earned nothing by another rule (a limit, a pause, the kind of shop) misses none.
    """

    txn_id: int
    ref: str
    terminal_id: int
    business_date: int
    channel: str
    paid_fen: int
    paid_at: int
    payment_ref: str | None
    is_proven: bool
    earned_units: int
    offset_units: int
    offset_fen: int
    cash_back_fen: int
    may_earn: bool
    misses_points: bool = True


class Billed(NamedTuple):
    """A line of a bill: `pay` or `back`, the payment it is about, fen and time."""

    kind: str
    payment_ref: str
    fen: int
    at: int


class Judged(NamedTuple):
    """A verdict on a sale; units of points and fen of offset it is about."""

    code: Code
    sale: EarnedSale
    units: int = 0
    fen: int = 0


def judge_sales(
    sales: Sequence[EarnedSale], lines: Iterable[Billed], covers: Covers, *, within_us: int
) -> list[Judged]:
    """The verdicts on some sales, at most one each, in order of the book.

    `within_us`: how far apart in time a sale that names no payment and its line may be.
    """
    lines = list(lines)
    back: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.kind == "back":
            back[line.payment_ref] += line.fen
    named = {sale.payment_ref for sale in sales if sale.payment_ref is not None}
    free: dict[int, list[Billed]] = defaultdict(list)
    for line in lines:
        if line.kind == "pay" and line.payment_ref not in named:
            free[line.fen].append(line)
    paid = {line.payment_ref for line in lines if line.kind == "pay"}
    found: list[Judged] = []
    for sale in sorted(sales):
        near = [li for li in free.get(sale.paid_fen, ()) if abs(li.at - sale.paid_at) <= within_us]
        shown = sale.is_proven or sale.payment_ref in paid or bool(near)
        covered = _is_covered(sale, covers, within_us)
        found += _judge(sale, back, near, shown=shown, covered=covered)
    return found


def _judge(
    sale: EarnedSale, back: dict[str, int], near: list[Billed], *, shown: bool, covered: bool
) -> Iterator[Judged]:
    if sale.earned_units and not sale.may_earn:
        yield Judged(Code.R3, sale, units=sale.earned_units)
    elif shown:
        given_back = back.get(sale.payment_ref or "", 0)
        if len(near) == 1 and not sale.payment_ref:
            given_back = back.get(near[0].payment_ref, 0)
        if given_back > sale.cash_back_fen:
            yield Judged(Code.R4, sale, units=sale.earned_units)
        elif not sale.earned_units and sale.may_earn and sale.misses_points and len(near) == 1:
            yield Judged(Code.R2, sale)
    elif covered and sale.offset_fen > 0:
        yield Judged(Code.R5, sale, units=sale.offset_units, fen=sale.offset_fen)
    elif covered and sale.earned_units:
        yield Judged(Code.R1, sale, units=sale.earned_units)


def _is_covered(sale: EarnedSale, covers: Covers, within_us: int) -> bool:
    """A line a few minutes off would still prove it, so those minutes must have been looked at too."""
    return all(
        covers(sale.channel, at)
        for at in (sale.paid_at - within_us, sale.paid_at, sale.paid_at + within_us)
    )
