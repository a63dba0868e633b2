// Who is at the till: a name from the list and four digits.

import { useState } from "preact/hooks";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { SecretCode } from "../ui/pad";
import { play } from "../ui/sound";
import { noServer } from "./enrol";

const DIGITS = 4;

export function SignInScreen() {
  const [till, view] = useTill();
  const clerks = view.state?.clerks ?? [];
  const [chosen, choose] = useState<string | null>(null);
  const [code, setCode] = useState("");
  const [fault, setFault] = useState("");
  const clerk = clerks.find((one) => one.clerk_id === chosen) ?? (clerks.length === 1 ? clerks[0] : undefined);

  const type = async (text: string): Promise<void> => {
    setCode(text);
    if (text.length < DIGITS || !clerk) return;
    setFault("");
    const answer = await till.signIn(clerk.clerk_id, text);
    setCode("");
    if (answer.kind === "ok") return;
    play("failed");
    setFault(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
  };

  if (!clerk) return <ClerkList clerks={clerks} onChoose={choose} />;
  const back = clerks.length > 1 ? () => choose(null) : undefined;
  return (
    <Screen title={clerk.label} onBack={back}>
      {fault && <Notice kind="failed">{fault}</Notice>}
      <p aria-hidden="true">{t("Your clerk's code, four digits")}</p>
      <SecretCode label={t("Your four digits")} text={code} length={DIGITS} onText={(text) => void type(text)} />
    </Screen>
  );
}

function ClerkList({ clerks, onChoose }: { clerks: { clerk_id: string; label: string }[]; onChoose(id: string): void }) {
  const [till, view] = useTill();
  return (
    <Screen title={t("Who are you?")}>
      <p class="shop-name">
        {view.terminal?.merchant_name} {view.terminal?.branch_name}
      </p>
      <ul class="choices">
        {clerks.map((one) => (
          <li key={one.clerk_id}>
            <button type="button" onClick={() => onChoose(one.clerk_id)}>
              <Icon name="person" />
              {one.label}
            </button>
          </li>
        ))}
      </ul>
      {clerks.length === 0 && (
        <>
          <Notice kind="warning">
            {view.online ? t("No clerk is registered for this shop yet. Ask the community office.") : noServer()}
          </Notice>
          <button type="button" class="main" onClick={() => void till.refresh()}>
            {t("Try again")}
          </button>
        </>
      )}
    </Screen>
  );
}
