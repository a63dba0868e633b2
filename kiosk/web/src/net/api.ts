// Signed calls to the server, and what its answers mean for a write that must not be lost.

import type { Clock } from "../app/clock";
import { type DeviceKey, type Refused, type Store } from "../device/db";
import { sha256, signWith } from "../device/keys";
import { utf8 } from "../rules/bytes";
import { uuid7 } from "../rules/ids";
import { makeProof } from "../rules/proof";
import { language } from "../text/t";
import type { Enrolled, Problem } from "./types";

/** `unanswered`: nobody knows whether it was done, so it is asked again. `refused`: it was not done. */
export type Answer<T> =
  | { kind: "ok"; value: T; told?: Told }
  | { kind: "refused"; status: number; refused: Refused }
  | { kind: "unanswered"; why: "offline" | "busy" | "sign_in" | "revoked"; refused: Refused | null };

/** The answer as the server gave it, and when by its own clock. */
export interface Told {
  text: string;
  atMs: number;
  /** The server's own mark on it, by which it knows its answer again. */
  mark: string;
}

export const TIMEOUT_MS = 15_000;
/** Answers that leave the outcome open: asked again, they may be yes. */
const OPEN_CODES = new Set([
  "payment_unknown",
  "proof_missing",
  "proof_bad",
  "proof_clock",
  "proof_replayed",
  "busy_try_again",
  "recovery_wait",
  "offline_fund_empty",
]);
const SIGN_IN_CODES = new Set(["clerk_needed", "clerk_token_bad", "not_signed_in", "session_ended"]);
const REVOKED_CODES = new Set(["terminal_revoked", "terminal_not_found", "terminal_waiting"]);

export interface Identity {
  terminal: Enrolled;
  key: DeviceKey;
  clerkToken: string | null;
  clerkId?: string | null;
}

export class Api {
  identity: Identity | null = null;

  constructor(
    readonly store: Store,
    private readonly clock: Clock,
    private readonly fetcher: typeof fetch = (...call) => fetch(...call),
  ) {}

  get<T>(path: string): Promise<Answer<T>> {
    return this.call<T>("GET", path, null);
  }

  post<T>(path: string, body: object, patienceMs = TIMEOUT_MS): Promise<Answer<T>> {
    return this.call<T>("POST", path, utf8(JSON.stringify(body)), patienceMs);
  }

  /** Sends these very bytes; a write that is sent again must be the same to the last byte. */
  async call<T>(method: string, path: string, body: Uint8Array<ArrayBuffer> | null, patienceMs = TIMEOUT_MS): Promise<Answer<T>> {
    const first = await this.once<T>(method, path, body, patienceMs);
    // A clock that was wrong is put right by the answer itself, so one more try is worth it.
    if (first.kind === "unanswered" && first.refused?.code.startsWith("proof_")) return this.once<T>(method, path, body, patienceMs);
    return first;
  }

  private async once<T>(method: string, path: string, body: Uint8Array<ArrayBuffer> | null, patienceMs: number): Promise<Answer<T>> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), patienceMs);
    const asked = this.identity?.clerkToken;
    try {
      const response = await this.fetcher(path, {
        method,
        headers: await this.headers(method, path, body),
        body,
        cache: "no-store",
        credentials: "omit",
        signal: stop.signal,
      });
      this.clock.hear(response.headers.get("Jifen-Time"));
      const answer = await readAnswer<T>(response, this.clock.now());
      // Asked before somebody signed in, answered after: it says nothing about who is signed in now.
      const isOld = answer.kind === "unanswered" && answer.why === "sign_in" && asked !== this.identity?.clerkToken;
      return isOld ? { ...answer, why: "busy" } : answer;
    } catch (error) {
      // fetch says TypeError for every broken connection, and AbortError for our own timeout.
      if (error instanceof TypeError || (error instanceof DOMException && error.name === "AbortError")) {
        return { kind: "unanswered", why: "offline", refused: null };
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private async headers(method: string, path: string, body: Uint8Array | null): Promise<Record<string, string>> {
    const headers: Record<string, string> = {
      Accept: "application/json, application/problem+json",
      // The receipt's lines come in the language of the screen.
      "Accept-Language": language() === "zh" ? "zh-CN" : "en",
    };
    if (body) headers["Content-Type"] = "application/json";
    const identity = this.identity;
    if (!identity) return headers;
    if (identity.clerkToken) headers["Jifen-Clerk"] = identity.clerkToken;
    headers["Authorization"] = await makeProof(
      {
        terminalId: identity.terminal.terminal_id,
        communityId: identity.terminal.community_id,
        method,
        path,
        body: body ?? new Uint8Array(0),
        nowS: Math.floor(this.clock.now() / 1000),
        jti: uuid7(this.clock.now()),
      },
      sha256,
      (message) => signWith(identity.key, message),
    );
    return headers;
  }
}

async function readAnswer<T>(response: Response, atMs: number): Promise<Answer<T>> {
  const text = await response.text();
  const value = readJson(text);
  if (response.ok && value !== null) return { kind: "ok", value: value as T, told: toldOf(response, text, atMs) };
  const refused = refusedOf(value);
  const { status } = response;
  if (refused && REVOKED_CODES.has(refused.code)) return { kind: "unanswered", why: "revoked", refused };
  if (refused && OPEN_CODES.has(refused.code)) return { kind: "unanswered", why: "busy", refused };
  if (refused && SIGN_IN_CODES.has(refused.code)) return { kind: "unanswered", why: "sign_in", refused };
  // An answer that is no problem document of ours was not written by our server: a proxy, a hotel's Wi-Fi page.
  if (!refused || status >= 500 || status === 408 || status === 429) {
    return { kind: "unanswered", why: status < 500 && !refused ? "offline" : "busy", refused };
  }
  return { kind: "refused", status, refused };
}

/** The server's clock is taken from the answer itself: the mark holds for that very millisecond. */
function toldOf(response: Response, text: string, atMs: number): Told {
  const server = Number(response.headers.get("Jifen-Time"));
  return { text, atMs: server > 0 ? server : Math.round(atMs), mark: response.headers.get("Jifen-Told") ?? "" };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function refusedOf(value: unknown): Refused | null {
  const problem = value as Partial<Problem> | null;
  if (typeof problem?.code !== "string") return null;
  const zh = problem.detail ?? problem.code;
  return { code: problem.code, zh, en: problem.detail_en ?? zh, facts: problem.facts ?? {} };
}
