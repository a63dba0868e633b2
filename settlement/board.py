"""What stands beside the root on the monthly notice board: the community's sums, and only where they tell on nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ledger.members.masking import FEWEST_ON_A_WALL

if TYPE_CHECKING:
    from ledger.book.month_totals import Flow, MonthTotals

FEWEST_SHOPS: Final = 3
"""The same for shops: of two, each could reckon the other's month out of the sum and its own statement."""


def board_figures(totals: MonthTotals, precision: int = 2) -> Mapping[str, int]:
    """The month's sums in units (`precision` decimals) and fen, or nothing where one would tell on somebody.

    What members hold changes by exactly the sums beside it, so one that is left out could be reckoned from the others.
    Where a way out was taken by too few, all ways out are put up as one sum, and no yuan, which would part them again.
    Where that is not enough nothing goes up. A flow nobody had a part in is no secret. (Ruling "What may hang on a
    wall".)
    """
    out = (totals.offset, totals.goods, totals.other)
    if _tells(totals.earned) or 0 < totals.offset_shops < FEWEST_SHOPS:
        return {}
    came = {"precision": precision, "earned_units": totals.earned.units}
    held = {"held_units": totals.held_units}
    if not any(_tells(flow) for flow in out):
        went = {
            "offset_units": totals.offset.units,
            "offset_fen": totals.offset_fen,
            "goods_units": totals.goods.units,
            "other_units": totals.other.units,
        }
        return came | went | held
    if max(flow.people for flow in out) < FEWEST_ON_A_WALL:
        return {}
    used = totals.offset.units + totals.goods.units - totals.other.units
    return came | {"used_units": used} | held


def _tells(flow: Flow) -> bool:
    return 0 < flow.people < FEWEST_ON_A_WALL
