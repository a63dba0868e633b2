// Where the server's answer is not what the clerk confirmed: said loudly, never corrected silently.

import type { DayLine, Difference } from "./db";
import type { BenefitAnswer, RedeemAnswer, RefundAnswer, ReturnAnswer, SaleAnswer, VoucherAnswer } from "../net/types";

type Told = SaleAnswer | RefundAnswer | RedeemAnswer | ReturnAnswer | VoucherAnswer | BenefitAnswer;

type Pair = [field: string, till: number | string, server: number | string | undefined];

export function differencesOf(line: DayLine, answer: Told): Difference[] {
  return pairsOf(line, answer)
    .filter(([, till, server]) => till !== server)
    .map(([field, till, server]) => ({ field, till: String(till), server: String(server) }));
}

function pairsOf(line: DayLine, answer: Told): Pair[] {
  const ref: Pair = ["ref", line.ref, answer.ref];
  if (line.kind === "voucher") return [ref];
  if (line.kind === "benefit") return [ref, ["total_fen", line.total_fen, (answer as BenefitAnswer).total_fen]];
  if (line.kind === "goods_return") {
    const back = answer as ReturnAnswer;
    return [ref, ["offset_units", line.offset_units, back.units_back], ["paid_fen", line.paid_fen, back.paid_back_fen ?? 0]];
  }
  if (line.kind === "redeem") {
    const goods = answer as RedeemAnswer;
    return [ref, ["offset_units", line.offset_units, goods.units], ["paid_fen", line.paid_fen, goods.paid_fen ?? 0]];
  }
  if (line.kind === "refund") {
    const refund = answer as RefundAnswer;
    return [
      ref,
      ["total_fen", line.total_fen, refund.refund_fen],
      ["offset_units", line.offset_units, refund.units_back],
      ["offset_fen", line.offset_fen, refund.offset_back_fen],
      ["paid_fen", line.paid_fen, refund.cash_back_fen],
    ];
  }
  const sale = answer as SaleAnswer;
  return [
    ref,
    ["total_fen", line.total_fen, sale.total_fen],
    ["offset_units", line.offset_units, sale.offset_units],
    ["offset_fen", line.offset_fen, sale.offset_fen],
    ["paid_fen", line.paid_fen, sale.paid_fen],
  ];
}
