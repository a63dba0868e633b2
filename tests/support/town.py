"""A small Chang'an community in a fresh database: shops, tills, people with cards and points, quickly."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ledger import tokens
from ledger.audit import SYSTEM
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.members import keys, schemes, settings
from ledger.members.key_vault import KeyVault
from ledger.members.terms import TermsCache
from ledger.refs import make_reference
from ledger.token_keys import KeyClass, SigningKey
from ledger.units import CNY
from pos.channel import PaymentChannel
from pos.decide import SaleRequest
from pos.desk import Desk
from pos.opening import MOST_OPEN_DAYS, open_extra
from pos.refunds import RefundRequest
from tests.support.town_rows import CIVIC, write_rows

__all__ = ["CIVIC", "HERE", "START", "Till", "Town", "build_town", "moment"]

HERE = 1
SCHEME = Path(__file__).parents[2] / "ledger" / "schemes" / "changan.toml"
ZONE = ZoneInfo("Asia/Shanghai")


def moment(text: str) -> int:
    """`2026-03-02 09:30` in Shanghai, as microseconds UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()) * 1_000_000


START = moment("2026-03-02 09:00")


@dataclass
class Till:
    """A shop's tablet with its counter."""

    terminal_id: int
    code: str
    merchant_id: int
    counter: int = 0

    def next_ref(self, day: int) -> str:
        """Count one up and make the reference."""
        self.counter += 1
        return make_reference(self.code, day, self.counter)


@dataclass
class Town:
    """The community and the handles a test needs. Person n has card serial n, household n, wallet owner n."""

    db: Database
    desk: Desk
    vault: KeyVault
    tills: list[Till]
    people: int
    at: int = START
    scheme_text: str = ""
    sequence: dict[int, int] = field(default_factory=dict)
    signers: dict[KeyClass, SigningKey] = field(default_factory=dict)
    here: int = HERE
    issuer: str = "CA01"

    def later(self, seconds: int) -> int:
        """Let time pass; gives the new moment."""
        self.at += seconds * 1_000_000
        return self.at

    @property
    def day(self) -> int:
        """The business date (yyyymmdd)."""
        local = datetime.fromtimestamp(self.at / 1_000_000, ZONE)
        return local.year * 10_000 + local.month * 100 + local.day

    def code(self, person: int, key_class: KeyClass = KeyClass.DYN) -> str:
        """A fresh live code of a person (or the printed card's lasting one)."""
        signer = self.signers[key_class]
        now_s = self.at // 1_000_000
        if key_class is KeyClass.CARD:
            claims = tokens.Claims(
                self.issuer,
                signer.public.not_before_s,
                signer.public.not_before_s + 86_400 * 900,
                person,
                1,
            )
        else:
            self.sequence[person] = self.sequence.get(person, 0) + 1
            claims = tokens.Claims(self.issuer, now_s, now_s + 60, person, self.sequence[person])
        return tokens.to_digits(tokens.sign(claims, signer))

    def sale(
        self,
        person: int,
        total_fen: int,
        offset_units: int = 0,
        *,
        till: int = 0,
        **changes: object,
    ) -> SaleRequest:
        """A sale a till would ask for, with a fresh live code."""
        where = self.tills[till]
        ref = where.next_ref(self.day)
        fields: dict[str, object] = {
            "community_id": self.here,
            "terminal_id": where.terminal_id,
            "clerk_id": None,
            "request_id": new_request_id(self.at),
            "counter": where.counter,
            "ref": ref,
            "token": "",
            "total_fen": total_fen,
            "offset_units": offset_units,
            "channel": "scan",
            "payment_ref": None,
            "pin": None,
            "occurred_at": self.at,
            **changes,
        }
        fields["token"] = fields["token"] or self.code(person)
        return SaleRequest(**fields)  # type: ignore[arg-type]

    def refund(self, original_ref: str, refund_fen: int, *, till: int = 0) -> RefundRequest:
        """A refund a till would ask for."""
        where = self.tills[till]
        ref = where.next_ref(self.day)
        return RefundRequest(
            community_id=self.here,
            terminal_id=where.terminal_id,
            clerk_id=None,
            request_id=new_request_id(self.at),
            counter=where.counter,
            ref=ref,
            original_ref=original_ref,
            refund_fen=refund_fen,
            occurred_at=self.at,
        )

    def grant(self, person: int, units: int) -> None:
        """Put points into a person's wallet."""

        def work(tx) -> None:
            wallet = Side(
                account_id(tx, self.here, Account.WALLET, CIVIC, person, at=self.at), Account.WALLET
            )
            grants = Side(
                account_id(tx, self.here, Account.ISSUED_GRANT, CIVIC, at=self.at),
                Account.ISSUED_GRANT,
            )
            post(tx, self._posting(Kind.GRANT, [Line(grants, wallet, CIVIC, units)], person))

        self.db.write(work)

    def fund(self, fen: int) -> None:
        """Put yuan into the community's fund."""

        def work(tx) -> None:
            bank = Side(account_id(tx, self.here, Account.BANK, CNY, at=self.at), Account.BANK)
            fund = Side(account_id(tx, self.here, Account.FUND, CNY, at=self.at), Account.FUND)
            post(tx, self._posting(Kind.FUND_IN, [Line(bank, fund, CNY, fen)], None))

        self.db.write(work)

    def _posting(self, kind: Kind, lines: list[Line], person: int | None) -> Posting:
        return Posting(
            community_id=self.here,
            kind=kind,
            request_id=new_request_id(self.at),
            occurred_at=self.at,
            at=self.at,
            business_date=self.day,
            lines=lines,
            person_id=person,
            wallet_owner_id=person,
            reason_key=kind.value,
        )


