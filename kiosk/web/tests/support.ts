// A till on a fresh store, and a small server that answers from memory and can be made to fail.

import { IDBFactory } from "fake-indexeddb";
import { vi } from "vitest";
import "fake-indexeddb/auto";
import { Till } from "../src/app/till";
import type { OfflinePolicy } from "../src/rules/offline";

export const RULES = {
  units_per_fen: 20,
  step_units: 2_000,
  min_units: 2_000,
  pin_above_units_card: 20_000,
  pin_above_units_dyn: 100_000,
  channels: ["scan", "credit_card", "cash"],
  approved_channels: ["scan", "credit_card"],
};

/** What a till may sell without network on the day these tests live. */
export const POLICY: OfflinePolicy = {
  policy: "1.words.mark",
  issued_at: "2026-03-02T10:00:00+08:00",
  valid_until: "2026-03-03T10:00:00+08:00",
  day: "2026-03-02",
  spending: true,
  why_not: null,
  terminal_units: 30_000,
  left_units: 30_000,
  left_fen: 1_500,
  card_units: 10_000,
  sale_units: 10_000,
  sale_fen: 500,
  spare_units: 20_000,
  classes: ["card", "vch"],
  cards_version: "v1",
  cards_ttl_s: 600,
};

export class Server {
  /** What to do with the next writes, in turn: answer, lose the answer, or refuse. */
  plan: ("answer" | "lose" | "offline" | "refuse" | "taken")[] = [];
  /** Nobody answers at all. */
  isDown = false;
  /** The till was taken out of service: only what was sold offline before `revokedAt` (its counter) is taken. */
  revokedAt: number | null = null;
  /** How the shown bills stand, by request; missing: open. */
  readonly bills = new Map<string, object>();
  /** Everything is answered with 503. */
  isBusy = false;
  /** Which writes make it fall over, each time they come. */
  chokesOn: (body: Record<string, unknown>) => boolean = () => false;
  offline: OfflinePolicy | undefined;
  keys: never[] = [];
  cards = { version: "", cwt: "" };
  clockMs = Date.UTC(2026, 2, 2, 2, 0, 0);
  missing: number[] = [];
  said: object | null = null;
  readonly bodies: { path: string; body: string; clerk: string | null }[] = [];
  readonly booked = new Map<string, { body: string; answer: object }>();
  tamper: Record<string, number> = {};
  lastCounter = 0;
  outcome = "ok";
  recovery: object | null = null;
  newest: string | null = null;
  /** The batch number the server wants next; null where it takes any. */
  expected: number | null = null;
  /** The last batch of this till as the server has it; undefined where the server is older. */
  batch: { no: number; hash: string } | undefined;
  /** Which day (yyyy-mm-dd) the server books a sale under. */
  bookedOn = "2026-03-02";

