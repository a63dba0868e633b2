"""A voucher taken without a till: the provider types its number on its own page, or the office off a signed slip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members.kin import check_stands_apart
from ledger.members.residents import get_resident
from ledger.members.terms import Terms
from ledger.members.words import check_text
from ledger.services.codes import serial_of
from ledger.services.endings import Use, use
from ledger.services.items import COMMUNITY
from ledger.services.rules import number_text
from ledger.services.vouchers import find_by_serial, lock_voucher
from ledger.sql import Row, Sql, Tx
from pos.desk import day_of, rules_on

_TILLS: Final = Sql(
    "SELECT count(*) AS n FROM terminal WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND state = 'active' AND kind IN ('till', 'counter')"
)
_RECOVERING: Final = Sql("SELECT recovery_id FROM community WHERE community_id = :community_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperUse:
    """What is asked for; `code` is the number as it was typed, or a scanned code.

    `provider_id`: whose own page it is, None at the office. `slip`: the number of the slip that the provider signed,
    which the office keeps.
    """

    community_id: int
    request_id: str
    code: str
    by: By
    provider_id: int | None = None
    slip: str = ""


def use_without_till(tx: Tx, terms: Terms, asked: PaperUse, *, at: int) -> dict[str, Any]:
    """Redeem a voucher of a provider who has no till, in the caller's transaction (`ledger.book.requests.once`).

    The voucher's own number is the reference the provider claims under: what is on a barber's list is on the claim
    form. The office needs the provider's word on paper, and stands apart from the holder's household; the provider's
    own page is its word. Who has a till uses that, where its daybook claims. The resident confirms or disputes it on
    the own page, as after every use.
    Refuses: voucher_number_wrong, voucher_not_found, voucher_other_provider, voucher_used, voucher_returned,
    voucher_expired, voucher_not_booked, voucher_has_till, merchant_not_serving, name_bad, own_household, own_kin,
    recovery_no_spending, period_locked, the token's refusals.
    """
    here, day = asked.community_id, day_of(terms, at)
    if tx.get(_RECOVERING, community_id=here).recovery_id is not None:
        raise Refusal("recovery_no_spending")
    serial = serial_of(asked.code, terms.keyset, issuer=terms.community.issuer, at=at)
    voucher = find_by_serial(tx, here, serial)
    if voucher is None:
        raise Refusal("voucher_not_found")
    # Whoever comes second waits here, and reads what the first has done.
    lock_voucher(tx, here, int(voucher.voucher_id))
    provider = int(voucher.provider_id)
    if asked.provider_id is None:
        _check_office(tx, asked, voucher)
    if provider != COMMUNITY and asked.provider_id in {None, provider}:
        _check_provider(tx, terms, here, provider, day)
    answer = use(tx, _use_of(asked, terms, voucher, day, at), at=at)
    facts: audit.Facts = {"provider": provider, "fen": answer["fen"], "slip": asked.slip}
    audit.record(
        tx, here, asked.by, "voucher.paper", f"voucher:{voucher.voucher_id}", at=at, after=facts
    )
    return answer


def has_till(tx: Tx, community_id: int, provider_id: int) -> bool:
    """Whether a provider has a till that works."""
    return bool(tx.get(_TILLS, community_id=community_id, merchant_id=provider_id).n)


def _check_office(tx: Tx, asked: PaperUse, voucher: Row) -> None:
    check_text(asked.slip)
    home = get_resident(tx, asked.community_id, int(voucher.person_id)).household_id
    check_stands_apart(tx, asked.community_id, asked.by.id, home)


def _check_provider(tx: Tx, terms: Terms, community_id: int, provider: int, day: int) -> None:
    if terms.agreement_on(provider, day) is None:
        raise Refusal("merchant_not_serving")
    if has_till(tx, community_id, provider):
        raise Refusal("voucher_has_till")


def _use_of(asked: PaperUse, terms: Terms, voucher: Row, day: int, at: int) -> Use:
    provider = int(voucher.provider_id)
    own = asked.provider_id
    return Use(
        community_id=asked.community_id,
        request_id=asked.request_id,
        serial=int(voucher.serial),
        providers=frozenset({provider if own is None else own}),
        merchant_id=None if provider == COMMUNITY else provider,
        branch_id=None,
        terminal_id=0,
        clerk_id=asked.by.id if own is None else None,
        ref=number_text(int(voucher.serial)),
        business_date=day,
        occurred_at=at,
        scheme_version=rules_on(terms, day).version,
        source="desk" if own is None else "page",
    )
