// What a clerk does at the till: sell, refund, redeem. Each is written into the daybook before it is sent.

import type { DayLine, Refused } from "../device/db";
import { withLock } from "../device/locks";
import { handOver, keepLine, send, SlipLostError } from "../device/outbox";
import { drawCounter, giveBack } from "../device/slips";
import { type Answer, TIMEOUT_MS } from "../net/api";
import type { Benefit, BenefitBody, Channel, KnownSale, Quote, RedeemBody, RefundBody, SaleBody, Service, VoucherSaleBody, VoucherUseBody } from "../net/types";
import { uuid7 } from "../rules/ids";
import { offsetFen, refundFigures, type SaleFigures } from "../rules/offset";
import { makeReference } from "../rules/refs";
import type { OfflineLook } from "./offline";
import type { Till } from "./till";

export type Done =
  | { kind: "booked"; line: DayLine }
  | { kind: "refused"; refused: Refused }
  | { kind: "waiting"; line: DayLine; refused: Refused | null };

export interface SaleDraft {
  token: string;
  totalFen: number;
  offsetUnits: number;
  channel: Channel;
  pin: string | null;
  /** The name of the spare code that was shown. */
  spare?: string | undefined;
  /** The till decided it without the server. */
  offline?: OfflineLook["mark"];
  /** Looks once more at what may be let go, the moment before the sale is kept. */
  look?: () => Promise<OfflineLook>;
}

/** Another tab let points go meanwhile: what was offered is no longer there, and nothing was kept. */
export class OfferGoneError extends Error {}

/** Draws the number of the next sale, so that it stands before anything is scanned. */
export const openSlip = (till: Till): Promise<number> => drawCounter(till.store, till.tab, Date.now());

export const closeSlip = (till: Till, counter: number): Promise<void> => giveBack(till.store, counter, till.tab);

export async function quote(till: Till, token: string, totalFen: number): Promise<Answer<Quote>> {
  const answer = await till.api.post<Quote>("/api/v1/quotes", { token, total_fen: totalFen }, till.patienceMs);
  till.hear(answer);
  return answer;
}

export function sell(till: Till, draft: SaleDraft): Promise<Done> {
  const off = offsetFen(draft.offsetUnits, unitsPerFen(till));
  const make = (common: Common): { body: SaleBody; line: DayLine } => {
    const body: SaleBody = {
      ...common,
      token: draft.token,
      total_fen: draft.totalFen,
      offset_units: draft.offsetUnits,
      channel: draft.channel,
      payment_ref: null,
      pin: draft.pin,
      ...(draft.offline && { offline: { policy: draft.offline.policy } }),
    };
    const line = blankLine(till, common, "sale");
    if (draft.offline) line.offline = draft.offline;
    if (draft.spare) line.spare = draft.spare;
    line.channel = draft.channel;
    line.total_fen = draft.totalFen;
    line.offset_units = draft.offsetUnits;
    line.offset_fen = off;
    line.paid_fen = draft.totalFen - off;
    return { body, line };
  };
  // A customer who pays by phone needs the time to do so.
  const patienceMs = draft.channel === "gateway" ? TIMEOUT_MS : till.patienceMs;
  const { offline, look } = draft;
  if (!offline || !look || draft.offsetUnits === 0) return write(till, "/api/v1/sales", make, patienceMs);
  const keepWithin = (): Promise<DayLine> =>
    withLock(till.store, "offline", async () => {
      if ((await look()).offer.units < draft.offsetUnits) throw new OfferGoneError("the offer was used up meanwhile");
      return keep(till, "/api/v1/sales", make);
    });
  return write(till, "/api/v1/sales", make, patienceMs, 3, keepWithin);
}

export function refund(till: Till, sale: KnownSale, refundFen: number): Promise<Done> {
  const back = refundFigures(figuresOf(sale), refundFen);
  return write(till, "/api/v1/refunds", (common) => {
    const body: RefundBody = { ...common, original_ref: sale.ref, refund_fen: refundFen };
    const line = blankLine(till, common, "refund");
    line.original_ref = sale.ref;
    line.total_fen = refundFen;
    line.offset_units = back.offsetUnits;
    line.offset_fen = back.offsetFen;
    line.paid_fen = back.cashFen;
    return { body, line };
  });
}

