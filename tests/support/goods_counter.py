"""A goods counter for stories: a town under any scheme, its shelf, and baskets as the counter asks for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.audit import SYSTEM
from ledger.book.accounts import account_id
from ledger.book.balances import wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.stock.goods import NewGood, put_good
from ledger.token_keys import KeyClass
from pos.redemption import Piece, RedemptionRequest, redeem
from tests.support.town import HERE, Town, build_town, moment

SCHEMES = Path(__file__).parents[2] / "ledger" / "schemes"


@dataclass
class GoodsCounter:
    """A supermarket's counter in a town, and its goods by code; prices and points in units."""

    town: Town
    goods: dict[str, int] = field(default_factory=dict)
    by_card: bool = False
    """Show printed cards: the key of live codes signs for two weeks only."""

    @property
    def commodity(self) -> int:
        """The points goods are paid in."""
        return self.town.desk.refresh(HERE).shown.commodity

    def put(self, code: str, name: str, price_units: int, stock: int, **more: Any) -> int:
        """Put a good on the shelf."""
        new = NewGood(
            merchant_id=1,
            code=code,
            name=name,
            price_units=price_units,
            commodity=self.commodity,
            cost_fen=more.pop("cost_fen", 0),
            stock=stock,
            **more,
        )
        at = self.town.at
        self.goods[code] = self.town.db.write(lambda tx: put_good(tx, HERE, new, by=SYSTEM, at=at))
        return self.goods[code]

    def give(self, owner: int, units: int) -> None:
        """Points for a household or person, as a decision would give them."""
        town, commodity = self.town, self.commodity

        def work(tx) -> None:
            wallet = account_id(tx, HERE, Account.WALLET, commodity, owner, at=town.at)
            account_id(tx, HERE, Account.OWED, commodity, owner, at=town.at)
            account_id(tx, HERE, Account.PENDING, commodity, owner, at=town.at)
            issued = account_id(tx, HERE, Account.ISSUED_GRANT, commodity, at=town.at)
            line = Line(
                Side(issued, Account.ISSUED_GRANT), Side(wallet, Account.WALLET), commodity, units
            )
            posting = Posting(
                community_id=HERE,
                kind=Kind.GRANT,
                request_id=new_request_id(town.at),
                occurred_at=town.at,
                at=town.at,
                business_date=town.day,
                lines=[line],
                person_id=owner,
                wallet_owner_id=owner,
                reason_key="grant",
            )
            post(tx, posting)

        town.db.write(work)

    def points_of(self, owner: int) -> int:
        """What a household or person can spend, in units."""
        with self.town.db.read() as tx:
            return wallet_of(tx, HERE, owner, self.commodity).available

    def basket(self, person: int, pieces: dict[str, int], **changes: Any) -> RedemptionRequest:
        """What the counter asks for: a fresh code and so many of each good."""
        till, town = self.town.tills[changes.pop("till", 0)], self.town
        ref = till.next_ref(town.day)
        fields: dict[str, Any] = {
            "community_id": HERE,
            "terminal_id": till.terminal_id,
            "clerk_id": None,
            "request_id": new_request_id(town.at),
            "counter": till.counter,
            "ref": ref,
            "token": town.code(person, KeyClass.CARD if self.by_card else KeyClass.DYN),
            "lines": tuple(Piece(self.goods[code], count) for code, count in pieces.items()),
            "pin": None,
            "occurred_at": town.at,
        }
        return RedemptionRequest(**{**fields, **changes})

    def redeem(self, person: int, pieces: dict[str, int], **changes: Any) -> dict[str, Any]:
        """Hand the goods out; raises the refusal."""
        request = self.basket(person, pieces, **changes)
        return redeem(self.town.desk, request, at=self.town.at)


def counter_of(db: Database, scheme: str, opened: str, **more: Any) -> GoodsCounter:
    """A counter under one of the product's schemes, at `2026-04-13 14:00`; the windows alone rule its hours."""
    at = moment(opened)
    text = (SCHEMES / f"{scheme}.toml").read_text(encoding="utf-8")
    chosen = {"scheme_text": text, "fund_fen": 0, "any_hour": False, **more}
    return GoodsCounter(build_town(db, at=at, **chosen))
