import { RING } from './arena.ts';
import type { RunContext } from './context.ts';
import { gatherRows } from './datasets/gather.ts';
import { gatherTargets } from './datasets/targets.ts';
import { teamPrograms } from './step-program.ts';
import { STEPS } from './thread-scratch.ts';
import { CONTROL, createBarrier } from './threads/barrier.ts';
import { DECISION, type RunSetup, type SpanTask } from './threads/protocol.ts';

/** How long a block may repeat steps until somebody looks whether the span is to end. */
const MOMENT_MS = 0.5;

/** Steps until the limit, a request or an abort: a thread's programs of them, one after the other. */
export function runSteps(context: RunContext, task: SpanTask): void {
  const { setup, clock, workClock, note, next, place, stop } = context;
  const { threads, first, limit, probe = false, timedShare = 0 } = task;
  const { control, batch } = setup;
  context.barrier = createBarrier(control, threads, context.cores);
  const { whole, last, held } = teamPrograms(context, threads, probe);
  if (held !== null) gatherLeaves(context, first, held.first, held.count);
  context.most = limit - first;
  const isShort = (step: number): boolean => whole !== last && rowsOf(setup, step) !== batch;
  context.scalarsAhead.set(context.arena.scalars);
  next[0] = 0;
  let ready = 0; // steps whose hyperparameters are written
  let count = 1; // steps that a block may repeat
  Atomics.add(control, CONTROL.checkedIn, 1);
  if (!context.barrier.arrive()) return;
  clock?.start();
  let nowMs = performance.now();
  for (let step = first; ; ) {
    if (next[0] === ready) {
      ready = writeHypers(context, step, Math.min(STEPS, limit - step));
      next[0] = 0;
    }
    context.step = step;
    place[0] = step;
    note[0] = step - first;
    context.isTimed = timedShare > 0 && workClock.begin(step, timedShare);
    const program = isShort(step) ? last : whole;
    if (threads === 1 && program.block !== null) {
      const taken = program.block.repeat(Math.min(count, ready - next[0]), stop);
      const startMs = nowMs;
      nowMs = performance.now();
      count = nowMs - startMs > MOMENT_MS ? Math.max(1, count >> 1) : Math.min(STEPS, 2 * count);
      finishSteps(context, taken);
      step += taken;
    } else {
      if (!program.run()) return;
      if (threads === 1) finishSteps(context, 1);
      step++;
    }
    if (control[CONTROL.decision] !== DECISION.go) return;
    if (threads === 1 && !context.barrier.arrive()) return;
  }
}

/** Writes the hyperparameters of `count` steps from `step` on, and returns how many. Overwrites `hypers`. */
function writeHypers({ optimizer, arena, hypers, hyper, rate, scalarsAhead }: RunContext, step: number, count: number) {
  const H = optimizer.hyperLength;
  for (let k = 0; k < count; k++) {
    rate[0] = arena.rates[(step + k) % RING];
    optimizer.hyper(hyper, rate, scalarsAhead);
    hypers.set(hyper, k * H);
    optimizer.advance(scalarsAhead);
  }
  return count;
}

/**
 * Behind the last `taken` steps, by the thread that ended them, while all others wait: moves the optimizer's scalars on,
 * and decides for all whether to go on. A request read by each thread itself could send one home and keep another.
 */
export function finishSteps({ arena, setup, optimizer, note, stop, most }: RunContext, taken: number): void {
  const { control } = setup;
  for (let k = 0; k < taken; k++) optimizer.advance(arena.scalars);
  const isOver = note[0] === most || Atomics.load(control, CONTROL.request) !== 0;
  // Plainly: whoever reads these comes behind the barrier, or behind the end of the task.
  control[CONTROL.steps] = note[0];
  control[CONTROL.decision] = stop[0] === 0 ? (isOver ? DECISION.end : DECISION.go) : DECISION.bad;
}

/** Brings the rows of `count` leaves from leaf `first` in `step` and their targets into the workspace. */
export function gatherLeaves(context: RunContext, step: number, first: number, count: number): number {
  const { setup, loss, workspace, kernels } = context;
  const { dataset, orders, leaf } = setup;
  if (dataset === null) throw new Error('gatherLeaves: dataset has null, expected a dataset to train on');
  const rows = leafRowsOf(setup, step, first, count);
  const place = firstOf(setup, step) + first * leaf;
  gatherRows(workspace.x, dataset.inputs, orders, place, rows, kernels);
  gatherTargets(workspace.t, dataset, context.targetColumns, loss.targets, orders, place, rows);
  return rows;
}

/** Rows of `count` leaves from leaf `first` in `step`. */
const leafRowsOf = (setup: RunSetup, step: number, first: number, count: number): number =>
  Math.min(count * setup.leaf, rowsOf(setup, step) - first * setup.leaf);

/** Rows in the batch of `step`: the last batch of an epoch may be short. */
export function rowsOf({ batch, context, dataset }: RunSetup, step: number): number {
  const within = step % context.stepsPerEpoch;
  return Math.min(batch, (dataset?.rows ?? 0) - within * batch);
}

/** The row of the dataset that is row `n` of the batch in `step`. */
export function rowOfDataset(setup: RunSetup, step: number, n: number): number {
  const place = firstOf(setup, step) + n;
  return setup.orders === null ? place : setup.orders[place];
}

/** Where the batch of `step` begins in `orders`, or in the file where there are none. */
function firstOf({ batch, context, dataset, orders }: RunSetup, step: number): number {
  const within = (step % context.stepsPerEpoch) * batch;
  if (orders === null || dataset === null) return within;
  const epoch = Math.floor(step / context.stepsPerEpoch);
  return (epoch % (orders.length / dataset.rows)) * dataset.rows + within;
}
