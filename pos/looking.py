"""Who holds a code that was shown: looked up before a bill or a basket, written nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Sql, Tx
from ledger.tokens import Token
from pos.desk import Desk, StaleTermsError, check_version, open_member_accounts
from pos.scan import Scan
from pos.showing import NoAccountsError

_CARD: Final = Sql(
    "SELECT number FROM card WHERE community_id = :community_id AND serial = :serial"
)
_TRIES: Final = 3
_LABEL: Final = 4
Found = TypeVar("Found")


class AtDoor(Protocol):
    """A code shown at a terminal."""

    @property
    def community_id(self) -> int:
        """The community."""
        ...

    @property
    def terminal_id(self) -> int:
        """Where it was shown."""
        ...

    @property
    def token(self) -> str:
        """What was scanned."""
        ...


def look_up(
    desk: Desk,
    shown: AtDoor,
    read: Callable[[Tx, Terms, Scan], Found],
    *,
    scan_with: Callable[..., Scan],
    commodity_of: Callable[[Terms], int],
    at: int,
) -> Found:
    """What `read(tx, terms, scan)` finds, on the newest terms; the holder's accounts are opened where they lack.

    Refuses the token's refusals and what `read` refuses; busy_try_again.
    """
    terms = desk.terms_with(shown.community_id, shown.terminal_id)
    for _ in range(_TRIES):
        scan = scan_with(terms, shown.token, at=at)
        try:
            with desk.db.read() as tx:
                return read(tx, terms, scan)
        except StaleTermsError:
            terms = desk.refresh(shown.community_id)
        except NoAccountsError as missing:
            commodity = commodity_of(terms)
            open_member_accounts(desk.db, shown.community_id, missing.owner_id, commodity, at=at)
    raise Refusal("busy_try_again")


def check_looked(terms: Terms, scan: Scan, row: Row) -> Token:
    """The token, once till and code are found good; who holds it is then checked by `check_card`.

    Refuses terminal_revoked, token_used and the token's refusals.
    """
    check_version(terms, int(row.config_version))
    if row.terminal_state != "active":
        raise Refusal("terminal_revoked")
    token = scan.believed()
    if row.token_used_at is not None and token.is_single_use:
        raise Refusal("token_used", used_at=int(row.token_used_at))
    return token


def label_of(tx: Tx, community_id: int, token: Token) -> str:
    """The end of the card's number, which tells two cards apart and names nobody."""
    number = tx.get(_CARD, community_id=community_id, serial=token.serial).number
    return str(number).replace("-", "")[-_LABEL:]


def free_of_pin(terms: Terms, row: Row, token: Token) -> int:
    """The units that can be spent today without a PIN."""
    free = terms.limits(is_code=token.is_single_use, is_spare=token.is_spare).free_units
    return max(0, free - int(row.without_pin_day or 0))
