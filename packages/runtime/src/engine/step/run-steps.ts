import { RING } from '../memory/arena.ts';
import { STEPS_AHEAD } from '../memory/thread-scratch.ts';
import { CONTROL, createBarrier } from '../threads/barrier.ts';
import { DECISION, type SpanTask } from '../threads/protocol.ts';
import { gatherLeaves, rowsOf } from './batch.ts';
import type { RunContext } from './context.ts';
import { gatherFromRanks } from './rank-gather.ts';
import { finishSteps, teamPrograms } from './step-program.ts';

/** Longest time that a thread alone repeats steps in one call of a block without checking for the span's end. */
const BLOCK_MS = 0.5;

/** Runs steps until the limit, a request or an abort, by the thread's programs, one after the other. */
export function runSteps(context: RunContext, task: SpanTask): void {
  const { setup, clock, workClock, stepResult, hyperRow, stepAndRow, stopFlag } = context;
  const { threads, first, limit, probe = false, timedShare = 0 } = task;
  const { control, batch } = setup;
  context.barrier = createBarrier(control, threads, context.cores, context.environment.maxSleeps);
  const { fullBatch, lastBatch, fixedPass } = teamPrograms(context, threads, probe);
  if (fixedPass !== null) gatherLeaves(context, first, fixedPass.first, fixedPass.count, fixedPass.workspace);
  context.spanSteps = limit - first;
  const isShort = (step: number): boolean => fullBatch !== lastBatch && rowsOf(setup, step) !== batch;
  context.scalarsAhead.set(context.arena.scalars);
  hyperRow[0] = 0; // each step reads the next row
  let preparedSteps = 0; // steps whose hyperparameters are written in `hypers`
  let maxRepeats = 1; // maximum number of steps of the next call of a block
  Atomics.add(control, CONTROL.checkedIn, 1);
  if (!context.barrier.arrive()) return;
  clock?.start();
  let nowMs = performance.now();
  for (let step = first; ; ) {
    if (hyperRow[0] === preparedSteps) {
      preparedSteps = Math.min(STEPS_AHEAD, limit - step);
      writeHypers(context, step, preparedSteps);
      hyperRow[0] = 0;
    }
    context.step = step;
    stepAndRow[0] = step;
    stepResult[0] = step - first;
    context.isTimed = timedShare > 0 && workClock.begin(step, timedShare);
    const program = isShort(step) ? lastBatch : fullBatch;
    if (threads === 1 && program.block !== null) {
      const repeatedSteps = program.block.repeat(Math.min(maxRepeats, preparedSteps - hyperRow[0]), stopFlag);
      const startMs = nowMs;
      nowMs = performance.now();
      maxRepeats = nowMs - startMs > BLOCK_MS ? Math.max(1, maxRepeats >> 1) : Math.min(STEPS_AHEAD, 2 * maxRepeats);
      finishSteps(context, repeatedSteps);
      step += repeatedSteps;
    } else {
      if (!program.run()) return;
      if (threads === 1) finishSteps(context, 1); // in a larger team, part of the program
      step++;
    }
    if (control[CONTROL.decision] !== DECISION.go) {
      if (setup.cluster !== null) gatherFromRanks(context, probe);
      return;
    }
    if (threads === 1 && !context.barrier.arrive()) return;
  }
}

/** Writes the hyperparameters of `count` steps from `step`. Overwrites `hypers`. */
function writeHypers(
  { optimizer, arena, hypers, hyper, learningRate, scalarsAhead }: RunContext,
  step: number,
  count: number,
): void {
  const H = optimizer.hyperLength;
  for (let k = 0; k < count; k++) {
    learningRate[0] = arena.learningRates[(step + k) % RING];
    optimizer.hyper(hyper, learningRate, scalarsAhead);
    // A loop: calling `set` takes 8 ns, and a step of XOR 200.
    for (let h = 0; h < H; h++) hypers[k * H + h] = hyper[h];
    optimizer.advance(scalarsAhead);
  }
}
