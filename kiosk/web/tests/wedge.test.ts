import { expect, test } from "vitest";
import { signOf, Wedge } from "../src/rules/wedge";
import tokens from "./samples/tokens.json";

function scan(text: string, gap: number, enter: boolean): string | null {
  const wedge = new Wedge();
  let at = 1_000;
  for (const sign of text) {
    at += gap;
    const step = wedge.feed(sign, at);
    if (step.kind === "scan") return step.text;
  }
  if (!enter) return null;
  const step = wedge.feed(null, at + gap);
  return step.kind === "scan" ? step.text : null;
}

test("a code is whole at its 255th digit, with or without Enter", () => {
  expect(scan(tokens.card, 8, false)).toBe(tokens.card);
  expect(scan(tokens.card, 8, true)).toBe(tokens.card);
});

test("a slow radio scanner and a stumbling browser are still read", () => {
  const wedge = new Wedge();
  let at = 0;
  let found: string | null = null;
  [...tokens.dyn].forEach((sign, index) => {
    at += index > 20 && index % 50 === 0 ? 600 : 40;
    const step = wedge.feed(sign, at);
    if (step.kind === "scan") found = step.text;
  });
  expect(found).toBe(tokens.dyn);
});

test("a receipt's number ends with Enter", () => {
  expect(scan("M01T1-260302-00457-I", 10, true)).toBe("M01T1-260302-00457-I");
});

test("a person's digits are no scan and are passed on in order", () => {
  const wedge = new Wedge();
  let passed = "";
  let at = 0;
  for (const sign of "1250") {
    at += 150;
    expect(wedge.feed(sign, at)).toEqual({ kind: "hold" });
    passed += wedge.release(at + 90);
  }
  expect(passed).toBe("1250");
  expect(wedge.feed(null, at + 200)).toEqual({ kind: "pass" });
});

test("six quick digits of a PIN reach the pad and make no scan", () => {
  const wedge = new Wedge();
  [..."135790"].forEach((sign, index) => wedge.feed(sign, index * 60));
  expect(wedge.release(6 * 60 + 90)).toBe("135790");
});

test("a burst under way is kept back until it is whole", () => {
  const wedge = new Wedge();
  [..."7112345678901234"].forEach((sign, index) => wedge.feed(sign, index * 5));
  expect(wedge.release(200)).toBe("");
  expect(wedge.isHolding).toBe(true);
});

test("keys are read by their place, whatever an input method calls them", () => {
  expect(signOf("Digit7", "Process")).toBe("7");
  expect(signOf("Numpad7", "7")).toBe("7");
  expect(signOf("KeyM", "m")).toBe("M");
  expect(signOf("Minus", "-")).toBe("-");
  expect(signOf("", "7")).toBe("7");
  expect(signOf("ShiftLeft", "Shift")).toBeNull();
});
