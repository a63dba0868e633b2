import { afterEach, expect, test, vi } from "vitest";
import { followCards, hasRunOut, isTakenHere, lookOffline, sayWaiting, spareName } from "../src/app/offline";
import { OfferGoneError, sell } from "../src/app/desk";
import { flush } from "../src/device/flush";
import { listWaiting } from "../src/device/outbox";
import { nameFor, sha256, unseal } from "../src/device/keys";
import { readMeta } from "../src/device/db";
import { base64url, utf8 } from "../src/rules/bytes";
import { type Asked, offerOffline, type OfflinePolicy } from "../src/rules/offline";
import type { VerifiedToken } from "../src/rules/verify";
import kept from "./samples/cards.json";
import { newTill, POLICY, RULES, SALE, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

const NOW = Date.UTC(2026, 2, 2, 2, 0, 0);
const LATER = Date.now() + 3_600_000;
const ASKED: Asked = { keyClass: "card", totalFen: 5_000, nowMs: NOW, listEndsMs: NOW + 1, usedUnits: 0, cardUsedUnits: 0 };
const OFFSET = { ...RULES, share_percent: 30, sale_cap_units: null };

const offer = (asked: Partial<Asked>, policy: OfflinePolicy | null = POLICY): unknown => {
  const { units, why } = offerOffline(policy, OFFSET, { ...ASKED, ...asked });
  return why ?? units;
};

test("a sale takes no more than the smallest of its limits, in whole steps", () => {
  expect(offer({})).toBe(10_000);
  expect(offer({ cardUsedUnits: 3_000 })).toBe(6_000);
  expect(offer({ usedUnits: 25_500 })).toBe(4_000);
  // 30 % of 12.00 yuan are 3.60, so 72 points, so 60 in steps of 20.
  expect(offer({ totalFen: 1_200 })).toBe(6_000);
  expect(offerOffline(POLICY, { ...OFFSET, sale_cap_units: 5_000 }, ASKED).units).toBe(4_000);
});

test("every limit that is reached has its own word", () => {
  expect(offer({}, null)).toBe("never_told");
  expect(offer({}, { ...POLICY, spending: false, why_not: "offline_off" })).toBe("not_allowed");
  expect(offer({}, { ...POLICY, spending: false, why_not: "recovery_no_spending" })).toBe("recovering");
  expect(offer({ nowMs: NOW + 24 * 3_600_000 + 1, listEndsMs: NOW + 9e9 })).toBe("too_long");
  expect(offer({ listEndsMs: null })).toBe("list_old");
  expect(offer({ listEndsMs: NOW - 1 })).toBe("list_old");
  expect(offer({ keyClass: "dyn" })).toBe("code_class");
  expect(offer({ cardUsedUnits: 9_000 })).toBe("card_used_up");
  expect(offer({ usedUnits: 29_000 })).toBe("terminal_used_up");
  expect(offer({ totalFen: 300 })).toBe("bill_too_small");
});

test("a spare code may use more at once, and a till takes one a holder a day", () => {
  const spare = (asked: Partial<Asked>, policy = POLICY): unknown => offer({ keyClass: "vch", totalFen: 9_000, ...asked }, policy);
  expect(spare({})).toBe(20_000);
  expect(spare({ cardUsedUnits: 10_000 })).toBe(10_000);
  expect(spare({ sparesUsed: 1 })).toBe("card_used_up");
  expect(spare({ isTaken: true })).toBe("code_taken");
  const { spare_units: _, ...older } = POLICY;
  expect(spare({}, older)).toBe("card_used_up");
  // The card keeps to its own limit, whatever the spare codes of its holder did.
  expect(offer({ sparesUsed: 1, isTaken: true })).toBe(10_000);
});

test("whatever is let go one sale after the other, neither card nor till goes beyond its limit", () => {
  let seed = 20_260_302;
  const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 200; round += 1) {
    const policy = { ...POLICY, terminal_units: 0, left_units: draw(60_000), card_units: draw(20_000), sale_units: draw(15_000) };
    const cards = new Map<number, number>();
    let used = 0;
    for (let sale = 0; sale < 30; sale += 1) {
      const card = draw(4);
      const { units } = offerOffline(policy, OFFSET, { ...ASKED, totalFen: draw(9_000), usedUnits: used, cardUsedUnits: cards.get(card) ?? 0 });
      used += units;
      cards.set(card, (cards.get(card) ?? 0) + units);
    }
    expect(used).toBeLessThanOrEqual(policy.left_units);
    expect(Math.max(...cards.values())).toBeLessThanOrEqual(policy.card_units);
  }
});

