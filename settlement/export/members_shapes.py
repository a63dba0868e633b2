"""What an export holds of members, shops, tills, staff and rules: numbers that stand for people, never names."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

MEMBERS: Final = (
    shape(
        "community",
        "The community itself.",
        key=(),
        columns="""
            issuer text its four characters in every code
            name text its name
            timezone text whose midnight ends a day
            hotline text its public telephone number
            config_version number goes up with every change of rules, shops, tills and keys
            opened_at number when it was opened
            recovery_id number? the recovery that keeps spending closed; none where the book is whole
        """,
    ),
    shape(
        "setting_version",
        "The community's settings, every version.",
        key=("version_no",),
        columns="""
            version_no number the version
            body text the whole settings as JSON
            set_by number the staff member
            set_at number when
        """,
        left_out="why free text of a person",
    ),
    shape(
        "scheme_version",
        "The rules as adopted, word for word: rates, limits, who may earn.",
        key=("scheme_id", "version"),
        columns="""
            scheme_id text the scheme
            version text its version
            effective_from number in force from this day on
            body text the rules as TOML
            digest text SHA-256 of the rules
            adopted_by number the staff member
            adopted_at number when
        """,
    ),
    shape(
        "household",
        "Households, by number and code.",
        key=("household_id",),
        columns="""
            household_id number the household's number
            code text what stands for it on boards
            opened_at number since when
            closed_at number? until when
        """,
        left_out="""
            building an address
            unit an address
            head_person_id needed by no figure
        """,
    ),
    shape(
        "resident",
        "Residents, by number alone.",
        key=("person_id",),
        columns="""
            person_id number the resident's number
            household_id number the household
            state text active, left or deceased
            joined_at number since when
            left_at number? until when
        """,
        left_out="""
            birth_year personal
            consent_at needed by no figure
        """,
    ),
    shape(
        "kin",
        "Who is a relative of whom, by number alone: nobody decides about a relative's household.",
        key=("person_id", "other_person_id", "declared_at"),
        columns="""
            person_id number one resident, the smaller number
            other_person_id number the other
            declared_at number since when it is known
            kind text spouse, direct, collateral, in_law or other
            declared_by number who declared it; 0: by no member of staff
            ended_at number? until when
            ended_by number? by whom
        """,
    ),
    shape(
        "merchant",
        "Shops, with the name over their door.",
        key=("merchant_id",),
        columns="""
            merchant_id number the shop's number
            code text its short code, as on statements
            name text the name over its door, as on statements
            category text what kind of shop it is; decides whether it earns
            state text active, suspended or left
            opened_at number since when
        """,
    ),
    shape(
        "agreement",
        "What a shop may do, from a day on.",
        key=("merchant_id", "effective_from"),
        columns="""
            merchant_id number the shop
            effective_from number from this day on
            effective_to number? up to this day
            agreement_no text the paper's number
            roles text earn, offset
            proof text how payments are proven: gateway, bill, acquirer or sample
            proof_days number working days to wait for a bill
            allowance_day_fen number the most it may honour in a day
            signed_at number when it was signed
            cofund_bp number the share of the value of its points that it bears, hundredths of a percent
        """,
    ),
    shape(
        "payout_account",
        "When a shop's bank account changed, and which two people did it.",
        key=("merchant_id", "effective_at"),
        columns="""
            merchant_id number the shop
            effective_at number in force from then on
            set_by number who proposed it
            approved_by number? who approved it
        """,
        left_out="""
            holder a name
            bank part of an account
            account_no an account number
        """,
    ),
    shape(
        "branch",
        "A shop's places.",
        key=("branch_id",),
        columns="""
            branch_id number the place's number
            merchant_id number the shop
            code text its code
        """,
        left_out="name needed by no figure",
    ),
    shape(
        "terminal",
        "Tills and counters.",
        key=("terminal_id",),
        columns="""
            terminal_id number the device's number
            merchant_id number the shop
            branch_id number its place
            code text first part of every receipt number
            kind text till or counter
            state text waiting, active or revoked
            public_jwk text? the device's public key
            enrolled_at number? when it was enrolled
            revoked_at number? when it was revoked
        """,
    ),
    shape(
        "clerk",
        "Who may stand at a till, by number alone.",
        key=("clerk_id",),
        columns="""
            clerk_id number the clerk's number
            merchant_id number the shop
            state text active or not
        """,
        left_out="""
            label a nickname
            phc a secret
            wrong_tries needed by no figure
        """,
    ),
    shape(
        "staff",
        "Who works in the office or owns a shop, by number alone.",
        key=("staff_id",),
        columns="""
            staff_id number the staff member's number
            state text active or not
            person_id number? the resident this also is: nobody decides on their own household
            merchant_id number? set for a shop's own login
            made_at number since when
        """,
        left_out="""
            login a name
            phc a secret
            wrong_tries needed by no figure
            locked_until needed by no figure
        """,
    ),
    shape(
        "staff_role",
        "Who was given which role, when and by whom.",
        key=("staff_id", "role", "granted_at"),
        columns="""
            staff_id number who
            role text what
            granted_at number since when
            granted_by number by whom; 0: by a command on the server
            revoked_at number? until when
            revoked_by number? by whom
        """,
    ),
    shape(
        "approval",
        "What needed two people: who proposed, who decided.",
        key=("approval_id",),
        columns="""
            approval_id number the proposal's number
            kind text what sort of thing
            subject text what it is about
            state text proposed, approved or denied
            proposed_by number one person
            proposed_at number when
            decided_by number? another person
            decided_at number? when
        """,
        left_out="body may hold an account number or a name",
    ),
    shape(
        "budget_year",
        "A year's budget for points, once it has left the state open.",
        key=("year",),
        columns="""
            year number the calendar year of business dates
            state text open, warned or exceeded
            used_fen number what was used at the last change of state
            cap_fen number what the scheme allowed then
            changed_at number when
        """,
    ),
    shape(
        "coverage_day",
        "Coverage and budget as they stood at the last look of a day.",
        key=("business_date",),
        columns="""
            business_date number the day
            fund_fen number of the fund, promised to nobody, less what shops owe
            value_fen number what all points outstanding would cost
            expected_fen number what of that is expected to be used
            permille number? fund of expected in thousandths, rounded down; none: nothing outstanding
            limit_permille number what the community demands
            used_fen number of the year's budget
            cap_fen number the year's budget
            noted_at number when
        """,
    ),
    shape(
        "vote",
        "What the committee voted, entered by one and confirmed by another.",
        key=("vote_id",),
        columns="""
            vote_id number the vote's number
            subject text on what
            digest text of the text voted on; empty where there is none
            held_on number the day
            members number members of the committee
            present number who came
            ayes number for
            noes number against
            abstentions number abstained
            minutes_sha256 text the signed minutes
            passed number 1: carried
            proposed_by number who entered it
            approved_by number who confirmed it
            recorded_at number when
            used_at number? when it let something pass; it does so once
        """,
    ),
    shape(
        "audit",
        "Every act that changes who may do what, in order.",
        key=("audit_id",),
        columns="""
            audit_id number the act's number
            at number when
            actor_kind text staff, merchant, resident, terminal, clerk or job
            actor_id number who; 0: the system
            act text what was done
            subject text to what
            before text what held before, as JSON; empty where a person typed it or it was erased
            after text what held afterwards, as JSON; empty in the same cases
            device text from which device
            salt bytes 16 random bytes that stand in the leaf with the text; empty where the text is
            commitment text? what the leaf holds of a text that is not here
        """,
    ),
)
"""Tables of `ledger.members` and the record of acts."""
