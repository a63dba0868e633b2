"""A kept line as the request it was: read by the same strict models, beside the answer that was given."""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import ValidationError

from kiosk.api.claims import ClaimBody, daybook_of
from kiosk.api.here import Till
from kiosk.api.redemptions import RedemptionBody
from kiosk.api.refunds import RefundBody
from kiosk.api.sales import SaleBody, sale_of
from ledger.recovery.lines import Kept
from ledger.recovery.signed_line import read_line
from pos.decide import SaleRequest
from pos.redemption import Piece, RedemptionRequest
from pos.refunds import RefundRequest
from pos.replay.telling import AsideError, Told
from settlement.daybook import Daybook

SALES: Final = "/api/v1/sales"
REFUNDS: Final = "/api/v1/refunds"
REDEMPTIONS: Final = "/api/v1/redemptions"
CLAIMS: Final = "/api/v1/claims"

_NOT_FACTS: Final = frozenset({"receipt", "balance_units", "earned_reason"})
"""Of an answer: what is made anew each time it is given."""

Request = SaleRequest | RefundRequest | RedemptionRequest | Daybook


def read_kept(kept: Kept, community_id: int, *, is_proven: bool) -> tuple[Request, Told]:
    """The request, and what was told of it.

    Raises AsideError where this version of the program cannot read it.
    """
    try:
        body, answer = json.loads(kept.body), json.loads(kept.answer)
        request = _request_of(kept, community_id, body)
        return request, _told_of(kept, request, answer, is_proven=is_proven)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AsideError("daybook_line_bad") from error


def _request_of(kept: Kept, community_id: int, body: dict[str, Any]) -> Request:
    here: dict[str, Any] = {
        "community_id": community_id,
        "terminal_id": kept.terminal_id,
        "clerk_id": read_line(kept.line).clerk_id,
    }
    if kept.path == SALES:
        return sale_of(Till(**here), SaleBody.model_validate(body))
    if kept.path == REFUNDS:
        return RefundRequest(**here, **RefundBody.model_validate(body).model_dump())
    if kept.path == REDEMPTIONS:
        read = RedemptionBody.model_validate(body)
        lines = tuple(Piece(line.good_id, line.quantity) for line in read.lines)
        return RedemptionRequest(**here, **{**read.model_dump(), "lines": lines})
    if kept.path == CLAIMS:
        return daybook_of(ClaimBody.model_validate(body))
    raise ValueError(kept.path)


def _told_of(kept: Kept, request: Request, answer: dict[str, Any], *, is_proven: bool) -> Told:
    facts = {name: value for name, value in answer.items() if name not in _NOT_FACTS}
    if not isinstance(request, Daybook):
        # The answer said them as people read them; the book keeps the day as a number, the moment to the microsecond.
        facts["business_date"] = int(str(answer["business_date"]).replace("-", ""))
        facts["occurred_at"] = request.occurred_at
    if isinstance(request, RefundRequest | RedemptionRequest):
        facts.pop("terminal_id", None)
    balance = answer.get("balance_units")
    return Told(facts, None if balance is None else int(balance), kept.told_at, is_proven)
