import type { Call } from '../../program/op.ts';
import { type ArgumentTable, type ArgumentValues, CALL_DOUBLES } from './isa/arguments.ts';

/** Records kernel calls and runs them in one go, since entering machine code takes as long as a small kernel. */
export interface CallTape {
  /** Records a call of the kernel at byte `kernel` of the code, with arguments in the order of `table`. */
  write<T extends ArgumentTable>(table: T, kernel: number, ...values: ArgumentValues<T>): void;
  /** Records a call with arguments from an array, in the order of the kernel's table. */
  writeAll(kernel: number, values: Float64Array): void;
  /** Runs the recorded calls in order. Gather calls read `data`. */
  run(data?: Uint8Array): void;
  /** The integer that the last call wrote into its first argument. */
  answer(): number;
}

/**
 * A kernel call with constant addresses: the offset of its kernel in the code, and its arguments in the kernel's order.
 * An argument that is an array [1] is the double that stands there when the call is made.
 */
export type FixedCall = readonly (number | Float64Array)[];

/**
 * What runs an operation: kernel calls that stay the same, which a program joins with those of its neighbours, or a
 * function that decides as it runs.
 */
export type Bound = readonly FixedCall[] | (() => void);

/** Binds the operations of one kind; null for others. */
export type BindCall = (call: Call) => Bound | null;

/** Memory for tables that fixed calls read, or null if no room is left. Its addresses are arguments of the calls. */
export type TakeTable = (doubles: number) => Float64Array | null;

/** Writes calls once, and returns a function that runs them in order. */
export type RecordCalls = (calls: readonly FixedCall[]) => () => void;

export const createRecorder =
  (play: (doubles: Float64Array, calls: number) => void): RecordCalls =>
  (calls) => {
    if (calls.length === 0) return () => {}; // an operation on no rows
    const doubles = new Float64Array(calls.length * CALL_DOUBLES);
    const changing: { place: number; value: Float64Array }[] = [];
    for (const [k, call] of calls.entries()) {
      for (const [i, value] of call.entries()) {
        const place = k * CALL_DOUBLES + i;
        if (typeof value === 'number') doubles[place] = value;
        else changing.push({ place, value });
      }
    }
    return () => {
      for (let k = 0; k < changing.length; k++) doubles[changing[k].place] = changing[k].value[0];
      play(doubles, calls.length);
    };
  };

/** Creates a tape that runs its calls whenever it is full. */
export function createCallTape(
  doubles: Float64Array, // [calls, CALL_DOUBLES]
  play: (calls: number, data?: Uint8Array) => void, // runs this many calls from the start of `doubles`
): CallTape {
  const words = new Int32Array(doubles.buffer, doubles.byteOffset, 2 * doubles.length);
  const room = Math.floor(doubles.length / CALL_DOUBLES);
  let calls = 0;
  let first = 0; // index of the last call's arguments

  function run(data?: Uint8Array): void {
    if (calls > 0) play(calls, data);
    calls = 0;
  }

  function write<T extends ArgumentTable>(table: T, kernel: number, ...values: ArgumentValues<T>): void;
  /**
   * One parameter for each possible argument: rest parameters would be an array, which costs heap until V8 optimizes it
   * away. Missing arguments are undefined and become NaN, which the kernel does not read.
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
    writeAll(kernel, values) {
      if (calls === room) run();
      first = calls++ * CALL_DOUBLES + 1;
      doubles[first - 1] = kernel;
      for (let k = 0; k < values.length; k++) doubles[first + k] = values[k];
    },
    run,
    answer: () => (words[2 * first] >>> 0) + words[2 * first + 1] * 4_294_967_296,
  };
}
