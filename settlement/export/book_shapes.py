"""What an export holds of the book."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

BOOK: Final = (
    shape(
        "account",
        "The accounts. A balance is what credits and debits come to.",
        key=("account_id",),
        columns="""
            account_id number the account's number
            commodity number 156: fen; from 1001 on: units of a point type of the scheme, in its order
            kind text wallet, offset, payable and so on; the chart of accounts
            owner_id number whose: a wallet owner or a merchant; 0: the community's own
            bounded number 1: it has a row in `balance` and can refuse
            opened_at number when it was opened
            closed_at number? when it was closed
        """,
    ),
    shape(
        "balance",
        "What bounded accounts hold, as the till reads it. Must equal the sum of their transfers.",
        key=("account_id",),
        columns="""
            account_id number the account
            posted number its balance on its normal side, in units or fen
            held number of that, set aside
        """,
    ),
    shape(
        "txn",
        "One posting: what happened, when, where, by whom. Its lines are in `transfer`.",
        key=("txn_id",),
        columns="""
            txn_id number the posting's number
            request_id text the request that asked for it; moves points or yuan once
            kind text sale, refund, settle, payout and so on
            ref text? the number on the receipt
            business_date number the day it counts for
            scheme_period text the scheme's period, yyyymm
            occurred_at number when it happened at the till
            recorded_at number when the server wrote it
            scheme_version text the version of the scheme that decided
            units_per_fen number? the rate that decided: units that take one fen off a bill
            person_id number? whose code was shown
            wallet_owner_id number? whose wallet: a household's or a person's
            card_serial number? the card shown
            card_issue number? its issue
            on_behalf_of number? the person somebody else acted for
            merchant_id number? the shop
            branch_id number? its place
            terminal_id number? the till
            staff_id number? who did it: a clerk at a till, staff in the office
            issuing_community number whose points
            accepting_community number where they were used
            reason_key text why, as a key of the sentence a member reads
            source text till, counter, office, job, import or gateway
            provisional number 1: taken without network, not yet confirmed
            reverses_txn number? the posting this one takes back
            corrects_date number? the earlier day it is about: a correction's, a refund's sale, a proven sale's
        """,
    ),
    shape(
        "transfer",
        "A line of a posting: an amount from one account to another. Balanced by its shape.",
        key=("txn_id", "line_no"),
        columns="""
            txn_id number the posting
            line_no number the line's place in it, from 0
            commodity number what moves
            debit_id number the account it comes from
            credit_id number the account it goes to
            amount number how much, above 0, in units or fen
        """,
    ),
    shape(
        "offset_booked",
        "Points honoured as yuan by a shop, as the book has it. A refund's row is negative.",
        key=("txn_id",),
        columns="""
            txn_id number the posting
            claimant_id number the shop that may claim it
            terminal_id number the till
            ref text the number on the receipt; what a claim names
            kind text sale or refund
            original_ref text? a refund's sale
            units number points, signed
            fen number their worth in fen, signed
            units_per_fen number the rate
            business_date number the day it counts for
            occurred_at number when it happened at the till
        """,
    ),
    shape(
        "hold",
        "Points or yuan set aside while the outside world decides.",
        key=("hold_id",),
        columns="""
            hold_id number the hold's number
            account_id number the account
            commodity number what is held
            amount number how much
            purpose text what for
            request_id text the request that asked for it
            opened_at number since when
            expires_at number until when at most
        """,
    ),
    shape(
        "hold_end",
        "How a hold ended; at most once.",
        key=("hold_id",),
        columns="""
            hold_id number the hold
            how text captured or released
            captured number of its amount, how much was used
            txn_id number? the posting that used it
            ended_at number when
        """,
    ),
    shape(
        "pending",
        "Points earned and not yet proven.",
        key=("txn_id",),
        columns="""
            txn_id number the sale's posting
            wallet_owner_id number whose
            commodity number which points
            merchant_id number the shop
            units number how many were earned
            left_units number how many still wait
            state text open, vested or reversed
            business_date number the day of the sale
            ended_at number? when they vested or were reversed
        """,
    ),
    shape(
        "evidence",
        "The payment behind points earned by spending.",
        key=("txn_id",),
        columns="""
            txn_id number the sale's posting
            sale_id text the sale
            route text gateway, reference or till
            channel text how was paid
            payment_ref text? the channel's number of the payment; earns once
            merchant_id number the shop
            terminal_id number the till
            counter number the till's running number of the receipt
            paid_fen number what was really paid
            paid_at number when
            state text claimed, proven or missing
            proven_by text? what proved it
            proven_at number? when
        """,
    ),
    shape(
        "request",
        "Every request that was ever answered, refusals too. The same id gives the same answer for ever.",
        key=("request_id",),
        columns="""
            request_id text made by who asked
            kind text sale, refund, settle and so on
            body_hash bytes SHA-256 of what was asked
            outcome text open, done or refused
            code text the refusal's code, empty when done
            txn_id number? the posting that came of it
            balance_after number? the wallet right after it
            received_at number when it came
        """,
        left_out="response what the till was told; it repeats the sale",
    ),
    shape(
        "outbox",
        "Entries that do not have their place in the one order yet: written in the last seconds.",
        key=("entry_id",),
        columns="""
            entry_id number a transaction's or an act's number
            recorded_at number when it was written
            kind text txn or act
        """,
    ),
    shape(
        "leaf",
        "The one order: each entry's place in the tree.",
        key=("leaf_index",),
        columns="""
            leaf_index number the place, from 0, without a gap
            entry_id number a transaction's or an act's number
            kind text txn or act
            leaf_hash bytes SHA-256 of a zero byte and the entry as the leaf has it
        """,
    ),
    shape(
        "checkpoint",
        "What was signed: so many entries under this root.",
        key=("size",),
        columns="""
            size number entries under the root
            root bytes the root of the tree (RFC 6962)
            note text the signed note (C2SP tlog-checkpoint)
            key_no number which of the log's keys signed
            signed_at number when
        """,
    ),
    shape(
        "log_recovery",
        "Losses after which the log went on from a shorter prefix, each under a signed note.",
        key=("recovery_no",),
        columns="""
            recovery_no number 1, 2, 3
            size number entries that were kept
            root bytes the root over them
            lost_size number entries that had been signed before
            note text the signed note that says so
            made_by number who went on; 0: the system
            made_at number when
        """,
    ),
    shape(
        "publication",
        "The monthly roots as they went up on the notice board.",
        key=("month",),
        columns="""
            month number yyyymm
            size number entries under the root
            root bytes the root over them
            note text the signed checkpoint
            figures text JSON: the community's sums beside it, {} where they would tell on somebody
            published_on number the business date it went up
            published_at number when
        """,
    ),
    shape(
        "seal_alarm",
        "What tills met that did not fit the root they keep.",
        key=("alarm_id",),
        columns="""
            alarm_id number the alarm's number
            request_id text the till's own number for it
            terminal_id number the till
            why text origin, signature, forked, older or published
            kept_note text? the checkpoint the till keeps
            offered_note text what it was shown instead
            path text JSON: the path that came with it
            seen_at number when the till met it
            reported_at number when the server took it
            answered_at number? when somebody answered
            answered_by number? who
        """,
        left_out="answer words a person wrote",
    ),
    shape(
        "book_day",
        "Business dates: open, cut off, locked. A locked day takes no entry.",
        key=("business_date",),
        columns="""
            business_date number the day
            state text open, cut_off or locked
            changed_at number since when
        """,
    ),
    shape(
        "period",
        "Months that close. While a month has no row it is open; closing and closed take no entry.",
        key=("period_key",),
        columns="""
            period_key number the month, yyyymm
            state text closing or closed
            first_date number its first day
            last_date number its last day
            tree_size number? it is closed over the places [0, tree_size) of the order
            root text the seal's root over them, in hex
            trial_balance_hash text SHA-256 over its trial balance as text
            closed_at number? when
        """,
    ),
    shape(
        "rollup",
        "What moved on an account without a balance row from one close to the next.",
        key=("account_id", "period_key"),
        columns="""
            account_id number the account
            period_key number the month
            debits number in units or fen
            credits number in units or fen
        """,
    ),
    shape(
        "trial_balance",
        "Everything ever debited and credited up to a close, by kind of account.",
        key=("period_key", "commodity", "kind"),
        columns="""
            period_key number the month
            commodity number which points, or yuan
            kind text the kind of account
            debits number in units or fen
            credits number in units or fen
        """,
    ),
    shape(
        "fund",
        "Funds that schemes name for a work. The fund behind the points has the number 0 and no row.",
        key=("fund_id",),
        columns="""
            fund_id number the owner of its account
            code text the scheme's name for it
            name text what people call it
            opened_at number since when
        """,
    ),
    shape(
        "fund_entry",
        "Which fund an entry was about, and from whom the money came.",
        key=("txn_id", "fund_id"),
        columns="""
            txn_id number the entry
            fund_id number the fund
            kind text in, out, move or fee
            source text the scheme's word for who funds
            fen number signed
        """,
        left_out="reason free text; it may name people",
    ),
)
"""Tables of `ledger.book`."""
