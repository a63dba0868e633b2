import { expect, test } from "vitest";
import { readCertificateNumber } from "../src/rules/certificate";

test("a certificate's number is read as it was printed, and a wrong digit is noticed", () => {
  // The same three stand in tests/stories/test_certificates.py: server and till must agree.
  for (const said of ["000-000-003", "123-456-788", "999-999-995"]) {
    const digits = said.replace(/-/g, "");
    expect(readCertificateNumber(said)).toBe(digits);
    for (let place = 0; place < digits.length; place += 1) {
      const other = digits.slice(0, place) + String((Number(digits[place]) + 3) % 10) + digits.slice(place + 1);
      expect(readCertificateNumber(other)).toBeNull();
    }
  }
  expect(readCertificateNumber("12345-678")).toBeNull();
});
