// A scanner that types: tells its bursts from a person's keys by their pace.

import { TOKEN_DIGITS } from "./token";

/** Two keys further apart than this were not typed by a scanner. */
export const BURST_GAP_MS = 90;
/** Once this many signs came in a burst it is a scan, and a slow browser may stumble. */
const SURE_LENGTH = 12;
const SURE_GAP_MS = 800;
/** Nothing a scanner reads for us is shorter. */
const LEAST_LENGTH = 6;

export type WedgeStep =
  | { kind: "pass" }
  /** Part of what may be a burst: keep it from the page. */
  | { kind: "hold" }
  | { kind: "scan"; text: string };

/** The sign behind a physical key, whatever an input method makes of it; null for keys that write nothing of ours. */
export function signOf(code: string, key: string): string | null {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code);
  if (digit) return digit[1]!;
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter) return letter[1]!;
  if (code === "Minus" || code === "NumpadSubtract") return "-";
  if (code === "Period" || code === "NumpadDecimal") return ".";
  // A foreign code may be an address: read whole, it can be told apart.
  if (code === "Semicolon") return ":";
  if (code === "Slash" || code === "NumpadDivide") return "/";
  if (code === "" && /^[0-9A-Za-z.:/-]$/.test(key)) return key.toUpperCase();
  return null;
}

export class Wedge {
  private held = "";
  private last = Number.NEGATIVE_INFINITY;

  /** Takes one key at its own time; `sign` is null for Enter or Tab. */
  feed(sign: string | null, at: number): WedgeStep {
    const gap = at - this.last;
    const broken = gap > (this.held.length >= SURE_LENGTH ? SURE_GAP_MS : BURST_GAP_MS);
    this.last = at;
    if (broken) this.held = "";
    if (sign === null) {
      const text = this.held;
      this.held = "";
      return text.length >= LEAST_LENGTH ? { kind: "scan", text } : { kind: "pass" };
    }
    this.held += sign;
    // A code of ours says by its length that it is whole, with or without Enter behind it.
    if (this.held.length === TOKEN_DIGITS && /^71\d+$/.test(this.held)) {
      const text = this.held;
      this.held = "";
      return { kind: "scan", text };
    }
    return { kind: "hold" };
  }

  /** What was held and is no burst after all: a person's keys, to be passed on. Empty while a scan is under way. */
  release(now: number): string {
    if (this.held.length >= SURE_LENGTH && now - this.last <= SURE_GAP_MS) return "";
    const typed = this.held.length < SURE_LENGTH ? this.held : "";
    this.held = "";
    return typed;
  }

  get isHolding(): boolean {
    return this.held !== "";
  }
}
