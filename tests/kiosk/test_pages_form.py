"""What holds of every page: both languages, labels, headings, targets, no inline code, no overflow of names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from flask.testing import FlaskClient

from kiosk.texts import sentences
from tests.support.pages_nights import close_march
from tests.support.pages_town import Served, text_of

STATIC = Path(__file__).parents[2] / "kiosk" / "static"
OFFICE: Final = (
    "/office/today",
    "/office/discrepancies",
    "/office/statements?month=202603",
    "/office/payouts",
    "/office/reports",
    "/office/claims",
    "/office/fund",
    "/office/approvals",
    "/office/residents",
    "/office/residents/1",
    "/office/residents/new",
    "/office/cards",
    "/office/shops",
    "/office/shops/1",
    "/office/imports",
    "/office/bills",
    "/office/settings",
    "/office/staff",
    "/office/audit",
)
ME: Final = ("/me", "/me/bills", "/me/code", "/me/code?purpose=earn")
OPEN: Final = ("/", "/me/sign-in", "/office/sign-in", "/merchant/sign-in")


class Outline(HTMLParser):
    """Headings, fields, labels, ids, forms and whatever a strict policy would block."""

    def __init__(self, html: str) -> None:
        """Read a page."""
        super().__init__()
        self.headings: list[int] = []
        self.fields: list[dict[str, str | None]] = []
        self.labels: set[str] = set()
        self.ids: list[str] = []
        self.forms: list[dict[str, str | None]] = []
        self.numbered = 0
        self.blocked: list[str] = []
        self.unnamed_pictures: list[str] = []
        self.lang = ""
        self._in_label = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of what the tag says."""
        given = dict(attrs)
        if tag == "html":
            self.lang = given.get("lang") or ""
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in given:
            self.ids.append(given["id"] or "")
        if tag == "img" and not given.get("alt"):
            self.unnamed_pictures.append(tag)
        self._note_form(tag, given)
        if "style" in given or any(name.startswith("on") for name in given):
            self.blocked.append(f"{tag} {given}")
        if tag in {"script", "style"} and "src" not in given:
            self.blocked.append(tag)

    def _note_form(self, tag: str, given: dict[str, str | None]) -> None:
        if tag == "label":
            self._in_label += 1
            self.labels.add(given.get("for") or "")
        if tag in {"input", "select", "textarea"} and given.get("type") not in {"hidden", "submit"}:
            named = bool(self._in_label) or "hidden" in given
            self.fields.append({**given, "inside": "yes" if named else ""})
        if tag == "form" and given.get("method") == "post":
            self.forms.append(given)
        if given.get("name") == "request_id":
            self.numbered += 1

    def handle_endtag(self, tag: str) -> None:
        """Leave a label."""
        if tag == "label":
            self._in_label -= 1


def pages(served: Served) -> Iterator[tuple[str, FlaskClient]]:
    """Every page somebody may open, as somebody with every right."""
    statement = close_march(served)[1]
    staff = served.member("second")
    admin = served.member("admin")
    for path in (*OFFICE, f"/office/statements/{statement}"):
        yield path, (admin if staff.get(path).status_code == 403 else staff)
    for path in ME:
        yield path, served.resident()
    for path in ("/merchant", "/merchant/tills", f"/merchant/statements/{statement}"):
        yield path, served.owner()
    for path in (*OPEN, "/nothing"):
        yield path, served.visitor()


def test_every_page_is_whole_in_both_languages(served: Served) -> None:
    chinese = set(sentences("zh"))
    left_english = {text for text in chinese if re.fullmatch(r"[A-Z][a-z]+ [a-z ]{8,}\.?", text)}

    for path, client in pages(served):
        mark = "&" if "?" in path else "?"
        english = client.get(f"{path}{mark}lang=en")
        page = client.get(f"{path}{mark}lang=zh")
        assert page.status_code == (404 if path == "/nothing" else 200), path
        shown = text_of(page)
        assert [text for text in left_english if text in shown] == [], path
        assert Outline(page.text).lang == "zh-CN", path
        assert Outline(english.text).lang == "en", path
        assert text_of(english) != shown, path


def test_every_field_has_a_label_every_page_one_title_and_every_form_a_number(
    served: Served,
) -> None:
    for path, client in pages(served):
        page = Outline(client.get(path).text)
        assert page.headings.count(1) == 1, path
        jumps = [b for a, b in zip(page.headings, page.headings[1:], strict=False) if b > a + 1]
        assert jumps == [], (path, page.headings)
        assert len(page.ids) == len(set(page.ids)), path
        without = [
            field
            for field in page.fields
            if not field["inside"] and field.get("id") not in page.labels
        ]
        assert without == [], path
        assert page.unnamed_pictures == [], path
        searches = 1 if path.startswith("/office/residents") and "/1" not in path else 0
        signs_in = 1 if path.endswith("sign-in") else 0
        assert len(page.forms) - page.numbered <= searches + signs_in, path


def test_a_strict_policy_blocks_nothing(served: Served) -> None:
    for path, client in pages(served):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy, path
        assert "unsafe-inline" not in policy, path
        assert Outline(answer.text).blocked == [], path


def test_pages_of_people_are_kept_by_no_cache(served: Served) -> None:
    for path, client in pages(served):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


def luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "paper"),
        ("ink", "sheet"),
        ("soft", "paper"),
        ("soft", "sheet"),
        ("plus", "paper"),
        ("minus", "paper"),
        ("wait", "paper"),
        ("wait", "wait-soft"),
        ("minus", "bad-soft"),
        ("brand", "sheet"),
        ("sheet", "brand"),
        ("brand", "paper"),
    ],
)
def test_text_for_residents_stands_out_seven_to_one(ink: str, ground: str) -> None:
    style = (STATIC / "pages.css").read_text()
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", style))

    assert contrast(colours[ink], colours[ground]) >= 7
