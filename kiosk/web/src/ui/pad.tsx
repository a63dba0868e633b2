// Big keys for amounts and codes; a keyboard does the same.

import { useEffect } from "preact/hooks";
import { fenOf, hundredths, typeAmount } from "../rules/units";
import { t } from "../text/t";
import { Icon } from "./icons";

/** What a person types on a keyboard reaches the pad that is on the screen. */
let takeKey: ((key: string) => void) | null = null;
export const typeKey = (key: string): void => takeKey?.(key);

function useKeys(onKey: (key: string) => void): void {
  useEffect(() => {
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

/** An amount in yuan with its keys. */
export function Amount({ label, text, onText }: AmountProps) {
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
      <Pad corner="." onKey={(key) => onText(typeAmount(text, key))} />
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
  const type = (key: string): void => {
    if (key === "back") onText(text.slice(0, -1));
    else if (key === "clear") onText("");
    else if (/^\d$/.test(key) && text.length < length) onText(text + key);
  };
  return (
    <>
      <output class="secret" aria-label={label} aria-live="polite">
        <span class="spoken">{t("{typed} of {length} digits", { typed: text.length, length })}</span>
        {Array.from({ length }, (_, at) => (
          <span key={at} class={at < text.length ? "dot full" : "dot"} aria-hidden="true" />
        ))}
      </output>
      <Pad onKey={type} />
    </>
  );
}
