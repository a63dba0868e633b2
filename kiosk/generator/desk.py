"""Who works for the made-up community, and what it is called."""

from __future__ import annotations

from typing import Final, NamedTuple

COMMUNITY_NAME: Final = "常安社区"
ISSUER: Final = "CA01"
HOTLINE: Final = "0398-0000000"
BRANCH_NAME: Final = "总店"
FUND_REASON: Final = "社区积分基金年度拨款"
OPEN_REASON: Final = "演示期间随时开放"
BANK_NAME: Final = "示范银行"
BILLER_NAME: Final = "长青物业公司"
BILLER_TRADE: Final = "物业服务"
CLAIM_HEADINGS: Final = "商户号,抵扣凭证号,抵扣时间,抵扣积分,抵扣金额"


class StaffMember(NamedTuple):
    """A sign-in of the office: login, name, the roles it has."""

    login: str
    name: str
    roles: tuple[str, ...]


STAFF: Final = (
    StaffMember("kuaiji", "周会计", ("accountant",)),
    StaffMember("shuji", "刘书记", ("secretary",)),
    StaffMember("weiyuan", "马委员", ("committee",)),
    StaffMember("shenji", "何审计", ("auditor",)),
    StaffMember("guanli", "孙管理员", ("admin",)),
)
REVIEWERS: Final = (
    StaffMember("wangge1", "田网格员", ("grid_worker",)),
    StaffMember("wangge2", "白网格员", ("grid_worker",)),
)
"""Members of staff who live here and grant points."""
OWNER_NAME: Final = "王店长"

SERVICE_NAMES: Final = {"CUT": "优惠理发", "R04": "助餐一次"}
HELP_REASON: Final = "邻里矛盾调解"

DECISION_REASONS: Final = ("已核对商户小票", "已电话与店长确认", "按账面记录处理")
OBJECTION: Final = "两笔抵扣与本店小票不符"
GOODS_REASON: Final = "积分超市首次备货 街道拨款"
DONORS: Final = ("常安粮油店", "常安小学家长委员会", "常安路便利店")
"""Who gave goods, as they want to be thanked."""
