"""Founds the demonstration's community: rules, people, cards, shops, tills and staff, as an office would."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.demo.folder import Facts
from kiosk.demo.homes import add_reviewers, limited_pairs, set_limits
from kiosk.demo.shelf import fill_shelf
from kiosk.generator import desk as office
from kiosk.generator.shapes import Person, Shop, World, date_key, moment_us
from kiosk.generator.streams import Streams
from kiosk.generator.trade import CIVIC
from ledger.audit import SYSTEM, By
from ledger.book.balances import wallet_of
from ledger.book.fund import add_to_fund
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members import (
    agreements,
    cards,
    clerks,
    communities,
    households,
    keys,
    merchants,
    payout_accounts,
    pins,
    residents,
    schemes,
    settings,
    staff,
    terminals,
)
from ledger.members.agreements import Agreement
from ledger.members.codes import issue_card_code
from ledger.members.device_keys import to_base64url
from ledger.members.hashing import QUICK
from ledger.members.key_vault import KeyVault
from ledger.members.payout_accounts import PayoutAccount
from ledger.members.residents import Identity
from ledger.members.staff import NewStaff
from ledger.sql import Tx
from ledger.token_keys import KeyClass
from pos.opening import MOST_OPEN_DAYS, open_extra
from pos.sale_rules import commodity_of

OPENS_S: Final = 8 * 3_600
PASSWORD: Final = "changan-demo-2026"  # noqa: S105 - printed on the screen for everybody who tries it
CLERK_CODE: Final = "2580"
_ALLOWANCE_FEN: Final = 30_000
_PROOF_DAYS: Final = 3
_FUND_FEN: Final = 3_000_000
_FUND_FEN_A_MEMBER: Final = 6_000
_MEMBERS_AN_ALLOWANCE: Final = 1_000
_COORDINATE_BYTES: Final = 32
_BUYERS: Final = 20
_ACCOUNT_PREFIX: Final = "62200000"


@dataclass
class Holder:
    """A member as the demonstration plays them: their number, card, PIN and how they show a code."""

    person_id: int
    serial: int
    number: str
    pin: str
    carrier: str
    printed_code: str = ""


@dataclass
class Town:
    """The founded community: everything by the generator's own numbers and codes."""

    community_id: int
    world: World
    db: Database
    vault: KeyVault
    pepper: bytes
    holders: dict[int, Holder] = field(default_factory=dict)
    merchants: dict[str, int] = field(default_factory=dict)
    terminals: dict[str, int] = field(default_factory=dict)
    clerks: dict[str, int] = field(default_factory=dict)
    staff: dict[str, By] = field(default_factory=dict)
    goods: dict[str, int] = field(default_factory=dict)
    reviewers: dict[int, By] = field(default_factory=dict)


def found_town(world: World, db: Database, vault: KeyVault, pepper: bytes) -> Town:
    """Found the community on the day before its first, with everybody and everything in it."""
    at = moment_us(world.since - timedelta(days=1), OPENS_S)
    chance = Streams(world.seed).stream("demo")
    here = db.write(lambda tx: _open(tx, world, vault, at))
    town = Town(here, world, db, vault, pepper)
    db.write(lambda tx: _staff(tx, town, at))
    db.write(lambda tx: _shops(tx, town, at))
    db.write(lambda tx: _people(tx, town, chance, at))
    people = {number: holder.person_id for number, holder in town.holders.items()}
    town.reviewers |= db.write(
        lambda tx: add_reviewers(tx, here, world, people, password=PASSWORD, pepper=pepper, at=at)
    )
    db.write(lambda tx: _counter_hours(tx, town, at))
    add_to_fund(
        db,
        here,
        max(_FUND_FEN, _FUND_FEN_A_MEMBER * len(world.members)),
        request_id=derived_request_id("demo", "fund"),
        by=town.staff["accountant"].id,
        at=at,
        business_date=date_key(world.since - timedelta(days=1)),
        reason=office.FUND_REASON,
    )
    shop = town.merchants[world.market.code]
    town.goods |= fill_shelf(db, here, world, shop, by=town.staff["secretary"], at=at)
    return town


def _open(tx: Tx, world: World, vault: KeyVault, at: int) -> int:
    here = communities.open_community(
        tx,
        issuer=office.ISSUER,
        name=office.COMMUNITY_NAME,
        hotline=office.HOTLINE,
        by=SYSTEM,
        at=at,
    )
    schemes.adopt(tx, here, world.scheme_text, name="changan.toml", by=SYSTEM, at=at)
    settings.change(
        tx, here, {"enrolment_minutes": 60}, by=SYSTEM, why="time to look around", at=at
    )
    for key_class in (KeyClass.CARD, KeyClass.DYN, KeyClass.EARN):
        keys.make_key(tx, vault, here, key_class, at=at, by=0)
    return here


