// The rules as adopted: word for word what the sealed act says, and the rate that sealed offsets really used.

import { sha256 } from "@noble/hashes/sha2.js";
import { utf8 } from "../../rules/bytes";
import { hex } from "../../rules/tlog/base64";
import type { Book } from "./book";
import { factsOf } from "./cells";
import type { Findings } from "./findings";
import type { Placed } from "./pack";

const SCHEMES = "scheme_version.csv";
const SETTINGS = "setting_version.csv";

/** Checks versions of the rules and of the settings against the acts that adopted them. */
export function checkRates(book: Book, findings: Findings): void {
  for (const version of book.table("scheme_version")) {
    const { row, at } = version;
    checkScheme(book, findings, version);
    const rate = rateOf(row["body"] ?? "");
    for (const [used, first] of book.rates.get(nameOf(version)) ?? []) {
      if (rate !== null && used !== rate) findings.fault("rate_other", SCHEMES, at, { version: nameOf(version), rate, used, offset: first });
    }
  }
  const known = new Set(book.table("scheme_version").map(nameOf));
  for (const version of book.rates.keys()) {
    if (!known.has(version)) findings.fault("rules_missing", SCHEMES, null, { version });
  }
  let before: Record<string, unknown> = {};
  for (const version of book.table("setting_version")) before = checkSettings(book, findings, version, before);
}

/** As postings name the version that decided. */
const nameOf = ({ row }: Placed): string => `${row["scheme_id"] ?? ""}/${row["version"] ?? ""}`;

/** The act that adopted the rules names the SHA-256 of their text: one changed letter shows. */
function checkScheme(book: Book, findings: Findings, { row, at }: Placed): void {
  const facts = { version: nameOf({ row, at }) };
  const acts = book.actsOn(`scheme:${facts.version}`).filter(({ act }) => act === "scheme.adopt");
  const sealed = acts.filter(({ isErased }) => !isErased).map(({ after }) => factsOf(after));
  const named = sealed.find((after) => after["body_sha256"] !== undefined);
  if (acts.length === 0) findings.fault("rules_act_missing", SCHEMES, at, facts);
  else if (!named) findings.look("rules_unsealed", SCHEMES, at, facts);
  const isOther =
    (named && named["body_sha256"] !== hex(sha256(utf8(row["body"] ?? "")))) ||
    sealed.some((after) => ["digest", "effective_from"].some((column) => String(after[column]) !== row[column]));
  if (isOther) findings.fault("rules_changed", SCHEMES, at, facts);
}

/** A version of the settings is the one before it with the changes of its sealed act, and nothing else. */
function checkSettings(book: Book, findings: Findings, { row, at }: Placed, before: Record<string, unknown>): Record<string, unknown> {
  const facts = { version: row["version_no"] ?? "" };
  const body = factsOf(row["body"] ?? null);
  const act = book
    .actsOn("settings")
    .find((one) => one.act === "settings.change" && String(one.time) === row["set_at"] && one.actor === row["set_by"]);
  if (!act) findings.fault("rules_act_missing", SETTINGS, at, facts);
  else if (!act.isErased) {
    const changed = factsOf(act.after);
    const isFirst = Object.keys(before).length === 0;
    const names = isFirst ? Object.keys(changed) : [...new Set([...Object.keys(body), ...Object.keys(changed)])];
    const isRight = names.every((name) => body[name] === (name in changed ? changed[name] : before[name] ?? body[name]));
    if (!isRight) findings.fault("rules_changed", SETTINGS, at, facts);
  }
  return body;
}

/**
 * Units that take one fen off, from the rules' own text: points for a yuan, and how finely that point is counted. Null
 * where the text is of a form this page does not read; then only the digest is checked.
 */
export function rateOf(toml: string): number | null {
  const tables = toml.split(/^\s*\[\[/m).map((part) => `[[${part}`);
  const offset = tables.find((part) => part.startsWith("[[offset]]") && /"merchant_purchase"/.test(part));
  const points = Number(/^\s*points_per_yuan\s*=\s*(\d+)\s*(?:#.*)?$/m.exec(offset ?? "")?.[1]);
  const code = /^\s*point_type\s*=\s*"([^"]+)"/m.exec(offset ?? "")?.[1];
  const type = tables.find((part) => part.startsWith("[[point_type]]") && new RegExp(`^\\s*code\\s*=\\s*"${code}"`, "m").test(part));
  const precision = Number(/^\s*precision\s*=\s*(\d)/m.exec(type ?? "")?.[1]);
  const rate = (points * 10 ** precision) / 100;
  return Number.isSafeInteger(rate) && rate > 0 ? rate : null;
}
