// The tablet's settings, behind the clerk's four digits: who passes by cannot turn anything (B06).

import { useState } from "preact/hooks";
import { version } from "../app/health";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { SecretCode } from "../ui/pad";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { noServer } from "./enrol";
import { PrinterChoice } from "./settings_printer";

const DIGITS = 4;

export function SettingsScreen({ go }: { go: Go }) {
  const [till, view] = useTill();
  const [open, setOpen] = useState(false);
  const [code, setCode] = useState("");
  const [fault, setFault] = useState("");
  const home = (): void => go({ at: "home" });
  const type = async (text: string): Promise<void> => {
    setCode(text);
    if (text.length < DIGITS || !view.clerk) return;
    setFault("");
    // Four digits are guessed from any hash a tablet could hold, so only the server checks them.
    const answer = await till.signIn(view.clerk.clerk_id, text);
    setCode("");
    if (answer.kind === "ok") return setOpen(true);
    play("failed");
    setFault(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
  };
  if (!open) {
    return (
      <Screen title={t("Settings")} onBack={home}>
        {fault && <Notice kind="failed">{fault}</Notice>}
        <p class="hint">{t("{clerk}, type your four digits to open the settings.", { clerk: view.clerk?.label ?? "" })}</p>
        <SecretCode label={t("Your four digits")} text={code} length={DIGITS} onText={(text) => void type(text)} />
      </Screen>
    );
  }
  return <Open onBack={home} />;
}

function Open({ onBack }: { onBack(): void }) {
  const [till, view] = useTill();
  const { paper, camera } = view.preferences;
  return (
    <Screen title={t("Settings")} onBack={onBack}>
      <ul class="choices">
        <li>
          <button type="button" onClick={() => void till.setPreferences({ paper: paper === 58 ? 80 : 58 })}>
            <Icon name="print" />
            {t("Paper {width} mm", { width: paper })}
          </button>
        </li>
        <li>
          <button type="button" onClick={() => void till.setPreferences({ camera: camera === "user" ? "environment" : "user" })}>
            <Icon name="scan" />
            {camera === "user" ? t("Camera: the side of the screen") : t("Camera: the back of the tablet")}
          </button>
        </li>
        <PrinterChoice />
        {till.mode === "till" && (
          <li>
            <button type="button" onClick={() => void till.setTraining(true)}>
              <Icon name="book" />
              {t("Back to the training")}
            </button>
          </li>
        )}
      </ul>
      {!globalThis.isSecureContext && (
        <Notice kind="warning">{t("This page is not opened over https. The camera stays off, a hand scanner works, and the till's key is kept less safely. Ask the office for the https address.")}</Notice>
      )}
      <p class="hint">
        {view.terminal?.terminal_code} · {version()}
      </p>
    </Screen>
  );
}
