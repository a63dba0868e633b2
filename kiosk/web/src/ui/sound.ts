// Two tones that differ without words: rising for done, low and falling for not done. What may be said in words, ui/speaker.ts says.

let context: AudioContext | null = null;

/** Browsers play sound only after a touch, so the first touch wakes it. */
export function wakeSound(): void {
  context ??= new AudioContext();
  void context.resume();
}

/** Where sound comes out; null before the first touch. */
export const audio = (): AudioContext | null => context;

export type Tone = "done" | "failed" | "waiting" | "read";

const TONES: Record<Tone, [frequency: number, seconds: number][]> = {
  done: [[880, 0.12], [1318, 0.22]],
  failed: [[311, 0.2], [208, 0.35]],
  waiting: [[523, 0.15], [523, 0.15]],
  read: [[1046, 0.07]],
};

export function play(tone: Tone): void {
  // Before the first touch browsers forbid both.
  if (context && typeof navigator.vibrate === "function") navigator.vibrate(tone === "failed" ? [200, 100, 200] : 60);
  if (!context) return;
  let at = context.currentTime;
  for (const [frequency, seconds] of TONES[tone]) {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = tone === "failed" ? "square" : "sine";
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0.25, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + seconds);
    at += seconds;
  }
}