def _staff(tx: Tx, town: Town, at: int) -> None:
    for member in office.STAFF:
        new = NewStaff(login=member.login, name=member.name, password=PASSWORD)
        staff_id = staff.add_staff(
            tx, town.community_id, new, pepper=town.pepper, by=SYSTEM, at=at, cost=QUICK
        )
        for role in member.roles:
            staff.give_role(tx, town.community_id, staff_id, role, by=SYSTEM, at=at)
            town.staff[role] = By("staff", staff_id)


def _shops(tx: Tx, town: Town, at: int) -> None:
    secretary = town.staff["secretary"]
    for shop in (*town.world.shops, town.world.market):
        kind = "counter" if shop is town.world.market else "till"
        _shop(tx, town, shop, kind, secretary, at)


def _shop(tx: Tx, town: Town, shop: Shop, kind: str, by: By, at: int) -> None:
    here = town.community_id
    merchant_id = merchants.open_merchant(
        tx, here, code=shop.code, name=shop.name, category=shop.category, by=by, at=at
    )
    town.merchants[shop.code] = merchant_id
    agreement = Agreement(
        merchant_id=merchant_id,
        effective_from=date_key(town.world.since - timedelta(days=1)),
        effective_to=None,
        agreement_no=f"XY-{town.world.since.year}-{shop.code}",
        roles=frozenset(shop.roles.split(",")),
        proof=shop.proof,
        proof_days=_PROOF_DAYS,
        # A town three times the size sells three times as much at the same shop.
        allowance_day_fen=_ALLOWANCE_FEN * max(1, len(town.world.members) // _MEMBERS_AN_ALLOWANCE),
    )
    agreements.sign_agreement(tx, here, agreement, by=by, at=at)
    _payout_account(tx, town, shop, merchant_id, at)
    branch_id = merchants.open_branch(
        tx, here, merchant_id, code="1", name=office.BRANCH_NAME, by=by, at=at
    )
    for till in (*shop.tills, spare_of(shop), spare_of(shop, 2)):
        town.terminals[till] = terminals.open_terminal(
            tx, here, branch_id, code=till, kind=kind, by=by, at=at
        )
    if shop is town.world.market:
        screen = screen_of(shop)
        town.terminals[screen] = terminals.open_terminal(
            tx, here, branch_id, code=screen, kind="kiosk", by=by, at=at
        )
    for till in shop.tills:
        code = terminals.make_enrolment_code(tx, here, town.terminals[till], by=by, at=at)
        terminals.enrol(tx, here, code, public_jwk(ec.generate_private_key(ec.SECP256R1())), at=at)
    for label in shop.clerks:
        clerk_id = clerks.add_clerk(
            tx,
            here,
            merchant_id,
            label=label,
            code=CLERK_CODE,
            pepper=town.pepper,
            by=by,
            at=at,
            cost=QUICK,
        )
        town.clerks.setdefault(shop.code, clerk_id)
    if shop is town.world.shops[0]:
        new = NewStaff(
            login=owner_login(shop),
            name=office.OWNER_NAME,
            password=PASSWORD,
            merchant_id=merchant_id,
        )
        staff.add_staff(tx, here, new, pepper=town.pepper, by=by, at=at, cost=QUICK)


def _payout_account(tx: Tx, town: Town, shop: Shop, merchant_id: int, at: int) -> None:
    """Where the shop is paid, as the accountant enters it and the secretary agrees; the numbers exist nowhere."""
    number = f"{_ACCOUNT_PREFIX}{len(town.merchants):08d}"
    account = PayoutAccount(holder=shop.name, bank=office.BANK_NAME, account_no=number)
    proposed = payout_accounts.propose(
        tx, town.community_id, merchant_id, account, by=town.staff["accountant"], at=at
    )
    payout_accounts.approve(tx, town.community_id, proposed, by=town.staff["secretary"], at=at)


def _counter_hours(tx: Tx, town: Town, at: int) -> None:
    """Whoever tries the demonstration finds the goods counter open at any hour, once today has come."""
    begin = moment_us(town.world.until, 0)
    open_extra(
        tx,
        town.community_id,
        town.merchants[town.world.market.code],
        from_at=begin,
        to_at=begin + MOST_OPEN_DAYS * 86_400_000_000,
        why=office.OPEN_REASON,
        by=town.staff["secretary"],
        at=at,
    )


def spare_of(shop: Shop, nth: int = 1) -> str:
    """The code of a tablet that nobody has enrolled yet: the first for whoever tries, the second for the script."""
    return f"{shop.tills[0][:-1]}{len(shop.tills) + nth}"


def screen_of(shop: Shop) -> str:
    """The code of the residents' own screen at the points supermarket, which nobody has enrolled yet."""
    return f"{shop.code}K1"


def owner_login(shop: Shop) -> str:
    """The sign-in of a shop's owner."""
    return f"dianzhang-{shop.code.lower()}"


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public half of a device key as a till sends it."""
    numbers = key.public_key().public_numbers()

    def part(number: int) -> str:
        return to_base64url(number.to_bytes(_COORDINATE_BYTES, "big"))

    return {"kty": "EC", "crv": "P-256", "x": part(numbers.x), "y": part(numbers.y)}


def _people(tx: Tx, town: Town, chance: Random, at: int) -> None:
    """Households, members with their consent, and a card with a PIN for each."""
    here, by = town.community_id, town.staff["secretary"]
    homes = {home.number: home for home in town.world.households}
    opened: dict[int, int] = {}
    for person in town.world.members:
        home = homes[person.household]
        if home.number not in opened:
            opened[home.number] = households.open_household(
                tx, here, code=home.code, building=home.building, unit=home.unit, by=by, at=at
            )
        holder = _member(tx, town, person, opened[home.number], chance, by, at)
        if person.is_head:
            households.set_head(tx, here, opened[home.number], holder.person_id, by=by, at=at)
        town.holders[person.number] = holder
    known = {number: holder.person_id for number, holder in town.holders.items()}
    set_limits(tx, here, town.world, known, at=at)


def _member(
    tx: Tx, town: Town, person: Person, household_id: int, chance: Random, by: By, at: int
) -> Holder:
    here = town.community_id
    person_id = residents.register(
        tx,
        here,
        household_id,
        Identity(person.name, person.phone),
        birth_year=person.birth_year,
        consent_at=at,
        by=by,
        at=at,
    )
    card = cards.open_card(tx, here, person_id, kind=person.carrier, by=by, at=at)
    pin = _draw_pin(chance, person.birth_year)
    pins.set_pin(tx, here, person_id, pin, pepper=town.pepper, by=by, at=at, cost=QUICK)
    printed = ""
    if person.carrier == "printed":
        printed = issue_card_code(tx, town.vault, here, card.serial, card.issue, at=at)
    return Holder(person_id, card.serial, card.number, pin, person.carrier, printed)


def _draw_pin(chance: Random, birth_year: int) -> str:
    while True:
        digits = f"{chance.randrange(1_000_000):06d}"
        try:
            pins.check_choice(digits, birth_year=birth_year)
        except Refusal as refusal:
            if refusal.code != "pin_trivial":
                raise
        else:
            return digits


def facts_of(town: Town, until: date, counts: dict[str, int]) -> Facts:
    """What somebody who tries the demonstration must know, and the script that does so."""
    first_shop = town.world.shops[0]
    return Facts(
        seed=town.world.seed,
        since=town.world.since.isoformat(),
        until=until.isoformat(),
        community_id=town.community_id,
        issuer=office.ISSUER,
        staff_password=PASSWORD,
        staff={member.login: member.roles[0] for member in office.STAFF},
        owner_login=owner_login(first_shop),
        clerk_code=CLERK_CODE,
        residents=_few_residents(town),
        buyers=_richest(town),
        spare_till=spare_of(first_shop),
        spare_counter=spare_of(town.world.market),
        spare_screen=screen_of(town.world.market),
        script_till=spare_of(first_shop, 2),
        script_counter=spare_of(town.world.market, 2),
        counts=counts,
    )


def _few_residents(town: Town) -> list[dict[str, str]]:
    """The busiest buyer of each carrier, so that their pages have something to show; a head, and whom they limit."""
    by_activity = sorted(town.world.members, key=lambda person: -person.activity)
    found: dict[str, dict[str, str]] = {}
    for person in by_activity:
        holder = town.holders[person.number]
        found.setdefault(holder.carrier, _sign_in_of(holder))
    pair = [
        {**_sign_in_of(town.holders[person.number]), "shows": told}
        for people in limited_pairs(town.world)[:1]
        for person, told in zip(people, ("head: limits", "member with a limit"), strict=True)
    ]
    return [found[carrier] for carrier in sorted(found)] + pair


def _richest(town: Town) -> list[dict[str, str]]:
    """Whom the script asks first: phone holders by what their households can spend."""
    first_day = date_key(town.world.since)
    with town.db.read() as tx:
        civic = commodity_of(schemes.scheme_on(tx, town.community_id, first_day), CIVIC)
        points = {
            holder.serial: wallet_of(
                tx,
                town.community_id,
                residents.get_resident(tx, town.community_id, holder.person_id).household_id,
                civic,
            ).available
            for holder in town.holders.values()
            if holder.carrier == "phone"
        }
    by_serial = {holder.serial: holder for holder in town.holders.values()}
    best = sorted(points, key=lambda serial: (-points[serial], serial))[:_BUYERS]
    return [_sign_in_of(by_serial[serial]) for serial in best]


def _sign_in_of(holder: Holder) -> dict[str, str]:
    return {
        "number": holder.number,
        "pin": holder.pin,
        "shows": holder.carrier,
        "serial": str(holder.serial),
    }
