"""Refusals around files for the bank, its answers, and vouchers."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "account_code_bad": Known(
        422,
        mark(
            "The code for {account} has signs that no bookkeeping program takes. Use letters, digits, full stops "
            "and hyphens, at most 20."
        ),
    ),
    "bank_answer_columns": Known(
        422,
        mark(
            "The heading of this file lacks: {missing}. Nothing was used. Choose the bank it comes from, and take the "
            "return file or account statement in with its heading as the bank gives it."
        ),
    ),
    "bank_answer_large": Known(
        413, mark("This file of the bank is too large. Ask the bank for fewer days at a time.")
    ),
    "bank_answer_row": Known(
        422,
        mark(
            "Row {row} has an amount in “{column}” that cannot be read; nothing of the file was used. Compare it with "
            "the bank's own page and take the file in again."
        ),
    ),
    "bank_answer_unreadable": Known(
        422,
        mark(
            "The writing of this file cannot be read. Save it as CSV or Excel (XLSX) and take it in again."
        ),
    ),
    "bank_batch_not_found": Known(
        404, mark("There is no such file for the bank. Look at the list and try again.")
    ),
    "bank_batch_over": Known(
        409,
        mark(
            "The bank has answered file {batch_no}, or it was said not to have been sent. Take the bank's return "
            "file in instead."
        ),
    ),
    "bank_cell_bad": Known(
        422,
        mark(
            "Line {line} has a sign in “{column}” that the bank's file cannot carry. Correct the shop's account first."
        ),
    ),
    "bank_file_empty": Known(422, mark("No payout was chosen. Tick the approved ones first.")),
    "bank_file_long": Known(
        422, mark("The bank takes at most {most} payments a file. Choose fewer of them.")
    ),
    "bank_file_out": Known(
        409,
        mark(
            "This payout is in file {batch_no} for the bank. Take the bank's return file in, or have a second person "
            "say that the file was never sent."
        ),
    ),
    "bank_form_bad": Known(
        500,
        mark("The template {file} in the data folder (banks) cannot be read. Correct it first."),
    ),
    "bank_form_changed": Known(
        409,
        mark(
            "The bank's template was changed since this file was made, so it cannot be written again as it was. Have "
            "a second person say that the file was not sent."
        ),
    ),
    "bank_line_agrees": Known(
        409, mark("Nothing differs about this payment any more. Look at the list again.")
    ),
    "bank_line_not_found": Known(
        404, mark("There is no such payment in a file for the bank. Look at the list again.")
    ),
    "bank_payer_missing": Known(
        409,
        mark(
            "This bank's file names the payer. Set the community's own account under “Bank and bookkeeping” first."
        ),
    ),
    "bank_same_person": Known(
        403,
        mark("Whoever made the file does not say that it was never sent. Ask a second person."),
    ),
    "bank_unknown": Known(
        404, mark("There is no template for the bank “{bank}”. Choose one of the list.")
    ),
    "holidays_unknown": Known(
        409,
        mark(
            "The holidays of {year} are not known to this version. Give the day to pay yourself, or bring in a "
            "version that has the State Council's notice."
        ),
    ),
    "payout_account_changed": Known(
        409,
        mark(
            "The account of shop {shop} is another than when this payout was proposed. Give the payout up and "
            "propose it anew."
        ),
    ),
    "payout_no_account": Known(
        409,
        mark("Shop {shop} has no approved bank account. Enter it on the shop's page first."),
    ),
    "payout_other_route": Known(
        409,
        mark(
            "This payout went another way ({route}), and only that way tells how it ended. Take the bank's return "
            "file in, or ask there."
        ),
    ),
    "payout_stopped": Known(
        409,
        mark(
            "The bank paid this shop another amount or another account. Nothing more goes to it until two people "
            "have settled that under “Bank and bookkeeping”."
        ),
    ),
    "voucher_code_missing": Known(
        409,
        mark(
            "“{account}” has no code of the bookkeeping program yet. Map it under “Bank and bookkeeping” first."
        ),
    ),
    "voucher_month_open": Known(
        409,
        mark("{month} is not closed yet, so its entries may still grow. Close the month first."),
    ),
    "voucher_none": Known(404, mark("No yuan moved in {month}. Choose another month.")),
    "voucher_program_unknown": Known(
        404, mark("There is no form for the program “{program}”. Choose one of the list.")
    ),
    "value_date_past": Known(422, mark("The day to pay has passed. Give today or a later day.")),
}
