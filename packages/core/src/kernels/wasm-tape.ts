/** The kernels that a tape can hold, by the number that assembly/tape.ts calls them with. */
const names = [
  'affine',
  'affineBackwardInput',
  'affineBackwardWeights',
  'reluForward',
  'reluBackward',
  'sigmoidForward',
  'sigmoidBackward',
  'tanhForward',
  'tanhBackward',
  'geluForward',
  'geluBackward',
  'softmaxCrossEntropy',
  'mse',
  'averageRows',
  'add',
  'sgd',
  'sgdMomentum',
  'adam',
  'adamw',
] as const;

/** Words of a call: the kernel's number, up to ten arguments, and one that keeps the next call on 8 bytes. */
const CALL_WORDS = 12;

/** Doubles that a tape of `calls` calls takes. */
export const tapeLength = (calls: number): number => (calls * CALL_WORDS) / 2;

type Export = (...words: number[]) => void;

/** A stand-in for the functions of the module: each records its call, and calls nothing. */
export interface TapeWriter {
  readonly exports: Record<(typeof names)[number], Export>;
  /** Calls written so far. */
  count(): number;
}

/** Overwrites `memory`. A call past its end throws. */
export function createTapeWriter(memory: Float64Array): TapeWriter {
  const words = new Int32Array(memory.buffer, memory.byteOffset, 2 * memory.length);
  let calls = 0;
  const note = (kernel: number): Export => {
    return (...args) => {
      words.set([kernel, ...args], calls * CALL_WORDS);
      calls++;
    };
  };
  const exports = Object.fromEntries(names.map((name, kernel) => [name, note(kernel)]));
  return { exports: exports as TapeWriter['exports'], count: () => calls };
}
