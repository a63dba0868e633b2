// Writes that wait for their answer: stored together with their daybook line, resent unchanged, settled once.

import type { Answer, Api, Identity } from "../net/api";
import type { BenefitAnswer, ClaimAnswer, RedeemAnswer, RefundAnswer, SaleAnswer, VoucherAnswer } from "../net/types";
import { utf8 } from "../rules/bytes";
import { differencesOf } from "./differences";
import { type Batch, type DayLine, SETTLED, type Settling, type Store, type Waiting } from "./db";
import { seal, unseal } from "./keys";
import { addLine, draftLine } from "./signed";

/** How long the screen that made a write looks after it itself. */
export const ATTENDED_MS = 40_000;

/** Refusals after which the server knows the number all the same; it keeps every offline sale it refused. */
const SPENT = new Set(["ref_taken", "payment_declined", "refund_declined"]);

export class SlipLostError extends Error {}

export interface Write {
  requestId: string;
  path: string;
  body: object;
  nowMs: number;
}

/** What waits for its answer, oldest first. */
export async function listWaiting(store: Store): Promise<Waiting[]> {
  return (await store.getAll("outbox")).sort((one, other) => one.order - other.order);
}

/** Stores a sale, refund or redemption before anything is sent: number used, line written, write waiting. */
export async function keepLine(store: Store, write: Write, line: DayLine, holder: string): Promise<void> {
  const body = await seal(store, utf8(JSON.stringify(write.body)));
  const tx = store.transaction(["slips", "meta", "daybook", "outbox"], "readwrite", { durability: "strict" });
  const slips = tx.objectStore("slips");
  const slip = await slips.get(line.counter);
  if (slip?.holder !== holder) {
    await tx.done;
    throw new SlipLostError("another tab took the number");
  }
  await slips.delete(line.counter);
  await tx.objectStore("daybook").add(line);
  const order = await nextOrder(tx.objectStore("meta"));
  await tx.objectStore("outbox").add({ ...waitingOf(write, body, order), counter: line.counter });
  await tx.done;
}

/** Stores a day's claim before it is sent, and marks its lines as filed under it. */
export async function keepBatch(store: Store, write: Write, batch: Batch, counters: number[]): Promise<void> {
  const body = await seal(store, utf8(JSON.stringify(write.body)));
  const tx = store.transaction(["meta", "daybook", "outbox", "batches"], "readwrite", { durability: "strict" });
  // A number is used again only after the till was enrolled anew, and never while its batch waits.
  if ((await tx.objectStore("batches").get(batch.batch_no))?.state === "waiting") throw new Error("this batch waits already");
  await tx.objectStore("batches").put(batch);
  for (const counter of counters) {
    const line = await tx.objectStore("daybook").get(counter);
    if (line) await tx.objectStore("daybook").put({ ...line, batch_no: batch.batch_no, unfiled: 0 });
  }
  const order = await nextOrder(tx.objectStore("meta"));
  await tx.objectStore("meta").put(batch.batch_no, "last_batch");
  await tx.objectStore("outbox").add({ ...waitingOf(write, body, order), batch_no: batch.batch_no });
  await tx.done;
}

type Meta = { get(key: string): Promise<unknown>; put(value: unknown, key: string): Promise<unknown> };

async function nextOrder(meta: Meta): Promise<number> {
  const order = (((await meta.get("last_order")) as number | undefined) ?? 0) + 1;
  await meta.put(order, "last_order");
  return order;
}

function waitingOf(write: Write, body: Waiting["body"], order: number): Waiting {
  return {
    request_id: write.requestId,
    order,
    attended_until: write.nowMs + ATTENDED_MS,
    path: write.path,
    body,
    counter: null,
    batch_no: null,
  };
}

