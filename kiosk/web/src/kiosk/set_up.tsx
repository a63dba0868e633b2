// First start of the residents' screen: the two codes from the office, and the word when it was taken out of service.

import { useState } from "preact/hooks";
import { said, t } from "../text/t";
import type { Kiosk } from "./device";

const CODE_LENGTH = 12;

export function SetUp({ kiosk, onDone }: { kiosk: Kiosk; onDone(): void }) {
  const [issuer, setIssuer] = useState("");
  const [code, setCode] = useState("");
  const [fault, setFault] = useState("");
  const plain = code.replace(/[^0-9A-Za-z]/g, "").toUpperCase();
  const enrol = async (event: Event): Promise<void> => {
    event.preventDefault();
    const answer = await kiosk.enrol(issuer.toUpperCase(), plain);
    if (answer.kind === "ok") return onDone();
    setFault(answer.refused ? said(answer.refused.zh, answer.refused.en) : t("The server does not answer. Check the network and try again."));
  };
  return (
    <div class="kiosk">
      <main>
        <h1>{t("Set up this screen")}</h1>
        <form onSubmit={(event) => void enrol(event)}>
          <p>{t("The community office gives you two codes. Type both; this is needed once.")}</p>
          <label>
            {t("Community code (4 characters)")}
            <input value={issuer} onInput={(event) => setIssuer(event.currentTarget.value.trim())} maxLength={4} autoComplete="off" required />
          </label>
          <label>
            {t("Enrolment code (12 characters)")}
            <input value={code} onInput={(event) => setCode(event.currentTarget.value)} maxLength={17} autoComplete="off" required />
          </label>
          {fault && <p role="alert">{fault}</p>}
          <button type="submit" class="main" disabled={issuer.length !== 4 || plain.length !== CODE_LENGTH}>
            {t("Set up")}
          </button>
        </form>
      </main>
    </div>
  );
}

export function OutOfService({ onForget }: { onForget(): void }) {
  return (
    <div class="kiosk">
      <main>
        <h1>{t("Out of service")}</h1>
        <p>{t("This screen was taken out of service. Ask the office for a new enrolment code.")}</p>
        <button type="button" class="main" onClick={onForget}>
          {t("Enrol this tablet anew")}
        </button>
      </main>
    </div>
  );
}
