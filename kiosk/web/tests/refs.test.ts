import { expect, test } from "vitest";
import { checkCharacter, makeReference, readReference } from "../src/rules/refs";

// Made by ledger/refs.py: the server and the till must write the same character.
const MADE: [string, number, number, string][] = [
  ["M01T1", 20260302, 457, "M01T1-260302-00457-I"],
  ["M01T1", 20260302, 1, "M01T1-260302-00001-8"],
  ["S99", 20261231, 99999, "S99-261231-99999-T"],
  ["AB12CD34", 20270101, 12345, "AB12CD34-270101-12345-2"],
  ["M12T2", 20260331, 36, "M12T2-260331-00036-H"],
];

test.each(MADE)("%s %i %i becomes the server's reference", (terminal, day, counter, expected) => {
  expect(makeReference(terminal, day, counter)).toBe(expected);
});

test("a reference typed in small letters with spaces around is read", () => {
  expect(readReference("  m01t1-260302-00457-i ")).toEqual({
    ref: "M01T1-260302-00457-I",
    terminalCode: "M01T1",
    yymmdd: "260302",
    counter: 457,
  });
});

test("one wrong digit, and two neighbours swapped, are both found", () => {
  const ref = "M01T1-260302-00457-I";
  for (let at = 0; at < ref.length; at += 1) {
    if (!/\d/.test(ref.charAt(at))) continue;
    for (const digit of "0123456789") {
      if (digit === ref.charAt(at)) continue;
      expect(readReference(ref.slice(0, at) + digit + ref.slice(at + 1))).toBeNull();
    }
  }
  expect(readReference("M01T1-260302-00547-I")).toBeNull();
});

test("the check character of a text from the standard's own example holds", () => {
  expect(checkCharacter("A12425GABC1234002")).toBe("M");
});