/** Sends one waiting write and settles it; what stays unanswered stays. */
export async function send<T>(store: Store, api: Api, requestId: string, attended: boolean): Promise<Answer<T> | null> {
  const waiting = await store.get("outbox", requestId);
  if (!waiting || (await isBehind(store, waiting))) return null;
  const body = await unseal(store, waiting.body);
  const answer = await final(store, waiting, await api.call<T>("POST", waiting.path, body));
  if (answer.kind !== "unanswered") await settle(store, api.identity, waiting, body, answer, attended);
  else if (attended) await handOver(store, requestId);
  return answer;
}

/** Whether an earlier batch still waits: sent before it, a batch would look like a gap. */
const isBehind = async (store: Store, { batch_no: own }: Waiting): Promise<boolean> =>
  own !== null && (await store.getAll("outbox")).some(({ batch_no: other }) => other !== null && other < own);

/** A till out of service is told of an offline sale alone that it was made too late; that is the last word on it. */
async function final<T>(store: Store, waiting: Waiting, answer: Answer<T>): Promise<Answer<T>> {
  if (answer.kind !== "unanswered" || answer.refused?.code !== "terminal_revoked") return answer;
  return (await isOfflineSale(store, waiting)) ? { kind: "refused", status: 409, refused: answer.refused } : answer;
}

const isOfflineSale = async (store: Store, { counter }: Waiting): Promise<boolean> =>
  counter !== null && (await store.get("daybook", counter))?.offline !== undefined;

/** How many offline sales this tablet alone can still deliver; only its own key does. */
export async function countOffline(store: Store): Promise<number> {
  const readable = (await listWaiting(store)).filter(({ aside }) => aside?.why !== "unreadable");
  const isOne = await Promise.all(readable.map((one) => isOfflineSale(store, one)));
  return isOne.filter((yes) => yes).length;
}

/** The screen that made a write looks after it no longer; false where the write has got its answer. */
export async function handOver(store: Store, requestId: string): Promise<boolean> {
  const tx = store.transaction("outbox", "readwrite");
  const waiting = await tx.store.get(requestId);
  if (waiting) await tx.store.put({ ...waiting, attended_until: 0 });
  await tx.done;
  return waiting !== undefined;
}

/** A clock that was set back must not make anybody wait longer than the longest wait. */
export const isAttended = (waiting: Waiting, nowMs: number): boolean =>
  waiting.attended_until > nowMs && waiting.attended_until <= nowMs + ATTENDED_MS;

type Final = Exclude<Answer<unknown>, { kind: "unanswered" }>;

/** Writes an answer down once: a second answer to the same write finds nothing left to settle. */
async function settle(
  store: Store,
  identity: Identity | null,
  waiting: Waiting,
  body: Uint8Array,
  answer: Final,
  attended: boolean,
): Promise<void> {
  const told = answer.kind === "ok" ? answer.told : undefined;
  const accepted = told && { requestId: waiting.request_id, path: waiting.path, body, told };
  for (let isOver = false; !isOver; ) {
    // Signed before the transaction opens: IndexedDB closes one that waits for anything else.
    const draft = identity && accepted ? await draftLine(store, identity, accepted) : null;
    const tx = store.transaction(SETTLED, "readwrite", { durability: "strict" });
    const now = await tx.objectStore("outbox").get(waiting.request_id);
    const isWaiting = now !== undefined;
    isOver = !isWaiting || draft === null || (await addLine(tx, draft));
    if (isWaiting && isOver) {
      await tx.objectStore("outbox").delete(waiting.request_id);
      if (waiting.counter !== null) await settleLine(tx, waiting.counter, answer, attended && now.attended_until > 0);
      if (waiting.batch_no !== null) await settleBatch(tx, waiting.batch_no, answer);
    }
    await tx.done;
  }
}

async function settleLine(tx: Settling, counter: number, answer: Final, attended: boolean): Promise<void> {
  const daybook = tx.objectStore("daybook");
  const line = await daybook.get(counter);
  if (!line) return;
  if (answer.kind === "ok") {
    await daybook.put({ ...booked(line, answer.value), ...(answer.told && { told_at: answer.told.atMs }) });
  } else if (attended && (SPENT.has(answer.refused.code) || line.offline)) {
    await daybook.put({ ...line, state: "refused", refused: answer.refused });
  } else if (attended) {
    // Nothing was booked and the clerk sees it: the number goes to the next customer, so no gap opens.
    await daybook.delete(counter);
    await tx.objectStore("slips").put({ counter, holder: "", held_at: 0 });
  } else {
    await daybook.put({ ...line, state: "refused", refused: answer.refused, alarm: 1 });
  }
}

