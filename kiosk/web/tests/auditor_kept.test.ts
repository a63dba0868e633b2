import { ed25519 } from "@noble/curves/ed25519.js";
import { expect, test } from "vitest";
import { boardCode } from "../src/auditor/rules/board";
import type { Chain } from "../src/auditor/rules/chain";
import { Findings } from "../src/auditor/rules/findings";
import { type Comparison, compareKept, type Kept, readKept } from "../src/auditor/rules/kept";
import { Order } from "../src/auditor/rules/order";
import { Pack } from "../src/auditor/rules/pack";
import { utf8 } from "../src/rules/bytes";
import { base64, hex } from "../src/rules/tlog/base64";
import { checkpointText } from "../src/rules/tlog/checkpoint";
import { readVerifierKey, writeVerifierKey } from "../src/rules/tlog/note";
import { readBoardCode } from "../src/rules/tlog/proof_code";
import { leafHash, rootOf } from "../src/rules/tlog/tree";
import { exportOf } from "./auditor_support";

const ORIGIN = "jifen/CA01";
const SECRET = new Uint8Array(32).fill(7);
const KEY = readVerifierKey(writeVerifierKey(ORIGIN, "Ed25519", ed25519.getPublicKey(SECRET)))!;
const leaf = (n: number): Uint8Array<ArrayBuffer> => leafHash(utf8(`entry ${n}`));

/** An order of `size` leaves; `change` says which of them are others. */
function orderOf(size: number, change: (n: number) => boolean = () => false): Order {
  const hashes = Array.from({ length: size }, (_, n) => (change(n) ? leafHash(utf8("another")) : leaf(n)));
  const rows = hashes.map((hash, n) => ({ leaf_index: String(n), entry_id: String(n), kind: "txn", leaf_hash: hex(hash) }));
  const order = new Order();
  run(order.read(new Pack(exportOf({ leaf: rows }), new Findings()), new Findings()));
  return order;
}

function run<T>(part: Generator<unknown, T>): T {
  for (;;) {
    const step = part.next();
    if (step.done) return step.value;
  }
}

const rootAt = (size: number): Uint8Array<ArrayBuffer> => rootOf(Array.from({ length: size }, (_, n) => leaf(n)));

function note(size: number, secret = SECRET): string {
  const text = checkpointText(ORIGIN, size, rootAt(size));
  const signature = Uint8Array.of(...KEY.id, ...ed25519.sign(utf8(text), secret));
  return `${text}\n\u2014 ${ORIGIN} ${base64(signature)}\n`;
}

const chain = (recoveries: Chain["recoveries"] = []): Chain => ({ origin: ORIGIN, recoveries }) as unknown as Chain;
const compare = (kept: Kept, order: Order, now = chain(), keys: string[] = []): Comparison => run(compareKept(kept, order, { chain: now, issuer: "CA01", keys }));
const file = (size: number, more: object = {}): string =>
  JSON.stringify({ format: "jifen-kept/1", issuer: "CA01", origin: ORIGIN, size: String(size), root: hex(rootAt(size)), note: note(size), keys: [KEY.text], block: 256, blocks: run(orderOf(size).blocks(size)), data_sha256: "", ...more });

test("everything that may have been kept is read: a note, a board's code, a file, a line somebody wrote", () => {
  const head = { size: 9, root: hex(rootAt(9)) };

  expect(readKept(note(9), [KEY], ORIGIN)).toMatchObject({ ...head, origin: ORIGIN, isSigned: true });
  expect(readKept(`\ufeff${note(9).replace(/\n/g, "\r\n")}  `, [KEY], ORIGIN)).toMatchObject({ ...head, isSigned: true });
  expect(readKept(note(9, new Uint8Array(32).fill(8)), [KEY], ORIGIN)).toMatchObject({ ...head, isSigned: false });
  expect(readKept(note(9), [], ORIGIN)).toMatchObject({ ...head, isSigned: null });
  expect(readKept(`HTTPS://EXAMPLE/CHECK/${boardCode("CA01", note(9))}`, [KEY], ORIGIN)).toMatchObject({ ...head, issuer: "CA01", isSigned: true });
  expect(readKept(file(9), [], ORIGIN)).toMatchObject({ ...head, isSigned: true, keys: [KEY.text] });
  expect(readKept(`9 ${head.root.toUpperCase().replace(/(.{4})/g, "$1 ")}`, [], ORIGIN)).toMatchObject({ ...head, isSigned: null });
  expect(readKept(`9\uff0c${base64(rootAt(9))}`, [], ORIGIN)).toMatchObject(head);
  for (const other of ["", "hello", "9", "9 abcd", "{}", '{"format":"jifen-kept/1","size":"9"}']) expect(readKept(other, [KEY], ORIGIN)).toBeNull();
});

