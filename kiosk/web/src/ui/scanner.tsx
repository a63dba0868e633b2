// The camera's picture with a frame to hold the code in, and words for when there is no camera.

import { useEffect, useRef, useState } from "preact/hooks";
import { type CameraFault, startScan } from "../scan/camera";
import { t } from "../text/t";
import { useTill } from "./frame";

/** The same code is seen in every frame; it is read once, and again only after it was out of sight. */
const AGAIN_MS = 1_500;

type Facing = "environment" | "user";

/** The camera as the till's preferences turn it. */
export function Scanner({ onText }: { onText(text: string): void }) {
  const [till, view] = useTill();
  return <Camera facing={view.preferences.camera} onTurn={(camera) => void till.setPreferences({ camera })} onText={onText} />;
}

interface CameraProps {
  facing: Facing;
  onTurn(facing: Facing): void;
  onText(text: string): void;
}

export function Camera({ facing, onTurn, onText }: CameraProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [fault, setFault] = useState<CameraFault | null>(null);
  const [running, setRunning] = useState(false);
  const latest = useRef(onText);
  latest.current = onText;
  useEffect(() => {
    if (!video.current) return undefined;
    let last = { text: "", at: 0 };
    setFault(null);
    const scan = startScan(video.current, {
      facing,
      onText: (text) => {
        const now = Date.now();
        const isNew = text !== last.text || now - last.at > AGAIN_MS;
        last = { text, at: now };
        if (isNew) latest.current(text);
      },
      onPicture: () => setRunning(true),
      onFault: setFault,
    });
    return scan.stop;
  }, [facing]);
  const turn = (): void => onTurn(facing === "user" ? "environment" : "user");
  return (
    <div class="scanner">
      <div class={fault ? "picture off" : "picture"}>
        <video ref={video} muted playsInline aria-label={t("Camera picture")} />
        {fault ? <p>{faultText(fault)}</p> : <span class={running ? "frame live" : "frame"} aria-hidden="true" />}
      </div>
      {!fault && (
        <button type="button" class="quiet" onClick={turn}>
          {t("Turn the camera")}
        </button>
      )}
    </div>
  );
}

function faultText(fault: CameraFault): string {
  switch (fault) {
    case "insecure":
      return t("The camera is off because this page is not opened over https. Use the hand scanner.");
    case "denied":
      return t("The browser does not allow the camera. Allow it in the browser's settings, or use the hand scanner.");
    case "busy":
      return t("Another program uses the camera. Close it and open this page again, or use the hand scanner.");
    case "decoder":
      return t("The code reader did not start. Check the network and open this page again, or use the hand scanner.");
    case "none":
      return t("No camera was found. Use the hand scanner.");
  }
}
