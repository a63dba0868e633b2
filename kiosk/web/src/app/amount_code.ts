// The other direction: the till shows a signed bill, the resident's page confirms it, and the till learns of it.

import { type DayLine, SETTLED, type Settling } from "../device/db";
import { deviceKey, signWith } from "../device/keys";
import { addLine, draftLine } from "../device/signed";
import { drawCounter } from "../device/slips";
import type { Answer } from "../net/api";
import type { Channel, SaleAnswer } from "../net/types";
import { base64url, utf8 } from "../rules/bytes";
import { uuid7 } from "../rules/ids";
import { part } from "../rules/proof";
import { makeReference } from "../rules/refs";
import { judge, readProofCode } from "../rules/tlog/proof_code";
import { knownFrom } from "../rules/tlog/witness";
import { blankLine } from "./desk";
import { keptLog } from "./seal";
import type { Till } from "./till";

/** A bill that was shown and is not known to be over; it outlives a reload. */
export interface ShownBill {
  request_id: string;
  counter: number;
  ref: string;
  total_fen: number;
  channel: Channel;
  occurred_at: string;
  made_ms: number;
  text: string;
}

/** Sales believed by a signature and not signed by this tablet yet, by their request ids. */
const BELIEVED = "believed_bills";

/** As long as the server takes a confirmation. */
export const LIFE_MS = 180_000;

export async function showBill(till: Till, totalFen: number, channel: Channel): Promise<ShownBill> {
  const now = till.clock.now();
  const id = uuid7(now);
  const counter = await drawCounter(till.store, id, Date.now());
  const terminal = till.view.terminal!;
  const ref = makeReference(terminal.terminal_code, till.today(), counter);
  const madeS = Math.floor(now / 1000);
  const head = part({ typ: "jifen-amount", alg: "ES256", kid: terminal.terminal_id });
  const said = part({ c: terminal.community_id, i: terminal.issuer, r: id, n: counter, ref, a: totalFen, h: channel, t: madeS });
  const signature = await signWith(await deviceKey(till.store), utf8(`${head}.${said}`));
  const text = `${location.origin}/me/amount?c=${head}.${said}.${base64url(signature)}`;
  const bill = { request_id: id, counter, ref, total_fen: totalFen, channel, occurred_at: till.now(), made_ms: madeS * 1000, text };
  const tx = till.store.transaction(["slips", "meta"], "readwrite", { durability: "strict" });
  if ((await tx.objectStore("slips").get(counter))?.holder !== id) {
    await tx.done;
    return showBill(till, totalFen, channel);
  }
  // The number stays with the shown bill until its end is known, whatever other tabs draw.
  await tx.objectStore("slips").put({ counter, holder: id, held_at: Date.now(), kept: true });
  const open = ((await tx.objectStore("meta").get("shown_bills")) as ShownBill[] | undefined) ?? [];
  await tx.objectStore("meta").put([...open, bill], "shown_bills");
  await tx.done;
  return bill;
}

/** `told`: call and answer as if the till had sold itself, with the server's mark; missing where the server is older. */
type Standing = { state: "open" | "cancelled" | "refused" | "booked"; sale: SaleAnswer | null; told?: Heard | null };
type Heard = { body: string; answer: string; at_ms: number; mark: string };
export type Settled = { kind: "open" } | { kind: "ended" } | { kind: "booked"; line: DayLine };

/** Asks how a shown bill stands; `takeBack`: ends it where nobody has confirmed it. */
export async function settleBill(till: Till, bill: ShownBill, takeBack: boolean): Promise<Settled> {
  const answer: Answer<Standing> = takeBack
    ? await till.api.post<Standing>("/api/v1/amount-codes/cancel", { request_id: bill.request_id })
    : await till.api.get<Standing>(`/api/v1/amount-codes/${bill.request_id}`);
  till.hear(answer);
  if (answer.kind !== "ok" || answer.value.state === "open") return { kind: "open" };
  const { state, sale, told } = answer.value;
  if (state !== "booked" || !sale) {
    await end(till, bill, null, null);
    return { kind: "ended" };
  }
  const line: DayLine = {
    ...lineOf(till, bill, sale),
    receipt: sale.receipt,
    outcome: { earned_units: sale.earned_units, earned_state: sale.earned_state, earned_reason: sale.earned_reason, balance_units: sale.balance_units },
  };
  await end(till, bill, line, told ?? null);
  return { kind: "booked", line };
}

