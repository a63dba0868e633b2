"""Refusals about members: communities, settings, people, cards, shops, files."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "community_not_found": Known(
        404,
        mark("There is no such community on this server. Check its four-character code."),
    ),
    "kin_kind": Known(
        422,
        mark("There is no such tie as “{kind}”. Choose one from the list."),
    ),
    "kin_oneself": Known(
        422,
        mark("Nobody is their own relative. Choose another resident."),
    ),
    "kin_twice": Known(
        409,
        mark("These two are noted as relatives already. Nothing needs to be done."),
    ),
    "kin_not_found": Known(
        404,
        mark("These two are not noted as relatives. Look at the list and try again."),
    ),
    "issuer_bad": Known(
        422,
        mark("A community's code is four letters or digits, such as CA01. Choose another."),
    ),
    "issuer_taken": Known(
        409,
        mark("Another community on this server has the code {issuer}. Choose another."),
    ),
    "timezone_unknown": Known(
        422,
        mark("The time zone “{timezone}” is not known. Use a name such as Asia/Shanghai."),
    ),
    "setting_unknown": Known(
        422,
        mark("There is no setting “{name}”. Look at the list with: jifen settings show."),
    ),
    "setting_bad": Known(
        422,
        mark("The setting “{name}” must be between {least} and {most}. Correct it and save again."),
    ),
    "setting_type": Known(
        422,
        mark(
            "The setting “{name}” is of another kind (number, text, list). Correct it and "
            "save again."
        ),
    ),
    "setting_stale": Known(
        409,
        mark("Somebody changed the settings meanwhile. Look at them again, then make your change."),
    ),
    "why_missing": Known(
        422,
        mark("Say in a few words why this is changed. The reason stays in the record."),
    ),
    "scheme_missing": Known(
        409,
        mark("No scheme is in force on {business_date}. Adopt one first: jifen scheme adopt FILE."),
    ),
    "scheme_version_known": Known(
        409,
        mark(
            "Version {version} of this scheme was adopted with other content. Give the "
            "changed scheme a new version."
        ),
    ),
    "scheme_too_late": Known(
        409,
        mark(
            "A scheme cannot begin on {effective_date}: that day is closed already. Choose a "
            "later first day."
        ),
    ),
    "household_not_found": Known(
        404,
        mark(
            "There is no such household in this community. Check the code, or open the "
            "household first."
        ),
    ),
    "household_code_taken": Known(
        409,
        mark("The household code {taken} is in use. Choose another, or look at that household."),
    ),
    "household_closed": Known(
        409,
        mark("This household is closed. Open it again first, or choose another."),
    ),
    "resident_not_found": Known(
        404,
        mark("There is no such resident in this community. Check the number or search again."),
    ),
    "resident_left": Known(
        409,
        mark("This resident has left the community. Register them again first."),
    ),
    "birth_year_bad": Known(
        422,
        mark("The year of birth {year} cannot be. Correct it and save again."),
    ),
    "consent_missing": Known(
        422,
        mark("The resident's consent is not recorded. Ask for it and record it first."),
    ),
    "phone_bad": Known(
        422,
        mark("A phone number has 5 to 20 digits. Correct it and save again."),
    ),
    "name_bad": Known(
        422,
        mark("A name has 1 to {most} characters on one line. Correct it and save again."),
    ),
    "code_bad": Known(
        422,
        mark("A code has {least} to {most} capital letters or digits. Correct it and save again."),
    ),
    "card_not_found": Known(
        404,
        mark("There is no card with this number in this community. Check the number on the card."),
    ),
    "card_number_bad": Known(
        422,
        mark("The card number was typed wrongly: its last character does not fit. Type it again."),
    ),
    "card_not_active": Known(
        409,
        mark(
            "This card is {state} and cannot be used. Ask the resident to go to the service desk."
        ),
    ),
    "card_taken": Known(
        409,
        mark("This card belongs to somebody already. Take another card."),
    ),
    "card_change_bad": Known(
        409,
        mark("A card that is {state} cannot become {wanted}. Look at the card and try again."),
    ),
    "card_old_issue": Known(
        409,
        mark(
            "This is an old print of a card that was replaced. Ask the resident for the new card."
        ),
    ),
    "card_too_soon": Known(
        409,
        mark(
            "This card paid {ago_s} seconds ago. Wait {wait_s} seconds, or ask the resident "
            "for the phone code."
        ),
    ),
    "pin_needed": Known(
        403,
        mark(
            "Above {limit_units} points a day the resident types the six-digit PIN. Hand over"
            " the till."
        ),
    ),
    "pin_not_set": Known(
        403,
        mark(
            "This resident has no PIN yet. Use fewer points, or let them set one at the "
            "service desk."
        ),
    ),
    "pin_wrong": Known(
        403,
        mark("The PIN is not right; {tries_left} tries are left. Let the resident type it again."),
    ),
    "pin_locked": Known(
        423,
        mark("The PIN is locked after five wrong tries. The service desk opens it again."),
    ),
    "pin_shape": Known(
        422,
        mark("A PIN has six digits. Type six digits."),
    ),
    "pin_trivial": Known(
        422,
        mark(
            "This PIN is too easy to guess. Choose one without a row, a repeat or a date of birth."
        ),
    ),
    "pin_same": Known(422, mark("The new PIN is the old one. Choose six other digits.")),
    "merchant_not_found": Known(
        404,
        mark("There is no such shop in this community. Check its code in the list of shops."),
    ),
    "merchant_code_taken": Known(
        409,
        mark("The shop code {taken} is in use. Choose another."),
    ),
    "merchant_not_active": Known(
        403,
        mark("This shop's part in the programme is paused. Ask the office why."),
    ),
    "agreement_missing": Known(
        403,
        mark("This shop has no agreement in force today. Ask the office to sign or renew it."),
    ),
    "agreement_dates": Known(
        422,
        mark(
            "The agreement must begin after the one before it and end after it begins. "
            "Correct the dates."
        ),
    ),
    "agreement_not_found": Known(
        404,
        mark("This shop has no agreement that begins on that day. Look at its agreements."),
    ),
    "agreement_notice": Known(
        409,
        mark(
            "These terms are worse for the shop, which must know of them {days} days before. They "
            "can begin on {first_date} at the earliest."
        ),
        next="change",
    ),
    "agreement_share_month": Known(
        422,
        mark(
            "Another share of the points given out can begin on {first_date} at the earliest, and with a "
            "month's first day. Let the agreement begin then."
        ),
    ),
    "agreement_terms": Known(
        422,
        mark("The agreement's {field} is not one of: {allowed}. Correct it and save again."),
    ),
    "branch_not_found": Known(
        404,
        mark("There is no such branch of this shop. Look at the list and try again."),
    ),
    "branch_code_taken": Known(
        409,
        mark("The branch code {taken} is in use in this shop. Choose another."),
    ),
    "payout_account_bad": Known(
        422,
        mark("A bank account number has 8 to 30 digits. Correct it and save again."),
    ),
    "file_not_found": Known(
        404,
        mark("There is no such file here. Look at the list and try again."),
    ),
    "file_too_large": Known(
        413,
        mark("The file is larger than {limit_mb} MB. Split it and send the parts."),
    ),
    "file_empty": Known(
        422,
        mark("The file is empty. Choose the right file."),
    ),
    "import_not_a_table": Known(
        422,
        mark(
            "This file is neither CSV nor XLSX. Save the table as one of the two and send it again."
        ),
    ),
    "import_encoding": Known(
        422,
        mark(
            "The letters of this file cannot be read: it is neither UTF-8 nor GBK. Save it as"
            " UTF-8 and send it again."
        ),
    ),
    "import_columns": Known(
        422,
        mark("The table lacks the column “{column}”. Use the headings of the template."),
    ),
    "import_column_unknown": Known(
        422,
        mark(
            "The table has a column “{column}” that is not known. Remove it, or use the "
            "heading of the template."
        ),
    ),
    "import_column_twice": Known(
        422,
        mark("The table has the column “{column}” twice. Remove one."),
    ),
    "import_rows": Known(
        413,
        mark("The table has more than {limit} rows. Split it and send the parts."),
    ),
    "import_cell": Known(
        422,
        mark(
            "Row {row} has a cell longer than {limit} characters. Shorten it and send the "
            "file again."
        ),
    ),
    "import_rows_wrong": Known(
        422,
        mark(
            "{count} rows are wrong, so nothing was taken. Correct the rows named in “rows” "
            "and send the file again."
        ),
    ),
    "import_kind": Known(
        422,
        mark(
            "This kind of table cannot be imported: “{kind}”. Choose households, residents, "
            "merchants or balances."
        ),
    ),
    "import_file_changed": Known(
        409,
        mark("The file is not the one that was looked at. Look at it again before taking it."),
    ),
    "config_missing": Known(
        503,
        mark(
            "The setting {name} is missing. Write it into the configuration file and start again."
        ),
    ),
    "config_bad": Known(
        503,
        mark("The configuration file is wrong at {where}. Correct it and start again."),
    ),
    "scheme_day_taken": Known(
        409,
        mark("Another version of the scheme begins on {effective_date}. Choose another first day."),
    ),
    "scheme_points_moved": Known(
        409,
        mark(
            "The kinds of points do not stand in the same order, with the same decimals, as "
            "in version {version}. Put new kinds at the end."
        ),
    ),
    "merchant_state_bad": Known(
        422,
        mark("A shop is one of: {allowed}. Choose one of them."),
    ),
    "terminal_kind_bad": Known(
        422,
        mark("A terminal is one of: {allowed}. Choose one of them."),
    ),
    "import_formula": Known(
        422,
        mark("A cell holds a formula. Paste the table as values only and send it again."),
    ),
    "import_missing": Known(
        422,
        mark("This cell is empty but needed. Fill it in."),
    ),
    "import_number": Known(
        422,
        mark("This is not a number as wanted here, such as 12.80. Correct it."),
    ),
    "import_year": Known(
        422,
        mark("This is not a year such as 1948. Correct it."),
    ),
    "import_day": Known(
        422,
        mark("This is not a day such as 2026-03-02. Correct it."),
    ),
    "import_word": Known(
        422,
        mark("This must be one of: {allowed}. Correct it."),
    ),
    "import_twice": Known(
        422,
        mark("The same stands in row {first_row} already. Remove one of the two."),
    ),
    "import_known": Known(
        422,
        mark("This is in the community's books already. Remove the row."),
    ),
    "import_household": Known(
        422,
        mark(
            "There is no open household with this code. Import the households first, or "
            "correct the code."
        ),
    ),
    "import_no_pool": Known(
        409,
        mark(
            "Points are kept for each person here, so they cannot be brought along by "
            "household. Grant them person by person."
        ),
    ),
}
