// A file input that can be given the same file twice.

import type { JSX } from "preact";

interface Props {
  accept: string;
  onFile: (file: File) => void;
}

export function Choose({ accept, onFile }: Props): JSX.Element {
  return (
    <input
      type="file"
      accept={accept}
      onChange={({ currentTarget }) => {
        const file = currentTarget.files?.[0];
        // Else the browser says nothing when the same name is chosen again.
        if (file) onFile(file);
        currentTarget.value = "";
      }}
    />
  );
}
