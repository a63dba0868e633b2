// The tablet's own store: who it is, its daybook, and what still waits for an answer.

import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import type { Channel, ClaimDifference, ClerkSession, Enrolled, Mode, Receipt, SealCode, TillState } from "../net/types";
import type { SelfTest } from "../app/health";
import type { ShiftBook } from "../app/shifts";
import type { Printer } from "../print/printer";
import type { ClaimLine } from "../rules/claim";
import type { NoblePair } from "../rules/noble";
import type { Evidence, LogKept } from "../rules/tlog/witness";

/** What the server said no with, in both languages. */
export interface Refused {
  code: string;
  zh: string;
  en: string;
  facts: Record<string, string | number | null>;
}

/** One figure where the server's answer is not what the clerk confirmed. */
export interface Difference {
  field: string;
  till: string;
  server: string;
}

export interface Outcome {
  earned_units: number;
  earned_state: "spendable" | "pending" | "none";
  earned_reason: string | null;
  balance_units: number;
}

/** A line of the daybook. Its amounts are the till's own, from what the clerk confirmed; a voucher's are told. */
export interface DayLine extends Omit<ClaimLine, "kind"> {
  kind: "sale" | "refund" | "redeem" | "goods_return" | "voucher" | "benefit";
  day: number;
  request_id: string;
  clerk_label: string;
  channel: Channel | null;
  state: "waiting" | "booked" | "refused";
  batch_no: number | null;
  receipt: Receipt | null;
  outcome: Outcome | null;
  refused: Refused | null;
  differences: Difference[];
  /** 1 until a person has seen that the server said something else than the clerk confirmed. */
  alarm: 0 | 1;
  /** 1 while the line is booked and no claim carries it. */
  unfiled: 0 | 1;
  /** Its code of the seal, as far as it had come when the receipt was last looked at with network. */
  seal?: SealCode;
  /** Why the whole sale was undone; missing where goods came back. */
  undo?: string;
  /** The sale was decided without the server: the policy it was made under, its day, and the card's name on that day. */
  offline?: { policy: string; day: string; card: string };
  /** The name of the spare code it was sold with, so that this till takes it once. */
  spare?: string;
  /** When the server booked it (ms, its own clock). */
  told_at?: number;
}

export interface SealedBody {
  iv: Uint8Array<ArrayBuffer> | null;
  data: Uint8Array<ArrayBuffer>;
}

/** A write that stays until the server has answered it; it is resent with the same bytes. */
export interface Waiting {
  request_id: string;
  order: number;
  /** Until then (ms) the screen that made it waits for the answer itself. */
  attended_until: number;
  path: string;
  body: SealedBody;
  counter: number | null;
  batch_no: number | null;
  /** How often the server answered others and not this one; missing where never. */
  tries?: number;
  aside?: Aside;
}

/** A write set aside so that it stops no other: kept, shown, and tried again now and then. */
export interface Aside {
  /** `unreadable`: the tablet itself cannot send it. */
  why: "unanswered" | "unreadable";
  refused: Refused | null;
  again_at: number;
}

/** A counter number that was drawn and not yet used. */
export interface Slip {
  counter: number;
  holder: string;
  held_at: number;
  /** The number of a bill that was shown: nobody else draws it until the bill is known to be over. */
  kept?: true;
}

export interface Batch {
  batch_no: number;
  day: number;
  opened_at: string;
  closed_at: string;
  /** held: the server's totals differ, so nothing of it counts and its lines are open again. */
  state: "waiting" | "filed" | "held" | "refused";
  differences: ClaimDifference[];
  refused: Refused | null;
  /** The hash of its seal, which the next batch names; missing on what was filed before batches were sealed. */
  hash?: string;
}

/** An accepted write, signed: `key` names the device's key, `n` counts its lines. */
export interface SignedEntry {
  key: string;
  n: number;
  line: string;
  /** The request and the answer as text, in JSON. */
  content: SealedBody;
  told_at: number;
}

/** The newest signed line, which the next one names. */
export interface SignedHead {
  key: string;
  n: number;
  hash: string;
  /** The last sale, refund or redemption the server said yes to. */
  newest: string | null;
  terminal_id: string;
}

export type DeviceKey =
  | { kind: "webcrypto"; pair: CryptoKeyPair }
  | { kind: "script"; pair: NoblePair };

