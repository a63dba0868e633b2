// The residents' own screen: a new PIN.

import { t } from "../text/t";
import { NewPin } from "../ui/new_pin";
import { Heading } from "./screens";

export function ChangePin({ onChange }: { onChange(old: string, chosen: string): void }) {
  return (
    <>
      <Heading>{t("Change my PIN")}</Heading>
      <NewPin onChange={onChange} />
    </>
  );
}

export function PinChanged() {
  return <Heading>{t("Your new PIN counts from now on.")}</Heading>;
}
