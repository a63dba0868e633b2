"""The office's own bank account and the account codes of its bookkeeping program, mapped once, version by version."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members.words import check_text
from ledger.sql import Sql, Tx
from settlement.bank_form import Payer

_LATEST: Final = Sql(
    "SELECT version_no, body FROM finance_setup WHERE community_id = :community_id AND set_at <= :at"
    " ORDER BY version_no DESC LIMIT 1"
)
_LAST: Final = 2**62
_KEEP: Final = Sql(
    "INSERT INTO finance_setup (community_id, version_no, body, set_by, set_at)"
    " VALUES (:community_id, :version_no, :body, :set_by, :set_at)"
)
_ACCOUNT_NO: Final = re.compile(r"[0-9]{8,30}", re.ASCII)
_CODE: Final = re.compile(r"[0-9A-Za-z.\-]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class FinanceSetup:
    """The payer as bank files print it, the code of the usual bank, and the program's account codes by our accounts."""

    payer_account: str = ""
    payer_name: str = ""
    payer_bank: str = ""
    bank: str = ""
    codes: dict[str, str] = field(default_factory=dict)

    @property
    def payer(self) -> Payer:
        """The community's own account."""
        return Payer(self.payer_account, self.payer_name, self.payer_bank)


def finance_setup(tx: Tx, community_id: int, *, at: int = _LAST) -> FinanceSetup:
    """What is in force, or was at `at`; empty where nobody had set it up."""
    row = tx.find(_LATEST, community_id=community_id, at=at)
    return FinanceSetup() if row is None else FinanceSetup(**json.loads(row.body))


def set_payer(
    tx: Tx, community_id: int, payer: Payer, bank: str, *, by: By, at: int
) -> FinanceSetup:
    """Set the community's own account, and which bank's template is offered first.

    Refuses: payout_account_bad, name_bad.
    """
    if not _ACCOUNT_NO.fullmatch(payer.account):
        raise Refusal("payout_account_bad")
    check_text(payer.name)
    check_text(payer.bank)
    before = finance_setup(tx, community_id)
    after = replace(
        before,
        payer_account=payer.account,
        payer_name=payer.name,
        payer_bank=payer.bank,
        bank=bank,
    )
    return _keep(tx, community_id, after, "payer", by=by, at=at)


def set_codes(tx: Tx, community_id: int, codes: dict[str, str], *, by: By, at: int) -> FinanceSetup:
    """Map our accounts to the codes of the bookkeeping program; an empty code takes a mapping away.

    Refuses: account_code_bad.
    """
    given = {name: code.strip() for name, code in codes.items() if code.strip()}
    for name, code in given.items():
        if not _CODE.fullmatch(code):
            raise Refusal("account_code_bad", account=name)
    after = replace(finance_setup(tx, community_id), codes=given)
    return _keep(tx, community_id, after, "codes", by=by, at=at)


def _keep(
    tx: Tx, community_id: int, after: FinanceSetup, what: str, *, by: By, at: int
) -> FinanceSetup:
    row = tx.find(_LATEST, community_id=community_id, at=_LAST)
    number = 1 if row is None else int(row.version_no) + 1
    body = json.dumps(asdict(after), sort_keys=True, ensure_ascii=False)
    tx.run(_KEEP, community_id=community_id, version_no=number, body=body, set_by=by.id, set_at=at)
    # What was set stays at home: an account number stands in no record of acts.
    audit.record(
        tx,
        community_id,
        by,
        "finance.setup",
        "finance",
        at=at,
        after={"version": number, "what": what},
    )
    return after
