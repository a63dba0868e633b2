"""Form bodies of the Stripe API, one function per request, nested values as `a[b]` and `a[0]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pos.channel import (
    WALLET_METHODS,
    ChargeRequest,
    PayoutRequest,
    RefundRequest,
    TransferRequest,
    Window,
)

FormValue = str | int | bool | Mapping[str, "FormValue"] | Sequence["FormValue"] | None
Form = Mapping[str, FormValue]

CURRENCY: Final = "cny"

API_VERSION: Final = "2025-09-30.clover"
"""The version of the API these bodies belong to; later ones have no `payment_method_types`."""

_SECOND_US: Final = 1_000_000
_CLOCK_MARGIN_S: Final = 300
"""The channel stamps objects with its own clock; a search looks this much further on both sides."""


def encode(form: Form) -> list[tuple[str, str]]:
    """Flatten `form` into pairs; None is left out, booleans become `true` and `false`.

    Raises TypeError for a float: an amount is a whole number of fen.
    """
    return [pair for name, value in form.items() for pair in _pairs(name, value)]


def _pairs(name: str, value: FormValue) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, int | str):
        yield name, str(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _pairs(f"{name}[{key}]", inner)
    elif isinstance(value, Sequence):
        for position, inner in enumerate(value):
            yield from _pairs(f"{name}[{position}]", inner)
    else:
        raise TypeError(f"{name} has a value no form can carry: {type(value).__name__}")


def charge_form(request: ChargeRequest) -> Form:
    """Create and confirm a PaymentIntent in fen, marked with our sale and community."""
    return {
        "amount": request.amount_fen,
        "currency": CURRENCY,
        "confirm": True,
        "metadata": charge_marks(request.sale_id, request.community_id),
        **_method_form(request),
    }


def charge_marks(sale_id: str, community_id: int) -> dict[str, str]:
    """The metadata by which the payment of a sale is found again."""
    return {"sale_id": sale_id, "community_id": str(community_id)}


def _method_form(request: ChargeRequest) -> Form:
    if request.method not in WALLET_METHODS:
        return {"payment_method": request.method, "payment_method_types": ["card"]}
    form: dict[str, FormValue] = {
        "payment_method_types": [request.method],
        "payment_method_data": {"type": request.method},
        "return_url": request.return_url,
    }
    if request.method == "wechat_pay":
        form["payment_method_options"] = {"wechat_pay": {"client": "web"}}
    return form


def refund_form(request: RefundRequest) -> Form:
    """Refund a part in fen, marked with our refund, sale and community."""
    return {
        "payment_intent": request.intent_id,
        "amount": request.amount_fen,
        "reason": request.reason,
        "metadata": refund_marks(request),
    }


def refund_marks(request: RefundRequest) -> dict[str, str]:
    """The metadata by which our refund is found again."""
    return {
        "refund_id": request.refund_id,
        "sale_id": request.sale_id,
        "community_id": str(request.community_id),
    }


def transfer_form(request: TransferRequest) -> Form:
    """Transfer fen to the merchant's account."""
    return {
        "amount": request.amount_fen,
        "currency": CURRENCY,
        "destination": request.destination,
        "transfer_group": request.payout_id,
        "metadata": payout_marks(request),
    }


def payout_form(request: PayoutRequest) -> Form:
    """Pay fen out of the balance."""
    return {
        "amount": request.amount_fen,
        "currency": CURRENCY,
        "destination": request.destination,
        "metadata": payout_marks(request),
    }


def payout_marks(request: PayoutRequest | TransferRequest) -> dict[str, str]:
    """The metadata by which a payout or transfer is found again."""
    return {
        "payout_id": request.payout_id,
        "attempt": str(request.attempt),
        "community_id": str(request.community_id),
    }


def window_form(window: Window | None) -> Form:
    """A filter on the channel's creation time; no window means everything it keeps."""
    if window is None:
        return {}
    return {
        "created": {
            "gte": window.since_us // _SECOND_US - _CLOCK_MARGIN_S,
            "lte": -(-window.until_us // _SECOND_US) + _CLOCK_MARGIN_S,
        }
    }
