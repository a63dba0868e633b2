// A certificate's number as people read it: eight digits and a check digit, in threes.

export const CERTIFICATE_DIGITS = 9;

/** The nine digits of a typed number, or null where they cannot be a certificate's. */
export function readCertificateNumber(text: string): string | null {
  const digits = text.replace(/[-\s]/g, "");
  if (!/^\d{9}$/.test(digits)) return null;
  return checkDigit(digits.slice(0, -1)) === Number(digits[8]) ? digits : null;
}

/** ISO 7064 MOD 11,10. */
function checkDigit(digits: string): number {
  let product = 10;
  for (const digit of digits) {
    product = (product + Number(digit)) % 10 || 10;
    product = (product * 2) % 11;
  }
  return (11 - product) % 10;
}
