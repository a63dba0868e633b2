// A log for tests that plays the server: tree, proofs and notes written again in the plainest way, with the curve of a library.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 as hash } from "@noble/hashes/sha2.js";
import type { LogOffer } from "../src/rules/tlog/witness";

type Hash = Uint8Array;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.map((part) => [...part]).reduce((all, part) => [...all, ...part], []));
const sha256 = (...parts: Uint8Array[]): Hash => hash(joined(...parts));
const node = (left: Hash, right: Hash): Hash => sha256(Uint8Array.of(1), left, right);
const split = (size: number): number => 2 ** Math.floor(Math.log2(size - 1));
const b64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

export const leafOf = (text: string): Hash => sha256(Uint8Array.of(0), utf8(text));

export function rootOf(leaves: Hash[]): Hash {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  const at = split(leaves.length);
  return node(rootOf(leaves.slice(0, at)), rootOf(leaves.slice(at)));
}

export function consistency(old: number, leaves: Hash[], whole = true): Hash[] {
  if (old === 0) return [];
  if (old === leaves.length) return whole ? [] : [rootOf(leaves)];
  const at = split(leaves.length);
  return old <= at
    ? [...consistency(old, leaves.slice(0, at), whole), rootOf(leaves.slice(at))]
    : [...consistency(old - at, leaves.slice(at), false), rootOf(leaves.slice(0, at))];
}

export class LogKey {
  readonly id: Hash;
  readonly text: string;
  private readonly secret = ed25519.utils.randomSecretKey();

  constructor(readonly name: string) {
    const raw = ed25519.getPublicKey(this.secret);
    this.id = sha256(utf8(`${name}\n`), Uint8Array.of(1), raw).subarray(0, 4);
    const id = [...this.id].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.text = `${name}+${id}+${b64(joined(Uint8Array.of(1), raw))}`;
  }

  note(text: string): string {
    return `${text}\n\u2014 ${this.name} ${b64(joined(this.id, ed25519.sign(utf8(text), this.secret)))}\n`;
  }
}

export class Log {
  leaves: Hash[] = [];
  handovers: string[] = [];
  recoveries: string[] = [];
  published: { month: number; date: number; checkpoint: string; size: number }[] = [];

  constructor(readonly origin: string, public key: LogKey) {}

  grow(count: number, name = "entry"): void {
    for (let at = 0; at < count; at += 1) this.leaves.push(leafOf(`${name} ${this.leaves.length}`));
  }

  checkpoint(size = this.leaves.length): string {
    return this.key.note(`${this.origin}\n${size}\n${b64(rootOf(this.leaves.slice(0, size)))}\n`);
  }

  /** Makes a new key and lets the old one name it. */
  rotate(): void {
    const next = new LogKey(this.origin);
    this.handovers.push(this.key.note(`jifen-log-key/1\n${this.origin}\n${next.text}\n`));
    this.key = next;
  }

  /** Everything after `size` is lost, and the community says so. */
  lose(size: number, day = 20260302): void {
    const lost = `${this.leaves.length}\n${b64(rootOf(this.leaves))}`;
    this.leaves = this.leaves.slice(0, size);
    this.published = this.published.filter((one) => one.size <= size);
    this.recoveries.push(this.key.note(`jifen-recovery/1\n${this.origin}\n${size}\n${b64(rootOf(this.leaves))}\n${day}\n${lost}\n`));
  }

  publish(month: number): void {
    this.published.push({ month, date: month * 100 + 28, checkpoint: this.checkpoint(), size: this.leaves.length });
  }

  /** What the server answers to a device at `size`. */
  offer(size: number): LogOffer {
    const path = (from: number): string[] => (from > this.leaves.length ? [] : consistency(from, this.leaves).map(b64));
    return {
      origin: this.origin,
      keys: [this.key.text],
      handovers: this.handovers,
      recoveries: this.recoveries,
      checkpoint: this.checkpoint(),
      path: path(size),
      published: this.published.map((one) => ({ month: one.month, date: one.date, checkpoint: one.checkpoint, path: path(one.size) })),
    };
  }

  /** The same log as far as `size`; what comes after is another story. */
  fork(size: number): Log {
    const twin = new Log(this.origin, this.key);
    twin.leaves = this.leaves.slice(0, size);
    twin.handovers = this.handovers;
    twin.recoveries = this.recoveries;
    twin.published = this.published.filter((one) => one.size <= size);
    return twin;
  }
}
