// A certificate whose code cannot be read: its nine digits are typed, and a wrong one is noticed at once.

import { useState } from "preact/hooks";
import { CERTIFICATE_DIGITS, readCertificateNumber } from "../rules/certificate";
import { t } from "../text/t";
import { Notice } from "../ui/frame";

export function TypedCertificate({ onNumber }: { onNumber(number: string): void }) {
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(false);
  const digits = typed.replace(/\D/g, "");
  const send = (event: Event): void => {
    event.preventDefault();
    const number = readCertificateNumber(digits);
    setWrong(number === null);
    if (number !== null) onNumber(number);
  };
  return (
    <form class="find" onSubmit={send}>
      {wrong && <Notice kind="failed">{t("This is no certificate number. Ask for all nine digits again, in threes.")}</Notice>}
      <label>
        {t("Or type the certificate's number")}
        <input value={typed} onInput={(event) => setTyped(event.currentTarget.value)} placeholder="123-456-789" inputMode="numeric" autoComplete="off" maxLength={13} />
      </label>
      <button type="submit" disabled={digits.length !== CERTIFICATE_DIGITS}>
        {t("Take the certificate")}
      </button>
    </form>
  );
}
