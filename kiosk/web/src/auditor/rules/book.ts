// The book as the check needs it: small tables whole, postings reduced to what later sums ask for.

import { addTo, type Id, listUnder } from "./cells";
import type { Finding } from "./findings";
import type { Placed } from "./pack";

export const CNY = 156;

export interface Account {
  id: Id;
  kind: string;
  commodity: number;
  owner: Id;
  isBounded: boolean;
  at: number;
}

export interface Line {
  commodity: number;
  debit: Id;
  credit: Id;
  amount: number;
}

/** A posting that later checks look at again: it moves money of shops or the fund, or gives points by hand. */
export interface Posting {
  id: Id;
  at: number;
  kind: string;
  date: number;
  correctsDate: number | null;
  merchant: Id | null;
  staff: Id | null;
  occurredAt: number;
  leaf: number;
  lines: Line[];
}

/** A booked offset; fen and units are negative for a refund. */
export interface Offset {
  txn: Id;
  at: number;
  claimant: Id;
  ref: string;
  kind: string;
  originalRef: string | null;
  units: number;
  fen: number;
  unitsPerFen: number;
  date: number;
  /** Its place in the order; -1 while it has none. */
  leaf: number;
}

export interface Act {
  id: Id;
  at: number;
  time: number;
  actorKind: string;
  actor: Id;
  act: string;
  subject: string;
  before: string;
  after: string;
  /** Its text was erased for good; only what stands in the leaf is left. */
  isErased: boolean;
}

/** What a period's postings moved from one kind of account to another, by commodity. */
export interface Flow {
  commodity: number;
  from: string;
  to: string;
  amount: number;
}

export const keyOf = (claimant: Id, ref: string): string => `${claimant}|${ref}`;

export class Book {
  readonly tables = new Map<string, Placed[]>();
  readonly accounts = new Map<Id, Account>();
  /** Credits less debits of every account. */
  readonly sums = new Map<Id, number>();
  readonly postings = new Map<Id, Posting>();
  readonly offsets: Offset[] = [];
  readonly acts: Act[] = [];
  private readonly actsBySubject = new Map<string, Act[]>();
  /** Postings by kind in the days asked about. */
  readonly kinds = new Map<string, number>();
  readonly flows = new Map<string, Flow>();
  /** Rates that sealed offsets used, by the scheme version that decided, each with the first row that used it. */
  readonly rates = new Map<string, Map<number, number>>();
  private readonly offsetByKey = new Map<string, Offset>();

  constructor(
    readonly community: string,
    /** The days asked about, yyyymmdd. */
    readonly from: number,
    readonly to: number,
  ) {}

  table(name: string): Placed[] {
    return this.tables.get(name) ?? [];
  }

  isInside(date: number): boolean {
    return date >= this.from && date <= this.to;
  }

  addOffset(offset: Offset): boolean {
    const key = keyOf(offset.claimant, offset.ref);
    const isNew = !this.offsetByKey.has(key);
    this.offsetByKey.set(key, offset);
    this.offsets.push(offset);
    return isNew;
  }

  offset(claimant: Id, ref: string): Offset | undefined {
    return this.offsetByKey.get(keyOf(claimant, ref));
  }

  addRate(version: string, unitsPerFen: number, at: number): void {
    let used = this.rates.get(version);
    if (!used) this.rates.set(version, (used = new Map()));
    if (!used.has(unitsPerFen)) used.set(unitsPerFen, at);
  }

  addAct(act: Act): void {
    this.acts.push(act);
    listUnder(this.actsBySubject, act.subject).push(act);
  }

  actsOn(subject: string): readonly Act[] {
    return this.actsBySubject.get(subject) ?? [];
  }

  /** The balance of an account as it grows by credits. */
  sum(id: Id): number {
    return this.sums.get(id) ?? 0;
  }

  move(line: Line): void {
    addTo(this.sums, line.debit, -line.amount);
    addTo(this.sums, line.credit, line.amount);
  }

  flow(line: Line): void {
    const from = this.accounts.get(line.debit)?.kind ?? "?";
    const to = this.accounts.get(line.credit)?.kind ?? "?";
    const key = `${line.commodity} ${from} ${to}`;
    const known = this.flows.get(key);
    if (known) known.amount += line.amount;
    else this.flows.set(key, { commodity: line.commodity, from, to, amount: line.amount });
  }

  /** What a posting added to the accounts of a kind and owner (credits less debits). */
  changeOf(posting: Posting, kind: string, owner: Id): number {
    let change = 0;
    for (const line of posting.lines) {
      if (this.isOf(line.credit, kind, owner)) change += line.amount;
      if (this.isOf(line.debit, kind, owner)) change -= line.amount;
    }
    return change;
  }

  private isOf(id: Id, kind: string, owner: Id): boolean {
    const account = this.accounts.get(id);
    return account?.kind === kind && account.owner === owner;
  }
}

export type Facts = Finding["facts"];
