// What people hold up instead of their points code, told apart by form alone, as ledger/foreign_codes.py does.

export type ForeignKind = "wechat" | "alipay" | "unionpay" | "id_card" | "bank_card" | "goods" | "phone_number" | "health_code" | "link";

const WALLETS: [ForeignKind, RegExp][] = [
  ["wechat", /^(?:1[0-5]\d{16}|(?:wxp|weixin):\/\/.*)$/i],
  ["alipay", /^(?:(?:2[5-9]|30)\d{14,22}|https?:\/\/qr\.alipay\.com\/.*)$/i],
  ["unionpay", /^(?:62\d{17}|https?:\/\/qr\.95516\.com\/.*)$/i],
];

/** The kind of a foreign code; null where nothing is known of it. */
export function foreignKind(text: string): ForeignKind | null {
  if (isIdentityNumber(text)) return "id_card";
  for (const [wallet, form] of WALLETS) if (form.test(text)) return wallet;
  if (/^HC1:|jkm|jiankangma|health-?code|ehealth/i.test(text)) return "health_code";
  if (/^[a-z][a-z0-9+.-]{1,15}:\/\//i.test(text)) return "link";
  if (/^1[3-9]\d{9}$/.test(text)) return "phone_number";
  if (/^(?:\d{8}|\d{12,13})$/.test(text) && isArticleNumber(text)) return "goods";
  return /^[3-6]\d{15,18}$/.test(text) && isLuhn(text) ? "bank_card" : null;
}

/** 18 signs with a possible date of birth and the right check sign (GB 11643). */
function isIdentityNumber(text: string): boolean {
  if (!/^[1-8]\d{16}[\dXx]$/.test(text)) return false;
  const [year, month, day] = [Number(text.slice(6, 10)), Number(text.slice(10, 12)), Number(text.slice(12, 14))];
  const born = new Date(Date.UTC(year, month - 1, day));
  if (year < 1900 || born.getUTCMonth() !== month - 1 || born.getUTCDate() !== day) return false;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const total = weights.reduce((sum, weight, at) => sum + weight * Number(text.charAt(at)), 0);
  return "10X98765432".charAt(total % 11) === text.charAt(17).toUpperCase();
}

/** EAN and UPC: weights 3 and 1 from the right, the whole a multiple of ten. */
const isArticleNumber = (digits: string): boolean => [...digits].reverse().reduce((sum, digit, at) => sum + Number(digit) * (at % 2 ? 3 : 1), 0) % 10 === 0;

function isLuhn(digits: string): boolean {
  const total = [...digits].reverse().reduce((sum, digit, at) => {
    const value = Number(digit) * (at % 2 ? 2 : 1);
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
  return total % 10 === 0;
}