export interface Preferences {
  language: "zh" | "en";
  paper: 58 | 80;
  camera: "environment" | "user";
  /** The receipt printer; null: as the browser prints. */
  printer: Printer | null;
  /** A receipt is printed twice: the customer's half and the shop's. */
  halves: boolean;
}

/** An offer of the community's log that did not fit what the tablet kept. */
export interface SealAlarm extends Evidence {
  request_id: string;
  at: string;
  /** Whether the office has it. */
  reported: boolean;
  /** When the log fitted again; null while it does not. */
  over_at: string | null;
}

export interface Meta {
  terminal: Enrolled & { issuer: string };
  device_key: DeviceKey;
  seal_key: CryptoKey;
  /** What cards are named with in the daybook; a browser without WebCrypto keeps it as bytes. */
  name_key: CryptoKey | Uint8Array<ArrayBuffer>;
  clerk: ClerkSession;
  state: TillState;
  preferences: Preferences;
  clock_ahead_ms: number;
  /** The latest moment (ms, the server's clock) this tablet knows of; its own clock never goes below it. */
  clock_latest_ms: number;
  /** When the server last told this till its figures, rules and keys (ms, the server's clock). */
  synced_at: number;
  /** The signed list of cards that are not good, as it came. */
  cards: { version: string; cwt: string; fetched_at: number };
  last_counter: number;
  last_batch: number;
  last_order: number;
  /** The community's log as far as this tablet followed it; it outlives every enrolment. */
  log: LogKept;
  seal_alarms: SealAlarm[];
  /** The last loss the community declared; `seen` once the clerk knows. */
  recovery: { day: number; seen: boolean };
  signed_head: SignedHead;
  /** Whether the tablet shows the training first; missing where it was enrolled before there was one. */
  training: boolean;
  /** Openings and closings of shifts, and where they stand. */
  shifts: ShiftBook;
  self_test: SelfTest;
  /** What holders have read here and the server may not know yet, by the sales' request ids. */
  told: string[];
}

export interface Schema extends DBSchema {
  meta: { key: string; value: unknown };
  slips: { key: number; value: Slip };
  daybook: { key: number; value: DayLine; indexes: { day: number; alarm: number; unfiled: number; ref: string; original_ref: string } };
  outbox: { key: string; value: Waiting };
  batches: { key: number; value: Batch };
  signed: { key: [string, number]; value: SignedEntry; indexes: { told_at: number } };
  locks: { key: string; value: { owner: string; until: number } };
}

export type Store = IDBPDatabase<Schema>;

/** Everything an answer touches, in one transaction. */
export const SETTLED: ("slips" | "meta" | "daybook" | "outbox" | "batches" | "signed")[] = [
  "slips",
  "meta",
  "daybook",
  "outbox",
  "batches",
  "signed",
];
export type Settling = IDBPTransaction<Schema, typeof SETTLED, "readwrite">;

/** Opens the store of one mode: a tablet that is both till and counter is two terminals. */
export function openStore(mode: Mode, training = false): Promise<Store> {
  return openDB<Schema>(training ? `jifen-${mode}-training` : `jifen-${mode}`, 2, {
    upgrade(db, before) {
      db.createObjectStore("signed", { keyPath: ["key", "n"] }).createIndex("told_at", "told_at");
      if (before > 0) return;
      db.createObjectStore("meta");
      db.createObjectStore("slips", { keyPath: "counter" });
      const daybook = db.createObjectStore("daybook", { keyPath: "counter" });
      daybook.createIndex("day", "day");
      daybook.createIndex("alarm", "alarm");
      daybook.createIndex("unfiled", "unfiled");
      daybook.createIndex("ref", "ref", { unique: true });
      daybook.createIndex("original_ref", "original_ref");
      db.createObjectStore("outbox", { keyPath: "request_id" });
      db.createObjectStore("batches", { keyPath: "batch_no" });
      db.createObjectStore("locks");
    },
  });
}

export async function readMeta<K extends keyof Meta>(store: Store, key: K): Promise<Meta[K] | undefined> {
  return (await store.get("meta", key)) as Meta[K] | undefined;
}

export async function writeMeta<K extends keyof Meta>(store: Store, key: K, value: Meta[K]): Promise<void> {
  await store.put("meta", value, key);
}
