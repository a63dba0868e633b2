// Balances added up anew from the transfers, and held against every place where the book says the same in another way.

import { type Book, CNY } from "./book";
import { addTo, CellFault, type Id, text, whole } from "./cells";
import type { Findings } from "./findings";

const BALANCE = "balance.csv";
const PENDING = "pending.csv";

/** One kind of account of one commodity: its accounts' balances as they grow by credits. */
export interface KindSum {
  commodity: number;
  kind: string;
  accounts: number;
  sum: number;
}

/** Issued on one side, where the points are on the other. */
export interface Identity {
  commodity: number;
  issued: number;
  /** Where they are now, by kind of account; what is owed or lost counts against it. */
  places: KindSum[];
}

export interface Balances {
  kinds: KindSum[];
  identities: Identity[];
}

/** Adds up and compares; gives the sums to show. */
export function checkBalances(book: Book, findings: Findings): Balances {
  checkBounded(book, findings);
  checkHeld(book, findings);
  checkPending(book, findings);
  const kinds = kindSums(book);
  const identities = identitiesOf(kinds);
  for (const { commodity, issued, places } of identities) {
    const found = places.reduce((sum, place) => sum + place.sum, 0);
    if (issued !== found) findings.fault("identity", BALANCE, null, { commodity, issued, found });
  }
  return { kinds, identities };
}

/** Kinds of account that grow by debits: the book writes what they hold without a sign. */
const GROWS_BY_DEBITS = new Set([
  "issued_consumption", "issued_deed", "issued_grant", "owed", "loss", "bank", "bank_fee", "returns", "inventory", "goods_cost", "till",
]);

/** A balance as the book writes it: on the side on which its account grows. */
export const normalSum = (kind: string, sum: number): number => (GROWS_BY_DEBITS.has(kind) ? 0 - sum : sum);

function checkBounded(book: Book, findings: Findings): void {
  const seen = new Set<Id>();
  for (const { row, at } of book.table("balance")) {
    try {
      const id = text(row, "account_id");
      const posted = whole(row, "posted");
      const held = whole(row, "held");
      seen.add(id);
      const account = book.accounts.get(id);
      if (!account) {
        findings.fault("account_unknown", BALANCE, at, { id });
        continue;
      }
      const sum = normalSum(account.kind, book.sum(id));
      if (posted !== sum) findings.fault("balance_other", BALANCE, at, { kind: account.kind, owner: account.owner, posted, sum });
      if (posted < 0 || held < 0 || held > posted) findings.fault("balance_bound", BALANCE, at, { kind: account.kind, owner: account.owner, posted, held });
    } catch (error) {
      if (!(error instanceof CellFault)) throw error;
      findings.fault("cell_bad", BALANCE, at, { column: error.column, value: error.value });
    }
  }
  for (const account of book.accounts.values()) {
    if (account.isBounded && !seen.has(account.id)) findings.fault("balance_missing", "account.csv", account.at, { kind: account.kind, owner: account.owner });
  }
}

/** What is set aside is what was asked for and has not ended; a shop's cover is set aside by sales, not by holds. */
function checkHeld(book: Book, findings: Findings): void {
  const ended = new Set(book.table("hold_end").map(({ row }) => row["hold_id"]));
  const held = new Map<Id, number>();
  for (const { row } of book.table("hold")) {
    if (!ended.has(row["hold_id"])) addTo(held, row["account_id"] ?? "", Number(row["amount"]));
  }
  for (const { row, at } of book.table("balance")) {
    const id = row["account_id"] ?? "";
    const account = book.accounts.get(id);
    if (!account || account.kind === "cover") continue;
    const wanted = held.get(id) ?? 0;
    if (Number(row["held"]) !== wanted) findings.fault("held_other", BALANCE, at, { kind: account.kind, owner: account.owner, held: row["held"] ?? "", sum: wanted });
  }
}

function checkPending(book: Book, findings: Findings): void {
  const left = new Map<string, number>();
  const first = new Map<string, number>();
  for (const { row, at } of book.table("pending")) {
    const key = `${row["commodity"] ?? ""} ${row["wallet_owner_id"] ?? ""}`;
    addTo(left, key, Number(row["left_units"]));
    if (!first.has(key)) first.set(key, at);
  }
  for (const account of book.accounts.values()) {
    if (account.kind !== "pending") continue;
    const key = `${account.commodity} ${account.owner}`;
    const wanted = left.get(key) ?? 0;
    const sum = book.sum(account.id);
    if (wanted !== sum) findings.fault("pending_other", PENDING, first.get(key) ?? null, { owner: account.owner, left: wanted, sum });
  }
}

function kindSums(book: Book): KindSum[] {
  const found = new Map<string, KindSum>();
  for (const account of book.accounts.values()) {
    const key = `${account.commodity} ${account.kind}`;
    let sum = found.get(key);
    if (!sum) found.set(key, (sum = { commodity: account.commodity, kind: account.kind, accounts: 0, sum: 0 }));
    sum.accounts += 1;
    sum.sum += book.sum(account.id);
  }
  return [...found.values()].sort((one, other) => one.commodity - other.commodity || one.kind.localeCompare(other.kind));
}

function identitiesOf(kinds: readonly KindSum[]): Identity[] {
  const found: Identity[] = [];
  for (const commodity of new Set(kinds.map((kind) => kind.commodity))) {
    if (commodity === CNY) continue;
    const own = kinds.filter((kind) => kind.commodity === commodity);
    const issued = -own.filter(isIssued).reduce((sum, kind) => sum + kind.sum, 0);
    found.push({ commodity, issued, places: own.filter((kind) => !isIssued(kind)) });
  }
  return found;
}

const isIssued = ({ kind }: KindSum): boolean => kind.startsWith("issued");