export type UndoReason = "wrong_amount" | "wrong_card" | "wrong_points" | "not_wanted";

/** Takes a whole sale of this till back before it is claimed, with the reason. */
export function undo(till: Till, sale: DayLine, reason: UndoReason): Promise<Done> {
  const back = refundFigures(figuresOf({ ...sale, refunded_fen: 0 }), sale.total_fen);
  return write(till, "/api/v1/refunds", (common) => {
    const body: RefundBody = { ...common, original_ref: sale.ref, refund_fen: sale.total_fen, undo: reason };
    const line = blankLine(till, common, "refund");
    line.original_ref = sale.ref;
    line.total_fen = sale.total_fen;
    line.offset_units = back.offsetUnits;
    line.offset_fen = back.offsetFen;
    line.paid_fen = back.cashFen;
    line.undo = reason;
    return { body, line };
  });
}

/** Whether a line can still be undone: a booked sale of today, in no claim, of which nothing came back. */
export async function canUndo(till: Till, line: DayLine): Promise<boolean> {
  if (line.kind !== "sale" || line.state !== "booked" || line.unfiled !== 1 || line.day !== till.today()) return false;
  return (await refundedOf(till, line.ref)) === 0;
}

/** What a hand-out carries beside its goods: an open basket, an order, who collects. */
export type Beside = Pick<RedeemBody, "hold" | "order_id" | "proxy_relation" | "proxy_name">;

export function redeem(
  till: Till,
  draft: { token: string; lines: RedeemBody["lines"]; units: number; fen: number; pin: string | null; beside: Beside },
): Promise<Done> {
  return write(till, "/api/v1/redemptions", (common) => {
    const body: RedeemBody = { ...common, token: draft.token, lines: draft.lines, pin: draft.pin, paid_fen: draft.fen, ...draft.beside };
    const line = blankLine(till, common, "redeem");
    line.offset_units = draft.units;
    line.paid_fen = draft.fen;
    return { body, line };
  });
}

/** Redeems a voucher, scanned or typed. What it is worth is told with the answer. */
export function redeemVoucher(till: Till, code: string): Promise<Done> {
  return write(till, "/api/v1/voucher-uses", (common) => {
    const body: VoucherUseBody = { ...common, code };
    return { body, line: blankLine(till, common, "voucher") };
  });
}

/** Sells a voucher at a counter; its line is one of points used, like goods. */
export function sellVoucher(till: Till, draft: { token: string; service: Service; pin: string | null }): Promise<Done> {
  return write(till, "/api/v1/voucher-sales", (common) => {
    const body: VoucherSaleBody = { ...common, token: draft.token, service_id: draft.service.service_id, pin: draft.pin };
    const line = blankLine(till, common, "redeem");
    line.offset_units = draft.service.price_units;
    return { body, line };
  });
}

export async function services(till: Till): Promise<Answer<{ items: Service[] }>> {
  const answer = await till.api.get<{ items: Service[] }>("/api/v1/services");
  till.hear(answer);
  return answer;
}

/** Which benefits by agreement the holder of a code may have here. */
export async function benefits(till: Till, token: string): Promise<Answer<{ items: Benefit[] }>> {
  const answer = await till.api.post<{ items: Benefit[] }>("/api/v1/benefits/offers", { token });
  till.hear(answer);
  return answer;
}

export function giveBenefit(till: Till, draft: { token: string; code: string; totalFen: number }): Promise<Done> {
  return write(till, "/api/v1/benefits", (common) => {
    const body: BenefitBody = { ...common, token: draft.token, code: draft.code, total_fen: draft.totalFen };
    const line = blankLine(till, common, "benefit");
    line.total_fen = draft.totalFen;
    return { body, line };
  });
}

/** The wrong thing taken home: so many pieces of lines of a slip of today. */
export function takeBack(till: Till, originalRef: string, lines: { line_no: number; quantity: number }[], back: { units: number; fen: number }): Promise<Done> {
  return write(till, "/api/v1/counter/returns", (common) => {
    const body = { ...common, original_ref: originalRef, lines };
    const line = blankLine(till, common, "goods_return");
    line.offset_units = back.units;
    line.paid_fen = back.fen;
    return { body, line };
  });
}

