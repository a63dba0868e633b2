import { sha256 } from "@noble/hashes/sha2.js";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { PackFault } from "../src/auditor/rules/pack";
import { dayBounds, inGroups, moment, nextDay, yuan } from "../src/auditor/show";
import { peopleOn } from "../src/auditor/rules/people";
import { rateOf } from "../src/auditor/rules/rates";
import { Session } from "../src/auditor/rules/session";
import { utf8 } from "../src/rules/bytes";
import { hex } from "../src/rules/tlog/base64";
import { act, type Cells, check, exportOf, found, posting, sealed, smallBook, type Tables } from "./auditor_support";

const book = (change: (tables: Tables) => void = () => undefined, before: (tables: Tables) => void = () => undefined): Uint8Array<ArrayBuffer> => {
  const tables = smallBook();
  before(tables);
  const made = sealed(tables);
  change(made);
  return exportOf(made);
};

test("a small book adds up; it is only not signed", () => {
  const report = check(book());

  expect(report.counts).toEqual([["unsigned", 1]]);
  expect(report.balances.identities).toMatchObject([{ commodity: 1002, issued: 4_200, places: [{ kind: "wallet", accounts: 2, sum: 4_200 }] }]);
  expect(report.kinds).toEqual([["grant", 2]]);
  expect(report.chain).toMatchObject({ size: 3, isSigned: "none", waiting: 0 });
});

test("an export is found inside a kit, at the top of a ZIP or in a folder", () => {
  const plain = check(book());
  const kit = zipSync({ "README.zh.txt": utf8("x"), "export.zip": [book(), { level: 0 }], "kit.json": utf8('{"from":20260301,"to":20260302,"name":"N","roles":{},"permissions":{},"points":{}}') });
  const folder = exportOf(sealed(smallBook()), () => undefined, "some/folder/");

  expect(check(Uint8Array.from(kit))).toMatchObject({ dataSha256: plain.dataSha256, to: 20260302, name: "N" });
  expect(check(folder).chain.root).toBe(plain.chain.root);
});

test.each([
  ["text", utf8("hello"), "no_zip"],
  ["a ZIP of something else", zipSync({ "a.txt": utf8("a") }), "no_export"],
  ["a manifest that is no JSON", zipSync({ "manifest.json": utf8("{") }), "broken"],
  ["another format", exportOf(sealed(smallBook()), (manifest) => (manifest["format"] = "jifen-export/9")), "other_format"],
])("%s is refused whole", (_name, zip, code) => {
  const run = new Session(Uint8Array.from(zip)).run();

  expect(() => [...run]).toThrow(PackFault);
  expect(() => [...new Session(Uint8Array.from(zip)).run()]).toThrow(code);
});

test("a wallet without its balance, an unknown account and a number too large each have their row", () => {
  expect(found(book((t) => t["balance"]!.pop()))).toEqual(["balance_missing account.csv:4"]);
  expect(found(book((t) => (t["account"]![2]!["account_id"] = "4")))).toContain("account_unknown transfer.csv:3");
  expect(found(book((t) => (t["transfer"]![1]!["amount"] = "9007199254740993")))).toContain("cell_bad txn.csv:3");
  expect(found(book((t) => (t["balance"]![0]!["held"] = "5")))).toEqual(["held_other balance.csv:2"]);
});

test("an entry that waits for its place is counted; one that waits for days, or was never queued, is found", () => {
  const late = posting(103, "grant", "1", "2", 1);
  const add = (recorded: string | null) => (t: Tables): void => {
    t["txn"]!.push(late.txn);
    t["transfer"]!.push(late.transfer);
    t["balance"]![0]!["posted"] = "3001";
    t["outbox"] = recorded === null ? [] : [{ entry_id: "103", kind: "txn", recorded_at: recorded }];
  };

  expect(check(book(add("1774999999000000"))).chain.waiting).toBe(1);
  expect(found(book(add("1774999999000000")))).toEqual([]);
  expect(found(book(add("1772416800000000")))).toEqual(["waits_too_long outbox.csv:2"]);
  expect(found(book(add(null)))).toEqual(["entry_no_place txn.csv:4"]);
});

test("an erased act keeps its leaf, and nothing is asked of its text", () => {
  const erase = (commitment: string) => (t: Tables): void => void Object.assign(t["audit"]![0]!, { commitment, salt: "", after: "" });
  // Of salt 00ff, nothing before, the role after: what the sealed leaf was made of.
  const kept = hex(sha256(utf8('4:00ff0:20:{"role":"secretary"}')));

  expect(found(book(erase(kept)))).toEqual([]);
  expect(found(book(erase(kept.replace(/^./, (sign) => (sign === "0" ? "1" : "0")))))).toContain("act_altered audit.csv:2");
});

