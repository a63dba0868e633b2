// Pictures of goods: the server's where there is one, else drawn here by the good's kind.

import type { Good } from "../net/types";

const DRAWN: Record<string, string> = {
  eggs: "M14 40a8 10 0 1116 0 8 8 0 01-16 0zM34 40a8 10 0 1116 0 8 8 0 01-16 0zM24 24a8 10 0 1116 0 8 8 0 01-16 0z",
  tissue: "M8 26h48v26H8zM20 26l6-14 6 6 6-6 6 14M8 36h48",
  rice: "M18 10h28l-4 8c10 8 12 20 8 36H14c-4-16-2-28 8-36zM22 18h20M26 34h12M26 42h12",
  oil: "M26 6h12v8l6 8v34H20V22l6-8zM20 32h24M20 46h24",
  soap: "M8 26c0-4 4-6 8-6h32c4 0 8 2 8 6v16c0 4-4 6-8 6H16c-4 0-8-2-8-6zM20 34h24",
  slippers: "M12 52c-5-10-4-26 4-30 6-2 10 4 8 12-2 7-1 12 0 18zM36 52c-1-6 0-11-2-18-2-8 2-14 8-12 8 4 9 20 4 30zM10 36c4-5 10-5 14-1M40 35c4-4 10-4 14 1",
  towel: "M12 8h40v36H12zM12 36h40M12 44l3 12M22 44l2 12M32 44v12M42 44l-2 12M52 44l-3 12M18 16h28",
  bottle: "M24 6h16v6l-3 4v6c6 3 9 8 9 14v22H18V36c0-6 3-11 9-14v-6l-3-4zM18 38h28M18 48h28",
  noodles: "M8 30h48c0 14-8 24-24 24S8 44 8 30zM18 30V12M26 30V8M34 30V12M42 30V8M14 56h36",
  umbrella: "M32 8c14 0 24 10 24 22-4-4-8-4-12 0-4-4-8-4-12 0-4-4-8-4-12 0-4-4-8-4-12 0C8 18 18 8 32 8zM32 30v20c0 6-8 6-8 0",
  book: "M8 12c8-3 16-3 24 2v40c-8-5-16-5-24-2zM56 12c-8-3-16-3-24 2v40c8-5 16-5 24-2z",
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
