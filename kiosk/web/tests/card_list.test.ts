import { expect, test } from "vitest";
import { fromBase64url } from "../src/rules/bytes";
import { CborError, readCbor } from "../src/rules/cbor";
import { cardState, ListError, readCardList } from "../src/rules/status_list";
import type { Jwk } from "../src/rules/verify";
import kept from "./samples/cards.json";

interface Samples {
  issuer: string;
  at_s: number;
  flagged: [number, number][];
  issues: [number, number][];
  jwks: { keys: Jwk[] };
  card_key: { keys: Jwk[] };
  lists: Record<string, string>;
}

const samples = kept as unknown as Samples;
const { keys } = samples.jwks;
const STATES = ["good", "revoked", "suspended"];

test.each(Object.keys(samples.lists))("the server's list is believed in %s, and every card stands as it says", async (alg) => {
  const list = await readCardList(fromBase64url(samples.lists[alg]!), keys, samples.issuer);
  const flagged = new Map(samples.flagged);
  const issues = new Map(samples.issues);
  expect([list.madeAtS, list.expiresAtS]).toEqual([samples.at_s, samples.at_s + 86_400]);
  for (let serial = 0; serial < 3_000; serial += 1) {
    expect(cardState(list, serial, 300)).toBe(STATES[flagged.get(serial) ?? 0]);
    const newest = issues.get(serial) ?? 1;
    if (!flagged.has(serial)) expect([cardState(list, serial, newest - 1), cardState(list, serial, newest)]).toEqual(["replaced", "good"]);
  }
  expect(cardState(list, 50_000, 1)).toBe("good");
});

test("no byte of a list can be changed", async () => {
  const raw = fromBase64url(samples.lists["EdDSA"]!);
  for (let at = 0; at < raw.length; at += 1) {
    const changed = raw.slice();
    changed[at]! ^= 0x01;
    await expect(readCardList(changed, keys, samples.issuer), `byte ${at}`).rejects.toThrow(ListError);
  }
});

test("a list is believed from the community's own key for lists alone", async () => {
  const raw = fromBase64url(samples.lists["EdDSA"]!);
  const refused = (some: Jwk[], issuer = samples.issuer): Promise<void> => expect(readCardList(raw, some, issuer)).rejects.toThrow(ListError);
  await refused([]);
  await refused(samples.card_key.keys);
  await refused(keys, "CA02");
  await refused(keys.map((key) => ({ ...key, class: "card" as const })));
});

test("a list that was cut off, or has something behind it, is no list", async () => {
  const raw = fromBase64url(samples.lists["EdDSA"]!);
  for (const bad of [raw.slice(0, -1), Uint8Array.of(...raw, 0), new Uint8Array(0), Uint8Array.of(0xff)]) {
    await expect(readCardList(bad, keys, samples.issuer)).rejects.toThrow(ListError);
  }
});

test("CBOR is read as the standard's examples say, and what no list uses is refused", () => {
  const hex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text.match(/../g)!.map((one) => Number.parseInt(one, 16)));
  expect(readCbor(hex("1903e8"))).toBe(1_000);
  expect(readCbor(hex("3903e7"))).toBe(-1_000);
  expect(readCbor(hex("83010203"))).toEqual([1, 2, 3]);
  expect(readCbor(hex("a201020304"))).toEqual(new Map([[1, 2], [3, 4]]));
  expect(readCbor(hex("6449455446"))).toBe("IETF");
  for (const bad of ["f97e00", "9fff", "1bffffffffffffffff", "1903", "818181818181818181818101"]) expect(() => readCbor(hex(bad)), bad).toThrow(CborError);
});
