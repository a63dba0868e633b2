"""What the holder of a scanned code could do here: balance, the largest offset, and when a PIN will be asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import NamedTuple

from ledger.certificates.rules import number_text
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from ledger.token_keys import KeyClass
from pos.certificates import member_with, shown_certificate
from pos.decide import asked_of, member_of, open_shop_accounts, shop_on
from pos.desk import Desk, day_of, rules_on
from pos.looking import check_looked, free_of_pin, label_of, look_up
from pos.pricing import Member, Proposal, Shop, propose
from pos.sale_rules import SaleRules
from pos.scan import Scan, scan_for_sale
from pos.showing import check_card, within_member_limit
from pos.situation import look


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
    return look_up(
        desk,
        request,
        partial(_quote, request=request, at=at),
        scan_with=partial(_scan, desk, request),
        commodity_of=lambda terms: terms.civic.commodity,
        at=at,
    )


def _scan(desk: Desk, request: QuoteRequest, terms: Terms, token: str, *, at: int) -> Scan:
    """What was shown; the shop's accounts are seen to before anything is read."""
    scan = scan_for_sale(terms, token, at=at)
    open_shop_accounts(desk, terms, request.terminal_id, at=at)
    return scan


def _quote(tx: Tx, terms: Terms, scan: Scan, *, request: QuoteRequest, at: int) -> Quoted:
    day = day_of(terms, at)
    rules = rules_on(terms, day)
    asked = asked_of(terms, rules, request, scan, cover_id=0, day=day)
    row = look(tx, asked, certificate=scan.is_certificate)
    token = check_looked(terms, scan, row)
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
    return Quoted(
        holder_label=label_of(tx, request.community_id, token),
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
        pin_needed_above_units=free_of_pin(terms, row, token),
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
