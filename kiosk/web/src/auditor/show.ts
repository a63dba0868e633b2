// Figures, days and moments as people read them.

import { hundredths } from "../rules/units";
import { language, t } from "../text/t";
import type { Finding } from "./rules/findings";
import type { Report } from "./rules/session";
import { FINDINGS, KINDS, POSTINGS, ROLE_NAMES, TIES } from "./words";

/** 1234567 -> "12,345.67": a comma at every thousand, so that large sums can be read out. */
export const yuan = (fen: number): string => grouped(hundredths(fen));

/** Points of a kind, from its smallest unit. */
export function points(report: Report, commodity: number, units: number): string {
  const decimals = report.about?.points[String(commodity)]?.decimals ?? 2;
  if (decimals === 2) return grouped(hundredths(units));
  return decimals === 0 ? grouped(String(units)) : grouped((units / 10 ** decimals).toFixed(decimals));
}

/** What a kind of points is called. */
export const pointsName = (report: Report, commodity: number): string =>
  report.about?.points[String(commodity)]?.name ?? t("points {number}", { number: commodity });

export const count = (value: number): string => grouped(String(value));

function grouped(text: string): string {
  const [whole = "", part] = text.split(".");
  const cut = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return part === undefined ? cut : `${cut}.${part}`;
}

/** 20260302 -> "2026-03-02". */
export const day = (value: number): string => String(value).replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");

/** A moment (microseconds UTC) on the community's clock, to the second. */
export function moment(us: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }).formatToParts(new Date(us / 1_000));
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}:${part("second")}`;
}

/** The first moment of a day and of the next on the community's clock, in microseconds; summer time is minded. */
export function dayBounds(value: number, zone: string): [number, number] {
  return [midnight(value, zone), midnight(nextDay(value), zone)];
}

function midnight(value: number, zone: string): number {
  const utc = Date.UTC(Math.floor(value / 10_000), (Math.floor(value / 100) % 100) - 1, value % 100);
  // Twice, since the offset at the guess may not be the one at midnight.
  const first = utc - offsetMs(utc, zone);
  return (utc - offsetMs(first, zone)) * 1_000;
}

function offsetMs(ms: number, zone: string): number {
  const [date = "", time = ""] = moment(ms * 1_000, zone).split(" ");
  return Date.parse(`${date}T${time}Z`) - Math.floor(ms / 1_000) * 1_000;
}

export function nextDay(value: number): number {
  const next = new Date(Date.UTC(Math.floor(value / 10_000), (Math.floor(value / 100) % 100) - 1, (value % 100) + 1));
  return Number(next.toISOString().slice(0, 10).replace(/-/g, ""));
}

/** A hash in groups of four signs, so that two people can compare it aloud. */
export const inGroups = (hash: string): string => hash.replace(/(.{4})(?=.)/g, "$1 ");

export const kindName = (kind: string): string => (KINDS[kind] ? t(KINDS[kind]) : kind);

export const postingName = (kind: string): string => (POSTINGS[kind] ? t(POSTINGS[kind]) : kind);

export function roleName(report: Report, role: string): string {
  const known = report.about?.roles[role];
  if (known) return language() === "zh" ? known.zh : known.en;
  return ROLE_NAMES[role] ? t(ROLE_NAMES[role]) : role;
}

/** What a role lets somebody do, in words; nothing where the package does not say. */
export function roleMay(report: Report, role: string): string[] {
  const words = report.about?.permissions ?? {};
  return (report.about?.roles[role]?.may ?? []).map((one) => (language() === "zh" ? words[one]?.zh : words[one]?.en) ?? one);
}

export const findingTitle = (code: string): string => (FINDINGS[code] ? t(FINDINGS[code].title) : code);

export function findingText(report: Report, { code, facts }: Finding): string {
  const words = FINDINGS[code];
  if (!words) return JSON.stringify(facts);
  const said: Record<string, string | number> = { ...facts };
  const { tie, role } = facts;
  if (typeof tie === "string") said["tie"] = t(TIES[tie] ?? tie);
  if (typeof role === "string") said["role"] = roleName(report, role);
  return t(words.text, said);
}
