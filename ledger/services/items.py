"""What is offered for points: services with their provider, price, contract and how long a voucher lasts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.agreements import agreement_on, agreements_of
from ledger.members.merchants import get_merchant
from ledger.members.words import check_code, check_text
from ledger.services.rules import MOST_VALID_DAYS
from ledger.sql import Row, Sql, Tx
from ledger.units import FIRST_POINT_COMMODITY, MOST_FEN

COMMUNITY: Final = 0
"""Provider of what the community does itself: nobody claims for it."""
UNUSED: Final = ("back", "lapse")
STATES: Final = ("on", "off")
MOST_CANCEL_HOURS: Final = 14 * 24

_COLUMNS: Final = (
    "service_id, code, name, provider_id, commodity, price_units, contract_fen, valid_days,"
    " cancel_hours, needs_booking, returnable, unused, state, changed_at"
)
_TERMS: Final = (
    "price_units",
    "contract_fen",
    "valid_days",
    "cancel_hours",
    "needs_booking",
    "returnable",
    "unused",
)
"""What may change from a day on; code, name, provider and kind of points are what the service is."""
_ON: Final = (
    "SELECT s.service_id, s.code, s.name, s.provider_id, s.commodity, s.state, s.changed_at, t.from_date, "
    + ", ".join(f"coalesce(t.{name}, s.{name}) AS {name}" for name in _TERMS)
    + " FROM service s LEFT JOIN service_terms t ON t.community_id = s.community_id"
    " AND t.service_id = s.service_id AND t.from_date = (SELECT max(u.from_date) FROM service_terms u"
    "  WHERE u.community_id = s.community_id AND u.service_id = s.service_id AND u.from_date <= :day)"
    " WHERE s.community_id = :community_id"
)
_ALL_ON: Final = Sql(f"{_ON} ORDER BY s.code")
_ONE_ON: Final = Sql(f"{_ON} AND s.service_id = :service_id")
_AHEAD: Final = Sql(
    f"SELECT service_id, from_date, {', '.join(_TERMS)} FROM service_terms"
    " WHERE community_id = :community_id AND from_date > :day ORDER BY service_id, from_date"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM service WHERE community_id = :community_id AND service_id = :service_id"
)
_BY_CODE: Final = Sql(
    "SELECT service_id FROM service WHERE community_id = :community_id AND code = :code"
)
_PUT: Final = Sql(
    "INSERT INTO service (community_id, service_id, code, name, provider_id, commodity, price_units,"
    " contract_fen, valid_days, cancel_hours, needs_booking, returnable, unused, state, changed_at)"
    " VALUES (:community_id, :service_id, :code, :name, :provider_id, :commodity, :price_units,"
    " :contract_fen, :valid_days, :cancel_hours, :needs_booking, :returnable, :unused, 'on', :at)"
)
_SET: Final = Sql(
    "INSERT INTO service_terms (community_id, service_id, from_date, price_units, contract_fen,"
    " valid_days, cancel_hours, needs_booking, returnable, unused, set_at) VALUES (:community_id,"
    " :service_id, :from_date, :price_units, :contract_fen, :valid_days, :cancel_hours, :needs_booking,"
    " :returnable, :unused, :at) ON CONFLICT (community_id, service_id, from_date) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*_TERMS, "set_at"))
)
_STATE: Final = Sql(
    "UPDATE service SET state = :state, changed_at = :at WHERE community_id = :community_id"
    " AND service_id = :service_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A service as it is offered: price in units of `commodity`, contract in fen, both for one voucher.

    `provider_id` 0 is the community itself, which has no contract. `unused`: what becomes of the points when the last
    day has passed, `back` or `lapse`. `cancel_hours`: how long before its time an appointment may be given up.
    """

    code: str
    name: str
    provider_id: int
    commodity: int
    price_units: int
    contract_fen: int = 0
    valid_days: int = 90
    cancel_hours: int = 24
    needs_booking: bool = False
    returnable: bool = True
    unused: str = "back"


def put_service(
    tx: Tx, community_id: int, offer: Offer, *, shop_commodity: int, by: By, at: int
) -> int:
    """Offer a service; returns its id. `shop_commodity`: the points that merchants take.

    Refuses: code_bad, name_bad, service_code_taken, service_terms, merchant_not_found.
    """
    check_code(offer.code, least=1, most=20)
    _check(tx, community_id, offer, shop_commodity)
    if tx.find(_BY_CODE, community_id=community_id, code=offer.code) is not None:
        raise Refusal("service_code_taken", taken=offer.code)
    service_id = new_id(at)
    tx.run(_PUT, community_id=community_id, service_id=service_id, at=at, **_row(offer))
    _note(tx, community_id, service_id, "service.put", offer, by=by, at=at)
    return service_id


