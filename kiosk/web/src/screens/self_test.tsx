// The opening self-test: every check in words, and the one thing a hand must do, which is to scan the test card.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { CHECKS, type CheckName, endTest, isTestCard, quietChecks } from "../app/self_test";
import { t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { Result } from "../ui/result";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { play } from "../ui/sound";
import type { Go } from "./app";

type Passed = Partial<Record<CheckName, boolean>>;
const NAMES = Object.keys(CHECKS) as CheckName[];

export function SelfTestScreen({ go }: { go: Go }) {
  const [till, view] = useTill();
  const [passed, setPassed] = useState<Passed>({});
  const [fault, setFault] = useState("");
  const [over, setOver] = useState(false);
  const quiet = useMemo(() => quietChecks(till), []);
  useEffect(() => void quiet.then((found) => setPassed((before) => ({ ...before, ...found }))), []);
  const ended = useRef(false);
  const end = async (scanner: boolean): Promise<void> => {
    if (ended.current) return;
    ended.current = true;
    // A card held up at once is no reason to call a check failed that is still running.
    const all = { ...(await quiet), scanner };
    setPassed(all);
    setOver(true);
    void endTest(till, all);
  };
  const take = async (text: string): Promise<void> => {
    if (over) return;
    if (await isTestCard(till, text)) return end(true);
    play("failed");
    setFault(t("This is not the test card of this community. It stands on the enrolment slip."));
  };
  useScans((text) => void take(text));
  const good = NAMES.every((name) => passed[name]);
  return (
    <Screen title={t("Self-test")} onBack={() => go({ at: "home" })}>
      {over && (
        <Result kind={good ? "done" : "failed"} word={good ? t("Everything works") : t("Something does not work")}>
          <p>{view.online ? t("The server answers too.") : t("The server does not answer just now. The test needs no network.")}</p>
        </Result>
      )}
      {fault && !over && <Notice kind="failed">{fault}</Notice>}
      <ul class="checks">
        {NAMES.map((name) => (
          <Check key={name} name={name} passed={passed[name] ?? null} over={over} />
        ))}
      </ul>
      {!over && (
        <>
          <Scanner onText={(text) => void take(text)} />
          <p class="hint">{t("Scan the test card now. It buys nothing.")}</p>
          <button type="button" class="below" onClick={() => void end(false)}>
            {t("I have no test card")}
          </button>
        </>
      )}
      {over && (
        <button type="button" class="main" onClick={() => go({ at: "home" })}>
          {t("Home")}
        </button>
      )}
    </Screen>
  );
}

function Check({ name, passed, over }: { name: CheckName; passed: boolean | null; over: boolean }) {
  const bad = passed === false || (over && !passed);
  return (
    <li class={bad ? "bad" : passed ? "good" : ""}>
      <Icon name={bad ? "failed" : passed ? "done" : "waiting"} />
      <span>
        <strong>{t(CHECKS[name].name)}</strong>
        {bad && <span>{t(CHECKS[name].help)}</span>}
      </span>
    </li>
  );
}
