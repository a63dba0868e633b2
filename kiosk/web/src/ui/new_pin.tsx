// A new PIN, chosen by the holder alone: the old one once, the new one twice, nothing of it shown or spoken.

import { useState } from "preact/hooks";
import { t } from "../text/t";
import { SecretCode } from "./pad";

const DIGITS = 6;

export function NewPin({ onChange }: { onChange(old: string, chosen: string): void }) {
  const [typed, setTyped] = useState<string[]>([]);
  const [text, setText] = useState("");
  const [fault, setFault] = useState("");
  const labels = [t("The PIN you have now"), t("New PIN, six digits"), t("The same again")];
  const take = (digits: string): void => {
    setText(digits);
    if (digits.length < DIGITS) return;
    setText("");
    const [old, chosen] = typed;
    if (old === undefined || chosen === undefined) {
      setFault("");
      return setTyped([...typed, digits]);
    }
    if (digits === chosen) return onChange(old, chosen);
    setFault(t("The two new PINs were not the same. Type the new one again."));
    setTyped([old]);
  };
  const label = labels[typed.length]!;
  return (
    <>
      <p role="status">{fault || label}</p>
      <SecretCode key={typed.length} label={label} text={text} length={DIGITS} onText={take} />
      <p>{t("Not six digits in a row, not repeated ones, and no birthday: others try those first.")}</p>
    </>
  );
}
