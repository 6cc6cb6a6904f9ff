import { FLOAT64 } from '../math/element-type.ts';
import { type Allocate, viewOf } from '../math/scratch.ts';
import type { Block, FixedCall, Kernels, TakeDoubles } from './kernels.ts';
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
  /** Calls outside of blocks, which JavaScript makes one by one. */
  readonly alone: number;
  readonly blocks: number;
  /** Host operations. */
  readonly hosts: number;
}

/** Memory for tapes. A block that does not fit has its tape elsewhere. */
export interface TapeMemory {
  /** `length` doubles, or null if fewer are left. */
  readonly take: TakeDoubles;
}

/** Hands out `memory` from its start. */
export function createTapeMemory(memory: Float64Array): TapeMemory {
  let usedDoubles = 0;
  return {
    take(length) {
      if (usedDoubles + length > memory.length) return null;
      usedDoubles += length;
      return viewOf(memory, usedDoubles - length, length);
    },
  };
}

/** Allocates an array for each tape. */
export const tapesOf = (allocate: Allocate): TapeMemory => ({ take: (length) => allocate(length, FLOAT64) });

/** One call of a run, from JavaScript; a result of false ends the program. */
type Step = () => unknown;

/** Calls of a part that are copied to the tape of each program. A larger part has one tape that all programs play. */
const MAX_INLINE_CALLS = 64;

/**
 * Makes a program runnable. A call uses the backend's own function if there is one; kernel calls that stay the same
 * become one block with those of their neighbours; every other call runs its plain code. There is no other way to run
 * an operation.
 */
export function link(
  calls: readonly Call[],
  kernels: Kernels,
  tapes: TapeMemory | null = null,
  { fuses = true } = {}, // whether to join calls by `joinNeighbours` and `fuse`
): Program {
  const { blocks } = kernels;
  const steps: Step[] = [];
  const partPrograms = new Map<unknown, Program>(); // by the calls of the part
  const allocateTape: TakeDoubles = (length) => tapes?.take(length) ?? null;
  let lastBlock: Block | null = null;
  let pending: { calls: FixedCall[]; size: ProgramSize } = { calls: [], size: EMPTY_SIZE };
  let size = EMPTY_SIZE;

  function closeBlock(): void {
    const { calls, size: blockSize } = pending;
    if (calls.length === 0 || blocks === null) return;
    pending = { calls: [], size: EMPTY_SIZE };
    lastBlock = blocks(calls, allocateTape);
    steps.push(lastBlock.run);
    size = addSizes(size, { ...blockSize, blocks: 1 });
  }

  function add(step: Step, stepSize: ProgramSize): void {
    closeBlock();
    steps.push(step);
    size = addSizes(size, stepSize);
  }

  /** Appends calls to the pending block. */
  function appendToBlock(calls: readonly FixedCall[], operations: number): void {
    for (const call of calls) pending.calls.push(call);
    pending.size = addSizes(pending.size, { ...EMPTY_SIZE, calls: operations });
  }

  const hasKernel = (call: Call): boolean => kernels.bind(call) !== null;
  for (const call of fuses ? fuse(joinNeighbours(calls, hasKernel), hasKernel) : calls) {
    const { op, args } = call;
    if (op.name === barrier.name) continue; // teams have replaced their barriers with host operations by now
    if (op.name === host.name) {
      add(args[0] as Step, { ...EMPTY_SIZE, hosts: 1 });
    } else if (op.name === part.name) {
      const program = partPrograms.get(args[0]) ?? link(args[0] as readonly Call[], kernels, tapes, { fuses });
      partPrograms.set(args[0], program);
      const { block, run } = program;
      if (block === null || block.calls.length > MAX_INLINE_CALLS) add(run, program.size);
      else appendToBlock(block.calls, program.size.calls);
    } else {
      const bound = kernels.bind(call);
      if (bound === null) add(referenceStep(call), ALONE);
      else if (typeof bound === 'function') add(bound, ALONE);
      else appendToBlock(bound, 1);
    }
  }
  closeBlock();
  const run = (): boolean => {
    for (let k = 0; k < steps.length; k++) if (steps[k]() === false) return false;
    return true;
  };
  return { run, block: steps.length === 1 ? lastBlock : null, size };
}

const EMPTY_SIZE: ProgramSize = { calls: 0, alone: 0, blocks: 0, hosts: 0 };
const ALONE: ProgramSize = { ...EMPTY_SIZE, calls: 1, alone: 1 };

const addSizes = (a: ProgramSize, b: ProgramSize): ProgramSize => ({
  calls: a.calls + b.calls,
  alone: a.alone + b.alone,
  blocks: a.blocks + b.blocks,
  hosts: a.hosts + b.hosts,
});

/** Runs the call's plain code. */
function referenceStep({ op, args }: Call): Step {
  // Safe: `emit` has checked the types of the arguments.
  const reference = op.reference as (...args: readonly unknown[]) => void;
  return () => reference(...args);
}

/** Runs calls once. */
export function runCalls(calls: readonly Call[], kernels: Kernels): void {
  link(calls, kernels).run();
}

/** Joins neighbouring calls that can be one, as many as can, if the backend has a function for that one. */
export function joinNeighbours(calls: readonly Call[], hasKernel: (call: Call) => boolean): Call[] {
  const joinedCalls: Call[] = [];
  let group: Call[] = [];
  let groupCall: Call | null = null; // the calls of the group as one
  function closeGroup(): void {
    if (groupCall !== null && group.length > 1 && hasKernel(groupCall)) joinedCalls.push(groupCall);
    else for (const call of group) joinedCalls.push(call);
    [group, groupCall] = [[], null];
  }
  for (const call of calls) {
    const joinedCall = joinOf(groupCall, call);
    if (joinedCall === null) closeGroup();
    groupCall = joinedCall ?? call;
    group.push(call);
  }
  closeGroup();
  return joinedCalls;
}

const joinOf = (call: Call | null, next: Call): Call | null =>
  call === null ? null : (call.op.join?.(call, next) ?? null);

/**
 * Joins pairs of calls into one where the backend has a function for both: the mean of gradient rows, and the update by
 * it. The mean then never goes through memory. All bits stay the same, except in arrays that nothing reads afterwards.
 */
export function fuse(calls: readonly Call[], hasKernel: (call: Call) => boolean): Call[] {
  const fused: Call[] = [];
  for (const call of calls) {
    const previous = fused.at(-1);
    const fusedCall = previous === undefined ? null : meanUpdate(previous, call);
    if (fusedCall !== null && hasKernel(fusedCall)) fused[fused.length - 1] = fusedCall;
    else fused.push(call);
  }
  return fused;
}

/** The two calls as one, or null if they are not a mean gradient and an update of all its parameters. */
function meanUpdate(average: Call, { op, args }: Call): Call | null {
  if (average.op.name !== ops.averageRows.name || !('state' in op.operands)) return null;
  const [square, mean, first, S, row, n, inverseCount] = average.args;
  const [theta, g, state, count, hyper] = args;
  if (mean !== g || n !== count) return null;
  const fused = meanUpdateOp(op as unknown as Parameters<typeof meanUpdateOp>[0]);
  return { op: fused as unknown as Call['op'], args: [square, theta, state, n, hyper, first, row, S, inverseCount] };
}
