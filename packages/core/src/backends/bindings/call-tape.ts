import { viewOf } from '../../math/scratch.ts';
import { addressOf } from '../../program/address.ts';
import type { Bound, CreateBlock, FixedCall } from '../../program/kernels.ts';
import type { Call } from '../../program/op.ts';
import type { CodeLayout } from '../code.ts';
import { type ArgumentTable, type ArgumentValues, CALL_DOUBLES } from '../isa/arguments.ts';

/** Records kernel calls and runs them in one go, since entering machine code takes as long as a small kernel. */
export interface CallTape {
  /** Records a call of the kernel at byte `kernel` of the code, with arguments in the order of `table`. */
  write<T extends ArgumentTable>(table: T, kernel: number, ...values: ArgumentValues<T>): void;
  /** Records a call with arguments from an array, in the order of the kernel's table. */
  writeAll(kernel: number, values: Float64Array): void;
  /** Runs the recorded calls in order. The kernels `gather` and `locate` read `data`. */
  run(data?: Uint8Array): void;
  /** The integer that the last call wrote into its first argument. */
  answer(): number;
}

/** Binds the operations of one kind; null for others. */
export type BindCall = (call: Call) => Bound | null;

/** Binds the operations in `table`, by functions of their arguments in plain code; null for others. */
export const bindByName =
  (table: Readonly<Record<string, (...args: never[]) => Bound | null>>): BindCall =>
  ({ op, args }) =>
    // The cast is safe: `emit` has checked the types of the arguments.
    Object.hasOwn(table, op.name) ? table[op.name](...(args as never[])) : null;

/** Plays the first `calls` calls of a tape, at least one. The kernels `gather` and `locate` read `data`. */
export type PlayTape = (tape: Float64Array, calls: number, data?: Uint8Array) => void;

/** Plays a tape in the kernels' memory up to `repeats` times, until stop[0] is not 0. Returns how often it did. */
export type PlayRepeatedly = (tape: Float64Array, calls: number, repeats: number, stop: Float64Array) => number;

/** Creates blocks of calls. */
export function createBlocks(
  layout: Pick<CodeLayout, 'moveKernels'>, // read only for changing arguments: reading it assembles a kernel
  play: PlayTape,
  playRepeatedly: PlayRepeatedly | null,
): CreateBlock {
  return (calls, allocateTape) => {
    const count = calls.reduce((sum, call) => sum + 1 + copiesOf(call).length, 0);
    const tape = calls.length === 0 ? null : allocateTape(count * CALL_DOUBLES);
    if (tape !== null) writeWithCopies(calls, tape, layout);
    const run = tape === null ? bindOutside(calls, play) : () => play(tape, count);
    return {
      calls,
      run,
      repeat(repeats, stop) {
        if (playRepeatedly !== null && tape !== null && repeats > 0) return playRepeatedly(tape, count, repeats, stop);
        for (let k = 1; k <= repeats; k++) {
          run();
          if (stop[0] !== 0) return k;
        }
        return repeats;
      },
    };
  };
}

/** The arguments of a call that are read from memory when it runs, and their indices in the call. */
const arrayArguments = (call: FixedCall): { index: number; value: Float64Array }[] =>
  call.flatMap((value, index) => (typeof value === 'number' ? [] : [{ index, value }]));

/** The call with 0 in place of the arguments that are read from memory. */
const constantsOf = (call: FixedCall): number[] => call.map((value) => (typeof value === 'number' ? value : 0));

/** Neighbouring doubles that are copied to neighbouring arguments of a call. */
interface Copy {
  readonly index: number; // of the first in the call
  readonly from: number; // its address
  count: number;
}

function copiesOf(call: FixedCall): readonly Copy[] {
  const copies: Copy[] = [];
  for (const { index, value } of arrayArguments(call)) {
    const from = addressOf(value);
    const last = copies.at(-1);
    if (last !== undefined && last.index + last.count === index && last.from + 8 * last.count === from) last.count++;
    else copies.push({ index, from, count: 1 });
  }
  return copies;
}

