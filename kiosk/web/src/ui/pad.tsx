// Big keys for amounts and codes; a keyboard does the same.

import { useLayoutEffect, useRef } from "preact/hooks";
import { fenOf, hundredths, typeAmount } from "../rules/units";
import { t } from "../text/t";
import { Icon } from "./icons";

/** What a person types on a keyboard reaches the pad that is on the screen. */
let takeKey: ((key: string) => void) | null = null;
export const typeKey = (key: string): void => takeKey?.(key);

function useKeys(onKey: (key: string) => void): void {
  useLayoutEffect(() => {
    takeKey = onKey;
    return () => {
      if (takeKey === onKey) takeKey = null;
    };
  });
}

interface PadProps {
  onKey(key: string): void;
  corner?: "." | "clear";
}

export function Pad({ onKey, corner = "clear" }: PadProps) {
  useKeys(onKey);
  const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", corner, "0", "back"];
  return (
    <div class="pad" role="group" aria-label={t("Number keys")}>
      {keys.map((key) => (
        <button type="button" key={key} onClick={() => onKey(key)} aria-label={labelOf(key)}>
          {key === "back" ? <Icon name="erase" /> : key === "clear" ? t("Clear") : key}
        </button>
      ))}
    </div>
  );
}

function labelOf(key: string): string {
  if (key === "back") return t("Delete the last digit");
  if (key === "clear") return t("Clear");
  return key === "." ? t("Point") : key;
}

interface AmountProps {
  label: string;
  text: string;
  onText(text: string): void;
}

/** Applies keys one after the other, also when several come before the next picture. */
function useTyping(text: string, onText: (text: string) => void): (change: (text: string) => string) => void {
  const latest = useRef(text);
  latest.current = text;
  return (change) => {
    const next = change(latest.current);
    if (next === latest.current) return;
    latest.current = next;
    onText(next);
  };
}

/** An amount in yuan with its keys. */
export function Amount({ label, text, onText }: AmountProps) {
  const type = useTyping(text, onText);
  return (
    <>
      <output class="amount" aria-label={label} aria-live="polite">
        <span class="label">{label}</span>
        <span class="figure">
          {text || "0"}
          <span class="unit">{t("yuan")}</span>
        </span>
        <span class="spoken">{t("{yuan} yuan", { yuan: hundredths(fenOf(text)) })}</span>
      </output>
      <Pad corner="." onKey={(key) => type((before) => typeAmount(before, key))} />
    </>
  );
}

interface CodeProps {
  label: string;
  text: string;
  length: number;
  onText(text: string): void;
}

/** Digits nobody beside should read: as many dots as digits typed. */
export function SecretCode({ label, text, length, onText }: CodeProps) {
  const type = useTyping(text, onText);
  const press = (key: string): void =>
    type((before) => {
      if (key === "back") return before.slice(0, -1);
      if (key === "clear") return "";
      return /^\d$/.test(key) && before.length < length ? before + key : before;
    });
  return (
    <>
      <output class="secret" aria-label={label} aria-live="polite">
        <span class="spoken">{t("{typed} of {length} digits", { typed: text.length, length })}</span>
        {Array.from({ length }, (_, at) => (
          <span key={at} class={at < text.length ? "dot full" : "dot"} aria-hidden="true" />
        ))}
      </output>
      <Pad onKey={press} />
    </>
  );
}