async function settleBatch(tx: Settling, batchNo: number, answer: Final): Promise<void> {
  const batches = tx.objectStore("batches");
  const batch = await batches.get(batchNo);
  if (!batch) return;
  if (answer.kind === "ok") {
    const { outcome, differences } = answer.value as ClaimAnswer;
    const held = outcome === "totals_wrong";
    await batches.put({ ...batch, state: held ? "held" : "filed", differences });
    // What is no claim leaves its lines open for the next one.
    if (held) await reopen(tx, batch);
    return;
  }
  // The server never took the number, so the next claim has it; what waits behind names a batch that is none.
  const meta = tx.objectStore("meta");
  if ((((await meta.get("last_batch")) as number | undefined) ?? 0) >= batchNo) await meta.put(batchNo - 1, "last_batch");
  for (const waiting of await tx.objectStore("outbox").getAll()) {
    if (waiting.batch_no !== null && waiting.batch_no > batchNo) await tx.objectStore("outbox").delete(waiting.request_id);
  }
  for (const one of await batches.getAll(IDBKeyRange.lowerBound(batchNo))) {
    if (one.batch_no > batchNo && one.state !== "waiting") continue;
    await batches.delete(one.batch_no);
    await reopen(tx, one);
  }
}

async function reopen(tx: Settling, batch: Batch): Promise<void> {
  const daybook = tx.objectStore("daybook");
  for (const line of await daybook.index("day").getAll(batch.day)) {
    if (line.batch_no === batch.batch_no) await daybook.put({ ...line, batch_no: null, unfiled: 1 });
  }
}

/** The line with what the server adds to it; its own amounts stay as the clerk confirmed them. */
function booked(line: DayLine, value: unknown): DayLine {
  const answer = value as SaleAnswer | RefundAnswer | RedeemAnswer | VoucherAnswer | BenefitAnswer;
  const sale = line.kind === "sale" ? (answer as SaleAnswer) : null;
  const goods = line.kind === "redeem" ? (answer as RedeemAnswer) : null;
  const differences = differencesOf(line, answer);
  const figures = toldOf(line, answer);
  return {
    ...line,
    ...figures,
    day: dayOf(line, sale),
    state: "booked",
    receipt: answer.receipt,
    outcome: sale
      ? {
          earned_units: sale.earned_units,
          earned_state: sale.earned_state,
          earned_reason: sale.earned_reason,
          balance_units: sale.balance_units,
        }
      : goods && { earned_units: 0, earned_state: "none", earned_reason: null, balance_units: goods.balance_units },
    differences,
    alarm: differences.length > 0 ? 1 : 0,
    unfiled: line.kind === "redeem" || line.kind === "goods_return" || (line.kind === "voucher" && figures.offset_fen === 0) ? 0 : 1,
  };
}

/** A tablet whose clock ran ahead while it sold without network: the sale is of the day the server had, not of a day to come. */
function dayOf(line: DayLine, sale: SaleAnswer | null): number {
  const booked = Number((sale?.business_date ?? "").replace(/-/g, ""));
  return line.offline && booked > 0 && booked < line.day ? booked : line.day;
}

/** What only the server knows: what a voucher is worth by contract, and what comes off by a benefit. */
function toldOf(line: DayLine, answer: unknown): Partial<DayLine> {
  if (line.kind === "voucher") {
    const { units, fen } = answer as VoucherAnswer;
    return { total_fen: fen, offset_units: units, offset_fen: fen, paid_fen: 0 };
  }
  return line.kind === "benefit" ? { paid_fen: (answer as BenefitAnswer).paid_fen } : {};
}
