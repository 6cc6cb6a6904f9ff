import { type ArgumentTable, type ArgumentValues, CALL_DOUBLES } from './isa/arguments.ts';

/** Recorded kernel calls that run in one go, since entering machine code takes as long as a small kernel. */
export interface CallTape {
  /** Records a call of the kernel at place `kernel` of the code, with its arguments in the order of its table. */
  write<T extends ArgumentTable>(table: T, kernel: number, ...values: ArgumentValues<T>): void;
  /** Runs the recorded calls in order; `data` is read by gather calls. */
  run(data?: Uint8Array): void;
  /** The whole number that the last call has answered with as its first argument. */
  answer(): number;
}

/** Runs a full tape before the next call is recorded. */
export function createCallTape(
  doubles: Float64Array, // [calls, CALL_DOUBLES]
  play: (calls: number, data?: Uint8Array) => void, // runs so many calls from the start of `doubles`
): CallTape {
  const words = new Int32Array(doubles.buffer, doubles.byteOffset, 2 * doubles.length);
  const room = Math.floor(doubles.length / CALL_DOUBLES);
  let calls = 0;
  let first = 0; // where the last call's arguments begin

  function run(data?: Uint8Array): void {
    if (calls > 0) play(calls, data);
    calls = 0;
  }

  function write<T extends ArgumentTable>(table: T, kernel: number, ...values: ArgumentValues<T>): void;
  /**
   * As many parameters as any call has: rest parameters would be an array, which costs heap until V8 optimizes it away.
   * Those that a call does not have are undefined, which is NaN where its kernel does not read.
   */
  function write(
    _table: ArgumentTable,
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
    v19: number,
  ): void {
    if (calls === room) run();
    first = calls++ * CALL_DOUBLES + 1;
    doubles[first - 1] = kernel;
    doubles[first] = v0;
    doubles[first + 1] = v1;
    doubles[first + 2] = v2;
    doubles[first + 3] = v3;
    doubles[first + 4] = v4;
    doubles[first + 5] = v5;
    doubles[first + 6] = v6;
    doubles[first + 7] = v7;
    doubles[first + 8] = v8;
    doubles[first + 9] = v9;
    doubles[first + 10] = v10;
    doubles[first + 11] = v11;
    doubles[first + 12] = v12;
    doubles[first + 13] = v13;
    doubles[first + 14] = v14;
    doubles[first + 15] = v15;
    doubles[first + 16] = v16;
    doubles[first + 17] = v17;
    doubles[first + 18] = v18;
    doubles[first + 19] = v19;
  }

  return {
    write,
    run,
    answer: () => (words[2 * first] >>> 0) + words[2 * first + 1] * 4_294_967_296,
  };
}