  fetch = (async (path: string, init: RequestInit): Promise<Response> => {
    const body = init.body ? new TextDecoder().decode(init.body as Uint8Array) : "";
    const [where, query] = path.split("?");
    if (this.isDown) throw new TypeError("Failed to fetch");
    if (this.isBusy) return this.json(503, { code: "busy", status: 503, detail: "zh", detail_en: "en" });
    if (body && this.chokesOn(JSON.parse(body))) return this.json(500, { code: "internal", status: 500, detail: "zh", detail_en: "en" });
    if (this.revokedAt !== null) {
      const asked = body ? JSON.parse(body) : {};
      const isTaken = path === "/api/v1/sales" && asked.offline && asked.counter < this.revokedAt;
      if (!isTaken) return this.json(401, { code: "terminal_revoked", status: 401, detail: "zh", detail_en: "en" });
    }
    if (path.startsWith("/api/v1/amount-codes/")) {
      const id = path.endsWith("/cancel") ? JSON.parse(body).request_id : path.split("/").pop();
      return this.json(200, this.bills.get(id) ?? { state: path.endsWith("/cancel") ? "cancelled" : "open", sale: null });
    }
    if (where === "/api/v1/till/state") {
      this.newest = query ?? null;
      return this.json(200, this.state());
    }
    if (where === "/api/v1/till/cards") return this.json(200, { ...this.cards, is_new: true, made_at: "" });
    if (path === "/api/v1/till/waiting") {
      this.said = JSON.parse(body);
      return this.json(200, { missing: this.missing, waiting: [] });
    }
    if (path === "/api/v1/terminals/enrol") return this.json(201, { terminal_id: "77", terminal_code: "M01T1", community_id: "5", merchant_name: "Shop", branch_name: "", kind: "till" });
    const clerk = (init.headers as Record<string, string>)["Jifen-Clerk"] ?? null;
    const next = this.plan.shift() ?? "answer";
    if (next === "offline") throw new TypeError("Failed to fetch");
    this.bodies.push({ path, body, clerk });
    if (path === "/api/v1/shifts") return this.json(201, {});
    if (path.startsWith("/api/v1/recovery")) return this.json(200, {});
    if (next === "taken") return this.json(409, { code: "ref_taken", status: 409, detail: "zh", detail_en: "en" });
    if (next === "refuse") return this.json(409, { code: "insufficient_points", status: 409, detail: "zh", detail_en: "en" });
    const batch = path === "/api/v1/claims" ? JSON.parse(body).batch_no : null;
    if (batch !== null && this.expected !== null && batch !== this.expected) {
      return this.json(409, { code: "claim_batch_gap", status: 409, detail: "zh", detail_en: "en", facts: { expected: this.expected } });
    }
    const answer = this.book(path, body);
    if (next === "lose") throw new TypeError("Failed to fetch");
    return this.json(201, answer);
  }) as typeof fetch;

  private book(path: string, text: string): object {
    const body = JSON.parse(text);
    const known = this.booked.get(body.request_id);
    if (known) {
      if (known.body !== text) throw new Error("same id, other body");
      return known.answer;
    }
    const answer = { ...this.answerTo(path, body), ...this.tamper };
    this.booked.set(body.request_id, { body: text, answer });
    return answer;
  }

  private answerTo(path: string, body: Record<string, number>): object {
    const receipt = { lines: [], qr_text: body["ref"] };
    if (path === "/api/v1/claims") return { batch_no: body["batch_no"], outcome: this.outcome, differences: [] };
    if (path === "/api/v1/refunds") return { ...body, receipt, cash_back_fen: 4_000, offset_back_fen: 1_000, units_back: 20_000 };
    const off = body["offset_units"]! / 20;
    return { ...body, receipt, offset_fen: off, paid_fen: body["total_fen"]! - off, earned_units: 1, earned_state: "spendable", earned_reason: "", business_date: this.bookedOn };
  }

  private state(): object {
    return {
      server_time: "2026-03-02T10:00:00+08:00",
      shop: { merchant_code: "M01", merchant_name: "Shop", branch_name: "" },
      terminal: { terminal_id: "77", terminal_code: "M01T1", last_counter: this.lastCounter },
      clerks: [],
      owed: { owed_fen: 0, arrives_on: null, open_differences: 0 },
      rules: RULES,
      jwks: { keys: this.keys },
      offline: this.offline,
      batch: this.batch,
      business_date: "2026-03-02",
      community: { issuer: "CA01", hotline: null },
      recovery: this.recovery,
    };
  }

  private json(status: number, value: object): Response {
    const headers = { "Content-Type": "application/json", "Jifen-Time": String(this.clockMs) };
    return new Response(JSON.stringify(value), { status, headers });
  }
}

/** An enrolled till whose tablet clock is a year behind the server's. */
export async function newTill(server: Server): Promise<Till> {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("navigator", { onLine: true });
  // Nobody looks at the page, so nothing is sent but what a test sends.
  vi.stubGlobal("document", { visibilityState: "hidden" });
  vi.stubGlobal("sessionStorage", { getItem: () => null, setItem: () => undefined });
  const till = await Till.open("till", server.fetch);
  await till.enrol("CA01", "ABCDEFGH2345");
  return till;
}

export const SALE = { token: "71", totalFen: 5_000, offsetUnits: 20_000, channel: "scan" as const, pin: null };
