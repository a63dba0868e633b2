// First start: two codes from the community office make this tablet a till.

import { useState } from "preact/hooks";
import { subtleCrypto } from "../device/keys";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";

const CODE_LENGTH = 12;

export function EnrolScreen() {
  const [till] = useTill();
  const [slip] = useState(slipCodes);
  const [issuer, setIssuer] = useState(slip.issuer);
  const [code, setCode] = useState(slip.code);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const plain = code.replace(/[^0-9A-Za-z]/g, "").toUpperCase();
  const ready = issuer.length === 4 && plain.length === CODE_LENGTH && !busy;

  const enrol = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    const answer = await till.enrol(issuer.toUpperCase(), plain);
    setBusy(false);
    if (answer.kind === "ok") return;
    setFault(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
  };

  return (
    <Screen title={till.mode === "till" ? t("Set up this till") : t("Set up this counter")}>
      <form onSubmit={(event) => void enrol(event)}>
        <p>{t("Two codes stand on the enrolment slip, from the community office or printed by the owner. Type both; this is needed once.")}</p>
        <label>
          {t("Community code (4 characters)")}
          <input
            value={issuer}
            onInput={(event) => setIssuer(event.currentTarget.value.trim())}
            maxLength={4}
            autoCapitalize="characters"
            autoComplete="off"
            spellcheck={false}
            required
          />
        </label>
        <label>
          {t("Enrolment code (12 characters)")}
          <input
            value={code}
            onInput={(event) => setCode(event.currentTarget.value)}
            maxLength={17}
            autoCapitalize="characters"
            autoComplete="off"
            spellcheck={false}
            required
          />
        </label>
        {fault && <Notice kind="failed">{fault}</Notice>}
        {!subtleCrypto() && <Notice kind="warning">{plainHttp()}</Notice>}
        <button type="submit" class="main" disabled={!ready}>
          {busy ? t("One moment…") : t("Set up")}
        </button>
      </form>
    </Screen>
  );
}

/** The two codes of an enrolment slip whose picture was scanned: they stand behind the #, which no server is told. */
function slipCodes(): { issuer: string; code: string } {
  const match = /^#([0-9A-Za-z]{4})-([0-9A-Za-z]{12})$/.exec(location.hash);
  if (!match) return { issuer: "", code: "" };
  history.replaceState(null, "", location.pathname);
  return { issuer: match[1]!.toUpperCase(), code: match[2]!.toUpperCase() };
}

export const noServer = (): string => t("The server does not answer. Check the network and try again.");

const plainHttp = (): string =>
  t("This page is not opened over https. The camera stays off, a hand scanner works, and the till's key is kept less safely. Ask the office for the https address.");
