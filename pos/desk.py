"""What every act at a counter needs at hand: the book, the community's terms, the channel, the accounts' numbers."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

from ledger.book.accounts import account_id, find_account
from ledger.book.chart import Account
from ledger.book.posting import Side
from ledger.database import Database
from ledger.earning.calendar import business_date, day_from_key, day_key
from ledger.members.terms import Terms, TermsCache
from ledger.sql import Sql, Tx
from pos.channel import PaymentChannel
from pos.sale_rules import SaleRules, sale_rules

TRIES: Final = 4
"""How often an act starts anew because settings changed or a shop's reserve had to be filled first."""

_MOST_KEPT: Final = 1_000
_VERSION: Final = Sql("SELECT config_version FROM community WHERE community_id = :community_id")


class StaleTermsError(Exception):
    """The community's settings changed since they were read: start again with the new ones."""


@dataclass(slots=True)
class Desk:
    """One process's counter. `pepper` strengthens PINs and never leaves the server."""

    db: Database
    terms: TermsCache
    pepper: bytes
    channel: PaymentChannel | None = None
    charge_method: str = "pm_card_visa"
    accounts: dict[tuple[int, Account, int, int], Side] = field(default_factory=dict)

    @property
    def offline_key(self) -> bytes:
        """What the limits told to tills are marked with (`ledger.offline.policy`)."""
        return hmac.digest(self.pepper, b"offline policies", "sha256")

    def terms_of(self, community_id: int) -> Terms:
        """The terms last read; a sale notices by itself when they are out of date."""
        known = self.terms.find(community_id)
        return known if known is not None else self.refresh(community_id)

    def terms_with(self, community_id: int, terminal_id: int) -> Terms:
        """The terms last read, read anew where they do not know the terminal: it may just have been enrolled."""
        known = self.terms_of(community_id)
        return known if terminal_id in known.terminals else self.refresh(community_id)

    def refresh(self, community_id: int) -> Terms:
        """Read the terms at the version in force now."""
        with self.db.read() as tx:
            row = tx.get(_VERSION, community_id=community_id)
            return self.terms.get(tx, community_id, int(row.config_version))

    def side(
        self, community_id: int, kind: Account, commodity: int, owner_id: int = 0, *, at: int
    ) -> Side:
        """An account's number, opened in a transaction of its own when it is new."""
        key = (community_id, kind, commodity, owner_id)
        known = self.accounts.get(key)
        if known is None:
            known = Side(self._find_or_open(community_id, kind, commodity, owner_id, at), kind)
            # Members' accounts are read with each sale; keeping a city's worth of them here would only grow.
            if kind not in _OF_MEMBERS:
                self.accounts[key] = known
        return known

    def _find_or_open(
        self, community_id: int, kind: Account, commodity: int, owner_id: int, at: int
    ) -> int:
        with self.db.read() as tx:
            found = find_account(tx, community_id, kind, commodity, owner_id)
        if found is not None:
            return found
        return self.db.write(
            lambda tx: account_id(tx, community_id, kind, commodity, owner_id, at=at)
        )


_OF_MEMBERS: Final = frozenset({Account.WALLET, Account.PENDING, Account.OWED})


_RULES: Final[dict[tuple[str, int], SaleRules]] = {}


def day_of(terms: Terms, at: int) -> int:
    """The business date (yyyymmdd) of a moment, by the community's own clock."""
    return day_key(business_date(at, terms.community.timezone))


def rules_on(terms: Terms, day: int) -> SaleRules:
    """The counter's rules of the scheme version in force on a business date (yyyymmdd)."""
    scheme = terms.scheme_on(day)
    known = _RULES.get((scheme.digest, day))
    if known is None:
        if len(_RULES) > _MOST_KEPT:
            _RULES.clear()
        known = _RULES[scheme.digest, day] = sale_rules(scheme, day_from_key(day))
    return known


def check_version(terms: Terms, row_version: int) -> None:
    """Raise StaleTermsError where the community has moved on since `terms` were read."""
    if terms.config_version != row_version:
        raise StaleTermsError


def open_member_accounts(
    db: Database, community_id: int, owner_id: int, commodity: int, *, at: int
) -> None:
    """Open a member's wallet, pending and owed accounts together, before the first posting."""

    def work(tx: Tx) -> None:
        for kind in _OF_MEMBERS:
            account_id(tx, community_id, kind, commodity, owner_id, at=at)

    db.write(work)
