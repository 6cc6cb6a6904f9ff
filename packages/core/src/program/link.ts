import { FLOAT64 } from '../math/element-type.ts';
import { type Allocate, viewOf } from '../math/scratch.ts';
import type { Block, Kernels } from './kernels.ts';
import { barrier, type Call, host, part } from './op.ts';
import { meanUpdateOp, ops } from './ops/index.ts';

/** A program that can run on one thread. */
export interface Program {
  /** Runs the program; returns false if a host operation ended it. */
  run(): boolean;
  /** The program as a single block, which can repeat itself; null if it also has calls from JavaScript. */
  readonly block: Block | null;
  /** Counts of one run. */
  readonly size: ProgramSize;
}

/** How often one run of a program returns to JavaScript, and for what. */
export interface ProgramSize {
  /** Operations other than host operations, in blocks or alone. */
  readonly calls: number;
  /** Calls that JavaScript makes one by one. */
  readonly alone: number;
  readonly blocks: number;
  /** Host operations. */
  readonly hosts: number;
}

/** Memory for tapes. Calls that do not fit are made one by one. */
export interface TapeRoom {
  /** `length` doubles, or null if fewer are left. */
  take(length: number): Float64Array | null;
}

/** A room that hands out `memory` from its start. */
export function createTapeRoom(memory: Float64Array): TapeRoom {
  let used = 0;
  return {
    take(length) {
      if (used + length > memory.length) return null;
      used += length;
      return viewOf(memory, used - length, length);
    },
  };
}

/** A room that allocates an array for each tape. */
export const tapesOf = (allocate: Allocate): TapeRoom => ({ take: (length) => allocate(length, FLOAT64) });

type Step = () => unknown;

/**
 * Makes a program runnable. A call uses the backend's own function if there is one; consecutive calls that the backend
 * can encode become one block; every other call runs its plain code. There is no other way to run an operation.
 */
export function link(
  calls: readonly Call[],
  kernels: Kernels,
  room: TapeRoom | null = null,
  { fuses = true } = {}, // whether to join calls by `fuse`
): Program {
  const { blocks } = kernels;
  const steps: Step[] = [];
  const parts = new Map<unknown, Program>();
  let only: Block | null = null;
  let pending: { words: readonly number[]; single: () => Step; size: ProgramSize }[] = [];
  const sizes: ProgramSize[] = [];

  function closeBlock(): void {
    if (pending.length === 0 || blocks === null) return;
    const own = pending;
    pending = [];
    const tape = room?.take((own.length * blocks.callWords) / 2);
    if (tape == null) {
      for (const { single, size } of own) add(single(), size);
      return;
    }
    const words = new Int32Array(tape.buffer, tape.byteOffset, 2 * tape.length);
    for (const [k, call] of own.entries()) words.set(call.words, k * blocks.callWords);
    only = blocks.block(tape, own.length);
    steps.push(only.run);
    sizes.push({
      ...NOTHING,
      calls: sum(
        own.map(({ size }) => size),
        'calls',
      ),
      blocks: 1,
    });
  }

  function add(step: Step, size: ProgramSize): void {
    closeBlock();
    steps.push(step);
    sizes.push(size);
  }

  const owns = (call: Call): boolean => kernels.bind(call) !== null || (blocks?.encode(call) ?? null) !== null;
  for (const call of fuses ? fuse(calls, owns) : calls) {
    const { op, args } = call;
    if (op.name === barrier.name) continue; // teams have replaced their barriers with host operations by now
    if (op.name === host.name) {
      add(args[0] as Step, { ...NOTHING, hosts: 1 });
    } else if (op.name === part.name) {
      const program = parts.get(args[0]) ?? link(args[0] as readonly Call[], kernels, room, { fuses });
      parts.set(args[0], program);
      const { block, run, size } = program;
      if (block === null) add(run, size);
      else pending.push({ words: block.words, single: () => run, size });
    } else {
      const own = kernels.bind(call);
      const words = own === null ? (blocks?.encode(call) ?? null) : null;
      if (words !== null && blocks !== null) pending.push({ words, single: () => blocks.single(call), size: ALONE });
      else add(own ?? plain(call), ALONE);
    }
  }
  closeBlock();
  const size = {
    ...{ calls: sum(sizes, 'calls'), alone: sum(sizes, 'alone') },
    ...{ blocks: sum(sizes, 'blocks'), hosts: sum(sizes, 'hosts') },
  };
  return { run: runner(steps), block: steps.length === 1 ? only : null, size };
}

const NOTHING: ProgramSize = { calls: 0, alone: 0, blocks: 0, hosts: 0 };
const ALONE: ProgramSize = { ...NOTHING, calls: 1, alone: 1 };

const sum = (sizes: readonly ProgramSize[], of: keyof ProgramSize): number =>
  sizes.reduce((all, size) => all + size[of], 0);

/** Runs the call's plain code. */
function plain({ op, args }: Call): Step {
  // Safe: `emit` has checked the types of the arguments.
  const reference = op.reference as (...args: readonly unknown[]) => void;
  return () => reference(...args);
}

function runner(steps: readonly Step[]): () => boolean {
  return () => {
    for (let k = 0; k < steps.length; k++) if (steps[k]() === false) return false;
    return true;
  };
}

/** Runs calls once. */
export function runCalls(calls: readonly Call[], kernels: Kernels): void {
  link(calls, kernels).run();
}

/** Whether the backend has its own function for a call. */
type Owns = (call: Call) => boolean;

/**
 * Joins pairs of calls into one where the backend has a function for both: the mean of gradient rows, and the update by
 * it. The mean then never goes through memory. All bits stay the same, except in arrays that nothing reads afterwards.
 */
export function fuse(calls: readonly Call[], owns: Owns): Call[] {
  const fused: Call[] = [];
  for (const call of calls) {
    const before = fused.at(-1);
    const joined = before === undefined ? null : meanUpdate(before, call);
    if (joined !== null && owns(joined)) fused[fused.length - 1] = joined;
    else fused.push(call);
  }
  return fused;
}

/** The two calls as one, or null if they are not a mean gradient and an update of all its parameters. */
function meanUpdate(average: Call, { op, args }: Call): Call | null {
  if (average.op.name !== ops.averageRows.name || !('state' in op.operands)) return null;
  const [square, mean, first, S, row, n, share] = average.args;
  const [theta, g, state, count, hyper] = args;
  if (mean !== g || n !== count) return null;
  const fused = meanUpdateOp(op as unknown as Parameters<typeof meanUpdateOp>[0]);
  return { op: fused as unknown as Call['op'], args: [square, theta, state, n, hyper, first, row, S, share] };
}
