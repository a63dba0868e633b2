"""The book's tables; only ledger.book writes them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import blob, index, number, points_to, table, text, unique

account = table(
    "account",
    number("account_id"),
    number("commodity"),
    text("kind"),
    number("owner_id"),  # 0: the community itself; else a wallet owner, merchant, shop
    number("bounded"),  # 1: has a balance row and can refuse
    number("opened_at"),
    number("closed_at", null=True),
    unique("community_id", "account_id", "commodity"),
    unique("community_id", "kind", "commodity", "owner_id"),
    key=("account_id",),
)

balance = table(
    "balance",
    number("account_id"),
    number("posted"),
    number("held"),
    CheckConstraint("held >= 0", name="ck_balance_held"),
    CheckConstraint("posted >= held", name="ck_balance_covered"),
    points_to("fk_balance_account", "account", account_id="account_id"),
    key=("account_id",),
)

request = table(
    "request",
    text("request_id"),
    text("kind"),
    blob("body_hash"),
    text("outcome"),  # open | done | refused
    text("code"),  # the refusal's code, '' when done
    text("response"),
    number("txn_id", null=True),
    number(
        "balance_after", null=True
    ),  # the wallet right after the posting, as the receipt says it
    number("received_at"),
    key=("request_id",),
)

txn = table(
    "txn",
    number("txn_id"),
    text("request_id"),
    text("kind"),
    text("ref", null=True),
    number("business_date"),
    text("scheme_period"),
    number("occurred_at"),
    number("recorded_at"),
    text("scheme_version"),
    number("units_per_fen", null=True),
    number("person_id", null=True),
    number("wallet_owner_id", null=True),
    number("card_serial", null=True),
    number("card_issue", null=True),
    number("on_behalf_of", null=True),
    number("merchant_id", null=True),
    number("branch_id", null=True),
    number("terminal_id", null=True),
    number("staff_id", null=True),
    number("issuing_community"),
    number("accepting_community"),
    text("reason_key"),
    text("source"),  # till | counter | office | job | import | gateway
    number("provisional"),
    number("reverses_txn", null=True),
    # the earlier business date it is about: a decision's, a refund's sale, the sale of points proven later
    number("corrects_date", null=True),
    index("ix_txn_person", "wallet_owner_id", "txn_id"),
    index("ix_txn_terminal_day", "terminal_id", "business_date"),
    unique("community_id", "request_id", "kind"),
    unique("community_id", "reverses_txn"),
    key=("txn_id",),
)

transfer = table(
    "transfer",
    number("txn_id"),
    number("line_no"),
    number("commodity"),
    number("debit_id"),
    number("credit_id"),
    number("amount"),
    CheckConstraint("amount > 0", name="ck_transfer_amount"),
    CheckConstraint("debit_id <> credit_id", name="ck_transfer_sides"),
    points_to("fk_transfer_txn", "txn", txn_id="txn_id"),
    points_to("fk_transfer_debit", "account", debit_id="account_id", commodity="commodity"),
    points_to("fk_transfer_credit", "account", credit_id="account_id", commodity="commodity"),
    index("ix_transfer_debit", "debit_id", "txn_id"),
    index("ix_transfer_credit", "credit_id", "txn_id"),
    key=("txn_id", "line_no"),
)

# A booked offset: points honoured as yuan by one shop. A refund's row has negative units and fen.
offset_booked = table(
    "offset_booked",
    number("txn_id"),
    number("claimant_id"),  # the merchant who may claim it
    number("terminal_id"),
    text("ref"),
    text("kind"),  # sale | refund | voucher | bill
    text("original_ref", null=True),
    number("units"),
    number("fen"),
    number("units_per_fen"),  # 0: a voucher, whose fen are its contract's and not the rate's
    number("business_date"),
    number("occurred_at"),
    points_to("fk_offset_txn", "txn", txn_id="txn_id"),
    unique("community_id", "claimant_id", "ref"),
    key=("txn_id",),
)

hold = table(
    "hold",
    number("hold_id"),
    number("account_id"),
    number("commodity"),
    number("amount"),
    text("purpose"),
    text("request_id"),
    number("opened_at"),
    number("expires_at"),
    CheckConstraint("amount > 0", name="ck_hold_amount"),
    points_to("fk_hold_account", "account", account_id="account_id", commodity="commodity"),
    unique("community_id", "request_id", "account_id"),
    key=("hold_id",),
)

hold_end = table(
    "hold_end",
    number("hold_id"),
    text("how"),  # captured | released
    number("captured"),
    number("txn_id", null=True),
    number("ended_at"),
    points_to("fk_hold_end_hold", "hold", hold_id="hold_id"),
    key=("hold_id",),
)

# Points earned but not yet proven; `left_units` falls by refunds and ends at zero when vested or reversed.
pending = table(
    "pending",
    number("txn_id"),
    number("wallet_owner_id"),
    number("commodity"),
    number("merchant_id"),
    number("units"),
    number("left_units"),
    text("state"),  # open | vested | reversed
    number("business_date"),
    number("ended_at", null=True),
    CheckConstraint("left_units >= 0", name="ck_pending_left"),
    points_to("fk_pending_txn", "txn", txn_id="txn_id"),
    index("ix_pending_owner", "wallet_owner_id", "state"),
    index("ix_pending_merchant", "merchant_id", "state", "business_date"),
    key=("txn_id",),
)

# What stands behind points earned by spending.
evidence = table(
    "evidence",
    number("txn_id"),
    text("sale_id"),
    text("route"),  # gateway | reference | till
    text("channel"),
    text("payment_ref", null=True),
    number("merchant_id"),
    number("terminal_id"),
    number("counter"),
    number("paid_fen"),
    number("paid_at"),
    text("state"),  # claimed | proven | missing
    text("proven_by", null=True),
    number("proven_at", null=True),
    points_to("fk_evidence_txn", "txn", txn_id="txn_id"),
    index("ix_evidence_match", "merchant_id", "state", "paid_fen", "paid_at"),
    unique("community_id", "sale_id"),
    key=("txn_id",),
)

cap_counter = table(
    "cap_counter",
    number("subject_id"),
    text("cap_code"),
    number("period_key"),
    number("used"),
    number(
        "cap"
    ),  # the limit that held at the last write; the guard compares with the one in force
    CheckConstraint("used >= 0", name="ck_cap_used"),
    key=("subject_id", "cap_code", "period_key"),
)

token_use = table(
    "token_use",
    number("kid"),
    number("serial"),
    number("issued_at_s"),
    number("sequence"),
    number("used_at"),
    number("terminal_id"),
    text("request_id"),
    text("outcome"),  # used | refused
    key=("kid", "serial", "issued_at_s", "sequence"),
)

# A code shown again at another till than the one that had it first, as it was refused there: for the watch alone.
code_again = table(
    "code_again",
    number("kid"),
    number("serial"),
    number("issued_at_s"),
    number("sequence"),
    number("terminal_id"),
    number("shown_at"),
    index("ix_code_again", "shown_at"),
    key=("kid", "serial", "issued_at_s", "sequence", "terminal_id"),
)

# A business date's state in the book: a locked date takes no entry.
book_day = table(
    "book_day",
    number("business_date"),
    text("state"),  # open | cut_off | locked
    number("changed_at"),
    key=("business_date",),
)

# A month's close. While no row is there the month is open; `closing` and `closed` take no entry of its days.
period = table(
    "period",
    number("period_key"),  # yyyymm
    text("state"),  # closing | closed
    number("first_date"),
    number("last_date"),
    number(
        "tree_size", null=True
    ),  # the places [0, tree_size) of the order are what it is closed over
    text("root"),
    text("trial_balance_hash"),
    number("closed_at", null=True),
    key=("period_key",),
)

# What moved on an account without a balance row, from one close to the next.
rollup = table(
    "rollup",
    number("account_id"),
    number("period_key"),
    number("debits"),
    number("credits"),
    points_to("fk_rollup_account", "account", account_id="account_id"),
    key=("account_id", "period_key"),
)

# Everything debited and credited up to a close, by kind of account.
trial_balance = table(
    "trial_balance",
    number("period_key"),
    number("commodity"),
    text("kind"),
    number("debits"),
    number("credits"),
    key=("period_key", "commodity", "kind"),
)

# What was given out, counted along the order up to `counted`: an entry is in these sums once.
issue_sum = table(
    "issue_sum",
    text("kind"),  # issued_consumption | issued_deed | issued_grant | opening
    number("commodity"),
    number("merchant_id"),  # 0: no shop's
    number("month"),  # of the entry's business date, yyyymm
    number("given_month"),  # of the sale, where the entry takes it back
    number("units_per_fen"),  # 0: an entry that has no rate
    number("plus"),
    number("minus"),
    key=("kind", "commodity", "merchant_id", "month", "given_month", "units_per_fen"),
)

issue_count = table("issue_count", number("counted"), key=())

# Funds that schemes name for a work; the fund behind the points has the number 0 and no row.
fund = table(
    "fund",
    number("fund_id"),
    text("code"),
    text("name"),
    number("opened_at"),
    unique("community_id", "code"),
    key=("fund_id",),
)

# Which fund an entry was about, from whom the money came, and why.
fund_entry = table(
    "fund_entry",
    number("txn_id"),
    number("fund_id"),
    text("kind"),  # in | out | move | fee
    text("source"),  # the scheme's word for who funds, '' where nobody said
    number("fen"),  # signed
    text("reason"),
    points_to("fk_fund_entry_txn", "txn", txn_id="txn_id"),
    index("ix_fund_entry_fund", "fund_id", "txn_id"),
    key=("txn_id", "fund_id"),
)
