// One check from the opened file to the report, in small steps: whoever drives it decides when the page may breathe.

import { sha256 } from "@noble/hashes/sha2.js";
import { hex } from "../../rules/tlog/base64";
import { type Balances, checkBalances } from "./balances";
import { Book, type Flow, type Offset } from "./book";
import { type Chain, checkChain, keysOf } from "./chain";
import { CellFault, text, whole } from "./cells";
import { type Finding, Findings } from "./findings";
import { readActs, readPostings } from "./journal";
import { type Comparison, compareKept, KEPT_FORMAT, type KeptFile, readKept } from "./kept";
import { checkNights, type Nights } from "./nights";
import { BLOCK, Order } from "./order";
import { Pack, PackFault } from "./pack";
import { checkPayouts, type Payouts } from "./payouts";
import { checkPeople, type People } from "./people";
import { checkRates } from "./rates";
import { checkReceipt, type Receipt } from "./receipt";
import { checkStatements, type Statements } from "./statements";

export type Stage = "open" | "tables" | "order" | "journal" | "acts" | "seal" | "sums" | "rest";

export interface Progress {
  stage: Stage;
  done: number;
  of: number;
}

export interface Report {
  issuer: string;
  name: string;
  community: string;
  timezone: string;
  /** The days asked about, and the days the book has, yyyymmdd. */
  from: number;
  to: number;
  exportedAt: number;
  manifestSha256: string;
  dataSha256: string;
  keys: string[];
  chain: Chain;
  findings: Finding[];
  counts: [string, number][];
  faults: number;
  looks: number;
  entries: number;
  acts: number;
  kinds: [string, number][];
  flows: Flow[];
  balances: Balances;
  nights: Nights;
  statements: Statements;
  payouts: Payouts;
  people: People;
  about: Pack["about"];
}

/** Tables kept whole; the large ones are read row by row. */
const SMALL = [
  "account", "balance", "hold", "hold_end", "pending", "claim_batch", "night_run", "night_total", "open_item", "discrepancy", "claim_pairing",
  "statement", "statement_row", "payout", "payout_event", "scheme_version", "setting_version", "staff", "staff_role", "approval",
  "resident", "kin",
];

export class Session {
  private readonly findings = new Findings();
  private readonly order = new Order();
  private pack: Pack | null = null;
  private chain: Chain | null = null;
  private offsets: readonly Offset[] = [];

  constructor(private readonly zip: Uint8Array) {}

  /** Checks everything. Throws a PackFault where the file is no export this page can read. */
  *run(): Generator<Progress, Report> {
    const { findings, order } = this;
    const pack = new Pack(this.zip, findings);
    this.pack = pack;
    const digest = sha256.create();
    for (let at = 0; at < pack.data.length; at += PIECE) {
      digest.update(pack.data.subarray(at, at + PIECE));
      yield { stage: "open", done: at, of: pack.data.length };
    }
    const { manifest, about } = pack;
    const book = new Book(manifest.community, about?.from ?? manifest.from, about?.to ?? manifest.to);
    const at = (stage: Stage): Progress => ({ stage, done: pack.bytesRead, of: pack.bytesInAll });
    for (const name of SMALL.filter((one) => pack.has(one))) {
      book.tables.set(name, [...pack.rows(name)]);
      yield at("tables");
    }
    readAccounts(book, findings);
    yield* during(order.read(pack, findings), () => at("order"));
    yield* during(readPostings(pack, order, book, findings), () => at("journal"));
    yield* during(readActs(pack, order, book, findings), () => at("acts"));
    const chain = yield* during(checkChain(pack, order, findings), () => at("seal"));
    this.chain = chain;
    const balances = checkBalances(book, findings);
    yield at("sums");
    const nights = yield* during(checkNights(pack, book, findings), () => at("sums"));
    const statements = checkStatements(pack, book, findings);
    const payouts = checkPayouts(book, findings);
    checkRates(book, findings);
    const people = checkPeople(book, about, findings);
    this.offsets = book.offsets;
    yield at("sums");
    for (const name of [...pack.unread()]) yield* during(drain(pack, name), () => at("rest"));
    return {
      issuer: manifest.issuer,
      name: about?.name ?? "",
      community: manifest.community,
      timezone: manifest.timezone,
      from: book.from,
      to: book.to,
      exportedAt: manifest.exportedAt,
      manifestSha256: pack.manifestSha256,
      dataSha256: hex(digest.digest()),
      keys: manifest.keys,
      chain,
      findings: findings.list,
      counts: [...findings.counts],
      faults: findings.faults,
      looks: findings.looks,
      entries: manifest.files["txn.csv"]?.rows ?? 0,
      acts: book.acts.length,
      kinds: [...book.kinds],
      flows: [...book.flows.values()],
      balances,
      nights,
      statements,
      payouts,
      people,
      about,
    };
  }

  /** Compares with what the auditor kept; null where the text is nothing kept. */
  *compare(kept: string): Generator<void, Comparison | null> {
    const { pack, chain } = this.done();
    const read = readKept(kept, keysOf(pack.manifest.keys), chain.origin);
    return read && (yield* compareKept(read, this.order, { chain, issuer: pack.manifest.issuer, keys: pack.manifest.keys }));
  }

  /** Judges a receipt. */
  *receipt(said: string): Generator<void, Receipt> {
    const { pack, chain } = this.done();
    return yield* checkReceipt(said, { pack, order: this.order, chain, keys: keysOf(pack.manifest.keys), offsets: this.offsets });
  }

  /** The file for next time. */
  *keep(dataSha256: string): Generator<void, KeptFile> {
    const { pack, chain } = this.done();
    const blocks = yield* this.order.blocks(chain.signedSize);
    return {
      format: KEPT_FORMAT,
      issuer: pack.manifest.issuer,
      origin: chain.origin,
      size: String(chain.signedSize),
      root: chain.signedRoot,
      note: chain.isSigned === "yes" ? chain.note : null,
      keys: pack.manifest.keys,
      block: BLOCK,
      blocks,
      data_sha256: dataSha256,
    };
  }

  private done(): { pack: Pack; chain: Chain } {
    if (!this.pack || !this.chain) throw new Error("the check has not run");
    return { pack: this.pack, chain: this.chain };
  }
}

const PIECE = 1 << 20;

/** Runs a part to its end, telling at each of its steps how far everything is. */
function* during<T>(part: Generator<void, T>, at: () => Progress): Generator<Progress, T> {
  for (;;) {
    const step = part.next();
    if (step.done) return step.value;
    yield at();
  }
}

function* drain(pack: Pack, name: string): Generator<void> {
  for (const { at } of pack.rows(name)) if (at % 5_000 === 0) yield;
}

function readAccounts(book: Book, findings: Findings): void {
  for (const { row, at } of book.table("account")) {
    try {
      const id = text(row, "account_id");
      book.accounts.set(id, { id, kind: text(row, "kind"), commodity: whole(row, "commodity"), owner: text(row, "owner_id"), isBounded: row["bounded"] === "1", at });
    } catch (error) {
      if (!(error instanceof CellFault)) throw error;
      findings.fault("cell_bad", "account.csv", at, { column: error.column, value: error.value });
    }
  }
}

export { PackFault };