/** A known sale as the rules of refunds count it. */
export const figuresOf = (sale: Pick<KnownSale, "total_fen" | "offset_fen" | "offset_units" | "refunded_fen">): SaleFigures => ({
  totalFen: sale.total_fen,
  offsetFen: sale.offset_fen,
  offsetUnits: sale.offset_units,
  refundedFen: sale.refunded_fen,
});

/** A sale by its reference: from the own daybook, else from the server. */
export async function findSale(till: Till, ref: string): Promise<Answer<KnownSale>> {
  const own = await till.store.getFromIndex("daybook", "ref", ref);
  if (own?.kind === "sale" && own.state === "booked") return { kind: "ok", value: { ...own, refunded_fen: await refundedOf(till, ref) } };
  const answer = await till.api.get<KnownSale>(`/api/v1/sales/${encodeURIComponent(ref)}`);
  till.hear(answer);
  return answer;
}

async function refundedOf(till: Till, ref: string): Promise<number> {
  const refunds = await till.store.getAllFromIndex("daybook", "original_ref", ref);
  return refunds.filter((line) => line.state !== "refused").reduce((sum, line) => sum + line.total_fen, 0);
}

interface Common {
  request_id: string;
  counter: number;
  ref: string;
  occurred_at: string;
}

async function write(
  till: Till,
  path: string,
  make: (common: Common) => { body: object; line: DayLine },
  patienceMs = till.patienceMs,
  tries = 3,
  keepIt = (): Promise<DayLine> => keep(till, path, make),
): Promise<Done> {
  const line = await keepIt();
  await till.recount();
  const answer = await sendSoon(till, line.request_id, patienceMs);
  await till.recount();
  if (answer?.kind === "refused") {
    // A number the server knows already, from before this tablet was wiped: the next one is free.
    if (answer.refused.code === "ref_taken" && tries > 1) return write(till, path, make, patienceMs, tries - 1, keepIt);
    return { kind: "refused", refused: answer.refused };
  }
  void till.refresh();
  const now = (await till.store.get("daybook", line.counter)) ?? line;
  if (now.state === "booked") return { kind: "booked", line: now };
  return { kind: "waiting", line: now, refused: answer?.kind === "unanswered" ? answer.refused : null };
}

/** Sends a kept write, but keeps nobody waiting: after a while it goes on by itself, and its answer is taken when it comes. */
async function sendSoon(till: Till, requestId: string, patienceMs: number): Promise<Answer<unknown> | null> {
  if (!till.view.online && (await handOver(till.store, requestId))) {
    till.fallBack();
    return null;
  }
  const sent = send(till.store, till.api, requestId, true).then((answer) => {
    if (answer) till.hear(answer);
    return answer;
  });
  const soon = await Promise.race([sent, new Promise<"late">((resolve) => setTimeout(() => resolve("late"), patienceMs))]);
  if (soon !== "late") return soon;
  // Settled in this very moment: then its answer is there.
  if (!(await handOver(till.store, requestId))) return sent;
  till.fallBack();
  void sent.then(() => till.recount());
  return null;
}

async function keep(
  till: Till,
  path: string,
  make: (common: Common) => { body: object; line: DayLine },
): Promise<DayLine> {
  const counter = await openSlip(till);
  const terminalCode = till.view.terminal?.terminal_code ?? "";
  const common: Common = {
    request_id: uuid7(till.clock.now()),
    counter,
    ref: makeReference(terminalCode, till.today(), counter),
    occurred_at: till.now(),
  };
  const { body, line } = make(common);
  try {
    await keepLine(till.store, { requestId: common.request_id, path, body, nowMs: Date.now() }, line, till.tab);
    return line;
  } catch (error) {
    if (error instanceof SlipLostError) return keep(till, path, make);
    throw error;
  }
}

export function blankLine(till: Till, common: Common, kind: DayLine["kind"]): DayLine {
  return {
    ...common,
    kind,
    original_ref: null,
    total_fen: 0,
    offset_units: 0,
    offset_fen: 0,
    paid_fen: 0,
    day: till.today(),
    clerk_label: till.view.clerk?.label ?? "",
    channel: null,
    state: "waiting",
    batch_no: null,
    receipt: null,
    outcome: null,
    refused: null,
    differences: [],
    alarm: 0,
    unfiled: 0,
  };
}

const unitsPerFen = (till: Till): number => till.view.state?.rules.units_per_fen ?? 1;
