"""The demonstration's services: a haircut by contract, meals of the community, a benefit that some may have today."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from kiosk.demo.found import Holder, Town
from kiosk.generator.desk import HELP_REASON
from kiosk.generator.shapes import date_key, moment_us
from ledger.audit import By
from ledger.awards.post import Award, post_award
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members.schemes import scheme_on
from ledger.services import orders, slots
from ledger.services.items import COMMUNITY, Offer, put_service
from ledger.sql import Tx
from pos.desk import Desk
from pos.sale_rules import commodity_of
from pos.voucher_sale import PageSale, sell_on_page

_BARBER: Final = "M11"
_CIVIC: Final = "civic"
_HELPED: Final = "P02"
"""The deed that gives a few residents the party points a benefit asks for."""
_HELPED_UNITS: Final = 120
_FIRST_DAYS: Final = 7
_HOUR_S: Final = 3_600
_MOST_SOLD: Final = 4


def add_services(town: Town, desk: Desk, today: date, names: dict[str, str], *, at: int) -> int:
    """Offer two services, open a week of times, sell a few vouchers and book one; returns how many were sold.

    `names`: code to name, in the language of the demonstration. Last of all, so that today's pages have it.
    """
    secretary = town.staff["secretary"]
    service_ids = town.db.write(lambda tx: _offer(tx, town, today, names, secretary, at))
    _give_party_points(town, today, at)
    sold: list[str] = []
    for holder in _busiest(town):
        if len(sold) >= _MOST_SOLD:
            break
        for code, service_id in service_ids.items():
            voucher_id = _sell(town, desk, holder, code, service_id, at)
            if voucher_id:
                sold.append(voucher_id)
                if code == "CUT" and len(sold) == 1:
                    town.db.write(partial(_book, town, int(voucher_id), today, at))
    return len(sold)


def _offer(
    tx: Tx, town: Town, today: date, names: dict[str, str], by: By, at: int
) -> dict[str, int]:
    scheme = scheme_on(tx, town.community_id, date_key(today))
    civic = commodity_of(scheme, _CIVIC)
    common: dict[str, Any] = {"commodity": civic}
    offers = (
        Offer(code="CUT", name=names["CUT"], provider_id=town.merchants[_BARBER],
              price_units=scheme.units(_CIVIC, 200), contract_fen=1_200, valid_days=60, **common),
        Offer(code="R04", name=names["R04"], provider_id=COMMUNITY,
              price_units=scheme.get_reward("R04").price_units, valid_days=30, unused="lapse", **common),
    )  # fmt: skip
    found = {
        offer.code: put_service(tx, town.community_id, offer, shop_commodity=civic, by=by, at=at)
        for offer in offers
    }
    for ahead in range(1, _FIRST_DAYS + 1):
        day = today + timedelta(days=ahead)
        for code, hour, times, people in (("CUT", 9, 4, 1), ("R04", 11, 1, 20)):
            starts = [moment_us(day, hour * _HOUR_S + n * 1_800) for n in range(times)]
            slots.open_slots(
                tx,
                town.community_id,
                found[code],
                starts,
                minutes=30,
                capacity=people,
                by=by,
                at=at,
            )
    return found


def _busiest(town: Town) -> list[Holder]:
    people = sorted(town.world.members, key=lambda person: -person.activity)
    return [town.holders[person.number] for person in people[:20]]


def _give_party_points(town: Town, today: date, at: int) -> None:
    """Two helped mediate on two days each: enough for the benefit at the barber's and the pharmacy."""
    for holder in _busiest(town)[:2]:
        for ago in (1, 2):
            award = Award(
                request_id=derived_request_id("demo", "helped", holder.person_id, ago),
                item_code=_HELPED,
                owner_id=holder.person_id,
                person_id=holder.person_id,
                units=_HELPED_UNITS,
                happened_on=date_key(today - timedelta(days=ago)),
                reason=HELP_REASON,
                proposed_by=town.staff["secretary"].id,
                approved_by=town.staff["committee"].id,
            )

            def work(tx: Tx, award: Award = award) -> None:
                scheme = scheme_on(tx, town.community_id, award.happened_on)
                day = date_key(today)
                post_award(tx, town.community_id, scheme, award, at=at, business_date=day)

            town.db.write(work)


def _sell(
    town: Town, desk: Desk, holder: Holder, code: str, service_id: int, at: int
) -> str | None:
    request_id = derived_request_id("demo", "voucher", code, holder.person_id)
    asked = PageSale(town.community_id, request_id, holder.person_id, service_id, holder.pin)
    try:
        return str(sell_on_page(desk, asked, at=at)["voucher_id"])
    except Refusal:
        # Too few points: the next one may have enough.
        return None


def _book(town: Town, voucher_id: int, today: date, at: int, tx: Tx) -> None:
    """Tomorrow's first time is asked for and accepted."""
    here, week = town.community_id, 7 * 86_400_000_000
    first = next(row for row in slots.slots_between(tx, here, at, at + week) if row.code == "CUT")
    asked = orders.ask(tx, here, voucher_id, int(first.slot_id), today=date_key(today), at=at)
    barber = town.merchants[_BARBER]
    orders.answer(
        tx,
        here,
        int(asked["order_id"]),
        {barber},
        accepted=True,
        by=By("merchant", barber),
        at=at,
    )
