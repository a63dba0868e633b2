"""What the product asks of a payment channel, and the closed set of answers it can get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol

RefundReason = Literal["requested_by_customer", "duplicate", "fraudulent"]

WALLET_METHODS: Final = ("wechat_pay", "alipay")
"""Methods a resident finishes on their own phone; any other method is a saved `pm_...`."""


@dataclass(frozen=True, slots=True)
class Charged:
    """The channel has the money: `amount_fen` under the payment `intent_id`."""

    intent_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Declined:
    """The channel said no and no money moved; `code` is its machine word."""

    code: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The payment exists, unpaid; `pay_text`, where given, is the QR text the payer scans."""

    intent_id: str
    pay_text: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows yet whether money moved; only asking again under the same id ends this.

    `reason` is a word for the log: timeout, connection_lost, http_500, contradictory_answer,
    moved_twice, and the like.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The channel holds nothing under our id.

    A request still on the wire may arrive later, so wait before the sale is voided.
    """


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The payment `intent_id` was ended unpaid and can never be paid."""

    intent_id: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """`amount_fen` went back to the payer under `refund_id`."""

    refund_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class RefundOnItsWay:
    """The channel took the refund and has not finished it."""

    refund_id: str


@dataclass(frozen=True, slots=True)
class Transferred:
    """`amount_fen` moved to the merchant's account at the channel."""

    transfer_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PaidOut:
    """The bank confirmed `amount_fen`."""

    payout_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PayoutOnItsWay:
    """The channel sent the money and the bank has not confirmed it."""

    payout_id: str


@dataclass(frozen=True, slots=True)
class PayoutReturned:
    """The bank did not take the money (`code` says why); it is back in the channel's balance."""

    payout_id: str
    code: str


ChargeOutcome = Charged | Declined | Pending | Unknown
CancelOutcome = Cancelled | Charged | Declined | Pending | Unknown
RefundOutcome = Refunded | RefundOnItsWay | Declined | Unknown
TransferOutcome = Transferred | Declined | Unknown
PayoutOutcome = PaidOut | PayoutOnItsWay | PayoutReturned | Declined | Unknown

FoundCharge = CancelOutcome | NotFound
FoundRefund = RefundOutcome | NotFound
FoundTransfer = TransferOutcome | NotFound
FoundPayout = PayoutOutcome | NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """Take `amount_fen` for our sale; `method` is one of WALLET_METHODS or a saved `pm_...`."""

    sale_id: str
    community_id: int
    amount_fen: int
    method: str
    return_url: str | None = None

    @property
    def key(self) -> str:
        """The idempotency key: the sale's alone, the same at every try."""
        return f"charge:{self.community_id}:{self.sale_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Give `amount_fen` of the payment `intent_id` back; `refund_id` is ours."""

    refund_id: str
    sale_id: str
    community_id: int
    intent_id: str
    amount_fen: int
    reason: RefundReason | None = None

    @property
    def key(self) -> str:
        """The idempotency key: this refund's alone."""
        return f"refund:{self.community_id}:{self.refund_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    """Move `amount_fen` to the merchant's account `destination` at the channel."""

    payout_id: str
    attempt: int
    community_id: int
    amount_fen: int
    destination: str

    @property
    def key(self) -> str:
        """The idempotency key; a new attempt only after the last one is known dead."""
        return f"transfer:{self.community_id}:{self.payout_id}:{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRequest:
    """Pay `amount_fen` from the channel's balance to a bank (`destination`, or the default)."""

    payout_id: str
    attempt: int
    community_id: int
    amount_fen: int
    destination: str | None = None

    @property
    def key(self) -> str:
        """The idempotency key; a new attempt only after the last one is known dead."""
        return f"payout:{self.community_id}:{self.payout_id}:{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Where to search: objects made between two times (microseconds UTC), both included."""

    since_us: int
    until_us: int


class PaymentChannel(Protocol):
    """One channel. No method raises for what the channel or the line did: every outcome is a value.

    The find methods look for our own id and are for recovery, when no id of the channel is known.
    """

    def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Create the payment and confirm it in one request."""
        ...

    def retrieve(self, intent_id: str) -> FoundCharge:
        """What became of a payment."""
        ...

    def find_charge(
        self, sale_id: str, community_id: int, window: Window | None = None
    ) -> FoundCharge:
        """The payment made for our sale, whoever lost its answer."""
        ...

    def cancel(self, intent_id: str) -> CancelOutcome:
        """End an unpaid payment; Charged means the payer was quicker."""
        ...

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give back a part or all of a payment."""
        ...

    def retrieve_refund(self, refund_id: str) -> FoundRefund:
        """What became of a refund, by the channel's id."""
        ...

    def find_refund(self, request: RefundRequest) -> FoundRefund:
        """The refund made under our refund id."""
        ...

    def transfer(self, request: TransferRequest) -> TransferOutcome:
        """Move money to the merchant's account at the channel."""
        ...

    def find_transfer(
        self, request: TransferRequest, window: Window | None = None
    ) -> FoundTransfer:
        """The transfer made under our payout id and attempt."""
        ...

    def payout(self, request: PayoutRequest) -> PayoutOutcome:
        """Send money to a bank account."""
        ...

    def retrieve_payout(self, payout_id: str) -> FoundPayout:
        """What became of a payout, by the channel's id."""
        ...

    def find_payout(self, request: PayoutRequest, window: Window | None = None) -> FoundPayout:
        """The payout made under our payout id and attempt."""
        ...