/** Believes the community's own signature on the resident's page, without network; null where it is not over this bill. */
export async function believeProof(till: Till, bill: ShownBill, text: string): Promise<DayLine | null> {
  const code = readProofCode(text);
  const kept = await keptLog(till);
  if (!code || !kept) return null;
  const verdict = judge(code, knownFrom(kept, till.view.terminal?.issuer ?? ""));
  const bad = ["forged", "stranger", "foreign", "unreadable"].includes(verdict.kind);
  const { facts } = code;
  if (bad || facts["kind"] !== "sale" || facts["ref"] !== bill.ref || Number(facts["total_fen"]) !== bill.total_fen) return null;
  const figure = (name: string): number => Number(facts[name] ?? 0);
  const line = lineOf(till, bill, { offset_units: figure("offset_units"), offset_fen: figure("offset_fen"), paid_fen: figure("paid_fen") });
  await end(till, bill, line, null);
  return line;
}

/** What was believed without network: once the server answers, it stands in the signed daybook like every other sale. */
async function signBelieved(till: Till): Promise<void> {
  for (const requestId of await listOf<string>(till, BELIEVED)) {
    const answer = await till.api.get<Standing>(`/api/v1/amount-codes/${requestId}`);
    if (answer.kind !== "ok" || answer.value.state === "open") continue;
    await once(till, requestId, answer.value.told ?? null, async (tx) => {
      const meta = tx.objectStore("meta");
      const left = ((await meta.get(BELIEVED)) as string[] | undefined) ?? [];
      if (!left.includes(requestId)) return null;
      return async () => void (await meta.put(left.filter((one) => one !== requestId), BELIEVED));
    });
  }
}

/** What a tab left behind: settled as soon as the server answers, taken back once its time is over. */
export async function settleOpenBills(till: Till): Promise<void> {
  for (const bill of await listOf<ShownBill>(till, "shown_bills")) await settleBill(till, bill, till.clock.now() > bill.made_ms + LIFE_MS);
  await signBelieved(till);
}

const listOf = async <T>(till: Till, name: string): Promise<T[]> => ((await till.store.get("meta", name)) as T[] | undefined) ?? [];

function lineOf(till: Till, bill: ShownBill, figures: Pick<SaleAnswer, "offset_units" | "offset_fen" | "paid_fen">): DayLine {
  const common = { request_id: bill.request_id, counter: bill.counter, ref: bill.ref, occurred_at: bill.occurred_at };
  const { offset_units, offset_fen, paid_fen } = figures;
  return { ...blankLine(till, common, "sale"), channel: bill.channel, total_fen: bill.total_fen, offset_units, offset_fen, paid_fen, state: "booked", unfiled: 1 };
}

/** Ends a shown bill once: its line is written and signed, or its number goes to the next customer. */
async function end(till: Till, bill: ShownBill, line: DayLine | null, told: Heard | null): Promise<void> {
  await once(till, bill.request_id, told, async (tx) => {
    const meta = tx.objectStore("meta");
    const open = ((await meta.get("shown_bills")) as ShownBill[] | undefined) ?? [];
    if (!open.some((one) => one.request_id === bill.request_id)) return null;
    return async () => {
      await meta.put(open.filter((one) => one.request_id !== bill.request_id), "shown_bills");
      if (line && !told) await meta.put([...(((await meta.get(BELIEVED)) as string[] | undefined) ?? []), bill.request_id], BELIEVED);
      await endLine(tx, bill, line);
    };
  });
  await till.recount();
}

async function endLine(tx: Settling, bill: ShownBill, line: DayLine | null): Promise<void> {
  const slips = tx.objectStore("slips");
  const daybook = tx.objectStore("daybook");
  const isHeld = (await slips.get(bill.counter))?.holder === bill.request_id;
  const other = await daybook.get(bill.counter);
  if (other) {
    // Another sale stands under its number: that line is never written over, and a person looks at both.
    if (isHeld) await slips.delete(bill.counter);
    if (line && other.request_id !== bill.request_id) await daybook.put({ ...other, alarm: 1 });
  } else if (line) {
    await slips.delete(bill.counter);
    await daybook.add(line);
  } else if (isHeld) await slips.put({ counter: bill.counter, holder: "", held_at: 0 });
}

/**
 * Does in one transaction what `look` finds still to be done (null: nothing any more), with the signed line over what was
 * told; from the start where another tab signed a line meanwhile. No clerk confirmed it here, so the line names none.
 */
async function once(till: Till, requestId: string, told: Heard | null, look: (tx: Settling) => Promise<(() => Promise<void>) | null>): Promise<void> {
  const { identity } = till.api;
  const accepted = told && { requestId, path: "/api/v1/sales", body: utf8(told.body), told: { text: told.answer, atMs: told.at_ms, mark: told.mark } };
  for (let isOver = false; !isOver; ) {
    const draft = identity && accepted ? await draftLine(till.store, { ...identity, clerkId: null }, accepted) : null;
    const tx = till.store.transaction(SETTLED, "readwrite", { durability: "strict" });
    const act = await look(tx);
    isOver = act === null || draft === null || (await addLine(tx, draft));
    if (act && isOver) await act();
    await tx.done;
  }
}
