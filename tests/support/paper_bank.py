"""A bank that takes batch files and answers them; it reads them by itself and shares no code with who writes them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class PaperBank:
    """Pays each reference once where `checks_references`; a bank that does not pays whatever it is handed."""

    checks_references: bool = True
    paid_fen: dict[str, int] = field(default_factory=dict)
    took: list[dict[str, str]] = field(default_factory=list)

    def upload(self, body: bytes) -> list[dict[str, str]]:
        """Take an ICBC batch file; gives the payments made now."""
        lines = body.decode("gb18030").split("\r\n")
        names = lines[0].split(",")
        made = []
        for line in filter(None, lines[1:]):
            row = dict(zip(names, line.split(","), strict=True))
            if self.checks_references and row["汇款用途"] in {old["汇款用途"] for old in self.took}:
                continue
            yuan, _, part = row["金额"].partition(".")
            fen = int(yuan) * 100 + int(part)
            account = row["收款账号"]
            self.paid_fen[account] = self.paid_fen.get(account, 0) + fen
            self.took.append(row)
            made.append(row)
        return made

    def answer(self, rows: list[dict[str, str]], state: str = "处理成功", **other: str) -> bytes:
        """A return file about payments, all with one state; `other` replaces cells."""
        names = ["汇款用途", "收款账号", "金额", "指令状态", "失败原因", "手续费"]
        out = ["批量支付回单,,,,,", ",".join(names)]
        for row in rows:
            cells = {**row, "指令状态": state, "失败原因": "", "手续费": "", **other}
            out.append(",".join(cells[name] for name in names))
        return ("\r\n".join(out) + "\r\n").encode("gb18030")

    def statement(self, moves: list[tuple[str, str, str, str]]) -> bytes:
        """An account statement of (out, in, other account, words)."""
        out = ["对账单", "借方发生额,贷方发生额,对方账号,摘要"]
        out += [",".join(move) for move in moves]
        return ("\r\n".join(out) + "\r\n").encode("gb18030")
