"""The oracle: from what was said, what must stand in the book; compared in raw SQL. Knows no code of the product."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.sim.witness import Ask, Witness, WrongError

UNITS_PER_FEN = 20
EARN_SALE, EARN_DAY = 50_000, 80_000
OFFSET_SALE, PERCENT, STEP = 40_000, 30, 2_000
EARNING = ("scan", "credit_card", "gateway")
SHANGHAI_S = 8 * 3600


@dataclass
class Scene:
    """What there is to look at when everything is over."""

    raw: sqlite3.Connection
    witness: Witness
    channel: Any
    start_units: dict[int, int]
    fund_fen: int
    goods: tuple[tuple[int, int, int], ...]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the book."""
        return self.raw.execute(sql).fetchall()

    def done(self, *kinds: str) -> list[Ask]:
        """Requests whose asker was told that they were done."""
        return [ask for ask in self.witness.of(*kinds) if ask.told and ask.done]


def must(what: str, wanted: Any, found: Any) -> None:
    """Raise WrongError where the book says otherwise."""
    if wanted != found:
        raise WrongError(f"{what}: should be {wanted}, is {found}")


def judge_counter(scene: Scene) -> None:
    """Receipts, wallets and limits."""
    everyone_was_answered(scene)
    for sale in scene.done("sale"):
        a_receipt_is_right(sale)
    the_book_has_what_was_said(scene)
    refunds_add_up(scene)
    wallets_hold_what_they_should(scene)
    limits_count_what_they_should(scene)
    what_is_single_was_used_once(scene)
    what_is_over_is_over(scene)
    a_locked_day_takes_nothing(scene)
    shelves_hold_what_is_left(scene)


def everyone_was_answered(scene: Scene) -> None:
    """In the end nobody waits."""
    for ask in scene.witness.of("sale", "refund", "redeem", "daybook", "grant", "fund"):
        if ask.final is None or not ask.told:
            raise WrongError(f"{ask.kind} {ask.facts.get('label', '')} was never answered")
    for ask in scene.witness.of("reuse"):
        if ask.final is not None and ask.final.code != "request_id_reused":
            raise WrongError(f"other content under a known id was answered {ask.final[:2]}")
    for ask in scene.witness.of("daybook"):
        if not ask.done:
            raise WrongError(f"a till could not file: {ask.final}")


