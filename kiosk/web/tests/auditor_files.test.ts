import { sha256 } from "@noble/hashes/sha2.js";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { csvRows } from "../src/auditor/rules/csv";
import { pythonJson, Whole } from "../src/auditor/rules/pyjson";
import { readZip, unpack, unpackWhole } from "../src/auditor/rules/zip";
import { utf8 } from "../src/rules/bytes";
import { hex } from "../src/rules/tlog/base64";

/** A body cut into pieces of `size` bytes, as they come out of a ZIP. */
function* pieces(body: string, size: number): Generator<Uint8Array> {
  const bytes = utf8(body);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const BODY = 'id,text\n1,plain\n2,\n3,""\n4,"a,""b""\nc"\n5,"\u4e2d\u6587\uff0c\n"\n6,\u4e2d\u6587\n';
const ROWS = [["id", "text"], ["1", "plain"], ["2", null], ["3", ""], ["4", 'a,"b"\nc'], ["5", "\u4e2d\u6587\uff0c\n"], ["6", "\u4e2d\u6587"]];

test("null and empty, quotes, line ends and signs of three bytes are read however the file is cut", () => {
  for (let size = 1; size < 60; size += 1) expect([...csvRows(pieces(BODY, size))]).toEqual(ROWS);
});

test.each([
  ["a quote inside a bare cell", 'a\nb"c"d\n', "quotes in row 2"],
  ["signs after a quoted cell", 'a\n"b"c\n', "quotes in row 2"],
  ["a last line without an end", "a\nb", "no_end in row 2"],
  ["a quote that never closes", 'a\n"b\n', "no_end in row 2"],
])("%s is a fault with its row", (_name, body, said) => {
  expect(() => [...csvRows(pieces(body, 7))]).toThrow(said);
});

test("bytes that are no UTF-8 are a fault", () => {
  expect(() => [...csvRows([Uint8Array.of(0x61, 0x0a, 0xff, 0x0a)])]).toThrow("not_utf8");
});

test("a ZIP gives each file back, packed or stored, piece by piece", () => {
  let drawn = 1;
  const large = Uint8Array.from({ length: 300_000 }, () => (drawn = (Math.imul(drawn, 1_664_525) + 1_013_904_223) >>> 0) >>> 24);
  const zip = zipSync({ "a/large.bin": large, "stored.txt": [utf8("as it is"), { level: 0 }], "empty.txt": new Uint8Array(0) });

  const entries = readZip(zip);

  expect(entries.map(({ name, size }) => [name, size])).toEqual([["a/large.bin", 300_000], ["stored.txt", 8], ["empty.txt", 0]]);
  expect(hex(sha256(unpackWhole(entries[0]!)))).toBe(hex(sha256(large)));
  expect([...unpack(entries[0]!)].length).toBeGreaterThan(1);
  expect(new TextDecoder().decode(unpackWhole(entries[1]!))).toBe("as it is");
  expect(unpackWhole(entries[2]!).length).toBe(0);
});

test("what is no ZIP, or a broken one, says so", () => {
  const zip = zipSync({ "a.txt": utf8("a".repeat(50_000)) });
  const broken = zip.slice();
  broken.fill(0xff, 40, 90);

  expect(() => readZip(utf8("not a zip at all, only text"))).toThrow("end");
  expect(() => unpackWhole(readZip(broken)[0]!)).toThrow();
  expect(() => readZip(zip.subarray(0, zip.length - 30))).toThrow();
});

test("JSON is written as Python writes it: sorted, with blanks, numbers beyond 2^53 whole", () => {
  const value = { b: [new Whole("159103372494217226"), null, "\u4e2d\n\"x\"\\"], a: { z: "", c: new Whole("-5") } };

  expect(pythonJson(value)).toBe('{"a": {"c": -5, "z": ""}, "b": [159103372494217226, null, "\u4e2d\\n\\"x\\"\\\\"]}');
});
