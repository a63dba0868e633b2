// Check a receipt, a statement or a notice board: scanned, judged without network, compared where there is one.

import { useEffect, useState } from "preact/hooks";
import { type Ask, type Checked, checkCode, compareCode, leafPath, type LeafProof } from "../app/check";
import { followSeal, keptLog } from "../app/seal";
import type { Till } from "../app/till";
import type { SealAlarm } from "../device/db";
import { isSealCode } from "../rules/tlog/code_form";
import { knownFrom, type LogKept } from "../rules/tlog/witness";
import { t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { Evidence, Roots } from "../ui/log";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { play } from "../ui/sound";
import { VerdictCard } from "../ui/verdict";
import type { Go } from "./app";

interface CheckProps {
  go: Go;
  /** A code that was scanned elsewhere. */
  first: string | null;
  /** Opened to look at what does not fit, so that stands first and the camera stays off. */
  evidence: boolean;
}

export function CheckScreen({ go, first, evidence }: CheckProps) {
  const [till, view] = useTill();
  const [kept, setKept] = useState<LogKept | null>(null);
  const [checked, setChecked] = useState<Checked | null>(null);
  const [camera, setCamera] = useState(first === null && !evidence);
  const [fault, setFault] = useState("");
  useEffect(() => void keptLog(till).then(setKept), [view.state, view.sealAlarms]);
  useEffect(() => {
    if (first !== null) void take(first);
  }, []);

  const take = async (text: string): Promise<void> => {
    if (!isSealCode(text)) {
      play("failed");
      return setFault(t("This is no code of the seal. Scan the larger code on the slip, the statement or the notice board."));
    }
    setFault("");
    setCamera(false);
    const found = await check(till, text, setChecked);
    if (found) return;
    setCamera(true);
    play("failed");
    setFault(t("This till has never met the community's log. Connect the tablet and scan again."));
  };
  useScans((text) => void take(text));

  const again = (): void => {
    setChecked(null);
    setCamera(true);
  };
  const evidenceFirst = evidence && !camera && !checked;
  const shown = view.sealAlarms.map((alarm) => <Evidence key={alarm.request_id} evidence={alarm} state={stateOf(alarm)} />);
  return (
    <Screen title={t("Check a receipt")} onBack={() => go({ at: "home" })}>
      {fault && <Notice kind="failed">{fault}</Notice>}
      {camera && (
        <>
          <Scanner onText={(text) => void take(text)} />
          <p class="hint">{t("Hold the larger code of a slip, a statement or the notice board in the frame. No network is needed.")}</p>
        </>
      )}
      {checked && <VerdictCard verdict={checked.verdict} facts={checked.facts} />}
      {evidenceFirst && shown}
      {!camera && (
        <button type="button" class="main" onClick={again}>
          <Icon name="scan" />
          {checked ? t("Check another") : t("Scan the code")}
        </button>
      )}
      {!evidenceFirst && shown}
      {kept && <Roots kept={kept} />}
    </Screen>
  );
}

/** Shows the verdict of the tablet at once, and a better one when the server has answered. */
async function check(till: Till, text: string, show: (checked: Checked) => void): Promise<Checked | null> {
  const known = async () => {
    const kept = await keptLog(till);
    return kept && knownFrom(kept, till.view.terminal?.issuer ?? "");
  };
  const before = await known();
  const found = before && checkCode(text, before);
  if (found) show(found);
  if (!till.view.online || (found && ["published", "foreign"].includes(found.verdict.kind))) return found;
  await followSeal(till);
  const after = await known();
  const better = after && (await compareCode(text, after, askLeaf(till), Math.floor(till.clock.now() / 1000)));
  if (better) show(better);
  return better;
}

const askLeaf = (till: Till): Ask => async (code, size) => {
  const answer = await till.api.get<LeafProof>(leafPath(till.view.terminal?.issuer ?? "", code, size));
  if (answer.kind === "ok") return answer.value;
  return answer.kind === "refused" && answer.refused.code === "leaf_not_found" ? "absent" : null;
};

function stateOf(alarm: SealAlarm): string {
  const known = alarm.reported ? t("The office has the report.") : t("The report waits to be sent.");
  return `${alarm.at.slice(0, 16).replace("T", " ")} · ${known}`;
}