def a_receipt_is_right(sale: Ask) -> None:
    """Prices are worked out anew, in whole fen and units."""
    said, asked = sale.body, sale.facts
    total, units, fen = asked["total_fen"], asked["offset_units"], said["offset_fen"]
    must("units offset", units, said["offset_units"])
    must("fen offset", units // UNITS_PER_FEN, fen)
    must("fen paid", total - fen, said["paid_fen"])
    if units % STEP or units > min(OFFSET_SALE, total * PERCENT // 100 * UNITS_PER_FEN):
        raise WrongError(f"an offset of {units} units on {total} fen was let through")
    earned, cut = said["earned_units"], said["earned_cut_by"]
    whole = min(said["paid_fen"], EARN_SALE) if asked["channel"] in EARNING else 0
    if earned != whole if not cut or cut == "earn_cap_txn" else earned >= max(said["paid_fen"], 1):
        raise WrongError(
            f"{earned} units for {said['paid_fen']} fen by {asked['channel']}, cut by {cut!r}"
        )
    days = {_date(at) for at in sale.arrivals}
    if said["business_date"] not in days and asked["channel"] != "gateway":
        raise WrongError(f"dated {said['business_date']}, asked for on {sorted(days)}")


def the_book_has_what_was_said(scene: Scene) -> None:
    """Every sale, refund and handing out in the book was acknowledged, and the other way round."""
    for kind, table, column in (("sale", "sale", "sale_id"), ("refund", "refund", "refund_id")):
        booked = [
            row[0]
            for row in scene.rows(f"SELECT {column} FROM {table} WHERE state = 'done' ORDER BY 1")
        ]
        must(f"{kind}s booked", sorted(ask.request_id for ask in scene.done(kind)), booked)
    booked = [row[0] for row in scene.rows("SELECT redemption_id FROM redemption ORDER BY 1")]
    must("redemptions booked", sorted(ask.request_id for ask in scene.done("redeem")), booked)
    open_rows = scene.rows(
        "SELECT sale_id FROM sale WHERE state = 'open' UNION ALL SELECT refund_id FROM refund WHERE state = 'open'"
        " UNION ALL SELECT CAST(h.hold_id AS TEXT) FROM hold h LEFT JOIN hold_end e ON e.hold_id = h.hold_id"
        " WHERE e.hold_id IS NULL"
    )
    must("left open in the end", [], open_rows)
    for row in scene.rows(
        "SELECT sale_id, total_fen, offset_units, paid_fen, earned_units FROM sale WHERE state = 'done'"
    ):
        said = next(a for a in scene.done("sale") if a.request_id == row[0]).body
        must(
            "a sale's row",
            tuple(said[n] for n in ("total_fen", "offset_units", "paid_fen", "earned_units")),
            row[1:],
        )


def refunds_of(scene: Scene) -> dict[str, list[Any]]:
    """The answers of every refund, by the sale it takes back from."""
    backs: dict[str, list[Any]] = defaultdict(list)
    for ask in scene.done("refund"):
        backs[ask.facts["sale"].request_id].append(ask.body)
    return backs


def refunds_add_up(scene: Scene) -> None:
    """Parts of a sale come back as the whole would: floors counted from its beginning."""
    for ask in scene.done("refund"):
        if ask.facts["shop"] != ask.facts["sale"].facts["shop"]:
            raise WrongError("a shop took back what another had sold")
    backs = refunds_of(scene)
    for sale in scene.done("sale"):
        said = sale.body
        total, offset, paid = said["total_fen"], said["offset_fen"], said["paid_fen"]
        sums = {
            name: sum(back[name] for back in backs[sale.request_id])
            for name in (
                "refund_fen",
                "cash_back_fen",
                "offset_back_fen",
                "units_back",
                "earned_reversed_units",
            )
        }
        back = sums["refund_fen"]
        if back > total:
            raise WrongError(f"{back} fen of goods came back of a sale of {total}")
        offset_back = offset * back // total
        must("offset given back", offset_back, sums["offset_back_fen"])
        must("points given back", offset_back * UNITS_PER_FEN, sums["units_back"])
        must("cash given back", back - offset_back, sums["cash_back_fen"])
        earned_back = said["earned_units"] * (back - offset_back) // paid if paid else 0
        must("earned points taken back", earned_back, sums["earned_reversed_units"])


def wallets_hold_what_they_should(scene: Scene) -> None:
    """Points in hand less points owed, and points that wait, are what the answers add up to."""
    vested = {row[0] for row in scene.rows("SELECT e.sale_id FROM pending p JOIN evidence e ON e.txn_id = p.txn_id"
                                           " WHERE p.state = 'vested'")}  # fmt: skip
    net: dict[int, int] = defaultdict(int, scene.start_units)
    waits: dict[int, int] = defaultdict(int)
    for ask in scene.done("grant"):
        net[ask.facts["owner"]] += ask.facts["units"]
    for ask in scene.done("redeem"):
        net[ask.facts["owner"]] -= ask.body["units"]
    backs = refunds_of(scene)
    for sale in scene.done("sale"):
        said, owner = sale.body, sale.facts["owner"]
        left = said["earned_units"] - sum(
            back["earned_reversed_units"] for back in backs[sale.request_id]
        )
        net[owner] += (
            sum(back["units_back"] for back in backs[sale.request_id]) - said["offset_units"]
        )
        if said["channel"] == "gateway" or sale.request_id in vested:
            net[owner] += left
        else:
            waits[owner] += left
    balances = {
        owner: (posted, held, owed)
        for owner, posted, held, owed in scene.rows(
            "SELECT w.owner_id, b.posted, b.held, o.posted FROM account w JOIN balance b ON b.account_id = w.account_id"
            " JOIN account a ON a.kind = 'owed' AND a.owner_id = w.owner_id AND a.commodity = w.commodity"
            " JOIN balance o ON o.account_id = a.account_id WHERE w.kind = 'wallet'"
        )
    }
    pending = dict(scene.rows("SELECT wallet_owner_id, sum(left_units) FROM pending GROUP BY 1"))
    for owner in sorted(set(balances) | set(net)):
        posted, held, owed = balances.get(owner, (0, 0, 0))
        must(f"points of household {owner}", net[owner], posted - owed)
        must(f"points held of household {owner}", 0, held)
        must(f"points waiting of household {owner}", waits[owner], pending.get(owner, 0))
        if posted and owed and not _let_go(scene, owner):
            raise WrongError(f"household {owner} has {posted} units in hand and owes {owed}")


def _let_go(scene: Scene, owner: int) -> bool:
    """Points that came back from a sale let go may stand beside a debt until the next points come in."""
    return bool(
        scene.rows(
            f"SELECT 1 FROM sale WHERE state = 'void' AND offset_units > 0 AND wallet_owner_id = {owner}"
        )
    )


def limits_count_what_they_should(scene: Scene) -> None:
    """Each limit's counters add up to what counts against it, whichever days they were counted on."""
    wanted: dict[tuple[int, str], int] = defaultdict(int)
    backs = refunds_of(scene)
    for sale in scene.done("sale"):
        said, person = sale.body, sale.facts["person"]
        earned = said["earned_units"] - sum(
            back["earned_reversed_units"] for back in backs[sale.request_id]
        )
        used = said["offset_units"] - sum(back["units_back"] for back in backs[sale.request_id])
        for code, units in (("S01.day", earned), ("S01.month", earned), ("O02.month", used)):
            wanted[person, code] += units
        for code in _spending(scene, sale):
            wanted[person, code] += said["offset_units"]
    for ask in scene.done("redeem"):
        for code in _spending(scene, ask):
            wanted[ask.facts["person"], code] += ask.body["units"]
    found = {
        (subject, code): used
        for subject, code, used in scene.rows(
            "SELECT subject_id, cap_code, sum(used) FROM cap_counter WHERE cap_code <> 'cover_day' GROUP BY 1, 2"
        )
    }
    for key in sorted(set(wanted) | set(found)):
        must(f"counted of person {key[0]} against {key[1]}", wanted[key], found.get(key, 0))
    over = scene.rows(
        f"SELECT subject_id, period_key, used FROM cap_counter WHERE cap_code = 'S01.day' AND used > {EARN_DAY}"
    )
    must("earned over the day's limit", [], over)


def _spending(scene: Scene, ask: Ask) -> Iterator[str]:
    kind = "card" if ask.facts["token"] in scene.witness.cards else "code"
    yield f"spent_{kind}"
    yield f"without_pin_{kind}"


def what_is_single_was_used_once(scene: Scene) -> None:
    """A code shown on a phone, and a payment named by its reference, serve once."""
    for name, kinds in (("token", ("sale", "redeem")), ("payment_ref", ("sale",))):
        seen: dict[str, Ask] = {}
        for ask in scene.done(*kinds):
            value = ask.facts[name]
            if value is None or value in scene.witness.cards:
                continue
            if value in seen:
                raise WrongError(f"one {name} served {ask.kind} twice")
            seen[value] = ask


def what_is_over_is_over(scene: Scene) -> None:
    """Nothing began with a lost card, at a tablet out of service, or beyond an agreement, once that was told."""
    for ended in scene.done("card_lost", "revoked", "agreement"):
        for ask in scene.done("sale", "redeem", "refund"):
            if ask.first_at is None or ended.said_at is None or ask.first_at <= ended.said_at:
                continue
            lost = ended.kind == "card_lost" and ask.facts.get("person") == ended.facts["serial"]
            gone = ended.kind == "revoked" and ask.facts["till"] == ended.facts["till"]
            unsigned = (
                ended.kind == "agreement"
                and ask.kind == "sale"
                and ask.facts["shop"] == ended.facts["shop"]
                and ask.facts["offset_units"] > 0
                and "offset" not in ended.facts["roles"]
                # A sale may be booked the day after it began.
                and min(map(_date, ask.arrivals)) >= ended.facts["day"]
            )
            if lost or gone or unsigned:
                raise WrongError(f"a {ask.kind} began after {ended.kind} had been acknowledged")


def a_locked_day_takes_nothing(scene: Scene) -> None:
    """What was first asked for after a day's lock had been told carries a later date."""
    for night in scene.done("night"):
        if night.body["state"] != "locked":
            continue
        for ask in scene.done("sale", "refund", "redeem"):
            late = ask.first_at is not None and ask.first_at > (night.said_at or 0)
            if late and ask.body["business_date"] <= night.facts["day"]:
                raise WrongError(
                    f"a {ask.kind} is dated into {night.facts['day']}, which was locked"
                )


def shelves_hold_what_is_left(scene: Scene) -> None:
    """The supermarket's stock counts down by what was handed out."""
    stock = dict(scene.rows("SELECT good_id, stock FROM good"))
    for good_id, _, pieces in scene.goods:
        out = sum(
            piece.quantity
            for ask in scene.done("redeem")
            for piece in ask.facts["lines"]
            if piece.good_id == good_id
        )
        must("pieces on the shelf", pieces - out, stock[good_id])


def _date(at: int) -> int:
    """The date of a moment in Shanghai, by days since 1970 alone."""
    days = (at // 1_000_000 + SHANGHAI_S) // 86_400 + 719_468
    era, of_era = divmod(days, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return (
        (era * 400 + year + (month <= 2)) * 10_000
        + month * 100
        + of_year
        - (153 * shifted + 2) // 5
        + 1
    )
