"""What a payment channel is asked about a payout, and when its "no such payout" is believed."""

from __future__ import annotations

from typing import Final, Protocol

from ledger.clock import SECOND_US
from pos.channel import FoundPayout, NotFound, PayoutOutcome, PayoutRequest, Window
from settlement.payout_store import Payout

FINALITY_US: Final = 24 * 3600 * SECOND_US
"""After this long the channel's "no such payout" is final; before, the request may still arrive."""


_YEAR_US: Final = 366 * FINALITY_US


class PayoutChannel(Protocol):
    """The part of a payment channel that pays shops; see `pos.channel.PaymentChannel`."""

    def payout(self, request: PayoutRequest) -> PayoutOutcome:
        """Send money to a bank account."""
        ...

    def retrieve_payout(self, payout_id: str) -> FoundPayout:
        """What became of a payout, by the channel's id."""
        ...

    def find_payout(self, request: PayoutRequest, window: Window | None = None) -> FoundPayout:
        """The payout made under our payout id and attempt."""
        ...


def find_attempt(channel: PayoutChannel, community_id: int, payout: Payout, at: int) -> FoundPayout:
    """Look near the time it was sent; "no such payout" is believed only of a search a year either side.

    A clock that is wrong by days would else have a payout called dead, and paid once more.
    """
    request, sent_at = request_of(community_id, payout), payout.sent_at or at
    found: FoundPayout = NotFound()
    for around in (FINALITY_US, _YEAR_US):
        found = channel.find_payout(
            request, Window(since_us=sent_at - around, until_us=at + around)
        )
        if not isinstance(found, NotFound):
            break
    return found


def request_of(community_id: int, payout: Payout) -> PayoutRequest:
    """What a channel is told of a payout's present attempt."""
    return PayoutRequest(
        payout_id=str(payout.payout_id),
        attempt=payout.attempt,
        community_id=community_id,
        amount_fen=payout.amount_fen,
    )
