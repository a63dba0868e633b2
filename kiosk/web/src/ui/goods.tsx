// Pictures of goods: the server's where there is one, else drawn here by the good's kind.

import type { Good } from "../net/types";

const DRAWN: Record<string, string> = {
  eggs: "M14 40a8 10 0 1116 0 8 8 0 01-16 0zM34 40a8 10 0 1116 0 8 8 0 01-16 0zM24 24a8 10 0 1116 0 8 8 0 01-16 0z",
  tissue: "M8 26h48v26H8zM20 26l6-14 6 6 6-6 6 14M8 36h48",
  rice: "M18 10h28l-4 8c10 8 12 20 8 36H14c-4-16-2-28 8-36zM22 18h20M26 34h12M26 42h12",
  oil: "M26 6h12v8l6 8v34H20V22l6-8zM20 32h24M20 46h24",
  soap: "M8 26c0-4 4-6 8-6h32c4 0 8 2 8 6v16c0 4-4 6-8 6H16c-4 0-8-2-8-6zM20 34h24",
  box: "M8 20l24-10 24 10v26L32 56 8 46zM8 20l24 10 24-10M32 30v26",
};

export function Picture({ good }: { good: Good }) {
  if (/^\/[^/]/.test(good.picture)) return <img class="picture-of" src={good.picture} alt="" loading="lazy" />;
  return (
    <svg class="picture-of" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <path d={DRAWN[good.picture] ?? DRAWN["box"]!} />
    </svg>
  );
}
