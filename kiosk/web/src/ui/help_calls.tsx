// Somebody at the residents' screen asks for a person: who goes takes the basket along.

import { useEffect, useRef, useState } from "preact/hooks";
import { helpCalls, newRequestId, takeCall } from "../app/counter";
import type { HelpCall } from "../net/counter_types";
import type { Go } from "../screens/app";
import { said, t } from "../text/t";
import { Notice, useTill } from "./frame";
import { Icon } from "./icons";
import { play } from "./sound";

const LOOK_MS = 5_000;

export function HelpCalls({ go }: { go: Go }) {
  const [till] = useTill();
  const [calls, setCalls] = useState<HelpCall[]>([]);
  const [fault, setFault] = useState("");
  const known = useRef(new Set<string>());
  const request = useRef<Record<string, string>>({});
  useEffect(() => {
    const look = (): void =>
      void helpCalls(till).then((answer) => {
        if (answer.kind !== "ok") return;
        const { items } = answer.value;
        if (items.some((call) => !known.current.has(call.call_id))) play("waiting");
        items.forEach((call) => known.current.add(call.call_id));
        setCalls(items);
      });
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const take = async (call: HelpCall): Promise<void> => {
    const requestId = (request.current[call.call_id] ??= newRequestId(till));
    const answer = await takeCall(till, requestId, call.call_id);
    if (answer.kind === "ok") return go({ at: "redeem", basket: Object.fromEntries(answer.value.lines.map((line) => [line.good_id, line.quantity])) });
    if (answer.refused) setFault(said(answer.refused.zh, answer.refused.en));
  };
  return (
    <>
      {fault && <Notice kind="warning">{fault}</Notice>}
      {calls.map((call) => (
        <section class="order" key={call.call_id} role="status">
          <p>
            <strong>{t("Screen {code} asks for help", { code: call.terminal_code })}</strong> {t("Pieces in the basket: {count}", { count: call.pieces })}
          </p>
          <button type="button" onClick={() => void take(call)}>
            <Icon name="person" />
            {t("I am going")}
          </button>
        </section>
      ))}
    </>
  );
}