def set_terms(
    tx: Tx,
    community_id: int,
    service_id: int,
    offer: Offer,
    from_date: int,
    *,
    today: int,
    by: By,
    at: int,
) -> None:
    """Sell it on other terms from a day to come (yyyymmdd) on; vouchers sold before keep theirs.

    Never for today: what was sold this morning and what is sold tonight were sold on the same day's terms. Set again
    for the same day before it comes, the last word counts. Code, name, provider and kind of points stay what they are.
    Refuses: service_not_found, service_terms, service_terms_late.
    """
    known = get_service(tx, community_id, service_id)
    same = (known.code, known.name, known.provider_id, known.commodity)
    if same != (offer.code, offer.name, offer.provider_id, offer.commodity):
        raise Refusal("service_terms", field="provider_id")
    if from_date <= today:
        raise Refusal("service_terms_late", from_day=from_date)
    _check(tx, community_id, offer, int(known.commodity))
    row = {name: value for name, value in _row(offer).items() if name in _TERMS}
    tx.run(
        _SET, community_id=community_id, service_id=service_id, from_date=from_date, at=at, **row
    )
    _note(tx, community_id, service_id, "service.change", offer, by=by, at=at, from_date=from_date)


def set_service_state(
    tx: Tx, community_id: int, service_id: int, state: str, *, by: By, at: int
) -> None:
    """Sell it (`on`) or not (`off`); vouchers sold before stay good.

    Refuses: service_not_found, service_terms.
    """
    if state not in STATES:
        raise Refusal("service_terms", field="state")
    before = get_service(tx, community_id, service_id)
    tx.run(_STATE, community_id=community_id, service_id=service_id, state=state, at=at)
    audit.record(
        tx,
        community_id,
        by,
        "service.state",
        f"service:{service_id}",
        at=at,
        before={"state": before.state},
        after={"state": state},
    )


def services_on(tx: Tx, community_id: int, day: int) -> list[Row]:
    """Every service on the terms of a business date (yyyymmdd), by code; `from_date` is null for its first terms."""
    return tx.all(_ALL_ON, community_id=community_id, day=day)


def service_on(tx: Tx, community_id: int, service_id: int, day: int) -> Row:
    """One service on the terms of a business date (yyyymmdd).

    Refuses: service_not_found.
    """
    row = tx.find(_ONE_ON, community_id=community_id, service_id=service_id, day=day)
    if row is None:
        raise Refusal("service_not_found")
    return row


def terms_ahead(tx: Tx, community_id: int, day: int) -> list[Row]:
    """Terms set for days after `day` (yyyymmdd), by service and day."""
    return tx.all(_AHEAD, community_id=community_id, day=day)


def get_service(tx: Tx, community_id: int, service_id: int) -> Row:
    """One service with the terms it began with.

    Refuses: service_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, service_id=service_id)
    if row is None:
        raise Refusal("service_not_found")
    return row


def is_served(tx: Tx, community_id: int, provider_id: int, day: int) -> bool:
    """Whether the provider of a voucher could take it on a business date (yyyymmdd): active, with an agreement."""
    if provider_id == COMMUNITY:
        return True
    if get_merchant(tx, community_id, provider_id).state != "active":
        return False
    return agreement_on(agreements_of(tx, community_id, provider_id), day) is not None


def _check(tx: Tx, community_id: int, offer: Offer, shop_commodity: int) -> None:
    check_text(offer.name)
    own = offer.provider_id == COMMUNITY
    fits = {
        "price_units": 0 < offer.price_units <= MOST_FEN,
        # What nobody claims has no contract, and what somebody claims has one.
        "contract_fen": (offer.contract_fen == 0) if own else 0 < offer.contract_fen <= MOST_FEN,
        "valid_days": 0 < offer.valid_days <= MOST_VALID_DAYS,
        "cancel_hours": 0 <= offer.cancel_hours <= MOST_CANCEL_HOURS,
        "unused": offer.unused in UNUSED,
        # A merchant's claims are counted in one kind of points: what its till takes.
        "commodity": (
            offer.commodity > FIRST_POINT_COMMODITY if own else offer.commodity == shop_commodity
        ),
    }
    for name, fit in fits.items():
        if not fit:
            raise Refusal("service_terms", field=name)
    if not own:
        get_merchant(tx, community_id, offer.provider_id)


def _row(offer: Offer) -> dict[str, object]:
    row = asdict(offer)
    for name in ("needs_booking", "returnable"):
        row[name] = int(row[name])
    return row


def _note(
    tx: Tx,
    community_id: int,
    service_id: int,
    act: str,
    offer: Offer,
    *,
    by: By,
    at: int,
    from_date: int | None = None,
) -> None:
    facts: audit.Facts = {
        "code": offer.code,
        "price_units": offer.price_units,
        "contract_fen": offer.contract_fen,
        "valid_days": offer.valid_days,
        "cancel_hours": offer.cancel_hours,
        "needs_booking": int(offer.needs_booking),
        "returnable": int(offer.returnable),
        "unused": offer.unused,
        **({} if from_date is None else {"from_date": from_date}),
    }
    audit.record(tx, community_id, by, act, f"service:{service_id}", at=at, after=facts)