const samples = kept as unknown as {
  flagged: [number, number][];
  jwks: { keys: never[] };
  lists: Record<string, string>;
  at_s: number;
};
const bad = new Set(samples.flagged.map(([serial]) => serial));
const GOOD = [...Array(99).keys()].find((serial) => serial > 0 && !bad.has(serial))!;
const token = (serial: number): VerifiedToken => ({ text: "71", keyClass: "card", serial, issue: 300, expiresAtS: 9e9 });

/** A server that lets points go without network, and a till that has synced with it once. */
async function allowed(): Promise<{ server: Server; till: Awaited<ReturnType<typeof newTill>> }> {
  const server = new Server();
  server.offline = { ...POLICY, valid_until: "2026-03-09T10:00:00+08:00" };
  server.keys = samples.jwks.keys;
  server.cards = { version: "v1", cwt: samples.lists["EdDSA"]! };
  server.clockMs = samples.at_s * 1000;
  const till = await newTill(server);
  await followCards(till);
  return { server, till };
}

test("an offline sale carries the policy word for word, and its own store counts what it let go", async () => {
  const { server, till } = await allowed();
  server.isDown = true;
  const first = await lookOffline(till, token(GOOD), 5_000);
  expect([first.offer.units, first.card]).toEqual([10_000, "good"]);
  await sell(till, { ...SALE, offsetUnits: 10_000, offline: first.mark });
  const [waiting] = await listWaiting(till.store);
  const body = JSON.parse(new TextDecoder().decode(await unseal(till.store, waiting!.body)));
  expect([body.offline, body.pin]).toEqual([{ policy: POLICY.policy }, null]);
  const second = await lookOffline(till, token(GOOD), 5_000);
  expect(second.offer).toEqual({ units: 0, why: "card_used_up" });
  const other = await lookOffline(till, token(GOOD + 1), 5_000);
  expect(other.mark.card).not.toBe(first.mark.card);
});

test("a spare code is taken once by this till, with network or without, and shares what its holder may use", async () => {
  const { server, till } = await allowed();
  const spare: VerifiedToken = { ...token(GOOD), keyClass: "vch", issue: 1, expiresAtS: server.clockMs / 1000 + 3_600 };
  expect((await lookOffline(till, spare, 9_000)).card).toBe("good");
  server.isDown = true;
  const { offer: first, mark } = await lookOffline(till, spare, 9_000);
  expect(first.units).toBe(20_000);
  await sell(till, { ...SALE, offsetUnits: 4_000, offline: mark, spare: await spareName(till, spare) });
  expect((await lookOffline(till, spare, 9_000)).offer.why).toBe("code_taken");
  expect((await lookOffline(till, { ...spare, issue: 2 }, 9_000)).offer.why).toBe("card_used_up");
  expect((await lookOffline(till, token(GOOD), 9_000)).offer.units).toBe(6_000);
  const other = { ...spare, serial: GOOD + 1 };
  expect(await isTakenHere(till, other)).toBe(false);
  server.isDown = false;
  await sell(till, { ...SALE, spare: await spareName(till, other) });
  expect(await isTakenHere(till, other)).toBe(true);
  // What the store keeps of a code names nobody.
  const lines = await till.store.getAll("daybook");
  expect(JSON.stringify(lines)).not.toContain(`${GOOD}/`);
  expect(await spareName(till, token(GOOD))).toBeUndefined();
});

test("a card's name in the store cannot be found by trying every serial", async () => {
  const { till } = await allowed();
  const { mark } = await lookOffline(till, token(GOOD), 5_000);
  expect((await lookOffline(till, token(GOOD), 9_000)).mark).toEqual(mark);
  for (let serial = 0; serial < 200; serial += 1) {
    const guess = await sha256(utf8(`${till.view.terminal?.terminal_id}/2026-03-02/card/${serial}`));
    expect(base64url(guess.slice(0, 12))).not.toBe(mark.card);
  }
  const key = await readMeta(till.store, "name_key");
  await expect(crypto.subtle.exportKey("raw", key as CryptoKey)).rejects.toThrow();
});

