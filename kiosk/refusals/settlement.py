"""Refusals of claims, nights, statements and payouts."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "move_not_offered": Known(
        409,
        mark(
            "There is no sale of another shop behind it that waits to be paid. Load the page again."
        ),
    ),
    "pick_not_offered": Known(
        409,
        mark(
            "This booking is none the claim may mean, or it was settled meanwhile. Load the page again."
        ),
    ),
    "claim_batch_changed": Known(
        409,
        mark(
            "Batch {batch_no} was filed before with other content. File nothing under this "
            "number again; ask the office to compare the two."
        ),
    ),
    "claim_batch_gap": Known(
        409,
        mark(
            "The next batch of this till has the number {expected}. File the batches in their"
            " order, none left out. If it comes back, ask the office for a new enrolment code for this tablet."
        ),
    ),
    "claim_batch_signature": Known(
        422,
        mark(
            "Batch {batch_no} is not signed by this till's own key, so nothing of it counts; it is kept. File again; if"
            " it comes back, ask the office for a new enrolment code for this tablet."
        ),
    ),
    "claim_batch_rows": Known(
        422,
        mark(
            "The lines of batch {batch_no} are not those the till signed, so nothing of it counts; it is kept. File"
            " again, and call the office if it happens twice."
        ),
    ),
    "claim_batch_not_chained": Known(
        409,
        mark(
            "Batch {batch_no} follows another batch than the last one the office has, so nothing of it counts; it is"
            " kept. Ask the office for a new enrolment code for this tablet, then file again."
        ),
        next="ask",
    ),
    "claim_batch_unsigned": Known(
        409,
        mark(
            "This till signs its batches, and batch {batch_no} comes without a signature: nothing of it counts. Load"
            " the page of the till again, then file."
        ),
    ),
    "claim_batch_too_long": Known(
        413,
        mark("A batch has at most {most} lines. Close the day in two batches."),
    ),
    "keyed_list_not_found": Known(
        404, mark("There is no such paper list of this shop. Look at the list and try again.")
    ),
    "keyed_list_over": Known(
        409, mark("Nothing of this paper list is open any more. Load the page again.")
    ),
    "claim_file_not_csv": Known(
        422,
        mark(
            "This file is not the claim table. Use the template, save it as CSV or XLSX, and send it again."
        ),
    ),
    "stack_days": Known(
        422, mark("The stack's first day must not lie after its last. Correct the days.")
    ),
    "slip_finding_not_found": Known(
        404, mark("This finding is not open any more. Load the page again.")
    ),
    "claim_file_changed": Known(
        409,
        mark(
            "This is the list {file} with {count} lines changed or gone (row, number, yuan before -> now): {lines}. "
            "Send new lines alone; what was claimed wrong is put right under Differences."
        ),
    ),
    "claim_columns_unconfirmed": Known(
        409,
        mark(
            "Nobody has said yet what the columns of {file} are ({headings}). Confirm them once; the file is kept."
        ),
    ),
    "claim_columns_changed": Known(
        409,
        mark(
            "The headings of {file} are not the shop's last ones (new: {new}; gone: {gone}). Confirm them again; "
            "the file is kept."
        ),
    ),
    "claim_columns_bad": Known(
        422,
        mark("Each of number, points, yuan and time needs a column of its own. Choose them again."),
    ),
    "claim_file_too_large": Known(
        413,
        mark(
            "The claim file is larger than {most_bytes} bytes. Split it by days and send the parts."
        ),
    ),
    "claim_line_bad": Known(
        422,
        mark(
            "The line with counter {counter} does not fit ({fault}), so nothing was filed. "
            "Print the day's list and ask the office."
        ),
    ),
    "day_bad": Known(
        422,
        mark("This is not a day of the calendar. Write it as 2026-03-02."),
    ),
    "decision_changed": Known(
        409,
        mark(
            "The decision that was proposed is another one. Look at the discrepancy again, "
            "then decide."
        ),
    ),
    "decision_not_offered": Known(
        422,
        mark(
            "“{choice}” does not fit a discrepancy of the kind {verdict}. Choose one of the "
            "buttons shown."
        ),
    ),
    "decision_same_person": Known(
        403,
        mark("Whoever proposed the decision does not confirm it. Ask a second person."),
    ),
    "watch_answer_bad": Known(
        422,
        mark(
            "That is no answer to a warning. Say that nothing is in it, or that somebody cheated."
        ),
    ),
    "watch_flag_gone": Known(
        409,
        mark("This warning is answered already, or there is none like it. Look at the list again."),
    ),
    "discrepancy_not_found": Known(
        404,
        mark("There is no such discrepancy in this community. Look at the list and try again."),
    ),
    "discrepancy_settled": Known(
        409,
        mark(
            "This discrepancy is {state} already. Look at the list; nothing more needs to be done."
        ),
    ),
    "month_bad": Known(
        422,
        mark("This is not a month. Write it as 2026-03."),
    ),
    "month_earlier_open": Known(
        409,
        mark("{month} is not closed yet. Close the earlier month first."),
    ),
    "month_not_closed": Known(
        409,
        mark(
            "Not every day of {month} is closed yet. Run the nights that are missing, then "
            "the month."
        ),
    ),
    "night_not_run": Known(
        404,
        mark(
            "The night of {business_date} was not run yet. Run it first: jifen night "
            "{business_date}."
        ),
    ),
    "night_out_of_order": Known(
        409,
        mark(
            "{business_date} cannot be closed yet: an earlier day is still open. Close the "
            "earlier days first."
        ),
    ),
    "night_too_early": Known(
        409,
        mark("{business_date} is not over yet. Run the night after the cut-off."),
    ),
    "night_unfinished": Known(
        409,
        mark("A night is being run at this moment. Wait until it has ended, then try again."),
    ),
    "nothing_to_pay": Known(
        409,
        mark(
            "Nothing is owed to this shop on this statement. Look at the statement; no payout"
            " is needed."
        ),
    ),
    "payout_no_channel": Known(
        503,
        mark(
            "No payment channel is set up on this server. Set gateway_url and gateway_key, "
            "then send the payout again."
        ),
    ),
    "payout_not_found": Known(
        404,
        mark("There is no such payout in this community. Look at the list and try again."),
    ),
    "payout_over_owed": Known(
        409,
        mark(
            "This payout is more than is owed to the shop now. Propose it again with what is owed."
        ),
    ),
    "payout_same_person": Known(
        403,
        mark("Whoever proposed the payout does not approve it. Ask a second person."),
    ),
    "payout_waiting": Known(
        409,
        mark("Another payout to this shop is not finished yet. Finish that one first."),
    ),
    "payout_wrong_state": Known(
        409,
        mark(
            "This payout is {state}, so this cannot be done with it. Look at the list and "
            "choose what it offers."
        ),
    ),
    "day_file_not_ready": Known(
        404,
        mark(
            "The file of {business_date} is not ready yet: its night is not closed. It is promised "
            "for {hour}:00 of the next day."
        ),
        next="wait",
    ),
    "dispute_appealed": Known(
        409,
        mark("This line was presented again once already. What was decided then is final."),
    ),
    "dispute_line_unknown": Known(
        422,
        mark("The statement has no such line or receipt. Choose one from the list."),
    ),
    "dispute_none": Known(422, mark("No line was named. Choose the line that is wrong.")),
    "dispute_not_found": Known(
        404,
        mark("There is no such objection in this community. Look at the list and try again."),
    ),
    "dispute_raised": Known(
        409,
        mark("This line was objected to already. Look under the lines in question."),
    ),
    "dispute_wrong_state": Known(
        409,
        mark(
            "This objection is {state}, so this cannot be done with it. Look at the list and "
            "choose what it offers."
        ),
    ),
    "objection_late": Known(
        409,
        mark("The days for this ended on {until_date}. Talk to the community office."),
        next="ask",
    ),
    "payment_rule_bad": Known(
        422,
        mark(
            "Days lie between 0 and {most}, the least amount between 0 and {most_fen} yuan. Change "
            "the figure."
        ),
    ),
    "payout_held": Known(
        409,
        mark(
            "Nothing of this statement can be proposed now: {held_fen} yuan are held ({disputed_fen} in lines objected "
            "to, {review_fen} waiting for a look, {recent_fen} too recent). Settle the lines under “Objections” and "
            "“Watch”; what is too recent is free by itself."
        ),
    ),
    "payout_under_least": Known(
        409,
        mark(
            "{amount_fen} yuan are less than the least that is paid ({least_fen} yuan). They are "
            "carried to the next month."
        ),
        next="wait",
    ),
    "payments_none": Known(
        404,
        mark("No payment was proposed for {month}. Propose one under “Payouts” first."),
    ),
    "report_empty": Known(
        404,
        mark("There is no statement for {month}. Run the month first."),
    ),
    "month_passed": Known(
        409,
        mark(
            "{month} lies before the first day of the book, or before a month that is closed already. Nothing was"
            " booked in it, so there is nothing to close. Choose a later month."
        ),
    ),
    "report_period_bad": Known(
        400,
        mark(
            "“{period}” is no period of a report. Write a month (2026-03), a quarter (2026-Q1) or a"
            " year (2026)."
        ),
    ),
    "report_months_open": Known(
        409,
        mark(
            "Not every month of {period} is closed yet: {month} is missing. Close it under"
            " “Statements”, then ask for the report again."
        ),
    ),
    "report_unbalanced": Known(
        500,
        mark(
            "The sums of “{what}” do not add up, so no report is printed. Run `jifen audit` and call"
            " whoever keeps the server."
        ),
    ),
    "ruling_bad": Known(
        422,
        mark(
            "“Right in part” lies between what stands there and what the shop says. Give an "
            "amount between them."
        ),
    ),
    "ruling_needs_figure": Known(
        422,
        mark("The shop named no figure. Ask it, or choose “right in part” and give the amount."),
    ),
    "statement_ended": Known(
        409,
        mark(
            "This statement is {state} and can no longer be changed. Look at the next month's"
            " statement."
        ),
    ),
    "statement_not_accepted": Known(
        409,
        mark(
            "This statement is {state}; only an accepted one is paid. Wait for the shop's "
            "answer, or for the days it has for it."
        ),
    ),
    "statement_not_balanced": Known(
        500,
        mark(
            "The statement does not add up with the book ({booked_fen} against {reckoned_fen}"
            " yuan). Pay nothing; tell whoever looks after the server."
        ),
    ),
    "statement_not_found": Known(
        404,
        mark("There is no such statement in this community. Look at the list and try again."),
    ),
}
