"""The record of acts in words: what was done, to what, and what it changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from kiosk.office.settings import SETTING_NAMES, setting_text
from kiosk.page_words import (
    CARD_KINDS,
    CARD_STATES,
    RESIDENT_STATES,
    ROLES,
    SHOP_STATES,
    TERMINAL_KINDS,
    word,
)
from kiosk.pages import day_text, say, yuan
from kiosk.texts import mark
from settlement.state_names import state_name

_ACTS: Final[Mapping[str, str]] = {
    "sign_in": mark("signed in"),
    "agreement.sign": mark("signed an agreement"),
    "backup.drill": mark("tried a backup out"),
    "backup.make": mark("made a backup"),
    "audit.failed": mark("the second engine found something"),
    "audit.passed": mark("the second engine passed an export"),
    "board.publish": mark("put a month's root up"),
    "award.deduct.approved": mark("agreed to take points"),
    "award.deduct.denied": mark("refused to take points"),
    "award.deduct.propose": mark("proposed to take points"),
    "award.post": mark("booked an award"),
    "branch.open": mark("opened a place"),
    "budget.state": mark("noted how much of the budget is used"),
    "card.active": mark("took a card back into use"),
    "card.assign": mark("handed out a card"),
    "card.carer": mark("handed out a carer's card"),
    "card.expired": mark("ended a card"),
    "card.lost": mark("noted a card as lost"),
    "card.make": mark("made cards"),
    "card.print": mark("printed a card"),
    "card.reissue": mark("replaced a card"),
    "card.suspended": mark("suspended a card"),
    "certificate.cancel": mark("cancelled a certificate"),
    "certificate.hotline": mark("took a certificate over the hotline"),
    "certificate.paper": mark("printed a certificate on paper"),
    "certificate.print": mark("set points aside for a certificate"),
    "claims.file": mark("filed claims"),
    "claims.key": mark("typed in a paper list of claims"),
    "clerk.active": mark("took a clerk back"),
    "clerk.add": mark("added a clerk"),
    "clerk.code": mark("set a clerk's code"),
    "clerk.left": mark("let a clerk go"),
    "community.open": mark("opened the community"),
    "consent.text": mark("wrote down a new version of the consent"),
    "merchant.payment_rule": mark("said how a shop is paid"),
    "discrepancy.answer": mark("answered a question about a difference"),
    "dispute.step": mark("did something with an objection"),
    "counter.close": mark("took an extra opening back"),
    "forgive.paper": mark("printed the notice of a debt let go"),
    "offline.forgive.approved": mark("agreed to let a debt go"),
    "offline.forgive.denied": mark("refused to let a debt go"),
    "offline.forgive.propose": mark("proposed to let a debt go"),
    "discrepancy.move": mark("agreed to move a claim to the shop whose it is"),
    "claim_move.approved": mark("agreed to move a claim, as a second person"),
    "claim_move.denied": mark("refused to move a claim"),
    "claim_move.propose": mark("proposed to move a claim to the shop whose it is"),
    "discrepancy.pick": mark("picked the booking a claim means"),
    "household.not_ours": mark("took in purchases of another household"),
    "household.rebook": mark("agreed to whose purchase it is"),
    "wrong_household.approved": mark("agreed to whose purchase it is, as a second person"),
    "wrong_household.denied": mark("refused whose purchase it was to be"),
    "wrong_household.propose": mark("proposed whose purchase it is"),
    "misuse.decide": mark("decided on purchases a holder did not make"),
    "misuse.give": mark("gave points back for now"),
    "misuse.paper": mark("printed a form of purchases a holder did not make"),
    "misuse.report": mark("took in purchases a holder did not make"),
    "mandate.end": mark("ended a mandate"),
    "mandate.give": mark("wrote down a mandate"),
    "household.print": mark("printed a household's card"),
    "bank.answer": mark("took in a file of the bank"),
    "bank.end": mark("closed a file for the bank"),
    "bank.file": mark("made a file for the bank"),
    "bank_difference.approved": mark("agreed to how a payment ended that the bank made otherwise"),
    "bank_difference.denied": mark("refused how a payment was to have ended"),
    "bank_difference.propose": mark("proposed how a payment ended that the bank made otherwise"),
    "finance.setup": mark("set up the office's own account or its account codes"),
    "coverage.enough": mark("noted that the fund covers the points again"),
    "coverage.low": mark("noted that the fund no longer covers the points"),
    "discrepancy.assign": mark("gave a difference to somebody"),
    "watch.answer": mark("said what was found out about a warning"),
    "discrepancy.decide": mark("decided a difference"),
    "export.make": mark("made an export"),
    "expiry.hand_out": mark("noted slips about points that lapse as handed out"),
    "expiry.names": mark("printed names beside points that lapse"),
    "form.keep": mark("kept a filled form"),
    "form.read": mark("read names on a form"),
    "expiry.notice": mark("gave notice of points that lapse"),
    "expiry.run": mark("let points lapse"),
    "expiry.withdraw": mark("took back that points lapse"),
    "fee.bills": mark("took in a biller's list of bills"),
    "fee.confirm": mark("confirmed points taken off a fee bill"),
    "fee.give_back": mark("gave points of a fee bill back"),
    "fee.release": mark("let points set aside for a fee bill go"),
    "fee.confirmation": mark("took in a biller's confirmation"),
    "fund.bank_fee": mark("booked a bank fee"),
    "fund.fund_in": mark("booked money into a fund"),
    "fund.fund_move": mark("moved money to another fund"),
    "fund.fund_out": mark("paid for a work"),
    "fund.shop_paid_in": mark("booked what a shop paid in"),
    "fund.spend.approved": mark("agreed to spending from a fund"),
    "fund.spend.denied": mark("refused spending from a fund"),
    "fund.spend.propose": mark("proposed spending from a fund"),
    "good.care": mark("changed how goods are kept"),
    "good.pause": mark("paused goods, or took them up again"),
    "good.price": mark("changed the price of goods"),
    "good.put": mark("changed goods"),
    "household.act.approved": mark("agreed to what happens to a household"),
    "household.act.denied": mark("refused what was to happen to a household"),
    "household.act.propose": mark("proposed what happens to a household"),
    "household.address": mark("noted a household's new home"),
    "household.close": mark("closed a household"),
    "household.death": mark("noted a death"),
    "household.gift": mark("carried out a gift to a household"),
    "household.heirs": mark("gave a last member's points to the heirs"),
    "household.leave": mark("let a member leave a household"),
    "holder.found": mark("found somebody who forgot the card"),
    "holder.search": mark("looked for somebody who forgot the card"),
    "household.limit": mark("set a member's monthly limit"),
    "household.merge": mark("made two households one"),
    "household.move": mark("noted that a household moved"),
    "household.out": mark("noted who left the community"),
    "household.split": mark("split a household"),
    "household.head": mark("named a head of household"),
    "household.open": mark("opened a household"),
    "identity.read": mark("looked at name and phone"),
    "import.balances.approved": mark("agreed to opening balances"),
    "import.balances.denied": mark("refused opening balances"),
    "import.balances.propose": mark("proposed opening balances"),
    "import.take": mark("took over a list"),
    "kit.make": mark("made an auditor's kit"),
    "kin.declare": mark("noted two residents as relatives"),
    "kin.end": mark("ended a note of relatives"),
    "log.adopt": mark("let another server sign for the log"),
    "log.recover": mark("went on after a loss"),
    "log_key.make": mark("made a key for the log"),
    "merchant.open": mark("took in a shop"),
    "merchant.state": mark("changed a shop's state"),
    "merchant.leave": mark("noted that a shop left, and its last day"),
    "month.close": mark("closed a month"),
    "night.lock": mark("locked a day"),
    "payout.state": mark("moved a payout on"),
    "pending.reverse.approved": mark("took pending points back"),
    "pending.reverse.denied": mark("let pending points be"),
    "pending.reverse.propose": mark("flagged a receipt's points"),
    "person.read": mark("looked at a resident's page"),
    "pin.set": mark("set a PIN"),
    "recovery.apply": mark("wrote again what the tills had kept"),
    "recovery.behind": mark("told the office that the book lacks a sale"),
    "recovery.finish": mark("finished bringing the book back"),
    "recovery.restore": mark("put the book back from a copy"),
    "recovery.start": mark("asked the tills for their daybooks"),
    "recovery.till_lost": mark("gave up a till"),
    "resident.consent": mark("noted a consent"),
    "resident.deceased": mark("noted a death"),
    "person.forget": mark("deleted everything that named a person"),
    "resident.forget": mark("deleted name and phone"),
    "resident.identity": mark("changed name or phone"),
    "resident.left": mark("noted that a resident moved away"),
    "resident.move": mark("moved a resident to another household"),
    "resident.register": mark("registered a resident"),
    "role.give": mark("gave a role"),
    "role.take": mark("took a role away"),
    "scheme.adopt": mark("adopted a version of the rules"),
    "seal.alarm": mark("met a root that does not fit"),
    "seal.alarm_answer": mark("answered an alarm of the seal"),
    "service.change": mark("offered a service on other terms"),
    "service.put": mark("offered a service"),
    "service.state": mark("sold a service, or no longer"),
    "slot.close": mark("closed a time"),
    "slots.open": mark("opened times"),
    "order.accepted": mark("accepted an order"),
    "order.declined": mark("declined an order"),
    "order.no_show": mark("noted that nobody came"),
    "order.confirm": mark("confirmed that it was done"),
    "settings.change": mark("changed settings"),
    "staff.active": mark("opened a sign-in again"),
    "staff.add": mark("opened a sign-in"),
    "staff.left": mark("closed a sign-in"),
    "staff.password": mark("set a password"),
    "staff.person": mark("said which resident a member of staff is"),
    "statement.issue": mark("issued a statement"),
    "statement.state": mark("moved a statement on"),
    "token_key.make": mark("made a key for codes"),
    "token_key.retire": mark("stopped believing a key"),
    "shop.pause": mark("paused a counter, or took it up again"),
    "stock.count": mark("booked a count"),
    "stock.count_drop": mark("gave a count up"),
    "stock.count_open": mark("began a count"),
    "stock.donation": mark("took in a gift"),
    "stock.hand_out": mark("handed goods out without points"),
    "stock.purchase": mark("took in bought goods"),
    "stock.revalue": mark("changed what a good costs"),
    "stock.write_off": mark("wrote goods off"),
    "stock.write_off.approved": mark("agreed to writing goods off"),
    "stock.write_off.denied": mark("refused writing goods off"),
    "stock.write_off.propose": mark("proposed to write goods off"),
    "terminal.code": mark("made an enrolment code"),
    "terminal.enrol": mark("enrolled a till"),
    "terminal.open": mark("opened a till"),
    "terminal.revoke": mark("took a till out of service"),
    "voucher.paper": mark("took a voucher without a till"),
    "vote.approved": mark("confirmed a vote"),
    "vote.denied": mark("did not confirm a vote"),
    "vote.propose": mark("entered a vote"),
    "vote.record": mark("put a vote of the committee on record"),
}
_SUBJECTS: Final[Mapping[str, str]] = {
    "alarm": mark("alarm {name}"),
    "award": mark("award {name}"),
    "batch": mark("claims {name}"),
    "backup": mark("backup {name}"),
    "board": mark("notice of {name}"),
    "budget": mark("budget of {name}"),
    "card": mark("card {name}"),
    "certificate": mark("certificate {name}"),
    "clerk": mark("clerk {name}"),
    "discrepancy": mark("difference {name}"),
    "day": mark("day {name}"),
    "desk": mark("service desk"),
    "fee_offset": mark("fee offset {name}"),
    "file": mark("file {name}"),
    "form": mark("form {name}"),
    "fund": mark("fund {name}"),
    "household": mark("household {name}"),
    "log_key": mark("log key {name}"),
    "merchant": mark("shop {name}"),
    "night": mark("night of {name}"),
    "notices": mark("notices {name}"),
    "month": mark("month {name}"),
    "payout": mark("payout {name}"),
    "person": mark("resident {name}"),
    "recovery": mark("recovery {name}"),
    "resident": mark("resident {name}"),
    "sale": mark("sale {name}"),
    "order": mark("order {name}"),
    "service": mark("service {name}"),
    "slot": mark("time {name}"),
    "staff": mark("staff {name}"),
    "statement": mark("statement {name}"),
    "terminal": mark("till {name}"),
    "token_key": mark("key {name}"),
    "vote": mark("vote {name}"),
    "voucher": mark("voucher {name}"),
}
_FIELDS: Final[Mapping[str, str]] = {
    "abstentions": mark("abstained"),
    "agreement_no": mark("agreement"),
    "ayes": mark("for"),
    "code": mark("code"),
    "count": mark("how many"),
    "alg": mark("kind of key"),
    "coverage_after": mark("coverage afterwards, thousandths"),
    "coverage_before": mark("coverage before, thousandths"),
    "decision": mark("decision"),
    "digest": mark("fingerprint"),
    "due_date": mark("answer until"),
    "issue": mark("issue"),
    "key": mark("key"),
    "kind": mark("kind"),
    "lost_size": mark("entries signed before the loss"),
    "held_on": mark("held on"),
    "minutes_sha256": mark("minutes"),
    "name": mark("name"),
    "noes": mark("against"),
    "passed": mark("carried"),
    "permille": mark("coverage in thousandths"),
    "present": mark("came"),
    "reason": mark("reason"),
    "role": mark("role"),
    "root": mark("root"),
    "rows": mark("rows"),
    "size_bytes": mark("bytes"),
    "state": mark("state"),
    "tree_size": mark("entries in the order"),
    "trial_balance": mark("fingerprint of the trial balance"),
    "total_ms": mark("milliseconds"),
    "vote": mark("vote"),
    "why": mark("reason"),
}
_NAMED: Final = {**_FIELDS, **SETTING_NAMES}
_HASHES: Final = frozenset({"digest", "root", "trial_balance"})
_SHORT: Final = 12
"""So many signs of a hash are enough to compare by eye; a whole one is wider than a phone."""


class Names(NamedTuple):
    """What numbers in the record are called; a number without a name stays a number."""

    staff: Mapping[int, str]
    shops: Mapping[int, str]
    terminals: Mapping[int, str]
    clerks: Mapping[int, str]


def act_text(act: str) -> str:
    """What was done."""
    return say(_ACTS.get(act, act))


def subject_text(subject: str, names: Names) -> str:
    """To what it was done, by its own name where it has one that may be shown."""
    kind, _, number = subject.partition(":")
    if not number:
        return ""
    owners = {
        "staff": names.staff,
        # A shop's owner signs in under a staff number and is recorded as `merchant`.
        "merchant": {**names.staff, **names.shops},
        "terminal": names.terminals,
        "clerk": names.clerks,
    }
    known = owners.get(kind, {}).get(int(number)) if number.isdigit() else None
    name = known or (number[:_SHORT] if kind == "file" else number)
    return say(_SUBJECTS.get(kind, "{name}")).format(name=name)


def change_texts(before: str, after: str) -> list[str]:
    """What it changed, field by field."""
    was: dict[str, Any] = json.loads(before) if before else {}
    now: dict[str, Any] = json.loads(after) if after else {}
    texts = []
    for field in sorted({*was, *now}):
        if field not in _NAMED and not field.endswith("_fen"):
            continue
        new = _value(field, now.get(field))
        change = f"{_value(field, was[field])} → {new}" if field in was else new
        if change:
            texts.append(f"{say(_NAMED.get(field, mark('amount')))}{say(mark(': '))}{change}")
    return texts


def _value(field: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and field in SETTING_NAMES:
        return setting_text(field, value)
    if isinstance(value, int):
        if field.endswith("_fen"):
            return yuan(value)
        return day_text(value) if field.endswith("_date") else str(value)
    return _word_of(field, str(value))


def _word_of(field: str, text: str) -> str:
    if field in _HASHES:
        return text[:_SHORT]
    if field == "role":
        return say(word(ROLES, text).text)
    if field in {"state", "decision"}:
        for words in (CARD_STATES, SHOP_STATES, RESIDENT_STATES):
            if text in words:
                return say(words[text].text)
        return state_name(say, text)
    if field == "kind":
        return say(word({**TERMINAL_KINDS, **CARD_KINDS}, text).text)
    return text
