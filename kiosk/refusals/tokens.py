"""Refusals of codes and keys."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "token_not_a_code": Known(
        422,
        mark(
            "This is not a points code. Scan the code on the resident's card or phone, or "
            "type the short number printed under the card's code."
        ),
    ),
    "token_foreign_wallet": Known(
        422,
        mark(
            "This is a WeChat, Alipay or UnionPay payment code, not a points code. Nothing "
            "was stored. Ask the resident for the points code, and take the yuan on the "
            "shop's own device."
        ),
    ),
    "token_id_card": Known(
        422,
        mark(
            "This is an identity number, not a points code. Nothing was stored. Ask the resident"
            " for the points card, or for the code on the points page."
        ),
    ),
    "token_bank_card": Known(
        422,
        mark(
            "This is a bank card's number, not a points code. Nothing was stored. Ask the resident"
            " for the points card, and take the yuan on the shop's own device."
        ),
    ),
    "token_goods": Known(
        422,
        mark(
            "This is the bar code of goods, not a points code. Scan the code on the points card,"
            " or on the points page of the phone."
        ),
    ),
    "token_phone_number": Known(
        422,
        mark(
            "This is a telephone number, not a points code. Nothing was stored. Ask the resident"
            " for the points card, or for the code on the points page."
        ),
    ),
    "token_health_code": Known(
        422,
        mark(
            "This is a health code, not a points code. Nothing was stored. Ask the resident to"
            " open the points page, or to show the points card."
        ),
    ),
    "token_link": Known(
        422,
        mark(
            "This code leads to some web page; it is no points code. Nothing was opened. Ask the"
            " resident for the points card, or for the code on the points page."
        ),
    ),
    "token_other_community": Known(
        422,
        mark(
            "This code belongs to another community and cannot be used here. Ask the resident"
            " for this community's card, or call the hotline."
        ),
    ),
    "token_wrong_length": Known(
        422,
        mark("Only part of the code was read. Hold the whole code in the frame and scan again."),
    ),
    "token_malformed": Known(
        422,
        mark(
            "The code was read wrongly or has been changed. Scan it again; if it is refused "
            "again, type the short card number or call the hotline."
        ),
    ),
    "token_unknown_key": Known(
        422,
        mark(
            "This till does not know who signed this code. Connect the till to the network to"
            " fetch the current keys, then scan again."
        ),
    ),
    "token_wrong_class": Known(
        422,
        mark(
            "This kind of code cannot do what was asked: an earn-only code never spends "
            "points. Ask the resident to show the payment code or the card."
        ),
    ),
    "token_wrong_algorithm": Known(
        422,
        mark(
            "This code was signed in a way its key does not allow. Do not serve it; ask for "
            "another code and tell the community office."
        ),
    ),
    "token_bad_signature": Known(
        422,
        mark(
            "This code is not genuine. Do not serve it; ask the resident for the card or a "
            "new code, and tell the community office."
        ),
    ),
    "token_expired": Known(
        422,
        mark(
            "This code has expired. A phone code lives one minute: let the resident refresh "
            "the page. An old card is replaced at the community office."
        ),
    ),
    "token_from_future": Known(
        422,
        mark(
            "This code is dated later than this till's clock. Set the till's time, connect it"
            " to the network, and scan again."
        ),
    ),
    "token_key_retired": Known(
        422,
        mark(
            "The key that signed this code has been withdrawn. Let the resident refresh the "
            "phone page, or replace the card at the community office."
        ),
    ),
    "token_key_not_yet": Known(
        422,
        mark(
            "The key that signed this code is not in force yet. Check the till's clock and "
            "scan again; if it is refused again, call the hotline."
        ),
    ),
    "token_no_signing_key": Known(
        503,
        mark(
            "The server has no key in force to sign codes with. Tell the community office to "
            "make one with: jifen keys renew."
        ),
    ),
    "token_purpose_unknown": Known(
        422,
        mark(
            "A phone shows a code to pay with or a code to collect points with, nothing else."
            " Ask for one of the two."
        ),
    ),
    "keys_master_missing": Known(
        503,
        mark(
            "The file with the master key is missing or is not a master key. Put it back from"
            " its safe copy, or name it in the settings."
        ),
    ),
    "keys_master_open": Known(
        503,
        mark(
            "The file with the master key can be read by other users of this machine. Take "
            "their rights away (chmod 600) and start again."
        ),
    ),
    "keys_master_wrong": Known(
        503,
        mark(
            "The keys in the database were sealed with another master key. Name the file with"
            " the right master key in the settings."
        ),
    ),
    "key_slots_full": Known(
        409,
        mark(
            "All 256 key numbers are in use. Wait until an old key has ended, or retire one, "
            "and try again."
        ),
    ),
    "key_not_found": Known(
        404,
        mark("There is no such key in this community. Look at the list of keys and try again."),
    ),
    "card_sheet_empty": Known(
        422,
        mark("There is no card to print. Choose at least one household or resident."),
    ),
    "card_sheet_too_long": Known(
        422,
        mark(
            "At most {most} cards fit in one file, and {count} were chosen. Print them in "
            "several files."
        ),
    ),
}
