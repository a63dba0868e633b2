// Nobody touched the screen for a while: it asks, counts down in sight, and one touch gives more time.

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../text/t";
import { tell } from "./speech";

/** How long the question stands before the screen is tidied away. */
export const ASK_S = 60;

/** Seconds left of the question, or null while nobody needs to be asked. `at` names the step: a new one starts anew. */
export function useIdle(idleS: number, isActive: boolean, at: string, onOver: () => void): [number | null, () => void] {
  const [left, setLeft] = useState<number | null>(null);
  const touched = useRef(Date.now());
  const over = useRef(onOver);
  over.current = onOver;
  const stay = (): void => {
    touched.current = Date.now();
    setLeft(null);
  };
  useEffect(stay, [at]);
  useEffect(() => {
    if (!isActive) return undefined;
    const touch = (): void => {
      // While the question stands only its own button counts: a sleeve that brushes the glass is no answer.
      if (Date.now() - touched.current < idleS * 1000) touched.current = Date.now();
    };
    const look = (): void => {
      const quiet = (Date.now() - touched.current) / 1000;
      if (quiet < idleS) return setLeft(null);
      const rest = Math.ceil(idleS + ASK_S - quiet);
      if (rest <= 0) {
        stay();
        return over.current();
      }
      setLeft(rest);
    };
    window.addEventListener("pointerdown", touch);
    window.addEventListener("keydown", touch);
    const timer = setInterval(look, 500);
    return () => {
      window.removeEventListener("pointerdown", touch);
      window.removeEventListener("keydown", touch);
      clearInterval(timer);
    };
  }, [isActive, idleS]);
  return [left, stay];
}

export function MoreTime({ left, onStay, onEnd }: { left: number; onStay(): void; onEnd(): void }) {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    first.current?.focus();
    tell("look");
  }, []);
  return (
    <div class="asking" role="alertdialog" aria-modal="true" aria-labelledby="asking">
      <div>
        <h2 id="asking">{t("Do you need more time?")}</h2>
        <p aria-hidden="true" class="left">
          {left}
        </p>
        <p>{t("After {seconds} seconds this screen is cleared. What you chose is kept for your card.", { seconds: left })}</p>
        <button type="button" class="main" ref={first} onClick={onStay}>
          {t("More time")}
        </button>
        <button type="button" class="below" onClick={onEnd}>
          {t("I am done")}
        </button>
      </div>
    </div>
  );
}
