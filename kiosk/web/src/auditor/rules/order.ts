// The one order as leaf.csv has it: which entry stands where, and what the export says its leaf hash is.

import { fromHex, hex, sameBytes } from "../../rules/tlog/base64";
import { GrowingTree, HASH_BYTES, rootOf } from "../../rules/tlog/tree";
import type { Id } from "./cells";
import type { Findings } from "./findings";
import type { Pack } from "./pack";

export const FILE = "leaf.csv";
/** Leaves under one hash of a kept file: with these, a rewritten book is narrowed down to so many entries. */
export const BLOCK = 256;
/** The sealer runs every few seconds; what waits longer than a day was kept out of the order. */
const LONGEST_WAIT_US = 24 * 3_600 * 1_000_000;

/** The leaves: what the export claims of each, and what its rows come to. */
export class Order {
  readonly places = new Map<Id, number>();
  readonly ids: Id[] = [];
  private claimed = new Uint8Array(0);
  private readonly rows: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  private readonly isAct: boolean[] = [];
  /** Entries written while the export began: they have no place yet. */
  private readonly outbox = new Set<Id>();
  waiting = 0;

  get size(): number {
    return this.ids.length;
  }

  /** Reads leaf.csv; a place left out or given twice is a finding, and the order ends there. */
  *read(pack: Pack, findings: Findings): Generator<void> {
    this.claimed = new Uint8Array(Math.max(pack.manifest.size, 0) * HASH_BYTES);
    for (const { row, at } of pack.rows("leaf")) {
      const place = this.ids.length;
      const id = row["entry_id"] ?? "";
      const hash = fromHex(row["leaf_hash"] ?? "");
      if (row["leaf_index"] !== String(place)) findings.fault("leaf_gap", FILE, at, { wanted: place, found: row["leaf_index"] ?? "" });
      if (place >= pack.manifest.size) findings.fault("leaf_beyond", FILE, at, { size: pack.manifest.size });
      else if (hash?.length === HASH_BYTES) this.claimed.set(hash, place * HASH_BYTES);
      else findings.fault("leaf_bad", FILE, at);
      if (this.places.has(id)) findings.fault("leaf_twice", FILE, at, { id });
      this.places.set(id, place);
      this.ids.push(id);
      this.isAct.push(row["kind"] === "act");
      if (place % 5_000 === 0) yield;
    }
    if (this.size < pack.manifest.size) {
      findings.fault("leaf_short", FILE, null, { wanted: pack.manifest.size, found: this.size });
    }
    for (const { row, at } of pack.has("outbox") ? pack.rows("outbox") : []) {
      this.outbox.add(row["entry_id"] ?? "");
      const age = pack.manifest.exportedAt - Number(row["recorded_at"]);
      if (!(age < LONGEST_WAIT_US)) findings.fault("waits_too_long", "outbox.csv", at, { id: row["entry_id"] ?? "" });
    }
  }

  /** Takes in what an entry's rows come to, and says what the order makes of it; place -1 where it has none. */
  take(id: Id, hash: Uint8Array<ArrayBuffer>, isAct: boolean): { place: number; is: "same" | "altered" | "waiting" | "unknown" } {
    const place = this.places.get(id) ?? -1;
    if (place < 0) {
      if (!this.outbox.has(id)) return { place, is: "unknown" };
      this.waiting += 1;
      return { place, is: "waiting" };
    }
    this.rows[place] = hash;
    const claimed = this.claimed.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES);
    return { place, is: sameBytes(claimed, hash) && this.isAct[place] === isAct ? "same" : "altered" };
  }

  /** The leaf hash at a place: from the rows; where they are missing, as the export has it. */
  leaf(place: number): Uint8Array<ArrayBuffer> {
    return this.rows[place] ?? this.claimed.slice(place * HASH_BYTES, (place + 1) * HASH_BYTES);
  }

  /** Entries that have a place and no rows. */
  *missing(): Generator<number> {
    for (let place = 0; place < this.size; place += 1) if (!this.rows[place]) yield place;
  }

  /** The roots over the first so many leaves, for each size asked for, in one pass. */
  *roots(sizes: Iterable<number>): Generator<void, Map<number, string>> {
    const wanted = new Set(sizes);
    const found = new Map<number, string>();
    const tree = new GrowingTree();
    if (wanted.has(0)) found.set(0, hex(tree.root()));
    for (let place = 0; place < this.size; place += 1) {
      tree.add(this.leaf(place));
      if (wanted.has(place + 1)) found.set(place + 1, hex(tree.root()));
      if (place % 5_000 === 0) yield;
    }
    return found;
  }

  /** The hash over each whole block of leaves, in hex: what a kept file holds besides the root. */
  *blocks(size: number): Generator<void, string[]> {
    const found: string[] = [];
    for (let first = 0; first + BLOCK <= size; first += BLOCK) {
      found.push(hex(rootOf(this.leaves(first, first + BLOCK))));
      if (found.length % 32 === 0) yield;
    }
    return found;
  }

  private *leaves(first: number, end: number): Generator<Uint8Array<ArrayBuffer>> {
    for (let place = first; place < end; place += 1) yield this.leaf(place);
  }
}
