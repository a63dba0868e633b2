"""The demonstration's property company: a list each month, some bills paid in part by points, claimed, corrected."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from kiosk.demo.found import Town
from kiosk.fee_desk import FeeRequest, ask, quote
from kiosk.generator import desk as office
from kiosk.generator.shapes import CHINA, SECOND_US, Person, date_key, moment_us
from kiosk.generator.streams import Streams
from ledger.bills.confirmations import release_overdue, take_confirmation
from ledger.bills.facts import Bill, bills_of_household, result_lines, waiting_offsets
from ledger.bills.imports import FeeUpload, take_bills
from ledger.ids import derived_request_id
from ledger.members import agreements, merchants, payout_accounts, residents
from ledger.members.agreements import Agreement
from ledger.members.payout_accounts import PayoutAccount
from ledger.sql import Tx
from pos.desk import Desk
from settlement.intake import Upload, take_claim_file

BILLER: Final = "P01"
SENDS_S: Final = 9 * 3_600 + 900
_SEND_DAY, _CORRECT_DAY = 2, 21
_ASK_DAYS: Final = frozenset({6, 12, 18, 24})
_ALLOWANCE_FEN: Final = 500_000
_AMOUNTS: Final = (60, 90, 150, 300, 450, 600)
_ASKING: Final = 6
_WISH_UNITS: Final = (10_000, 20_000, 40_000)
_ACCOUNT: Final = "6220000099000001"


class FeeWork:
    """What a property company and a few households do; amounts in yuan are as it writes them."""

    def __init__(self, town: Town, desk: Desk) -> None:
        """Sign the agreement on the day the town was founded."""
        self._town = town
        self._desk = desk
        self._homes = {home.number: home.code for home in town.world.households}
        self._heads = [person for person in town.world.members if person.is_head]
        self.done: Counter[str] = Counter()
        at = moment_us(town.world.since - timedelta(days=1), SENDS_S)
        self._biller = town.db.write(lambda tx: _sign(tx, town, at))

    def work(self, day: date) -> None:
        """A morning: the list arrives, households ask, the company confirms what it took off, one bill is corrected."""
        at = moment_us(day, SENDS_S)
        if day.day == _SEND_DAY:
            self._send(day, self._amounts(day), at)
        self._confirm(day, at)
        if day.day in _ASK_DAYS:
            self._ask(day, at)
        if day.day == _CORRECT_DAY:
            self._correct(day, at)

    def close(self, day: date, at: int) -> None:
        """At the end of the day the company claims what its results say, and what nobody confirmed is let go."""
        town, here = self._town, self._town.community_id
        lines = self._lines(day)
        if lines:
            upload = Upload(f"{BILLER}-{date_key(day)}.csv", _claims(lines), 0)
            take_claim_file(town.db, here, self._biller, upload, day=date_key(day), at=at)
        town.db.write(lambda tx: release_overdue(tx, here, day=date_key(day), at=at))

    def _amounts(self, day: date) -> dict[str, int]:
        chance = Streams(self._town.world.seed).stream("fees", date_key(day))
        return {self._homes[head.household]: chance.choice(_AMOUNTS) for head in self._heads}

    def _send(self, day: date, amounts: dict[str, int], at: int) -> None:
        month, due = f"{day:%Y-%m}", day.replace(day=28)
        rows = [
            f"{BILLER},{_number(day, home)},{home},property_fee,{month},{yuan}.00,{due.isoformat()}"
            for home, yuan in sorted(amounts.items())
        ]
        head = "merchant_code,bill_no,household_code,fee_kind,period,amount_yuan,due_on"
        upload = FeeUpload("\r\n".join([head, *rows]).encode(), f"{BILLER}-{month}.csv", {})
        terms, by = self._desk.refresh(self._town.community_id), self._town.staff["accountant"]
        answer = self._town.db.write(lambda tx: take_bills(tx, terms, upload, by=by, at=at))
        self.done["fee bills"] += int(answer["new"])

    def _ask(self, day: date, at: int) -> None:
        """A few heads of household have points taken off this month's bill, as far as they and the bill reach."""
        chance = Streams(self._town.world.seed).stream("fee_offsets", date_key(day))
        asked = 0
        for number, head in enumerate(chance.sample(self._heads, len(self._heads))):
            bill = self._bill_of(head)
            wish = chance.choice(_WISH_UNITS)
            units = 0 if bill is None else min(wish, self._room(head, bill, day))
            if bill is None or not units or asked == _ASKING:
                continue
            request = FeeRequest(
                community_id=self._town.community_id,
                request_id=derived_request_id("demo", "fee", date_key(day), number),
                bill_id=bill.bill_id,
                units=units,
                person_id=self._town.holders[head.number].person_id,
                household_id=bill.household_id,
            )
            ask(self._desk, request, at=at + number * SECOND_US)
            asked += 1
        self.done["fee offsets"] += asked

    def _room(self, head: Person, bill: Bill, day: date) -> int:
        terms = self._desk.terms_of(self._town.community_id)
        person_id = self._town.holders[head.number].person_id
        with self._town.db.read() as tx:
            return quote(tx, terms, bill, person_id=person_id, day=date_key(day)).room.units

    def _bill_of(self, head: Person) -> Bill | None:
        here, person_id = self._town.community_id, self._town.holders[head.number].person_id
        with self._town.db.read() as tx:
            home = residents.get_resident(tx, here, person_id).household_id
            found = bills_of_household(tx, here, home, most=1)
        return found[0] if found else None

    def _confirm(self, day: date, at: int) -> None:
        """Yesterday's offsets are confirmed by file; the last one of each day waits for somebody to press a button."""
        before = moment_us(day, 0)
        with self._town.db.read() as tx:
            waiting = [
                row
                for row in waiting_offsets(tx, self._town.community_id)
                if row.opened_at < before
            ]
        lines = [f"{BILLER},{row.ref},{row.fen / 100:.2f}" for row in waiting[:-1]]
        if not lines:
            return
        raw = "\r\n".join(["merchant_code,fee_ref,offset_yuan", *lines]).encode()
        upload = FeeUpload(raw, f"{BILLER}-{date_key(day)}-confirmed.csv", {})
        terms, by = self._desk.refresh(self._town.community_id), self._town.staff["accountant"]
        self._town.db.write(
            lambda tx: take_confirmation(tx, terms, upload, day=date_key(day), by=by, at=at)
        )

    def _correct(self, day: date, at: int) -> None:
        """One bill of which points paid a part turns out to be no more than that part: half of it comes back."""
        first = day.replace(day=_SEND_DAY)
        with self._town.db.read() as tx:
            offset = {
                code: bill.offset_fen
                for head in self._heads
                for bill in bills_of_household(
                    tx, self._town.community_id, self._home_of(tx, head), most=1
                )
                if bill.offset_fen
                and bill.bill_no == _number(first, code := self._homes[head.household])
            }
        if offset:
            code = min(offset)
            self._send(first, {code: offset[code] // 100}, at)
            self.done["fee bills corrected"] += 1

    def _home_of(self, tx: Tx, head: Person) -> int:
        person_id = self._town.holders[head.number].person_id
        return residents.get_resident(tx, self._town.community_id, person_id).household_id

    def _lines(self, day: date) -> list[tuple[str, int, int, int]]:
        """What was booked or given back that day: number, when, units and fen."""
        key, begin = date_key(day), moment_us(day, 0)
        with self._town.db.read() as tx:
            rows = result_lines(
                tx,
                self._town.community_id,
                self._biller,
                first_date=key,
                last_date=key,
                first_at=begin,
                end_at=begin,
            )
        return [(row.ref, int(row.moment), int(row.units), int(row.fen)) for row in rows]


def _number(day: date, home: str) -> str:
    return f"WY{day:%y%m}-{home}"


def _sign(tx: Tx, town: Town, at: int) -> int:
    here, by = town.community_id, town.staff["secretary"]
    merchant_id = merchants.open_merchant(
        tx, here, code=BILLER, name=office.BILLER_NAME, category=office.BILLER_TRADE, by=by, at=at
    )
    town.merchants[BILLER] = merchant_id
    first_day = date_key(town.world.since - timedelta(days=1))
    agreement = Agreement(
        merchant_id=merchant_id,
        effective_from=first_day,
        effective_to=None,
        agreement_no=f"XY-{town.world.since.year}-{BILLER}",
        roles=frozenset({"fee"}),
        proof="sample",
        proof_days=0,
        allowance_day_fen=_ALLOWANCE_FEN,
    )
    agreements.sign_agreement(tx, here, agreement, by=by, at=at)
    account = PayoutAccount(holder=office.BILLER_NAME, bank=office.BANK_NAME, account_no=_ACCOUNT)
    proposed = payout_accounts.propose(
        tx, here, merchant_id, account, by=town.staff["accountant"], at=at
    )
    payout_accounts.approve(tx, here, proposed, by=by, at=at)
    return merchant_id


def _claims(lines: list[tuple[str, int, int, int]]) -> bytes:
    """The company's claim file, in the form shops use."""
    rows = [office.CLAIM_HEADINGS]
    for ref, moment, units, fen in lines:
        when = datetime.fromtimestamp(moment // SECOND_US, CHINA).strftime("%Y-%m-%d %H:%M:%S")
        rows.append(f"{BILLER},{ref},{when},{units / 100:.2f},{fen / 100:.2f}")
    return ("\r\n".join(rows) + "\r\n").encode()
