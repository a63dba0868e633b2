import { expect, test } from "vitest";
import { base64 } from "../src/rules/tlog/base64";
import { actCommitment, actEntry, field, type Row, txnEntry } from "../src/rules/tlog/entry";
import { leafHash } from "../src/rules/tlog/tree";
import samples from "./samples/tlog.json";

interface Sample {
  name: string;
  entry: string;
  leaf: string;
  txn?: Row;
  transfers?: Row[];
  offset?: Row | null;
  act?: Row;
  salt?: string;
  before?: string;
  after?: string;
}

const encode = (sample: Sample): Uint8Array =>
  sample.txn
    ? txnEntry(sample.txn, sample.transfers!, sample.offset!)
    : actEntry(sample.act!, actCommitment(sample.salt!, sample.before!, sample.after!));

test("entries are written to the byte as the independent reference writes them", () => {
  const entries = samples.entries as unknown as Sample[];
  expect(entries.map((one) => one.name)).toEqual(["sale", "bare", "act"]);
  for (const sample of entries) {
    expect(new TextDecoder().decode(encode(sample)), sample.name).toBe(sample.entry);
    expect(base64(leafHash(encode(sample))), sample.name).toBe(sample.leaf);
  }
});

test("a field says its length in bytes, and nothing is not the empty text", () => {
  expect(field("")).toBe("0:");
  expect(field(null)).toBe("-");
  expect(field("-")).toBe("1:-");
  expect(field("\u79ef\u5206")).toBe("6:\u79ef\u5206");
  expect(field(-5)).toBe("2:-5");
  expect(field(9007199254740993n)).toBe("16:9007199254740993");
  expect(() => field(2 ** 53)).toThrow(RangeError);
  expect(() => field(0.5)).toThrow(RangeError);
});

test("no change of a value, of a column or of the order leaves the leaf as it was", () => {
  const [sale] = samples.entries as unknown as [Sample];
  const leaf = (sample: Sample): string => base64(leafHash(encode(sample)));
  const changed: Sample[] = [
    ...Object.keys(sale.txn!).map((column) => ({ ...sale, txn: { ...sale.txn, [column]: `${sale.txn![column] ?? ""}1` } })),
    ...Object.keys(sale.transfers![0]!).map((column) => ({
      ...sale,
      transfers: [{ ...sale.transfers![0], [column]: "77" }, sale.transfers![1]!],
    })),
    { ...sale, transfers: [...sale.transfers!].reverse() },
    { ...sale, transfers: sale.transfers!.slice(0, 1) },
    { ...sale, offset: null },
    { ...sale, txn: { ...sale.txn, ref: null } },
  ] as Sample[];
  const made = changed.map(leaf);
  expect(made).not.toContain(sale.leaf);
  expect(new Set(made).size).toBe(made.length);
  expect(() => txnEntry({ ...sale.txn, kind: undefined } as unknown as Row, [], null)).toThrow(RangeError);
});
