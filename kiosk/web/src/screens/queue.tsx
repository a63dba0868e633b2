// The queue of an afternoon: draw a number for who comes in, call the next one to this counter.

import { useEffect, useRef, useState } from "preact/hooks";
import { callNext, drawNumber, newRequestId, queueState } from "../app/counter";
import type { Answer } from "../net/api";
import type { QueueState } from "../net/counter_types";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { PrintButtons } from "../ui/print_buttons";
import type { Go } from "./app";
import { noServer } from "./enrol";

const LOOK_MS = 10_000;

export function QueueScreen({ go }: { go: Go }) {
  const [till, view] = useTill();
  const [state, setState] = useState<QueueState | null>(null);
  const [drawn, setDrawn] = useState<number | null>(null);
  const [called, setCalled] = useState<number | null>(null);
  const [fault, setFault] = useState("");
  // Kept until it was answered: a second touch after a lost answer asks for the same number.
  const request = useRef<string | null>(null);
  const look = (): void =>
    void queueState(till).then((answer) => {
      if (answer.kind === "ok") setState(answer.value);
    });
  useEffect(() => {
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const ask = async (act: (requestId: string) => Promise<Answer<{ number: number }>>, show: (number: number) => void): Promise<void> => {
    request.current ??= newRequestId(till);
    const answer = await act(request.current);
    if (answer.kind !== "unanswered") request.current = null;
    setFault(answer.kind === "ok" ? "" : answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
    if (answer.kind === "ok") show(answer.value.number);
    look();
  };
  return (
    <Screen title={t("Call numbers")} onBack={() => go({ at: "home" })}>
      {fault && <Notice kind="warning">{fault}</Notice>}
      <p class="pays" role="status">
        <span>{t("Waiting: {count}", { count: state?.waiting ?? 0 })}</span>
        {called !== null && <strong>{t("Now number {number}", { number: called })}</strong>}
      </p>
      <button type="button" class="main" disabled={state?.waiting === 0} onClick={() => void ask((id) => callNext(till, id), setCalled)}>
        <Icon name="queue" />
        {t("Call the next number")}
      </button>
      <button type="button" class="below" onClick={() => void ask((id) => drawNumber(till, id), setDrawn)}>
        {t("Draw a number")}
      </button>
      {called !== null && (
        <button type="button" class="below" onClick={() => go({ at: "redeem" })}>
          {t("Redeem goods")}
        </button>
      )}
      {drawn !== null && (
        <>
          <article class={`slip ticket mm${view.preferences.paper}`} aria-label={t("Number")}>
            <p>{view.terminal?.branch_name}</p>
            <p class="drawn">{drawn}</p>
            <p>{t("Please wait until this number is called.")}</p>
          </article>
          <PrintButtons />
        </>
      )}
    </Screen>
  );
}
