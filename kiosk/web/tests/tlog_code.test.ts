import { expect, test } from "vitest";
import { base32, fromBase32 } from "../src/rules/tlog/base32";
import { fromBase64 } from "../src/rules/tlog/base64";
import { readVerifierKey } from "../src/rules/tlog/note";
import { isSealCode } from "../src/rules/tlog/code_form";
import { confirm, judge, judgeBoard, type Known, readBoardCode, readProofCode, writeCode } from "../src/rules/tlog/proof_code";
import samples from "./samples/tlog.json";

const { codes } = samples;
const root = (size: number): Uint8Array => fromBase64(samples.roots[size]!)!;
const KNOWN: Known = {
  issuer: "CHAN",
  origin: samples.origin,
  keys: [readVerifierKey(samples.keys.Ed25519)!, readVerifierKey(samples.keys.ES256)!],
  published: [{ month: 202603, date: 20260401, size: 9, root: root(9) }],
  newest: { size: 12, root: root(12) },
};

const verdict = (text: string, change: Partial<Known> = {}) => judge(readProofCode(text)!, { ...KNOWN, ...change });

test("base32 is that of the standard, and strict", () => {
  // RFC 4648, section 10, without the padding.
  const published: [string, string][] = [["", ""], ["f", "MY"], ["fo", "MZXQ"], ["foo", "MZXW6"], ["foob", "MZXW6YQ"], ["fooba", "MZXW6YTB"], ["foobar", "MZXW6YTBOI"]];
  for (const [plain, text] of published) {
    const bytes = new TextEncoder().encode(plain);
    expect(base32(bytes)).toBe(text);
    expect(fromBase32(text)).toEqual(bytes);
  }
  for (const wrong of ["M", "MZ", "mzxq", "MZX1", "MZXW6YR", "MY======"]) expect(fromBase32(wrong), wrong).toBeNull();
});

test("a receipt's code is read alone, in an address, and from a scanner that drops signs it cannot type", () => {
  const typed = `https://shop.example:8443/check/${codes.at_9}`.toUpperCase();
  for (const text of [codes.at_9, ` ${codes.at_9}\n`, typed, typed.replace(/[:/]/g, "")]) {
    expect(isSealCode(text)).toBe(true);
    const code = readProofCode(text)!;
    expect([code.issuer, code.index, code.size, code.path.length, code.factsText]).toEqual(["CHAN", 5, 9, 4, codes.facts]);
    expect(code.facts["total_fen"]).toBe("5000");
  }
  for (const other of ["", "JP1.", "71234", "JP2.AAAA", codes.board]) expect(readProofCode(other)).toBeNull();
  expect(isSealCode("https://shop.example/M01T1-260302-00001-X")).toBe(false);
});

test("the five answers a genuine code can get without network", () => {
  expect(verdict(codes.at_9)).toEqual({ kind: "published", published: KNOWN.published[0] });
  expect(verdict(codes.at_13)).toEqual({ kind: "newer" });
  expect(verdict(codes.at_13, { newest: { size: 13, root: root(13) } })).toEqual({ kind: "kept" });
  expect(verdict(codes.at_11, { published: [...KNOWN.published, { month: 202604, date: 20260501, size: 13, root: root(13) }] })).toEqual({ kind: "between" });
  expect(verdict(codes.promised)).toEqual({ kind: "promised" });
});

test("what is not this community's is not judged by it", () => {
  expect(verdict(codes.at_9, { issuer: "OTHR" })).toEqual({ kind: "foreign" });
  expect(verdict(codes.stranger)).toEqual({ kind: "stranger" });
  expect(verdict(codes.at_9, { keys: [] })).toEqual({ kind: "stranger" });
});

test("a code whose root is not the one on the wall is refused though it is signed", () => {
  const other = [{ ...KNOWN.published[0]!, root: root(8) }];
  expect(verdict(codes.at_9, { published: other })).toEqual({ kind: "forged", why: "contradicts" });
  expect(verdict(codes.at_13, { newest: { size: 13, root: root(12) } })).toEqual({ kind: "forged", why: "contradicts" });
  expect(verdict(codes.at_9, { origin: "other.example" }).kind).toBe("forged");
});

test("no byte of a code can be changed", () => {
  for (const text of [codes.at_9, codes.promised]) {
    const bytes = fromBase32(text.slice(4))!;
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at] = changed[at]! ^ 1;
      const code = readProofCode(writeCode("JP1", changed));
      const kind = code ? judge(code, KNOWN).kind : "unreadable";
      expect(["unreadable", "forged", "foreign", "stranger"], `byte ${at}: ${kind}`).toContain(kind);
    }
    for (let length = 0; length < bytes.length; length += 1) {
      const code = readProofCode(writeCode("JP1", bytes.subarray(0, length)));
      expect(code === null || judge(code, KNOWN).kind === "forged", `length ${length}`).toBe(true);
    }
    const longer = readProofCode(writeCode("JP1", Uint8Array.of(...bytes, 0)))!;
    expect(judge(longer, KNOWN)).toEqual({ kind: "forged", why: "signature" });
  }
}, 60_000);

test("the server's proof against a kept root settles what could not be compared", () => {
  const promised = readProofCode(codes.promised)!;
  const at = (size: number) => samples.inclusion.find((one) => one.index === 5 && one.size === size)!;
  const path = (size: number) => at(size).path.map((hash) => fromBase64(hash)!);
  expect(confirm(promised, KNOWN, 5, 9, path(9))).toEqual({ kind: "published", published: KNOWN.published[0] });
  expect(confirm(promised, KNOWN, 5, 12, path(12))).toEqual({ kind: "kept" });
  // A root this device does not keep proves nothing, nor does a path to another leaf.
  expect(confirm(promised, KNOWN, 5, 13, path(13)).kind).toBe("forged");
  expect(confirm(promised, KNOWN, 4, 9, path(9)).kind).toBe("forged");
  expect(confirm(promised, KNOWN, 5, 9, path(9).slice(1)).kind).toBe("forged");
});

test("the board's code: the published root, and a board nobody published", () => {
  const board = readBoardCode(`HTTPS://SHOP.EXAMPLE/CHECK/${codes.board}`)!;
  expect(judgeBoard(board, KNOWN)).toEqual({ kind: "published", published: KNOWN.published[0] });
  expect(judgeBoard({ ...board, root: root(8) as Uint8Array<ArrayBuffer> }, KNOWN)).toEqual({ kind: "forged", why: "signature" });
  expect(judgeBoard(board, { ...KNOWN, published: [{ ...KNOWN.published[0]!, root: root(8) }] })).toEqual({ kind: "forged", why: "contradicts" });
  expect(judgeBoard(board, { ...KNOWN, published: [] })).toEqual({ kind: "newer" });
});
