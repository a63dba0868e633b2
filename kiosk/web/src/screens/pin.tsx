// A holder changes the PIN at the clerk's tablet: the clerk scans the code and turns the tablet round, the holder types.

import { useEffect, useRef, useState } from "preact/hooks";
import { changePin, newRequestId } from "../app/counter";
import type { VerifiedToken } from "../rules/verify";
import { readScan } from "../scan/read";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { NewPin } from "../ui/new_pin";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { noServer } from "./enrol";

type Step = "scan" | "turn" | "type" | "sending" | "unknown" | "refused" | "changed";

interface Asked {
  request_id: string;
  token: string;
  old: string;
  pin: string;
}

export function PinScreen({ go }: { go: Go }) {
  const [till, view] = useTill();
  const [step, setStep] = useState<Step>("scan");
  const [token, setToken] = useState<VerifiedToken | null>(null);
  const [fault, setFault] = useState("");
  // In memory until its answer is known, and nowhere else.
  const asked = useRef<Asked | null>(null);
  useEffect(() => () => void (asked.current = null), []);
  const home = (): void => go({ at: "home" });

  const scan = (text: string): void => {
    if (step !== "scan" || !view.online) return;
    void readScan(till, text).then((read) => {
      const isHolder = read.kind === "token" && read.token.keyClass !== "crt";
      play(isHolder ? "read" : "failed");
      if (!isHolder) return setFault(read.kind === "fault" ? read.sentence : t("Scan the resident's card, or the code on the phone."));
      setFault("");
      setToken(read.token);
      setStep("turn");
    });
  };
  useScans(scan);

  const send = async (): Promise<void> => {
    if (!asked.current) return;
    setStep("sending");
    const answer = await changePin(till, asked.current);
    if (answer.kind === "unanswered") {
      setFault(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
      return setStep("unknown");
    }
    asked.current = null;
    if (answer.kind === "ok") return setStep("changed");
    setFault(said(answer.refused.zh, answer.refused.en));
    setStep("refused");
  };
  const take = (old: string, pin: string): void => {
    asked.current = { request_id: newRequestId(till), token: token!.text, old, pin };
    void send();
  };
  const again = (): void => {
    setFault("");
    setStep("type");
  };

  return (
    <Screen title={t("Change a PIN")} {...(step !== "sending" && step !== "unknown" && { onBack: home })}>
      {fault && step !== "type" && <Notice kind="failed">{fault}</Notice>}
      {step === "scan" && !view.online && <Notice kind="warning">{t("A PIN is changed with network alone. Try again when it is back.")}</Notice>}
      {step === "scan" && view.online && (
        <>
          <Scanner onText={scan} />
          <p class="hint">{t("Scan the card, or the code on the phone. The resident needs the PIN they have now; who forgot it goes to the community office.")}</p>
        </>
      )}
      {step === "turn" && (
        <>
          <Notice kind="info">{t("Turn the tablet to the resident, and look away until they say that they are done.")}</Notice>
          <button type="button" class="main" onClick={again}>
            {t("I am the resident: type my PIN")}
          </button>
        </>
      )}
      {step === "type" && <NewPin onChange={take} />}
      {step === "sending" && <p role="status">{t("One moment…")}</p>}
      {step === "unknown" && (
        <>
          <p class="hint">{t("Whether it was changed is not known yet. Asking again changes it once only.")}</p>
          <button type="button" class="main" onClick={() => void send()}>
            {t("Try again")}
          </button>
        </>
      )}
      {step === "refused" && (
        <button type="button" class="main" onClick={again}>
          {t("Try again")}
        </button>
      )}
      {step === "changed" && (
        <>
          <Notice kind="info">{t("Your new PIN counts from now on.")}</Notice>
          <p class="hint">{t("Please give the tablet back.")}</p>
        </>
      )}
      {(step === "changed" || step === "refused" || step === "unknown") && (
        <button type="button" onClick={home}>
          <Icon name="done" />
          {t("Home")}
        </button>
      )}
    </Screen>
  );
}
