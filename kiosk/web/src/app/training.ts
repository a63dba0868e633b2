// Training: the same screens over a store of its own and a server that is only pretended, in this tab. Nothing is sent.

import { deviceKey } from "../device/keys";
import { writeMeta } from "../device/db";
import type { ClaimBody, RefundBody, SaleBody, TillState } from "../net/types";
import { offsetFen, refundFigures, type SaleFigures } from "../rules/offset";
import { hundredths, points } from "../rules/units";
import { inLanguage, mark, t } from "../text/t";
import { type Till as RealTill, Till } from "./till";

/** No terminal can be opened under this code, so no receipt of training is ever one of a shop. */
export const TRAINING_CODE = "TRAINING";
/** What the practice card starts with, in points. */
const START_POINTS = 2_000;
const PERCENT = 100;

const NOT_HERE = mark("This is not part of the training. Try a sale, a refund, parking or the close of a day.");
const PIN_FIRST = mark("So many points need a PIN. In training any six digits do.");
const TOO_MUCH = mark("Fewer points than that can be used on this bill.");
const SENTENCE = mark("Practice card: at most {percent} percent of the bill in points. Nothing is taken from anybody.");

/** A till for practice beside the real one. It knows the rules and the clerk, and nothing of the shop's sums. */
export async function openTraining(real: RealTill): Promise<Till> {
  const shop = new PretendedServer(real);
  const till = await Till.open(real.mode, shop.answer, true);
  const { terminal, clerk, preferences } = real.view;
  await writeMeta(till.store, "terminal", { ...terminal!, terminal_code: TRAINING_CODE });
  await writeMeta(till.store, "state", shop.state());
  await writeMeta(till.store, "preferences", preferences);
  if (clerk) await writeMeta(till.store, "clerk", { ...clerk, clerk_token: "" });
  await deviceKey(till.store);
  const ready = await Till.open(real.mode, shop.answer, true);
  const own = ready.setPreferences.bind(ready);
  ready.setPreferences = async (change) => {
    await real.setPreferences(change);
    await own(change);
  };
  await ready.refresh();
  return ready;
}

/** Stands in for the server: answers in its words, keeps a purse for the practice card, and forgets it on reload. */
class PretendedServer {
  private left: number;
  private readonly sold = new Map<string, SaleFigures>();

  constructor(private readonly real: RealTill) {
    this.left = START_POINTS * this.unitsPerPoint;
  }

  /** In the place of `fetch`; it never reaches the network. */
  answer: typeof fetch = async (input, init) => {
    const path = String(input);
    const body = init?.body ? (JSON.parse(new TextDecoder().decode(init.body as Uint8Array)) as unknown) : null;
    const found = this.found(path, body);
    const refused = "code" in found;
    const headers = { "Jifen-Time": String(Math.round(this.real.clock.now())) };
    return new Response(JSON.stringify(refused ? problemOf(found) : found), { status: refused ? 409 : 200, headers });
  };

  state(): TillState {
    const state = this.real.view.state!;
    return {
      ...state,
      server_time: this.real.now(),
      terminal: { ...state.terminal, terminal_code: TRAINING_CODE, last_counter: 0 },
      owed: { owed_fen: 0, arrives_on: null, open_differences: 0 },
      recovery: null,
      shift: null,
    };
  }

  private found(path: string, body: unknown): object | { code: string; sentence: string } {
    if (path.startsWith("/api/v1/till/state")) return this.state();
    if (path === "/api/v1/quotes") return this.quote((body as { total_fen: number }).total_fen);
    if (path === "/api/v1/sales") return this.sale(body as SaleBody);
    if (path === "/api/v1/refunds") return this.refund(body as RefundBody);
    if (path === "/api/v1/claims") return { batch_no: (body as ClaimBody).batch_no, outcome: "ok", differences: [] };
    if (path === "/api/v1/shifts") return { seen: true };
    return { code: "training_only", sentence: NOT_HERE };
  }

