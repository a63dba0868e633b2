// The server's clock and the shop's day.

/** Minutes east of UTC in an RFC 3339 time: "…+08:00" -> 480. */
export function zoneMinutes(time: string): number {
  const match = /([+-])(\d{2}):(\d{2})$/.exec(time);
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === "-" ? -minutes : minutes;
}

/** A moment as RFC 3339 in the shop's zone, to the millisecond. */
export function rfc3339(ms: number, zone: number): string {
  const local = new Date(ms + zone * 60_000).toISOString().slice(0, -1);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${local}${zone < 0 ? "-" : "+"}${two(Math.abs(zone) / 60)}:${two(Math.abs(zone) % 60)}`;
}

/** The shop's calendar day of a moment, as 20260302. */
export function businessDate(ms: number, zone: number): number {
  return Number(new Date(ms + zone * 60_000).toISOString().slice(0, 10).replace(/-/g, ""));
}

/** "2026-03-02" <-> 20260302. */
export const dayText = (day: number): string => String(day).replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");

/** 202603 -> "2026-03". */
export const monthText = (month: number): string => String(month).replace(/^(\d{4})(\d{2})$/, "$1-$2");

/** Hours and minutes of an RFC 3339 time as the shop's wall clock shows them. */
export const clockText = (time: string): string => time.slice(11, 16);
