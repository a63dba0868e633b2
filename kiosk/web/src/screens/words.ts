// Words that several screens share.

import type { DayLine, Difference } from "../device/db";
import type { Channel } from "../net/types";
import { hundredths, points } from "../rules/units";
import { mark, t } from "../text/t";
import type { Figure } from "../ui/result";

const CHANNELS: Record<Channel, string> = {
  scan: mark("WeChat or Alipay"),
  credit_card: mark("Bank card"),
  bank_card: mark("Bank card"),
  cash: mark("Cash"),
  gateway: mark("Community payment"),
};

export const channelName = (channel: Channel): string => t(CHANNELS[channel]);

// The server prints the same words on the receipt.
const CUTS: Record<string, string> = {
  merchant_not_earning: mark("This kind of shop gives no points."),
  channel_not_approved: mark("This way of paying earns no points."),
  card_reported: mark("This card had been reported. Please ask the office."),
  code_used: mark("This code had been used before. Please ask the office."),
  too_soon_same_shop: mark("Two purchases in one shop within two minutes earn once."),
  earn_cap_txn: mark("One purchase earns no more than this."),
  earn_cap_day: mark("Today's limit for earning is reached."),
  earn_cap_month: mark("This month's limit for earning is reached."),
  budget_used_up: mark("This year's budget for new points is used up. Points you have go on."),
  no_bills: mark("This shop gives no points until its payment bills come. Points you have go on."),
};

/** Why fewer points were earned than one might expect; empty where nothing was cut. */
export const cutText = (reason: string | null): string => (reason ? t(CUTS[reason] ?? reason) : "");

const FIELDS: Record<string, string> = {
  ref: mark("Receipt number"),
  total_fen: mark("Total"),
  offset_units: mark("Points used"),
  offset_fen: mark("Taken off by points"),
  paid_fen: mark("Paid in yuan"),
};

/** "Total: 50.00 here, 60.00 at the server". */
export function differenceText(one: Difference): string {
  const show = (value: string): string => (one.field === "ref" ? value : hundredths(Number(value)));
  return t("{field}: {till} here, {server} at the server", {
    field: t(FIELDS[one.field] ?? one.field),
    till: show(one.till),
    server: show(one.server),
  });
}

export const yuan = (fen: number): string => t("{yuan} yuan", { yuan: hundredths(fen) });
export const pointsText = (units: number): string => t("{points} points", { points: points(units) });

/** "5 points + 3.00 yuan": what goods cost, the yuan only where there are any. */
export const priceText = (units: number, fen: number): string => (fen > 0 ? `${pointsText(units)} + ${yuan(fen)}` : pointsText(units));

/** A line's figures as the clerk reads them to the customer. */
export function figuresOf(line: DayLine): Figure[] {
  if (line.kind === "goods_return") {
    const yuanBack = line.paid_fen > 0 ? [{ label: t("Give back in yuan"), value: yuan(line.paid_fen), strong: true }] : [];
    return [...yuanBack, { label: t("Points back"), value: pointsText(line.offset_units), strong: true }];
  }
  if (line.kind === "redeem") {
    const left = line.outcome ? [{ label: t("Points left"), value: pointsText(line.outcome.balance_units) }] : [];
    const paid = line.paid_fen > 0 ? [{ label: t("Paid beside the points"), value: yuan(line.paid_fen), strong: true }] : [];
    return [{ label: t("Points used"), value: pointsText(line.offset_units), strong: true }, ...paid, ...left];
  }
  if (line.kind === "voucher") return voucherFigures(line);
  const figures: Figure[] =
    line.kind === "sale" || line.kind === "benefit"
      ? [
          { label: t("Customer pays"), value: yuan(line.paid_fen), strong: true },
          { label: t("Total"), value: yuan(line.total_fen) },
        ]
      : [
          { label: t("Give back in yuan"), value: yuan(line.paid_fen), strong: true },
          { label: t("Refund"), value: yuan(line.total_fen) },
        ];
  if (line.offset_fen > 0) {
    const label = line.kind === "sale" ? t("Taken off by points") : t("Points returned");
    figures.push({ label, value: `${pointsText(line.offset_units)} = ${yuan(line.offset_fen)}` });
  }
  return figures.concat(outcomeOf(line));
}

function outcomeOf(line: DayLine): Figure[] {
  const { outcome } = line;
  if (!outcome) return [];
  const earned =
    outcome.earned_state === "pending"
      ? t("{points} points, usable once the payment is proven", { points: points(outcome.earned_units) })
      : pointsText(outcome.earned_units);
  return [
    { label: t("Points earned"), value: earned },
    { label: t("Points left"), value: pointsText(outcome.balance_units) },
  ];
}

/** What the slip says of a voucher, without shop, number and time; what the shop is owed for it stands first. */
function voucherFigures(line: DayLine): Figure[] {
  const pays = t("The community pays");
  const rest = (line.receipt?.lines ?? []).slice(3).filter(({ label }) => label !== pays);
  const figures = rest.map(({ label, value }) => ({ label, value }));
  return line.offset_fen === 0 ? figures : [{ label: pays, value: yuan(line.offset_fen), strong: true }, ...figures];
}