  private quote(totalFen: number): object {
    // Proposed within what needs no PIN, so that the first practice sale is the short one.
    const units = Math.min(this.most(totalFen), this.rules.pin_above_units_card);
    const facts = { percent: this.rules.share_percent ?? PERCENT };
    return {
      holder_label: "0000",
      available_units: this.left,
      pending_units: 0,
      owed_units: 0,
      proposal: { units, fen: offsetFen(units, this.rules.units_per_fen), limited_by: "bill", sentence: inLanguage("zh", SENTENCE, facts), sentence_en: inLanguage("en", SENTENCE, facts) },
      pin_needed_above_units: this.rules.pin_above_units_card,
      token_class: "card",
    };
  }

  private sale(body: SaleBody): object {
    if (body.offset_units > this.rules.pin_above_units_card && body.pin === null) return { code: "pin_needed", sentence: PIN_FIRST };
    if (body.offset_units > this.most(body.total_fen)) return { code: "offset_over_bill_share", sentence: TOO_MUCH };
    const off = offsetFen(body.offset_units, this.rules.units_per_fen);
    const paid = body.total_fen - off;
    const earns = this.rules.approved_channels.includes(body.channel) && !this.rules.earning_stopped && !this.rules.earning_paused;
    const earned = earns ? paid : 0;
    this.left += earned - body.offset_units;
    this.sold.set(body.ref, { totalFen: body.total_fen, offsetFen: off, offsetUnits: body.offset_units, refundedFen: 0 });
    const lines: [string, string][] = [
      [t("Total"), yuan(body.total_fen)],
      ...(off > 0 ? [[t("Points used"), `${t("{points} points", { points: points(body.offset_units) })} = ${yuan(off)}`] as [string, string]] : []),
      [t("Paid"), yuan(paid)],
      [t("Points earned"), t("{points} points", { points: points(earned) })],
    ];
    return {
      sale_id: body.request_id,
      ref: body.ref,
      total_fen: body.total_fen,
      offset_units: body.offset_units,
      offset_fen: off,
      paid_fen: paid,
      earned_units: earned,
      earned_state: "spendable",
      earned_reason: earned ? null : "channel_not_approved",
      balance_units: this.left,
      receipt: this.slip(body.ref, lines),
      business_date: this.real.view.state?.business_date ?? "",
    };
  }

  /** The till knows its own sales of training; here the sums are only said back, from the same arithmetic. */
  private refund(body: RefundBody): object {
    const lines: [string, string][] = [
      [t("Refund for"), body.original_ref],
      [t("Goods returned"), yuan(body.refund_fen)],
    ];
    const sold = this.sold.get(body.original_ref);
    if (!sold) return { code: "sale_not_found", sentence: NOT_HERE };
    const back = refundFigures(sold, body.refund_fen);
    this.sold.set(body.original_ref, { ...sold, refundedFen: sold.refundedFen + body.refund_fen });
    this.left += back.offsetUnits;
    return {
      ref: body.ref,
      original_ref: body.original_ref,
      refund_fen: body.refund_fen,
      cash_back_fen: back.cashFen,
      offset_back_fen: back.offsetFen,
      units_back: back.offsetUnits,
      earned_reversed_units: 0,
      owed_units: 0,
      receipt: this.slip(body.ref, lines),
    };
  }

  private slip(ref: string, lines: [string, string][]): object {
    const head: [string, string][] = [
      [t("Training"), t("not a receipt")],
      [t("Receipt"), ref],
    ];
    return { lines: [...head, ...lines].map(([label, value]) => ({ label, value })), qr_text: ref };
  }

  /** As many units as the rules let this bill take, in whole steps. */
  private most(totalFen: number): number {
    const { units_per_fen, step_units, share_percent, sale_cap_units } = this.rules;
    const share = Math.floor((totalFen * (share_percent ?? PERCENT)) / PERCENT) * units_per_fen;
    const most = Math.min(this.left, share, sale_cap_units ?? share);
    return step_units > 0 ? most - (most % step_units) : most;
  }

  private get rules() {
    return this.real.view.state!.rules as TillState["rules"] & { share_percent?: number; sale_cap_units?: number | null };
  }

  private get unitsPerPoint(): number {
    return 10 ** (this.rules.precision ?? 2);
  }
}

const yuan = (fen: number): string => t("{yuan} yuan", { yuan: hundredths(fen) });

function problemOf({ code, sentence }: { code: string; sentence: string }): object {
  return { code, detail: inLanguage("zh", sentence), detail_en: inLanguage("en", sentence), facts: {} };
}
