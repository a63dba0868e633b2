// What the page shows: the verdict on the code it was opened with, a way to check another, and the published roots.

import { useEffect, useState } from "preact/hooks";
import { type Checked, checkCode, compareCode } from "../app/check";
import { cameraAllowed } from "../scan/camera";
import { knownFrom, type LogOffer } from "../rules/tlog/witness";
import { inLanguage, type Language, mark, t, useLanguage } from "../text/t";
import { Icon } from "../ui/icons";
import { Evidence, Roots } from "../ui/log";
import { Camera } from "../ui/scanner";
import { VerdictCard } from "../ui/verdict";
import { askOnPhone, followOnPhone, type PhoneLog } from "./log";

/** What the server wrote into the page. */
export interface PageFacts {
  language: Language;
  /** The community's four characters; empty where none was named and there are several. */
  issuer: string;
  community: string;
  hotline: string;
  places: { issuer: string; name: string }[];
  offer: LogOffer | null;
}

/** The code in the page's own address; the page itself may be one kept from an earlier visit. */
const codeHere = (): string => decodeURIComponent(location.pathname.replace(/^\/CHECK\/?/, ""));

export function CheckPage({ facts }: { facts: PageFacts }) {
  const [language, setLanguage] = useState(facts.language);
  useLanguage(language);
  document.title = t("Check a receipt");
  const other = language === "zh" ? "en" : "zh";
  return (
    <div class="screen">
      <header class="bar">
        <h1>{facts.community ? `${facts.community} · ${t("Check a receipt")}` : t("Check a receipt")}</h1>
        <button type="button" class="quiet" lang={other === "zh" ? "zh-CN" : "en"} onClick={() => setLanguage(other)}>
          {other === "zh" ? inLanguage("zh", mark("Chinese")) : "English"}
        </button>
      </header>
      <main>{facts.issuer ? <Checker facts={facts} /> : <Places facts={facts} />}</main>
    </div>
  );
}

function Places({ facts }: { facts: PageFacts }) {
  return (
    <>
      <p>{t("Which community is it from?")}</p>
      <ul class="places">
        {facts.places.map((place) => (
          <li key={place.issuer}>
            <a href={`?c=${place.issuer}`}>{place.name}</a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Checker({ facts }: { facts: PageFacts }) {
  const [log, setLog] = useState<PhoneLog | null>(null);
  const [checked, setChecked] = useState<Checked | null>(null);
  const [camera, setCamera] = useState(false);
  const [fault, setFault] = useState("");
  useEffect(() => void followOnPhone(facts.issuer, facts.offer).then(setLog), []);
  useEffect(() => {
    const code = codeHere();
    if (!log || !code) return;
    void take(code);
    // The code stands in the address only to be opened; it need not stay in the history.
    history.replaceState(null, "", `/CHECK?c=${facts.issuer}`);
  }, [log !== null]);

  const take = async (text: string): Promise<void> => {
    const kept = log?.kept;
    const known = kept ? knownFrom(kept, facts.issuer) : null;
    const found = known && checkCode(text, known);
    setChecked(found);
    setCamera(false);
    setFault(found ? "" : kept ? t("This is no code of the seal. Scan the larger code on the slip, the statement or the notice board.") : t("The community has not sealed anything yet."));
    if (!found || !known) return;
    const better = await compareCode(text, known, askOnPhone(facts.issuer), Math.floor(Date.now() / 1000));
    if (better) setChecked(better);
  };

  return (
    <>
      {log?.fault && <Evidence evidence={log.fault} />}
      {fault && <p class="notice failed" role="alert">{fault}</p>}
      {checked && <VerdictCard verdict={checked.verdict} facts={checked.facts} />}
      {camera && <PhoneCamera onText={(text) => void take(text)} />}
      {!camera && cameraAllowed() && (
        <button type="button" class="main" onClick={() => setCamera(true)}>
          <Icon name="scan" />
          {checked ? t("Check another") : t("Scan the code")}
        </button>
      )}
      <TypedCode onText={(text) => void take(text)} />
      {log?.kept && <Roots kept={log.kept} />}
      <p class="hint">{t("This page needs no network once it is open. It keeps the roots above on this phone and says so when one of them is ever shown otherwise.")}</p>
      {facts.hotline && <p>{t("Hotline of the community: {hotline}", { hotline: facts.hotline })}</p>}
    </>
  );
}

function PhoneCamera({ onText }: { onText(text: string): void }) {
  const [facing, setFacing] = useState<"environment" | "user">("environment");
  return <Camera facing={facing} onTurn={setFacing} onText={onText} />;
}

/** For a scanner that types, and for a code copied out of a message. */
function TypedCode({ onText }: { onText(text: string): void }) {
  const [text, setText] = useState("");
  const send = (event: Event): void => {
    event.preventDefault();
    onText(text.trim().toUpperCase());
    setText("");
  };
  return (
    <form class="typed" onSubmit={send}>
      <label>
        {t("Or paste the code's text")}
        <input value={text} onInput={(event) => setText(event.currentTarget.value)} autoComplete="off" spellcheck={false} />
      </label>
      <button type="submit" disabled={text.trim() === ""}>
        {t("Check")}
      </button>
    </form>
  );
}
