import type { NetworkSpec, Pausable } from '@gradloom/core';

/**
 * The JSON of a network in shared memory. Every task refers to it: copying a hundred thousand layers would take 60 ms
 * per thread and task.
 */
export interface SharedSpec {
  readonly input: NetworkSpec['input'];
  readonly layers: readonly Uint8Array<SharedArrayBuffer>[]; // JSON of some thousand layers each
}

/** Layers between two pauses: about a millisecond. */
const STRETCH = 2048;

export function* shareSpec({ input, layers }: NetworkSpec): Pausable<SharedSpec> {
  const parts: Uint8Array<SharedArrayBuffer>[] = [];
  for (let first = 0; first < layers.length; first += STRETCH) {
    const bytes = new TextEncoder().encode(JSON.stringify(layers.slice(first, first + STRETCH)));
    const part = new Uint8Array(new SharedArrayBuffer(bytes.length));
    part.set(bytes);
    parts.push(part);
    yield;
  }
  return { input, layers: parts };
}

export const specOf = ({ input, layers }: SharedSpec): NetworkSpec => {
  // Copied, because browsers decode no text from shared memory.
  const textOf = (part: Uint8Array): string => new TextDecoder().decode(part.slice());
  return { input, layers: layers.flatMap((part) => JSON.parse(textOf(part)) as NetworkSpec['layers']) };
};