test("points by hand for oneself, one's household and a relative's are named, for a stranger they are not", () => {
  const own = (owner: string, kin: [string, string][] = []) =>
    book(undefined, (t) => {
      t["account"]![1]!["owner_id"] = owner;
      t["kin"] = kin.map(([person_id, other_person_id]) => ({ person_id, other_person_id, declared_at: "1", kind: "in_law", declared_by: "0", ended_at: "2", ended_by: "0" }));
    });

  expect(found(own("7"))).toEqual([]);
  expect(found(own("60"))).toEqual(["credit_to_own txn.csv:2"]);
  expect(found(own("70"))).toEqual(["credit_to_own txn.csv:2"]);
  expect(found(own("7", [["60", "61"]]))).toEqual(["credit_to_own txn.csv:2"]);
  expect(found(own("61", [["60", "61"]]))).toEqual(["credit_to_own txn.csv:2"]);
});

test("a household somebody has left still ties them to it", () => {
  const moved = book(undefined, (t) => {
    t["audit"]!.push(act(202, "9", "resident.register", "person:60", '{"household_id":159103372494217226}'));
    t["account"]![1]!["owner_id"] = "159103372494217226";
  });

  expect(found(moved)).toEqual(["credit_to_own txn.csv:2"]);
});

test("a day's table has who held a role at any time of it, and strangers who acted", () => {
  const report = check(
    book(undefined, (t) => {
      t["staff_role"]![0]!["revoked_at"] = "1767400000000000";
      t["staff_role"]![0]!["revoked_by"] = "9";
      t["audit"]!.push(act(202, "9", "role.take", "staff:50", '{"role":"secretary"}', "1767400000000000"));
    }),
  );
  const on = (day: number): string[] => peopleOn(report.people, ...dayBounds(day, "Asia/Shanghai")).map((row) => `${row.staff} ${row.roles.map(({ role }) => role).join()} ${row.acts}`);

  expect(on(20260101)).toEqual(["50  0"]);
  expect(on(20260102)).toEqual(["50 secretary 0", "9  1"]);
  expect(on(20260103)).toEqual(["50 secretary 0", "9  1"]);
  expect(on(20260104)).toEqual(["50  0"]);
});

test("the rate is read out of the rules' own text", () => {
  const rules = (points: string, decimals: number): string =>
    `[[point_type]]\ncode = "party"\nprecision = 1\n[[point_type]]\ncode = "civic"\nprecision = ${decimals} # fine\n` +
    `[[offset]]\ntargets = ["refuse_fee"]\npoint_type = "civic"\npoints_per_yuan = 7\n[[offset]]\ntargets = ["merchant_purchase"]\npoint_type = "civic"\npoints_per_yuan = ${points}\n`;

  expect(rateOf(rules("20", 2))).toBe(20);
  expect(rateOf(rules("10", 2))).toBe(10);
  expect(rateOf(rules("20", 1))).toBe(2);
  expect(rateOf(rules("many", 2))).toBeNull();
  expect(rateOf("")).toBeNull();
});

test("days, moments and sums read as people write them", () => {
  expect(moment(1_772_416_800_000_000, "Asia/Shanghai")).toBe("2026-03-02 10:00:00");
  expect(dayBounds(20260302, "Asia/Shanghai")).toEqual([1_772_380_800_000_000, 1_772_467_200_000_000]);
  // A night with summer time has 23 hours.
  const [first, end] = dayBounds(20260329, "Europe/Berlin");
  expect((end - first) / 3_600_000_000).toBe(23);
  expect(nextDay(20261231)).toBe(20270101);
  expect(yuan(-123_456_789)).toBe("-1,234,567.89");
  expect(inGroups("abcdef0123")).toBe("abcd ef01 23");
});

test("what a shop paid in and what the bank paid otherwise count among what its statement says was paid", () => {
  const tables = smallBook();
  const account = (id: string, kind: string, owner: string): Cells => ({ account_id: id, commodity: "156", kind, owner_id: owner, bounded: "0", opened_at: "1", closed_at: null });
  const inYuan = (one: ReturnType<typeof posting>): ReturnType<typeof posting> => ({ ...one, transfer: { ...one.transfer, commodity: "156" } });
  const moved = [
    inYuan(posting(111, "payout", "11", "12", 1_500)),
    inYuan(posting(112, "payment_difference", "13", "11", 100)),
    inYuan(posting(113, "shop_paid_in", "13", "11", 30)),
  ];
  tables["account"]!.push(account("11", "payable", "5"), account("12", "clearing", "0"), account("13", "bank", "0"));
  tables["txn"]!.push(...moved.map((one) => one.txn));
  tables["transfer"]!.push(...moved.map((one) => one.transfer));
  tables["statement"] = [{ statement_id: "1", claimant_id: "5", statement_no: "1", month: "202603", first_date: "20260301", last_date: "20260331", paid_fen: "1370" }];
  tables["statement_row"] = [];

  const wrong = check(exportOf(sealed(tables))).findings.filter(({ code, facts }) => code === "statement_figure" && facts["column"] === "paid_fen");

  expect(wrong).toEqual([]);
});