def build_town(  # noqa: PLR0913 - a test says what differs
    db: Database,
    *,
    people: int = 3,
    shops: int = 1,
    tills_each: int = 1,
    fund_fen: int = 10_000_000,
    grant_units: int = 0,
    scheme_text: str | None = None,
    allowance_fen: int = 1_000_000,
    channel: PaymentChannel | None = None,
    vault: KeyVault | None = None,
    opened: int = moment("2026-01-01 08:00"),
    at: int = START,
    here: int = HERE,
    issuer: str = "CA01",
    any_hour: bool = True,
    **chosen: int,
) -> Town:
    """Build it: people 1..n with wallets, shops 1..n (超市) with tills, keys; `any_hour`: counters never close."""
    vault = vault or KeyVault(bytes(range(32)))
    tills = [
        Till(1_000 + shop * 10 + place, f"M{shop:02d}T{place + 1}", shop)
        for shop in range(1, shops + 1)
        for place in range(tills_each)
    ]
    write_rows(db, people, shops, tills, allowance_fen, opened, (here, issuer))
    text = scheme_text or SCHEME.read_text(encoding="utf-8")
    defaults = {"cover_tranche_fen": 20_000}

    def set_up(tx) -> dict[KeyClass, SigningKey]:
        schemes.adopt(tx, here, text, name="changan", by=SYSTEM, at=opened)
        settings.change(tx, here, {**defaults, **chosen}, by=SYSTEM, why="test", at=opened)
        if any_hour:
            _open_counters(tx, here, shops, opened)
        classes = (KeyClass.CARD, KeyClass.DYN, KeyClass.EARN)
        for key_class in classes:
            start = opened if key_class is KeyClass.CARD else at - 60_000_000
            keys.make_key(tx, vault, here, key_class, at=start, by=0, not_before=start)
        return {c: keys.signing_key(tx, vault, here, c, at=at) for c in classes}

    signers = db.write(set_up)
    desk = Desk(db=db, terms=TermsCache(), pepper=vault.derive("pins"), channel=channel)
    town = Town(
        db,
        desk,
        vault,
        tills,
        people,
        at=at,
        scheme_text=text,
        signers=signers,
        here=here,
        issuer=issuer,
    )
    if fund_fen:
        town.fund(fund_fen)
    for person in range(1, people + 1) if grant_units else ():
        town.grant(person, grant_units)
    return town


def _open_counters(tx, here: int, shops: int, opened: int) -> None:
    until = opened + MOST_OPEN_DAYS * 86_400_000_000
    for shop in range(1, shops + 1):
        open_extra(tx, here, shop, from_at=opened, to_at=until, why="test", by=SYSTEM, at=opened)
