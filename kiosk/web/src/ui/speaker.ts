// The loudspeaker: joins clips that lie on the device. Without one of them nothing is said; the tone has told it already.

import { clipsOf, type News } from "../rules/speech";
import { unitsPerPoint } from "../rules/units";
import { language } from "../text/t";
import { audio } from "./sound";

const KEPT = "voice";
const MANIFEST = "/voice/manifest.json";
const known = new Map<string, Promise<AudioBuffer | null>>();
let manifest: Promise<Record<string, string>> | null = null;
let turn = 0;

/** Says one or more pieces of news, one after the other; what is being said gives way. Only the Chinese screen speaks. */
export async function say(...told: News[]): Promise<void> {
  const context = audio();
  if (!context || language() !== "zh") return;
  turn += 1;
  const mine = turn;
  const names = told.flatMap((one) => clipsOf(one, unitsPerPoint()));
  const buffers = await Promise.all(names.map((name) => clip(context, name)));
  if (mine !== turn || buffers.some((buffer) => buffer === null)) return;
  // After the tone, so that both can be heard.
  let at = context.currentTime + 0.45;
  for (const buffer of buffers as AudioBuffer[]) {
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start(at);
    at += buffer.duration;
  }
}

/** Fetches every clip before the first is needed, and keeps them for days without network. */
export async function prepareSpeech(): Promise<void> {
  const listed = await list();
  await Promise.all(Object.values(listed).map((url) => fetched(url)));
}

function clip(context: AudioContext, name: string): Promise<AudioBuffer | null> {
  let found = known.get(name);
  if (!found) {
    found = decoded(context, name);
    known.set(name, found);
  }
  return found;
}

async function decoded(context: AudioContext, name: string): Promise<AudioBuffer | null> {
  const url = (await list())[name];
  const bytes = url ? await fetched(url) : null;
  if (!bytes) return null;
  try {
    return await context.decodeAudioData(bytes);
  } catch (error) {
    // A recording in a form this browser does not know: its sentence is not said.
    if (error instanceof DOMException) return null;
    throw error;
  }
}

async function list(): Promise<Record<string, string>> {
  manifest ??= fetched(MANIFEST).then((bytes) => {
    if (!bytes) return {};
    return (JSON.parse(new TextDecoder().decode(bytes)) as { clips: Record<string, string> }).clips;
  });
  const found = await manifest;
  if (Object.keys(found).length === 0) manifest = null;
  return found;
}

/** From the network where it answers, else what was kept; plain http keeps nothing. */
async function fetched(url: string): Promise<ArrayBuffer | null> {
  const cache = "caches" in globalThis ? await caches.open(KEPT) : null;
  try {
    const answer = await fetch(url, { credentials: "omit" });
    if (!answer.ok) return null;
    if (cache) await cache.put(url, answer.clone());
    return await answer.arrayBuffer();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const kept = await cache?.match(url);
    return kept ? kept.arrayBuffer() : null;
  }
}