test("without WebCrypto cards are named by a key of the tablet's own all the same", async () => {
  const { till } = await allowed();
  const real = crypto;
  vi.stubGlobal("crypto", { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => real.getRandomValues(bytes) });
  const [one, again, other] = [await nameFor(till.store, utf8("1")), await nameFor(till.store, utf8("1")), await nameFor(till.store, utf8("2"))];
  expect(one).toEqual(again);
  expect(one).not.toEqual(other);
  expect(one).not.toEqual(await sha256(utf8("1")));
});

test("what was uploaded counts until the server's own figure holds it", async () => {
  const { server, till } = await allowed();
  server.isDown = true;
  const { mark } = await lookOffline(till, token(GOOD), 5_000);
  await sell(till, { ...SALE, offsetUnits: 10_000, offline: mark });
  await sell(till, { ...SALE, offsetUnits: 10_000, offline: { ...mark, card: "another" } });
  server.isDown = false;
  await flush(till.store, till.api, LATER);
  const third = async (): Promise<number> => (await lookOffline(till, { ...token(GOOD), serial: 2_999 }, 50_000)).offer.units;
  expect(await third()).toBe(10_000);
  await sell(till, { ...SALE, offsetUnits: 10_000, offline: { ...mark, card: "a third" } });
  expect(await third()).toBe(0);
  // The next sync says what is left by the book, and the uploaded sales are in it.
  server.offline = { ...server.offline!, issued_at: new Date(server.clockMs + 60_000).toISOString(), left_units: 10_000 };
  await till.refresh();
  expect(await third()).toBe(10_000);
});

test("a card on the list is known without network, and a list nobody signed changes nothing", async () => {
  const { server, till } = await allowed();
  const [[serial, state]] = samples.flagged as [[number, number]];
  expect((await lookOffline(till, token(serial), 5_000)).card).toBe(state === 2 ? "suspended" : "revoked");
  // What hangs on it is dead with it.
  expect((await lookOffline(till, { ...token(serial), keyClass: "vch", issue: 1 }, 5_000)).card).toBe(state === 2 ? "suspended" : "revoked");
  server.cards = { version: "v2", cwt: samples.lists["EdDSA"]!.replace(/.$/, (last) => (last === "A" ? "B" : "A")) };
  server.offline = { ...server.offline!, cards_version: "v2" };
  await till.refresh();
  expect((await till.store.get("meta", "cards") as { version: string }).version).toBe("v1");
});

test("the till says which numbers wait and which came to nothing, and learns which are missing", async () => {
  const { server, till } = await allowed();
  server.isDown = true;
  await sell(till, SALE);
  server.isDown = false;
  server.missing = [7];
  await sayWaiting(till);
  expect(server.said).toEqual({ waiting: [1], unused: [], last_counter: 1 });
  expect(till.view.missing).toEqual([7]);
});

test("a code that ran out between scan and confirmation is not sold to; one without an end of its own is", () => {
  const dyn: VerifiedToken = { text: "", keyClass: "dyn", serial: 1, issue: 0, expiresAtS: NOW / 1000 };
  expect([29, 31].map((late) => hasRunOut(dyn, NOW + late * 1000))).toEqual([false, true]);
  expect(hasRunOut({ ...dyn, keyClass: "crt", expiresAtS: 0 }, NOW)).toBe(false);
});

test("two windows of one till that confirm at once let no more go than one of them could", async () => {
  const { server, till } = await allowed();
  server.isDown = true;
  const look = (): ReturnType<typeof lookOffline> => lookOffline(till, token(GOOD), 5_000);
  const { mark } = await look();
  const draft = { ...SALE, offsetUnits: 10_000, offline: mark };
  const results = await Promise.allSettled([sell(till, { ...draft, look }), sell(till, { ...draft, look })]);
  const gone = results.filter((one) => one.status === "rejected");
  expect(gone.map(({ reason }) => reason instanceof OfferGoneError)).toEqual([true]);
  const used = async (): Promise<number> => (await till.store.getAll("daybook")).reduce((units, line) => units + line.offset_units, 0);
  expect(await used()).toBe(10_000);
  // Without the second look both would be kept: the control.
  await sell(till, draft);
  expect(await used()).toBe(20_000);
});
