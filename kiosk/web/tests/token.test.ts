import { afterEach, expect, test, vi } from "vitest";
import { ScanError, type ScanFault } from "../src/rules/token";
import { type Expectation, type Jwk, verifyToken } from "../src/rules/verify";
import tokens from "./samples/tokens.json";

const expected: Expectation = {
  keys: tokens.jwks.keys as Jwk[],
  issuer: tokens.issuer,
  nowS: tokens.now_s,
  classes: ["card", "dyn", "earn"],
};

async function faultOf(text: string, change: Partial<Expectation> = {}): Promise<ScanFault | "none"> {
  try {
    await verifyToken(text, { ...expected, ...change });
    return "none";
  } catch (error) {
    if (error instanceof ScanError) return error.fault;
    throw error;
  }
}

afterEach(() => vi.unstubAllGlobals());

const withChangedByte = (at: number): string => {
  const bytes = BigInt(tokens.card.slice(2)) ^ (1n << BigInt(8 * (104 - at)));
  return `71${bytes}`;
};

test("the server's codes are believed, in both algorithms", async () => {
  for (const name of ["card", "dyn", "earn", "es256"] as const) expect(await faultOf(tokens[name])).toBe("none");
  expect((await verifyToken(tokens.dyn, expected)).keyClass).toBe("dyn");
});

test("each byte changed is refused, by the browser's crypto", async () => {
  for (let at = 0; at < 105; at += 1) expect(await faultOf(withChangedByte(at)), `byte ${at}`).not.toBe("none");
});

test("without WebCrypto the script verifies the same codes and refuses the same changes", async () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  vi.resetModules();
  const plain = await import("../src/rules/verify");
  for (const name of ["card", "dyn", "es256"] as const) {
    expect((await plain.verifyToken(tokens[name], expected)).text).toBe(tokens[name]);
  }
  for (const at of [16, 22, 28, 34, 38, 41, 72, 104]) {
    await expect(plain.verifyToken(withChangedByte(at), expected)).rejects.toThrow();
  }
});

test("what is wrong with a code is told apart", async () => {
  expect(await faultOf("134567890123456789")).toBe("wechat");
  expect(await faultOf("281234567890123456")).toBe("alipay");
  expect(await faultOf("6212345678901234567")).toBe("unionpay");
  expect(await faultOf("https://example.org")).toBe("link");
  expect(await faultOf("6901234567892")).toBe("goods");
  expect(await faultOf(tokens.card.slice(0, 200))).toBe("wrong_length");
  expect(await faultOf(`71${"1".repeat(253)}`)).toBe("malformed");
  expect(await faultOf(tokens.card, { issuer: "OTHR" })).toBe("other_community");
  expect(await faultOf(tokens.card, { keys: [] })).toBe("unknown_key");
  expect(await faultOf(tokens.list)).toBe("wrong_class");
  expect(await faultOf(tokens.dyn, { nowS: tokens.now_s + 91 })).toBe("expired");
  expect(await faultOf(tokens.dyn, { nowS: tokens.now_s + 90 })).toBe("none");
  expect(await faultOf(tokens.dyn, { nowS: tokens.now_s - 31 })).toBe("from_future");
});