/** Writes the calls, and before each one the calls that copy its changing arguments into it. */
function writeWithCopies(
  calls: readonly FixedCall[],
  tape: Float64Array,
  layout: Pick<CodeLayout, 'moveKernels'>,
): void {
  let count = 0; // calls on the tape
  const write = (call: readonly number[]): void => tape.set(call, CALL_DOUBLES * count++);
  for (const call of calls) {
    const copies = copiesOf(call);
    const callAt = addressOf(tape) + 8 * CALL_DOUBLES * (count + copies.length);
    for (const copy of copies) write([layout.moveKernels.copyNumbers, callAt + 8 * copy.index, copy.from, copy.count]);
    write(constantsOf(call));
  }
}

/** Binds calls on tapes outside of the kernels' memory, where no kernel can write arguments. */
function bindOutside(calls: readonly FixedCall[], play: PlayTape): () => void {
  const pieces: { tape: Float64Array; count: number; inputs: ReturnType<typeof arrayArguments> }[] = [];
  for (let first = 0; first < calls.length; ) {
    // A piece ends before a call that reads an argument, since the call before may write it.
    let end = first + 1;
    while (end < calls.length && arrayArguments(calls[end]).length === 0) end++;
    const tape = new Float64Array((end - first) * CALL_DOUBLES);
    for (let k = first; k < end; k++) {
      tape.set(constantsOf(calls[k]), (k - first) * CALL_DOUBLES);
    }
    pieces.push({ tape, count: end - first, inputs: arrayArguments(calls[first]) });
    first = end;
  }
  return () => {
    for (let k = 0; k < pieces.length; k++) {
      const { tape, count, inputs } = pieces[k];
      for (let i = 0; i < inputs.length; i++) tape[inputs[i].index] = inputs[i].value[0];
      play(tape, count);
    }
  };
}

/** Creates a tape that runs its calls whenever it is full. */
export function createCallTape(
  doubles: Float64Array, // [calls, CALL_DOUBLES]
  play: (calls: number, data?: Uint8Array) => void, // runs this many calls from the start of `doubles`
): CallTape {
  const words = new Int32Array(doubles.buffer, doubles.byteOffset, 2 * doubles.length);
  const capacity = Math.floor(doubles.length / CALL_DOUBLES); // calls
  let calls = 0;
  let last = 0; // index of the first argument of the last call

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
    if (calls === capacity) run();
    last = calls++ * CALL_DOUBLES + 1;
    doubles[last - 1] = kernel;
    doubles[last] = v0;
    doubles[last + 1] = v1;
    doubles[last + 2] = v2;
    doubles[last + 3] = v3;
    doubles[last + 4] = v4;
    doubles[last + 5] = v5;
    doubles[last + 6] = v6;
    doubles[last + 7] = v7;
    doubles[last + 8] = v8;
    doubles[last + 9] = v9;
    doubles[last + 10] = v10;
    doubles[last + 11] = v11;
    doubles[last + 12] = v12;
    doubles[last + 13] = v13;
    doubles[last + 14] = v14;
    doubles[last + 15] = v15;
    doubles[last + 16] = v16;
    doubles[last + 17] = v17;
    doubles[last + 18] = v18;
    doubles[last + 19] = v19;
  }

  return {
    write,
    writeAll(kernel, values) {
      if (calls === capacity) run();
      last = calls++ * CALL_DOUBLES + 1;
      doubles[last - 1] = kernel;
      for (let k = 0; k < values.length; k++) doubles[last + k] = values[k];
    },
    run,
    answer: () => (words[2 * last] >>> 0) + words[2 * last + 1] * 4_294_967_296 /* 2³² */,
  };
}

/** A tape that records its calls instead of running them. */
export interface CallRecorder {
  readonly tape: CallTape;
  /** Returns the calls recorded since the last time. */
  takeCalls(): readonly FixedCall[];
}

export function createCallRecorder(): CallRecorder {
  const doubles = new Float64Array(RECORDED_CALLS * CALL_DOUBLES);
  let calls: FixedCall[] = [];
  const tape = createCallTape(doubles, (count) => {
    for (let k = 0; k < count; k++) calls.push([...viewOf(doubles, k * CALL_DOUBLES, CALL_DOUBLES)]);
  });
  return {
    tape,
    takeCalls() {
      tape.run();
      const recordedCalls = calls;
      calls = [];
      return recordedCalls;
    },
  };
}

/** Calls that a recorder's tape holds before they move to its list. */
const RECORDED_CALLS = 16;
