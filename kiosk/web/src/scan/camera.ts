// Camera to text: every frame's middle goes to the decoder until the scan is stopped.

import { sharpen } from "../rules/sharpen";
import { decode, prepareDecoder } from "./decoder";
import { stamp } from "./timing";

const CROP = 640;
/** A card held too far away fills no more than this; twice as large and sharpened, many such frames can be read. */
const CLOSE = 400;

export type CameraFault = "insecure" | "denied" | "none" | "busy" | "decoder";

export interface Scan {
  stop(): void;
}

export interface ScanWishes {
  facing: "environment" | "user";
  onText(text: string): void;
  onPicture(): void;
  onFault(fault: CameraFault): void;
}

/** Whether this page may use a camera at all: browsers allow it on https and on this machine only. */
export const cameraAllowed = (): boolean => Boolean(navigator.mediaDevices as MediaDevices | undefined);

export function startScan(video: HTMLVideoElement, wishes: ScanWishes): Scan {
  let stopped = false;
  let stream: MediaStream | null = null;
  const stop = (): void => {
    stopped = true;
    for (const track of stream?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  };
  void run();
  return { stop };

  async function run(): Promise<void> {
    if (!cameraAllowed()) return wishes.onFault("insecure");
    stamp("scan-start");
    const reader = prepareDecoder();
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: wishes.facing, width: { ideal: 1280 }, height: { ideal: 720 } },
      });
    } catch (error) {
      if (error instanceof DOMException) return wishes.onFault(faultOf(error));
      throw error;
    }
    if (stopped) return stop();
    video.srcObject = stream;
    await decodeFrames(reader);
  }

  async function decodeFrames(reader: Promise<boolean>): Promise<void> {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
    if (!context) throw new Error("this browser draws no pictures");
    let first = true;
    let frames = 0;
    void video.play().catch(ignoreAbort);
    while (!stopped) {
      await nextFrame(video);
      if (stopped || video.videoWidth === 0) continue;
      if (first) {
        stamp("scan-frame");
        wishes.onPicture();
        first = false;
        if (!(await reader)) {
          stop();
          return wishes.onFault("decoder");
        }
      }
      frames += 1;
      let text = await decode(middleOf(video, canvas, context, CROP));
      // Only every other frame, since it takes longer than the first look; a code held well never needs it.
      if (text === null && !stopped && frames % 2 === 0) {
        const closer = middleOf(video, canvas, context, CLOSE, 2);
        sharpen(closer);
        text = await decode(closer);
      }
      if (text !== null && !stopped) wishes.onText(text);
    }
  }
}

/** Stopping a camera that is just starting makes play() give up, which is what was wanted. */
function ignoreAbort(error: unknown): void {
  if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
}

function faultOf(error: DOMException): CameraFault {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
  if (error.name === "NotReadableError" || error.name === "AbortError") return "busy";
  return "none";
}

type FrameVideo = HTMLVideoElement & { requestVideoFrameCallback?: (call: () => void) => number };

/** Waits for a picture not seen yet; a stopped camera sends none, so the wait ends by itself. */
function nextFrame(video: FrameVideo): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 500);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(done);
    else if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) requestAnimationFrame(done);
    else video.addEventListener("loadeddata", done, { once: true });
  });
}

function middleOf(video: HTMLVideoElement, canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, crop: number, times = 1): ImageData {
  const width = Math.min(crop, video.videoWidth);
  const height = Math.min(crop, video.videoHeight);
  if (canvas.width !== width * times || canvas.height !== height * times) {
    canvas.width = width * times;
    canvas.height = height * times;
  }
  const x = (video.videoWidth - width) / 2;
  const y = (video.videoHeight - height) / 2;
  context.drawImage(video, x, y, width, height, 0, 0, width * times, height * times);
  return context.getImageData(0, 0, width * times, height * times);
}
