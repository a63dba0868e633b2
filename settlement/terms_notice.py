"""New terms a shop is told of before they count: what changes, from which day, and that it may leave."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from ledger.errors import Refusal
from ledger.members.agreements import Agreement, agreements_of, signed_on, worse_terms
from ledger.members.merchants import get_merchant
from ledger.sql import Tx
from settlement.effects import today_of
from settlement.sheet import Sheet, date, ident, pairs, points, text, yuan
from settlement.words import Translate, mark


class Coming(NamedTuple):
    """An agreement that begins after today: the one before it, the day its shop was told, and what gets worse."""

    before: Agreement
    after: Agreement
    told_on: int
    worse: tuple[str, ...]


def coming_terms(tx: Tx, community_id: int, merchant_id: int, *, today: int) -> list[Coming]:
    """A shop's agreements that have been signed and begin after `today` (yyyymmdd), with what they change."""
    rows = agreements_of(tx, community_id, merchant_id)
    return [
        Coming(before, after, _told(tx, community_id, after), worse_terms(before, after))
        for before, after in pairwise(rows)
        if after.effective_from > today
    ]


def _told(tx: Tx, community_id: int, agreement: Agreement) -> int:
    at = signed_on(tx, community_id, agreement.merchant_id, agreement.effective_from)
    return today_of(tx, community_id, at=at)


def terms_notice(
    tx: Tx, community_id: int, merchant_id: int, first_day: int, *, translate: Translate
) -> Sheet:
    """The notice of terms that begin on `first_day`, to be handed over and signed for.

    Refuses: merchant_not_found, agreement_not_found.
    """
    _ = translate
    shop = get_merchant(tx, community_id, merchant_id)
    found = [
        one
        for one in coming_terms(tx, community_id, merchant_id, today=0)
        if one.after.effective_from == first_day
    ]
    if not found:
        raise Refusal("agreement_not_found")
    coming = found[0]
    old, new = coming.before, coming.after
    rows = [
        (_(mark("Shop")), text(f"{shop.code} {shop.name}")),
        (_(mark("Agreement")), ident(new.agreement_no)),
        (_(mark("Told on")), date(coming.told_on)),
        (_(mark("In force from")), date(new.effective_from)),
        (_(mark("Own share until then, percent")), points(old.cofund_bp)),
        (_(mark("Own share from then on, percent")), points(new.cofund_bp)),
        (_(mark("Allowance a day until then")), yuan(old.allowance_day_fen)),
        (_(mark("Allowance a day from then on")), yuan(new.allowance_day_fen)),
        (_(mark("Handed over by the community")), text(None)),
        (_(mark("Received by the shop (signature, stamp)")), text(None)),
    ]
    return Sheet(
        _(mark("Notice of new terms")), coming.told_on, (pairs(_(mark("What changes")), rows),)
    )
