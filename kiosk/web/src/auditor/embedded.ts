// The package inside the page: base64 in a script element that no browser runs.

const PIECE = 4 << 20;

/** The ZIP that was put into this page, null where it was sent beside it. */
export async function embeddedZip(): Promise<Uint8Array<ArrayBuffer> | null> {
  const text = document.getElementById("kit-data")?.textContent?.trim() ?? "";
  if (text === "") return null;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let start = 0; start < text.length; start += PIECE) {
    const binary = atob(text.slice(start, start + PIECE));
    for (let n = 0; n < binary.length; n += 1) bytes[at + n] = binary.charCodeAt(n);
    at += binary.length;
    // A large package is unpacked while the page can be seen already.
    await new Promise((resume) => setTimeout(resume, 0));
  }
  return bytes;
}