test("the code on the sheet is the one that stands on notice boards", () => {
  expect(readBoardCode(boardCode("CA01", note(300))!)).toMatchObject({ issuer: "CA01", size: 300, root: rootAt(300) });
  expect(boardCode("CA01", null)).toBeNull();
  expect(boardCode("CA01", "no note")).toBeNull();
});

test("a book is the same, longer, shorter or another, and the change is narrowed down to 256 entries", () => {
  const kept = readKept(file(700), [], ORIGIN)!;

  expect(compare(kept, orderOf(700))).toMatchObject({ outcome: "same" });
  expect(compare(kept, orderOf(1_000))).toMatchObject({ outcome: "longer" });
  expect(compare(kept, orderOf(600))).toMatchObject({ outcome: "shorter", from: 600, before: 700 });
  expect(compare(kept, orderOf(1_000, (n) => n === 300))).toMatchObject({ outcome: "rewritten", from: 256, before: 512 });
  expect(compare(kept, orderOf(1_000, (n) => n === 699))).toMatchObject({ outcome: "rewritten", from: 512, before: 700 });
  expect(compare(kept, orderOf(1_000, (n) => n === 700))).toMatchObject({ outcome: "longer" });
  expect(compare({ ...kept, blocks: [] }, orderOf(1_000, (n) => n === 300))).toMatchObject({ outcome: "rewritten", from: 0, before: 700 });
});

test("another community's root and one that was signed wrongly say nothing about this book", () => {
  const order = orderOf(10);

  expect(compare(readKept(file(9, { origin: "jifen/CA02", note: null }), [], ORIGIN)!, order).outcome).toBe("stranger");
  expect(compare(readKept(file(9, { issuer: "CA02" }), [], ORIGIN)!, order).outcome).toBe("stranger");
  expect(compare(readKept(note(9, new Uint8Array(32).fill(8)), [KEY], ORIGIN)!, order).outcome).toBe("forged");
  expect(compare(readKept(file(9, { root: "00".repeat(32) }), [], ORIGIN)!, order).outcome).toBe("forged");
});

test("keys are only ever added", () => {
  const kept = readKept(file(9), [], ORIGIN)!;
  const order = orderOf(10);

  expect(compare(kept, order, chain(), [KEY.text]).keys).toBe("same");
  expect(compare(kept, order, chain(), [KEY.text, "another"]).keys).toBe("more");
  expect(compare(kept, order, chain(), ["another"]).keys).toBe("other");
  expect(compare({ ...kept, keys: [] }, order, chain(), ["another"]).keys).toBe("unknown");
});

test("after a declared loss what was kept of the lost entries is told apart from a rewritten book", () => {
  const kept = readKept(file(700), [], ORIGIN)!;
  const after = chain([{ size: 500, lostSize: 720, at: 1 }]);

  expect(compare(kept, orderOf(1_000, (n) => n >= 500), after)).toMatchObject({ outcome: "recovered", from: 500, before: 700 });
  expect(compare(kept, orderOf(600, (n) => n >= 500), after)).toMatchObject({ outcome: "recovered" });
  expect(compare(readKept(file(400), [], ORIGIN)!, orderOf(1_000, (n) => n === 3), after)).toMatchObject({ outcome: "rewritten" });
});
