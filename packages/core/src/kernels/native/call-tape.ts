import {
  type Argument,
  type ArgumentTable,
  type ArgumentValues,
  CALL_WORDS,
  MOST_PAIRS,
  placeOf,
} from './isa/arguments.ts';

/** Recorded kernel calls that run in one go, since entering machine code takes as long as a small kernel. */
export interface CallTape {
  /** Records a call of the kernel at place `kernel` of the code, with its arguments in the order of its table. */
  write<T extends readonly Argument[]>(table: ArgumentTable<T>, kernel: number, ...values: ArgumentValues<T>): void;
  /** Runs the recorded calls in order; `data` is read by gather calls. */
  run(data?: Uint8Array): void;
  /** The whole number that the last call has answered with as its first argument. */
  answer(): number;
}

/** Arguments of most calls at most. */
const SHORT = 8;

/** Runs a full tape before the next call is recorded. */
export function createCallTape(
  words: Int32Array, // [calls, CALL_WORDS] that begin on 8 bytes
  play: (calls: number, data?: Uint8Array) => void, // runs so many calls from the start of `words`
): CallTape {
  const doubles = new Float64Array(words.buffer, words.byteOffset, words.length >> 1);
  const room = Math.floor(words.length / CALL_WORDS);
  let calls = 0;
  let last = 0; // where the last call's words begin

  function run(data?: Uint8Array): void {
    if (calls > 0) play(calls, data);
    calls = 0;
  }

  function writeWordOrPair(k: number, pairs: number, value: number): void {
    const place = last + placeOf(k, pairs);
    if (k < pairs) doubles[place >> 1] = value;
    else words[place] = value;
  }

  function write<T extends readonly Argument[]>(
    table: ArgumentTable<T>,
    kernel: number,
    ...values: ArgumentValues<T>
  ): void;
  /**
   * As many parameters as any call has: rest parameters would be an array, which costs heap until V8 optimizes it away.
   * Those that a call does not have are undefined, which is 0 in words that its kernel does not read; default values
   * would make the call of a tile a quarter slower, 41 ns for 33.
   */
  function write(
    { list, pairs }: ArgumentTable,
    kernel: number,
    v0: number,
    v1: number,
    v2: number,
    v3: number,
    v4: number,
    v5: number,
    v6: number,
    v7: number,
    v8: number,
    v9: number,
    v10: number,
    v11: number,
    v12: number,
    v13: number,
    v14: number,
    v15: number,
    v16: number,
    v17: number,
    v18: number,
  ): void {
    if (calls === room) run();
    last = calls++ * CALL_WORDS;
    words[last] = kernel;
    writeWordOrPair(0, pairs, v0);
    writeWordOrPair(1, pairs, v1);
    writeWordOrPair(2, pairs, v2);
    writeWordOrPair(3, pairs, v3);
    writeWordOrPair(4, pairs, v4);
    const sixth = last + placeOf(MOST_PAIRS, pairs);
    words[sixth] = v5;
    words[sixth + 1] = v6;
    words[sixth + 2] = v7;
    if (list.length <= SHORT) return;
    words[sixth + 3] = v8;
    words[sixth + 4] = v9;
    words[sixth + 5] = v10;
    words[sixth + 6] = v11;
    words[sixth + 7] = v12;
    words[sixth + 8] = v13;
    words[sixth + 9] = v14;
    words[sixth + 10] = v15;
    words[sixth + 11] = v16;
    words[sixth + 12] = v17;
    words[sixth + 13] = v18;
  }

  return {
    write,
    run,
    answer: () => {
      const place = last + placeOf(0, 1);
      return (words[place] >>> 0) + words[place + 1] * 4_294_967_296;
    },
  };
}
