// Pictures beside words, drawn as lines; the words carry the meaning.

const PATHS = {
  done: "M4 13l5 5L20 6",
  failed: "M5 5l14 14M19 5L5 19",
  waiting: "M12 6v6l4 3M12 2a10 10 0 100 20 10 10 0 000-20z",
  warning: "M12 3L2 20h20zM12 10v4M12 17v.5",
  back: "M15 4l-8 8 8 8",
  erase: "M8 5h13v14H8l-6-7zM11 9l6 6M17 9l-6 6",
  sale: "M3 4h2l3 11h10l3-8H6M9 20a1 1 0 100-.1M17 20a1 1 0 100-.1",
  refund: "M9 14L4 9l5-5M4 9h10a6 6 0 010 12h-3",
  list: "M8 6h13M8 12h13M8 18h13M3 6h.1M3 12h.1M3 18h.1",
  close: "M20 14A8 8 0 1110 4a7 7 0 0010 10z",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16",
  print: "M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z",
  seal: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4",
  ticket: "M3 7h18v4a2 2 0 000 4v4H3v-4a2 2 0 000-4zM14 7v12",
  person: "M12 12a4 4 0 100-8 4 4 0 000 8zM4 21a8 8 0 0116 0",
  key: "M8 18a4 4 0 100-8 4 4 0 000 8zM11 11l9-8M16 6l3 3M13 9l2 2",
  queue: "M4 6h10M4 12h10M4 18h10M17 8l4 4-4 4",
  book: "M5 4h14v16H5zM9 4v16M12 9h4M12 13h4",
  screen: "M3 4h18v12H3zM12 16v4M8 20h8",
  gift: "M4 11h16v10H4zM3 7h18v4H3zM12 7v14M12 7S7 6 8 3.500 12 7 12 7s3-6 4-3.500S12 7 12 7",
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);
