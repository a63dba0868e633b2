// Fen and points as whole numbers in their smallest unit, and how people read and type them.

export const MOST_FEN = 99_999_999;

/** 1050 -> "10.50", -5 -> "-0.05"; units of points with two decimals read the same way. */
export function hundredths(amount: number): string {
  const sign = amount < 0 ? "-" : "";
  const digits = String(Math.abs(amount)).padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

let decimals = 2;

/** With how many decimals the community's points are counted; the server says it with the till's state. */
export function countPoints(precision: number): void {
  decimals = precision;
}

/** Units in one point. */
export const unitsPerPoint = (): number => 10 ** decimals;

/** Points as short as they can be said: 20000 units -> "200", 1280 -> "12.80". */
export function points(units: number): string {
  const one = unitsPerPoint();
  if (units % one === 0) return String(units / one);
  return decimals === 2 ? hundredths(units) : (units / one).toFixed(decimals);
}

/** What the amount pad holds ("", "5", "50.", "50.0") after one more key; a key that does not fit changes nothing. */
export function typeAmount(text: string, key: string): string {
  if (key === "back") return text.slice(0, -1);
  if (key === "clear") return "";
  if (key === ".") return text.includes(".") ? text : `${text === "" ? "0" : text}.`;
  if (!/^\d{1,2}$/.test(key)) return text;
  const next = text === "0" ? key.replace(/^0+(?=\d)/, "") : text + key;
  return /^\d{1,6}(\.\d{0,2})?$/.test(next) ? next : text;
}

/** The fen behind a typed amount; an empty or unfinished one counts as far as it goes. */
export function fenOf(text: string): number {
  const [whole = "", part = ""] = text.split(".");
  return Number(whole || "0") * 100 + Number(part.padEnd(2, "0") || "0");
}
