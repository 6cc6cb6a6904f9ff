import {
  buildNetwork,
  type CustomParts,
  createLoss,
  createOptimizer,
  createSchedule,
  type Elements,
  type ElementType,
  type LossSpec,
  type Network,
  type NetworkSpec,
  type OptimizerSpec,
} from '@gradloom/core';
import {
  blockCount,
  complete,
  createElements,
  hasFusedWasm,
  hexadecimal,
  leafCount,
  NO_PARTS,
  PAGE_BYTES,
  sha256Of,
  WasmApi,
} from '@gradloom/core/internal';
import type { Dataset } from '../data/dataset.ts';
import { checkFit } from '../data/targets.ts';
import { evaluateChunks } from '../engine/evaluation/evaluation.ts';
import { addTallies, TALLIES, TALLY } from '../engine/evaluation/tally.ts';
import { planArena, RING } from '../engine/memory/arena.ts';
import { EVALUATION_ROWS } from '../engine/memory/thread-scratch.ts';
import { type ProbedFigures, readProbe } from '../engine/step/read-probe.ts';
import { divideRows } from '../engine/step/team-part.ts';
import { CONTROL } from '../engine/threads/barrier.ts';
import { createTeamSetup } from '../engine/threads/create-team-setup.ts';
import { DECISION } from '../engine/threads/protocol.ts';
import { type LearningRateState, writeLearningRates } from '../training/run/learning-rates.ts';
import { isShuffled } from '../training/run/orders.ts';
import { layOutRun } from '../training/run/run-layout.ts';
import { browserEnvironment } from './browser-environment.ts';
import { createTeam, type TeamWorker } from './team.ts';

/** Options that decide the result of a run. */
export interface BrowserRunOptions {
  readonly loss: LossSpec;
  readonly optimizer: OptimizerSpec;
  readonly batch: number | 'full';
  readonly seed: number;
  readonly precision: ElementType;
  readonly totalSteps: number; // maximum number of steps
  readonly parts?: CustomParts; // of the user's own, which other workers give to `joinTeam`; default none
}

/** A run in a worker of a browser, bit-identical to `train` on the backend wasm that is fused or unfused like it. */
export interface BrowserRun {
  readonly network: Network;
  readonly stepsPerEpoch: number;
  readonly threads: number; // threads that have work
  readonly fused: boolean; // whether products add each term with one rounding, as on most machines
  readonly steps: number; // steps done
  readonly parameters: Elements; // [P] the weights; steps overwrite them
  /** Runs up to `count` steps. Returns their losses; the last is not finite if the run cannot go on. */
  advance(count: number): readonly number[];
  /** Runs one step and returns the figures of its layers. */
  probe(): ProbedFigures;
  /** Mean loss of a dataset, whose outputs go to `outputs` [rows, O]. */
  evaluate(dataset: Dataset, outputs: Float64Array<SharedArrayBuffer>): number;
  /** SHA-256 of the weights, as in results of `train`. */
  fingerprint(): string;
  /** Ends the run, and releases the other workers. */
  close(): void;
}

/**
 * Opens a run at a constant learning rate on this worker and those of `others` that have work. Their number does not
 * change the result.
 * @throws OptionError (rejects) for shapes and options that do not fit.
 */
