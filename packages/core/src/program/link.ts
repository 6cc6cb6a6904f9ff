import type { UpdateKernel } from '../families/optimizers/optimizer.ts';
import { FLOAT64 } from '../math/element-type.ts';
import { type Allocate, viewOf } from '../math/scratch.ts';
import type { Block, Kernels } from './kernels.ts';
import { barrier, type Call, host, part } from './op.ts';
import { meanUpdateOp, ops } from './ops/index.ts';

/** A program that can run on one thread. */
export interface Program {
  /** Runs it; returns false where an operation of the host ended it. */
  run(): boolean;
  /** The one block that it consists of, which can repeat itself; null where JavaScript has a part in it. */
  readonly block: Block | null;
  /** What one run of it makes. */
  readonly size: ProgramSize;
}

/** How often JavaScript leaves a program, and for what. */
export interface ProgramSize {
  /** Operations but those of the host, in blocks or alone. */
  readonly calls: number;
  /** Those of them that JavaScript calls one by one. */
  readonly alone: number;
  readonly blocks: number;
  /** Operations of the host. */
  readonly hosts: number;
}

/** Memory of tapes. What finds no room in it is called one by one. */
export interface TapeRoom {
  /** `length` doubles, or null where there are no more so many. */
  take(length: number): Float64Array | null;
}

/** The room of `memory`, from its start. */
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

/** A room that grows, of arrays that `allocate` makes. */
export const tapesOf = (allocate: Allocate): TapeRoom => ({ take: (length) => allocate(length, FLOAT64) });

type Step = () => unknown;

/**
 * Makes a program runnable: each call by the function that the backend has for it, those that follow each other as one
 * block where the backend can, all others by their plain code. There is no other way to run an operation.
 */
export function link(
  calls: readonly Call[],
  kernels: Kernels,
  room: TapeRoom | null = null,
  { fuses = true } = {}, // see link.ts
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
    if (op.name === barrier.name) continue; // a team's barriers are operations of the host by now
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

/** The call by its plain code. */
function plain({ op, args }: Call): Step {
  // The arguments are those of the operation: `emit` has them typed.
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

/** Whether a backend has a function for a call. */
type Owns = (call: Call) => boolean;

/**
 * The program with pairs of calls joined into one where the backend has it, to the same bits but for arrays that nobody
 * reads afterwards: the mean of some rows of gradients and the update by it, which then never goes through memory.
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

/** The two as one; null where they are not the mean of a gradient and an update of all of its parameters by it. */
function meanUpdate(average: Call, { op, args }: Call): Call | null {
  if (average.op.name !== ops.averageRows.name || !('state' in op.operands)) return null;
  const [square, mean, first, S, row, n, share] = average.args;
  const [theta, g, state, count, hyper] = args;
  if (mean !== g || n !== count) return null;
  const update = op.reference as UpdateKernel;
  const fused = meanUpdateOp(op.name, update);
  return { op: fused as unknown as Call['op'], args: [square, theta, state, n, hyper, first, row, S, share] };
}
