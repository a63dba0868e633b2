import { afterEach, expect, test, vi } from "vitest";
import { Till } from "../src/app/till";
import { newTill, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

const SESSION = { clerk_id: "1", clerk_token: "fresh", name: "Wang", expires_at: "2026-03-02T18:00:00+08:00" };
const NEEDED = { code: "clerk_needed", status: 401, detail: "zh", detail_en: "en" };

/** Signing out takes a moment of its own. */
const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 20));

/** A till before anybody signs in; whoever asks without saying who asks is answered as the server does, when `held` lets it. */
async function unsigned(held: Promise<void> = Promise.resolve()): Promise<Till> {
  const till = await newTill(new Server());
  await till.signOut();
  const json = (status: number, body: object): Response => new Response(JSON.stringify(body), { status });
  const answers = async (path: string, init: RequestInit): Promise<Response> => {
    if (path.endsWith("/sign-in")) return json(201, SESSION);
    if ((init.headers as Record<string, string>)["Jifen-Clerk"]) return json(200, {});
    await held;
    return json(401, NEEDED);
  };
  Object.assign(till.api, { fetcher: answers });
  return till;
}

test("a screen that asks as soon as somebody is signed in says who asks", async () => {
  const till = await unsigned();
  const asked: Promise<string>[] = [];
  let seen = false;
  till.subscribe(() => {
    if (seen || !till.view.clerk) return;
    seen = true;
    asked.push(till.api.get("/api/v1/counter/today").then((answer) => answer.kind));
  });
  await till.signIn("1", "2580");
  expect(await Promise.all(asked)).toEqual(["ok"]);
});

test("an answer to what was asked before the sign-in signs nobody out", async () => {
  let release: () => void = () => undefined;
  const till = await unsigned(new Promise((done) => (release = done)));
  const early = till.api.get("/api/v1/counter/calls").then((answer) => till.hear(answer));
  await settled();
  await till.signIn("1", "2580");
  release();
  await early;
  await settled();
  expect(till.view.clerk?.clerk_token).toBe("fresh");
});

test("a session the server has ended is left", async () => {
  const till = await unsigned();
  await till.signIn("1", "2580");
  Object.assign(till.api, { fetcher: async () => new Response(JSON.stringify(NEEDED), { status: 401 }) });
  till.hear(await till.api.get("/api/v1/counter/today"));
  await settled();
  expect(till.view.clerk).toBeNull();
});
