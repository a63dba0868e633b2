"""Numbers out of forms: every id the book gives fits, and nothing that no column holds."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from kiosk import forms
from ledger.errors import Refusal

MOST = 2**63 - 1


@given(st.integers(-MOST, MOST))
def test_every_number_a_column_holds_is_read_back(number: int) -> None:
    with Flask(__name__).test_request_context(method="POST", data={"about": str(number)}):
        assert forms.number("about") == number
        assert forms.ticked("about") == (number,)


def test_a_statement_s_id_may_have_nineteen_digits() -> None:
    with Flask(__name__).test_request_context(method="POST", data={"about": str(MOST)}):
        assert forms.number("about") == MOST


@pytest.mark.parametrize("typed", [str(MOST + 1), "12x", "1.0", "-", "9" * 40])
def test_what_is_no_such_number_is_refused(typed: str) -> None:
    with Flask(__name__).test_request_context(method="POST", data={"about": typed}):
        with pytest.raises(Refusal, match="form_number"):
            forms.number("about")
        assert forms.ticked("about") == ()