export async function openBrowserRun(
  spec: NetworkSpec,
  train: Dataset,
  options: BrowserRunOptions,
  others: readonly TeamWorker[] = [],
): Promise<BrowserRun> {
  const { precision: elementType, totalSteps, seed, parts = NO_PARTS } = options;
  const network = buildNetwork(spec, parts);
  const loss = createLoss(options.loss, parts);
  complete(checkFit('train', network, loss, train));
  const optimizer = createOptimizer(options.optimizer);
  const batch = options.batch === 'full' ? train.rows : Math.min(options.batch, train.rows);
  const { stepsPerEpoch, ...division } = divideRows(network, elementType, {
    rows: train.rows,
    batch,
    evaluated: EVALUATION_ROWS,
  });
  const context = { totalSteps, stepsPerEpoch };
  const schedule = createSchedule('constant', context);
  // A thread without a leaf and without a block would only make the others wait.
  const maxThreads = Math.max(leafCount(batch, division.leafRows), blockCount(network.parameterCount));
  const workers = others.slice(0, maxThreads - 1);
  const threads = workers.length + 1;
  const shape = {
    ...division,
    network,
    loss,
    lossSpec: options.loss,
    optimizer,
    optimizerSpec: options.optimizer,
    schedule,
    scheduleSpec: 'constant' as const,
    context,
    elementType,
    seed,
    threads,
    probes: true,
    shuffle: isShuffled(batch, train),
    totalEpochs: Math.ceil(totalSteps / stepsPerEpoch),
  };
  const plan = planArena({ ...shape, backend: 'wasm' });
  const pages = plan.bytes / PAGE_BYTES;
  const fused = hasFusedWasm();
  const team = createTeamSetup(shape, {
    threads,
    backend: fused ? { name: 'wasm' } : { name: 'wasm', unfused: true },
    code: null,
    memory: new WasmApi.Memory({ initial: pages, maximum: pages, shared: true }),
    outside: [],
    maxHeldBytes: 0,
  });
  const { setup, arena, orders } = complete(layOutRun(shape, team, plan, train));
  const { context: firstThread, run, close } = await createTeam(setup, workers, browserEnvironment(parts));
  run({ kind: 'opening', drawsWeights: true });
  const start = arena.theta.slice();
  const thetaBefore = createElements(elementType, start.length);
  const rates: LearningRateState = {
    plan: { optimizer, schedule },
    arena,
    progress: {},
    rateChanges: new Map(),
    writtenRatesEnd: 0,
  };
  let stepsDone = 0;

  function runSteps(count: number, { probe }: { readonly probe: boolean }): number[] {
    const epoch = Math.floor(stepsDone / stepsPerEpoch);
    const epochs = 1 + Math.ceil(count / stepsPerEpoch);
    const preparedEnd = orders === null ? totalSteps : complete(orders.prepare(epoch, epochs)) * stepsPerEpoch;
    const limit = Math.min(totalSteps, stepsDone + Math.min(count, RING), preparedEnd);
    if (limit === stepsDone) return [];
    writeLearningRates(rates, limit);
    run({ kind: 'span', first: stepsDone, limit, probe });
    const steps = setup.control[CONTROL.steps];
    stepsDone += steps;
    const losses = Array.from(arena.losses.slice(0, steps));
    // A norm that is not finite ends a run as such a loss does.
    if (setup.control[CONTROL.decision] === DECISION.bad) losses[steps - 1] = Number.NaN;
    return losses;
  }

  return {
    network,
    stepsPerEpoch,
    threads,
    fused,
    get steps() {
      return stepsDone;
    },
    parameters: arena.theta,
    advance: (count) => runSteps(count, { probe: false }),
    probe() {
      thetaBefore.set(arena.theta);
      const step = stepsDone;
      const [loss = Number.NaN] = runSteps(1, { probe: true });
      return { ...complete(readProbe(network, setup, arena, { step, theta: thetaBefore, start })), loss };
    },
    evaluate(dataset, outputs) {
      const sums = new Float64Array(TALLIES);
      const chunks = Math.ceil(dataset.rows / EVALUATION_ROWS);
      const tallies = new Float64Array(new SharedArrayBuffer(8 * chunks * TALLIES));
      const teamTask = { setup, live: [setup.run], thread: 0, threads: 1 };
      const { rows } = dataset;
      evaluateChunks(firstThread, { kind: 'evaluation', ...teamTask, dataset, first: 0, rows, outputs, tallies });
      addTallies(sums, tallies, chunks);
      return sums[TALLY.loss] / rows;
    },
    fingerprint: () => hexadecimal(sha256Of(arena.theta.slice())),
    close,
  };
}
