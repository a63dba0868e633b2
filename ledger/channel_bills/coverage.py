"""Which minutes of a shop's payments its bills speak for: nothing is called missing that nobody has looked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ledger.sql import Sql, Tx

SCAN: Final = frozenset({"wechat", "alipay", "plain"})
CARD: Final = frozenset({"acquirer"})
"""Bills of which channels may hold a sale that the till rang up as `scan`, and as `credit_card`."""
CASH: Final = "cash"

_SPANS: Final = Sql(
    "SELECT channel, covers_from, covers_until FROM channel_bill WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND outcome IN ('ok', 'EMPTY') AND kinds <> 'back'"
    " ORDER BY channel, covers_from, covers_until"
)


class Span(NamedTuple):
    """A time a bill speaks for, microseconds UTC, the end left out."""

    channel: str
    covers_from: int
    covers_until: int


class BillCover:
    """Answers which minutes of one shop were looked at.

    A till knows `scan` and not whose code was scanned, so such a minute is covered once every channel of codes whose
    bills the shop ever sent speaks for it; a bank that collects for all of them (`acquirer`) speaks for them too.
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        """Join what touches."""
        self._spans: dict[str, list[tuple[int, int]]] = {}
        for channel, start, end in sorted(spans):
            joined = self._spans.setdefault(channel, [])
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))

    def covers(self, channel: str, at: int) -> bool:
        """Whether bills speak for a payment the till rang up as `channel` (`scan`, `credit_card`) at that moment."""
        if channel == CASH:
            return False  # no channel's bill ever speaks for it
        if channel == "credit_card":
            return self._covered("acquirer", at)
        used = SCAN & self._spans.keys()
        if used:
            return all(self._covered(one, at) for one in used)
        return self._covered("acquirer", at)

    @property
    def last_until(self) -> int:
        """The end of the latest time any bill speaks for, 0 before the first bill."""
        return max((spans[-1][1] for spans in self._spans.values()), default=0)

    def _covered(self, channel: str, at: int) -> bool:
        return any(start <= at < end for start, end in self._spans.get(channel, ()))


def cover_of(tx: Tx, community_id: int, merchant_id: int) -> BillCover:
    """What the bills of one shop speak for."""
    rows = tx.all(_SPANS, community_id=community_id, merchant_id=merchant_id)
    return BillCover(Span(*row) for row in rows)
