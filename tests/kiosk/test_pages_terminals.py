"""The office's page of tills: what each tablet said, what wants a look, the enrolment slip, taken out of service."""

from __future__ import annotations

from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]

from ledger.clock import SECOND_US
from ledger.ids import new_request_id
from ledger.members.terminal_health import Health, keep_health
from ledger.members.terminals import enrol, get_terminal
from ledger.sql import Tx
from ledger.tokens import read
from tests.kiosk.test_pages_office import post
from tests.support.members import jwk_of, new_device
from tests.support.pages_town import Served, form_number, text_of
from tests.support.qr_reading import qr_codes
from tests.support.town import HERE

PAGE = "/office/terminals"
MINUTE_US = 60 * SECOND_US
WELL = Health(
    version="index-Old",
    battery_percent=88,
    charging=True,
    waiting=0,
    clock_ahead_ms=1_000,
    secure=True,
    synced_at=None,
    tested_at=None,
    test_failed=(),
)


def told(served: Served, health: Health, *, minutes_ago: int = 0) -> None:
    terminal_id = served.town.tills[0].terminal_id
    at = served.town.at - minutes_ago * MINUTE_US
    served.town.db.write(lambda tx: keep_health(tx, HERE, terminal_id, health, at=at))


def test_a_tablet_that_is_well_has_no_trouble_beside_its_name(served: Served) -> None:
    told(served, WELL)

    page = text_of(served.member("liu").get(PAGE))

    assert "88% 充电中" in page
    assert "刚刚" in page
    for trouble in ("电量低", "时钟不准", "没联系", "没有 https", "自检未通过"):
        assert trouble not in page


def test_each_trouble_of_a_tablet_stands_there_in_words(served: Served) -> None:
    poor = Health(
        version="index-Old",
        battery_percent=9,
        charging=False,
        waiting=4,
        clock_ahead_ms=-7_200_000,
        secure=False,
        synced_at=served.town.at - 180 * MINUTE_US,
        tested_at=served.town.at - 20 * MINUTE_US,
        test_failed=("Scanner and test card",),
    )
    told(served, poor, minutes_ago=20)

    page = text_of(served.member("he").get(PAGE))

    for words in (
        "有一阵没联系了",
        "电量低",
        "时钟不准",
        "没有 https，不能用摄像头",
        "自检未通过",
        "扫码与测试卡",
        "20 分钟前",
        "3 小时前",
        "7200 秒",
    ):
        assert words in page


def test_a_till_taken_out_here_is_out_everywhere(served: Served) -> None:
    terminal_id = served.town.tills[0].terminal_id

    post(served, "liu", PAGE, f"{PAGE}/{terminal_id}/revoke")

    with served.town.db.read() as tx:
        assert get_terminal(tx, HERE, terminal_id).state == "revoked"


def test_who_may_only_look_gets_no_slip(served: Served) -> None:
    terminal_id = served.town.tills[0].terminal_id

    client = served.member("zhou")
    answer = client.post(f"{PAGE}/{terminal_id}/slip", data={"request_id": new_request_id(0)})

    assert "登记单" not in text_of(client.get(PAGE)).replace("登记单只有一页", "")
    assert answer.status_code == 403


def test_the_slip_is_one_page_whose_codes_enrol_a_tablet_and_test_its_scanner(
    served: Served,
) -> None:
    till = served.town.tills[0]

    client, action = served.member("liu"), f"{PAGE}/{till.terminal_id}/slip"
    answer = client.post(action, data={"request_id": form_number(client.get(PAGE), action)})

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    document = pypdfium2.PdfDocument(answer.data)
    assert len(document) == 1
    picture = document[0].render(scale=200 / 72).to_pil()
    shots = Path("build/shots")
    shots.mkdir(parents=True, exist_ok=True)
    picture.save(shots / "enrolment_slip.png")
    codes = sorted((code.text for code in qr_codes(picture)), key=len)
    address, card = codes
    assert address.startswith("http://localhost/till#CA01-")
    assert read(card).claims.serial == 0
    code = address.rpartition("-")[2]
    words = document[0].get_textpage().get_text_range()
    assert "-".join(code[at : at + 4] for at in (0, 4, 8)) in words
    assert till.code in words

    def become(tx: Tx) -> int:
        return enrol(tx, HERE, code, jwk_of(new_device()), at=served.town.at).terminal_id

    assert served.town.db.write(become) == till.terminal_id
