// The receipt printer on this tablet's own cable or radio: USB, or a serial line (USB adapter, Bluetooth). No server in between.

export type Way = "usb" | "serial";

/** How the shop's printer is reached; `baud` counts for a serial line alone. */
export interface Printer {
  way: Way;
  baud: number;
}

/** `sent`: the printer took every byte, which is all a tablet can know; whether paper came out people see. */
export type Sent = "sent" | "not_there" | "failed";

export const BAUDS = [9_600, 19_200, 38_400, 115_200] as const;
/** So much at once: small printers take no more before they have printed some of it. */
const CHUNK = 4_096;
const PRINTER_CLASS = 7;
const OF_ITS_MAKER = 255;

interface UsbEndpoint {
  endpointNumber: number;
  direction: "in" | "out";
  type: string;
}
interface UsbInterface {
  interfaceNumber: number;
  alternates: { alternateSetting: number; interfaceClass: number; endpoints: UsbEndpoint[] }[];
}
interface Forgettable {
  forget?(): Promise<void>;
}
interface UsbDevice extends Forgettable {
  configuration: { interfaces: UsbInterface[] } | null;
  open(): Promise<void>;
  close(): Promise<void>;
  selectConfiguration(value: number): Promise<void>;
  claimInterface(number: number): Promise<void>;
  selectAlternateInterface(number: number, alternate: number): Promise<void>;
  transferOut(endpoint: number, data: Uint8Array<ArrayBuffer>): Promise<{ status: string }>;
}
interface SerialPort extends Forgettable {
  open(options: { baudRate: number; bufferSize?: number }): Promise<void>;
  close(): Promise<void>;
  writable: WritableStream<Uint8Array> | null;
}
interface Ports {
  usb?: { getDevices(): Promise<UsbDevice[]>; requestDevice(options: object): Promise<UsbDevice> };
  serial?: { getPorts(): Promise<SerialPort[]>; requestPort(): Promise<SerialPort> };
}

const ports = (): Ports => navigator as unknown as Ports;

/** Which ways this browser knows; none on plain http. */
export const ways = (): Way[] => (["usb", "serial"] as const).filter((way) => ports()[way] !== undefined);

/** Lets the person at the tablet choose the printer; false where they chose none. Needs a touch just before. */
export async function choosePrinter(way: Way): Promise<boolean> {
  try {
    if (way === "usb") {
      const { usb } = ports();
      const device = await usb!.requestDevice({ filters: [{ classCode: PRINTER_CLASS }, { classCode: OF_ITS_MAKER }] });
      await forgetOthers(device, await usb!.getDevices());
    } else {
      const { serial } = ports();
      const port = await serial!.requestPort();
      await forgetOthers(port, await serial!.getPorts());
    }
    return true;
  } catch (error) {
    // The browser's own word for a list that was closed without a choice.
    if (error instanceof DOMException && error.name === "NotFoundError") return false;
    throw error;
  }
}

/** The printer chosen last is the only one; browsers that cannot forget keep the one before while it is plugged in. */
async function forgetOthers<T extends Forgettable>(chosen: T, known: T[]): Promise<void> {
  for (const other of known) if (other !== chosen) await other.forget?.();
}

/** Sends bytes to the printer that was chosen before. */
export async function sendTo({ way, baud }: Printer, bytes: Uint8Array<ArrayBuffer>): Promise<Sent> {
  try {
    return way === "usb" ? await byUsb(bytes) : await bySerial(bytes, baud);
  } catch (error) {
    // Pulled out, switched off, held by another program: the browser names all of these with a DOMException.
    if (error instanceof DOMException) return "failed";
    throw error;
  }
}

async function byUsb(bytes: Uint8Array<ArrayBuffer>): Promise<Sent> {
  const [device] = (await ports().usb?.getDevices()) ?? [];
  if (!device) return "not_there";
  await device.open();
  try {
    if (!device.configuration) await device.selectConfiguration(1);
    const out = outOf(device);
    if (!out) return "failed";
    await device.claimInterface(out.number);
    if (out.alternate > 0) await device.selectAlternateInterface(out.number, out.alternate);
    for (let from = 0; from < bytes.length; from += CHUNK) {
      const { status } = await device.transferOut(out.endpoint, bytes.slice(from, from + CHUNK));
      if (status !== "ok") return "failed";
    }
    return "sent";
  } finally {
    // Its own program may want it; a printer that is gone need not be closed.
    await device.close().catch(() => undefined);
  }
}

/** Where the printer listens: its printer interface if it says it has one, else the first that takes bytes. */
function outOf(device: UsbDevice): { number: number; alternate: number; endpoint: number } | null {
  const found = (device.configuration?.interfaces ?? []).flatMap(({ interfaceNumber, alternates }) =>
    alternates.flatMap(({ alternateSetting, interfaceClass, endpoints }) =>
      endpoints
        .filter(({ direction, type }) => direction === "out" && type === "bulk")
        .map(({ endpointNumber }) => ({ number: interfaceNumber, alternate: alternateSetting, endpoint: endpointNumber, isPrinter: interfaceClass === PRINTER_CLASS })),
    ),
  );
  return found.find(({ isPrinter }) => isPrinter) ?? found[0] ?? null;
}

async function bySerial(bytes: Uint8Array<ArrayBuffer>, baud: number): Promise<Sent> {
  const [port] = (await ports().serial?.getPorts()) ?? [];
  if (!port) return "not_there";
  await port.open({ baudRate: baud, bufferSize: CHUNK });
  try {
    const writer = port.writable?.getWriter();
    if (!writer) return "failed";
    try {
      for (let from = 0; from < bytes.length; from += CHUNK) await writer.write(bytes.slice(from, from + CHUNK));
    } finally {
      writer.releaseLock();
    }
    return "sent";
  } finally {
    await port.close().catch(() => undefined);
  }
}
