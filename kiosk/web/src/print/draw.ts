// Draws a slip on a canvas as wide as the paper has dots: one dot of the canvas is one dot on the paper.

import { encode } from "uqr";
import { type Bitmap, bitmapOf } from "./escpos";
import type { Part } from "./parts";

/** Heights in dots; eight are a millimetre. */
const SIZES = { small: 24, large: 34, huge: 140 } as const;
const LEADING = 1.35;
const GAP = 12;
const MOST_MODULE_DOTS = 6;

type Draw = (context: CanvasRenderingContext2D, top: number) => void;
interface Block {
  height: number;
  draw: Draw;
}

/** The slip as dots; `width` a multiple of eight, `face` the fonts of the screen, `large` for eyes that need it. */
export function drawSlip(parts: Part[], width: number, face: string, large: boolean): Bitmap {
  const canvas = document.createElement("canvas");
  const measuring = canvas.getContext("2d")!;
  const scale = large ? 1.35 : 1;
  const blocks = parts.map((part) => blockOf(part, { context: measuring, width, face, scale }));
  canvas.width = width;
  canvas.height = blocks.reduce((sum, block) => sum + block.height, 0);
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000";
  let top = 0;
  for (const { height, draw } of blocks) {
    draw(context, top);
    top += height;
  }
  return bitmapOf(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height);
}

interface Paper {
  context: CanvasRenderingContext2D;
  width: number;
  face: string;
  scale: number;
}

function blockOf(part: Part, paper: Paper): Block {
  switch (part.kind) {
    case "row":
      return rowOf(part.label, part.value, paper);
    case "text":
      return textOf(part, paper);
    case "code":
      return codeOf(part.text, part.proof, paper);
    case "tear":
      return tearOf(paper);
  }
}

const fontOf = (dots: number, bold: boolean, face: string): string => `${bold ? "700" : "500"} ${dots}px ${face}`;

/** Label on the left, value on the right; what does not fit beside it goes below. */
function rowOf(label: string, value: string, { context, width, face, scale }: Paper): Block {
  const dots = Math.round(SIZES.small * scale);
  const [labelFont, valueFont] = [fontOf(dots, false, face), fontOf(dots, true, face)];
  context.font = labelFont;
  const labelWidth = context.measureText(label).width;
  context.font = valueFont;
  const isBeside = labelWidth + GAP + context.measureText(value).width <= width;
  const lines = isBeside ? [value] : linesOf(context, value, width);
  const step = Math.round(dots * LEADING);
  return {
    height: step * (isBeside ? 1 : lines.length + 1),
    draw: (on, top) => {
      put(on, label, { font: labelFont, align: "left", x: 0, y: top });
      lines.forEach((line, at) => put(on, line, { font: valueFont, align: "right", x: width, y: top + step * (isBeside ? at : at + 1) }));
    },
  };
}

function textOf({ text, size, bold, framed }: Part & { kind: "text" }, { context, width, face, scale }: Paper): Block {
  const dots = Math.round(SIZES[size] * scale);
  const font = fontOf(dots, bold, face);
  context.font = font;
  const lines = linesOf(context, text, framed ? width - 2 * GAP : width);
  const step = Math.round(dots * LEADING);
  const edge = framed ? GAP : 0;
  return {
    height: step * lines.length + 2 * edge + GAP,
    draw: (on, top) => {
      if (framed) {
        on.lineWidth = 4;
        on.strokeRect(2, top + 2, width - 4, step * lines.length + 2 * edge - 4);
      }
      lines.forEach((line, at) => put(on, line, { font, align: "center", x: width / 2, y: top + edge + step * at }));
    },
  };
}

/** Every module the same whole number of dots, as large as the paper and a reader need it. */
function codeOf(text: string, proof: boolean, { width }: Paper): Block {
  const { data, size } = encode(text, { ecc: proof ? "L" : "M", border: 4 });
  const module = Math.max(1, Math.min(MOST_MODULE_DOTS, Math.floor(width / size)));
  const left = Math.floor((width - size * module) / 2);
  return {
    height: size * module + GAP,
    draw: (on, top) => {
      data.forEach((row, y) =>
        row.forEach((dark, x) => {
          if (dark) on.fillRect(left + x * module, top + y * module, module, module);
        }),
      );
    },
  };
}

function tearOf({ width }: Paper): Block {
  return {
    height: 6 * GAP,
    draw: (on, top) => {
      for (let x = 0; x < width; x += 24) on.fillRect(x, top + 3 * GAP, 14, 3);
    },
  };
}

interface Place {
  font: string;
  align: CanvasTextAlign;
  x: number;
  y: number;
}

function put(on: CanvasRenderingContext2D, text: string, { font, align, x, y }: Place): void {
  on.font = font;
  on.textAlign = align;
  on.textBaseline = "top";
  on.fillText(text, x, y + 2);
}

/** Breaks between signs of Chinese and at the spaces of other scripts; a word longer than the paper is cut. */
function linesOf(context: CanvasRenderingContext2D, text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of text.match(/[ -~]+? |[!-~]+|./gu) ?? []) {
    if (context.measureText(line + piece.trim()).width <= width) {
      line += piece;
      continue;
    }
    if (line !== "") lines.push(line.trim());
    line = "";
    for (const sign of piece) {
      if (line !== "" && context.measureText(line + sign).width > width) {
        lines.push(line);
        line = "";
      }
      line += sign;
    }
  }
  return [...lines, line.trim()].filter((one) => one !== "");
}
