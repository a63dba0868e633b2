"""Who the members are: communities, people, merchants, terminals, staff.

Names and phones stand in tables of their own.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import blob, index, number, points_to, table, text, unique

community = table(
    "community",
    text("issuer"),  # four characters in every token
    text("name"),
    text("timezone"),
    text("hotline"),
    number(
        "config_version"
    ),  # goes up with every change of settings, schemes, agreements, terminals, keys
    number("opened_at"),
    number("recovery_id", null=True),  # while it is set, no points are spent (ledger/recovery)
    key=(),
)

# A year's budget for points, once it has left the state `open`.
budget_year = table(
    "budget_year",
    number("year"),
    text("state"),  # open (again) | warned | exceeded
    number("used_fen"),
    number("cap_fen"),
    number("changed_at"),
    key=("year",),
)

# Coverage and budget as they stood at the last look of a day.
coverage_day = table(
    "coverage_day",
    number("business_date"),
    number("fund_fen"),  # promised to nobody, less what shops owe
    number("value_fen"),  # what the points outstanding would cost
    number("expected_fen"),  # what of that is expected to be used
    number("permille", null=True),  # fund of expected, rounded down; none: nothing outstanding
    number("limit_permille"),
    number("used_fen"),
    number("cap_fen"),
    number("noted_at"),
    key=("business_date",),
)

# What the committee voted, entered by one and confirmed by another; good for one use.
vote = table(
    "vote",
    number("vote_id"),
    text("subject"),  # scheme:changan/2026.2 | setting:expected_use_percent=80
    text("digest"),  # of the text voted on, '' where there is none
    number("held_on"),
    number("members"),
    number("present"),
    number("ayes"),
    number("noes"),
    number("abstentions"),
    text("minutes_sha256"),
    number("passed"),
    number("proposed_by"),
    number("approved_by"),
    number("recorded_at"),
    number("used_at", null=True),
    index("ix_vote_subject", "subject", "digest"),
    key=("vote_id",),
)

setting_version = table(
    "setting_version",
    number("version_no"),
    text("body"),  # JSON of the whole settings document
    text("why"),
    number("set_by"),
    number("set_at"),
    key=("version_no",),
)

scheme_version = table(
    "scheme_version",
    text("scheme_id"),
    text("version"),
    number("effective_from"),
    text("body"),  # the TOML as adopted
    text("digest"),
    number("adopted_by"),
    number("adopted_at"),
    key=("scheme_id", "version"),
)

household = table(
    "household",
    number("household_id"),
    text("code"),
    text("building"),
    text("unit"),
    number("head_person_id", null=True),
    number("opened_at"),
    number("closed_at", null=True),
    unique("community_id", "code"),
    key=("household_id",),
)

resident = table(
    "resident",
    number("person_id"),
    number("household_id"),
    number("birth_year", null=True),
    text("state"),  # active | left | deceased
    number("consent_at", null=True),
    number("joined_at"),
    number("left_at", null=True),
    points_to("fk_resident_household", "household", household_id="household_id"),
    index("ix_resident_household", "household_id"),
    key=("person_id",),
)

# What people agree to when they take part, version by version.
consent_text = table(
    "consent_text",
    number("version_no"),
    text("body"),
    number("from_at"),
    number("set_by"),
    key=("version_no",),
)

# Who agreed to which version; 0: before any was written down.
resident_consent = table(
    "resident_consent",
    number("person_id"),
    number("version_no"),
    number("given_at"),
    text("how"),  # desk | import | page
    number("by_id"),
    key=("person_id", "version_no"),
)

# Relatives by declaration. Undirected: the smaller number stands first; one that ended stays as it was.
kin = table(
    "kin",
    number("person_id"),
    number("other_person_id"),
    number("declared_at"),
    text("kind"),  # spouse | direct | collateral | in_law | other
    number("declared_by"),  # 0: by no member of staff
    number("ended_at", null=True),
    number("ended_by", null=True),
    CheckConstraint("person_id < other_person_id", name="ck_kin_order"),
    points_to("fk_kin_person", "resident", person_id="person_id"),
    points_to("fk_kin_other", "resident", other_person_id="person_id"),
    index("ix_kin_other", "other_person_id"),
    key=("person_id", "other_person_id", "declared_at"),
)

# The only table with a resident's name and phone; deleting a row leaves the book whole and anonymous.
person_identity = table(
    "person_identity",
    number("person_id"),
    text("name"),
    text("phone"),
    number("changed_at"),
    points_to("fk_identity_resident", "resident", person_id="person_id"),
    key=("person_id",),
)

card = table(
    "card",
    number("serial"),
    number("issue"),
    text("kind"),  # printed | phone
    text("number"),  # short, spoken, with a check character
    number("person_id", null=True),
    text("state"),  # unassigned | active | suspended | lost | expired
    number("last_debit_at"),  # two debits of one printed card need a pause between them
    number("issued_at"),
    number("changed_at"),
    unique("community_id", "number"),
    index("ix_card_person", "person_id"),
    key=("serial",),
)

pin = table(
    "pin",
    number("person_id"),
    text("phc"),
    number("wrong_tries"),
    number("locked_at", null=True),
    number("set_at"),
    CheckConstraint("wrong_tries >= 0", name="ck_pin_tries"),
    points_to("fk_pin_resident", "resident", person_id="person_id"),
    key=("person_id",),
)

merchant = table(
    "merchant",
    number("merchant_id"),
    text("code"),  # M01
    text("name"),
    text("category"),
    text("state"),  # active | suspended | left
    number("opened_at"),
    unique("community_id", "code"),
    key=("merchant_id",),
)

agreement = table(
    "agreement",
    number("merchant_id"),
    number("effective_from"),
    number("effective_to", null=True),
    text("agreement_no"),
    text("roles"),  # earn,offset
    text("proof"),  # gateway | bill | acquirer | sample
    number("proof_days"),  # working days to wait for a file before points become spendable
    number("allowance_day_fen"),
    number("signed_at"),
    number("cofund_bp"),  # hundredths of a percent of its points' value that the shop bears
    points_to("fk_agreement_merchant", "merchant", merchant_id="merchant_id"),
    key=("merchant_id", "effective_from"),
)

payout_account = table(
    "payout_account",
    number("merchant_id"),
    number("effective_at"),
    text("holder"),
    text("bank"),
    text("account_no"),
    number("set_by"),
    number("approved_by", null=True),
    points_to("fk_payout_account_merchant", "merchant", merchant_id="merchant_id"),
    key=("merchant_id", "effective_at"),
)

branch = table(
    "branch",
    number("branch_id"),
    number("merchant_id"),
    text("code"),
    text("name"),
    points_to("fk_branch_merchant", "merchant", merchant_id="merchant_id"),
    unique("community_id", "merchant_id", "code"),
    key=("branch_id",),
)

terminal = table(
    "terminal",
    number("terminal_id"),
    number("merchant_id"),
    number("branch_id"),
    text("code"),  # first part of every reference
    text("kind"),  # till | counter
    text("state"),  # waiting | active | revoked
    text("public_jwk", null=True),
    number("enrolled_at", null=True),
    number("revoked_at", null=True),
    points_to("fk_terminal_branch", "branch", branch_id="branch_id"),
    unique("community_id", "code"),
    key=("terminal_id",),
)

# What each tablet last said of itself.
terminal_health = table(
    "terminal_health",
    number("terminal_id"),
    number("seen_at"),
    text("version"),
    number("battery_percent", null=True),
    number("charging", null=True),
    number("waiting"),
    number("clock_ahead_ms"),
    number("secure"),  # 1: over https
    number("synced_at", null=True),
    number("tested_at", null=True),
    text("test_failed"),  # JSON: the checks of the opening self-test that failed
    points_to("fk_health_terminal", "terminal", terminal_id="terminal_id"),
    key=("terminal_id",),
)

enrolment = table(
    "enrolment",
    blob("code_hash"),
    number("terminal_id"),
    number("made_by"),
    number("expires_at"),
    number("used_at", null=True),
    points_to("fk_enrolment_terminal", "terminal", terminal_id="terminal_id"),
    key=("code_hash",),
)

clerk = table(
    "clerk",
    number("clerk_id"),
    number("merchant_id"),
    text("label"),  # shown on the till: a nickname the shop chose
    text("phc"),
    text("state"),
    number("wrong_tries"),
    points_to("fk_clerk_merchant", "merchant", merchant_id="merchant_id"),
    key=("clerk_id",),
)

staff = table(
    "staff",
    number("staff_id"),
    text("login"),
    text("phc"),
    text("state"),
    number("person_id", null=True),  # a resident too: nobody decides on their own household
    number("merchant_id", null=True),  # set for a merchant's own login
    number("wrong_tries"),
    number("locked_until"),
    number("made_at"),
    unique("community_id", "login"),
    key=("staff_id",),
)

staff_identity = table(
    "staff_identity",
    number("staff_id"),
    text("name"),
    points_to("fk_staff_identity_staff", "staff", staff_id="staff_id"),
    key=("staff_id",),
)

staff_role = table(
    "staff_role",
    number("staff_id"),
    text("role"),
    number("granted_at"),
    number("granted_by"),
    number("revoked_at", null=True),
    number("revoked_by", null=True),
    points_to("fk_staff_role_staff", "staff", staff_id="staff_id"),
    key=("staff_id", "role", "granted_at"),
)

session = table(
    "session",
    blob("token_hash"),
    text("actor_kind"),  # staff | resident | merchant
    number("actor_id"),
    number("started_at"),
    number("expires_at"),
    number("ended_at", null=True),
    key=("token_hash",),
)

approval = table(
    "approval",
    number("approval_id"),
    text("kind"),
    text("subject"),
    text("body"),
    text("state"),  # proposed | approved | denied
    number("proposed_by"),
    number("proposed_at"),
    number("decided_by", null=True),
    number("decided_at", null=True),
    index("ix_approval_state", "state", "proposed_at"),
    key=("approval_id",),
)

audit = table(
    "audit",
    number("audit_id"),
    number("at"),
    text("actor_kind"),
    number("actor_id"),
    text("act"),
    text("subject"),
    text("before"),
    text("after"),
    text("device"),
    blob("salt"),  # 16 random bytes that stand in the leaf; empty once the act's text is erased
    text("commitment", null=True),  # what the leaf holds of an erased act's text
    key=("audit_id",),
)

stored_file = table(
    "stored_file",
    blob("sha256"),
    text("name"),
    text("media_type"),
    number("size"),
    blob("body"),
    text("source"),
    number("received_by"),
    number("received_at"),
    key=("sha256",),
)
