// A file or a photo of a code instead of typing: whatever holds the text that is asked for.

import decodeQR from "qr/decode.js";
import { useState } from "preact/hooks";
import { t } from "../../text/t";
import { Choose } from "./choose";

/** Pixels along the longer side at most: enough for a dense code, little enough for an old laptop. */
const LARGEST = 1_600;

export function Scan({ onText }: { onText: (text: string) => void }) {
  const [fault, setFault] = useState("");
  const read = async (file: File): Promise<void> => {
    setFault("");
    if (!file.type.startsWith("image/")) {
      onText(await textOf(file));
      return;
    }
    const found = await codeIn(file);
    if (found === null) setFault(t("No code was found in this picture. Take it again, straight and near."));
    else onText(found);
  };
  return (
    <>
      <label class="button">
        {t("From a file or a photo")}
        <Choose accept="image/*,.txt,.json,.note,text/plain,application/json" onFile={(file) => void read(file)} />
      </label>
      {fault && (
        <p class="notice wait" role="alert">
          {fault}
        </p>
      )}
    </>
  );
}

function textOf(file: Blob): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => fail(reader.error);
    reader.readAsText(file);
  });
}

/** The text of the QR code in a picture, null where there is none. */
async function codeIn(file: Blob): Promise<string | null> {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, LARGEST / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const context = canvas.getContext("2d")!;
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  try {
    return decodeQR({ data, width, height });
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}
