"""What the holder of a scanned code could do here: balance, the largest offset, and when a PIN will be asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from ledger.certificates.rules import number_text
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Sql, Tx
from ledger.token_keys import KeyClass
from pos.certificates import member_with, shown_certificate
from pos.decide import asked_of, member_of, open_shop_accounts, shop_on
from pos.desk import Desk, StaleTermsError, check_version, day_of, open_member_accounts, rules_on
from pos.pricing import Member, Proposal, Shop, propose
from pos.sale_rules import SaleRules
from pos.scan import Scan, scan_for_sale
from pos.showing import NoAccountsError, check_card, within_member_limit
from pos.situation import look

_CARD: Final = Sql(
    "SELECT number FROM card WHERE community_id = :community_id AND serial = :serial"
)
_TRIES: Final = 3


class QuoteRequest(NamedTuple):
    """A code shown at a terminal for a bill of `total_fen`."""

    community_id: int
    terminal_id: int
    token: str
    total_fen: int
    request_id: str = ""
    ref: str = ""


class Quoted(NamedTuple):
    """Amounts in units; `holder_label` is the end of the card's number, never a name."""

    holder_label: str
    available_units: int
    pending_units: int
    owed_units: int
    proposal: Proposal
    pin_needed_above_units: int
    token_class: str
    person_id: int


def quote_for(desk: Desk, request: QuoteRequest, *, at: int) -> Quoted:
    """Look the holder up and propose an offset; nothing is written and the code is not burned.

    Refuses: the token's refusals, token_used, card_not_active, card_replaced, terminal_revoked, amount_wrong, and
    those of a certificate (`pos.certificates`).
    """
    terms = desk.terms_with(request.community_id, request.terminal_id)
    for _ in range(_TRIES):
        scan = scan_for_sale(terms, request.token, at=at)
        open_shop_accounts(desk, terms, request.terminal_id, at=at)
        try:
            with desk.db.read() as tx:
                return _quote(tx, terms, request, scan, at=at)
        except StaleTermsError:
            terms = desk.refresh(request.community_id)
        except NoAccountsError as missing:
            open_member_accounts(
                desk.db, request.community_id, missing.owner_id, terms.civic.commodity, at=at
            )
    raise Refusal("busy_try_again")


def _quote(tx: Tx, terms: Terms, request: QuoteRequest, scan: Scan, *, at: int) -> Quoted:
    day = day_of(terms, at)
    rules = rules_on(terms, day)
    asked = asked_of(terms, rules, request, scan, cover_id=0, day=day)
    row = look(tx, asked, certificate=scan.is_certificate)
    check_version(terms, int(row.config_version))
    if row.terminal_state != "active":
        raise Refusal("terminal_revoked")
    token = scan.believed()
    if row.token_used_at is not None and token.is_single_use:
        raise Refusal("token_used", used_at=int(row.token_used_at))
    terminal = terms.terminal(request.terminal_id)
    paper = (
        shown_certificate(tx, terms, scan, terminal, day, owner_id=row.owner_id)
        if scan.is_certificate
        else None
    )
    check_card(row, token)
    member = member_of(rules, row)
    shop = shop_on(terms, rules, terminal.merchant_id, day)
    if paper is not None:
        return _quote_paper(
            rules, member_with(rules, member, paper), shop, row, paper, request.total_fen
        )
    limit = terms.limits(is_code=token.is_single_use).free_units
    number = tx.get(_CARD, community_id=request.community_id, serial=token.serial).number
    return Quoted(
        holder_label=number.replace("-", "")[-4:],
        available_units=member.available,
        pending_units=int(row.pending_units),
        owed_units=member.owed,
        proposal=propose(
            rules,
            replace(member, available=within_member_limit(row, member.available)),
            shop,
            total_fen=request.total_fen,
            spends=token.key_class is not KeyClass.EARN,
            whole=row.recovering_since is None,
        ),
        pin_needed_above_units=max(0, limit - int(row.without_pin_day or 0)),
        token_class=token.key_class.value,
        person_id=int(row.person_id),
    )


def _quote_paper(
    rules: SaleRules, member: Member, shop: Shop, row: Row, paper: Row, total_fen: int
) -> Quoted:
    """A certificate: its points and nothing of the wallet behind it; the desk saw the resident, so no PIN."""
    return Quoted(
        holder_label=number_text(int(paper.serial)).replace("-", "")[-4:],
        available_units=member.available,
        pending_units=0,
        owed_units=0,
        proposal=propose(
            rules,
            member,
            shop,
            total_fen=total_fen,
            spends=True,
            whole=row.recovering_since is None,
        ),
        pin_needed_above_units=member.available,
        token_class=KeyClass.CRT.value,
        # Whoever brings a certificate need not be its holder, and hears nothing of them.
        person_id=0,
    )
