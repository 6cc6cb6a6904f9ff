import {
  buildNetwork,
  createLoss,
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
  maxPassRows,
  PAGE,
  sha256Of,
  WasmApi,
} from '@gradloom/core/internal';
import type { Dataset } from '../data/dataset.ts';
import { checkFit } from '../data/targets.ts';
import { evaluateChunks } from '../engine/evaluation/evaluation.ts';
import { addTallies, TALLIES, TALLY } from '../engine/evaluation/tally.ts';
import { planArena, RING } from '../engine/memory/arena.ts';
import { EVALUATION_ROWS } from '../engine/memory/thread-scratch.ts';
import { optimizerOf } from '../engine/step/optimizer-of.ts';
import { type ProbedFigures, readProbe } from '../engine/step/read-probe.ts';
import { divideRows, trainingPassRows } from '../engine/step/team-part.ts';
import { allocateWorkTimes } from '../engine/step/work-clock.ts';
import { allocateControl, CONTROL } from '../engine/threads/barrier.ts';
import { DECISION, type RunSetup } from '../engine/threads/protocol.ts';
import { shareSpec } from '../engine/threads/shared-spec.ts';
import { createOrders, isShuffled } from '../training/run/orders.ts';
import { type RateState, setRates } from '../training/run/rates.ts';
import { createTeam, type TeamWorker } from './team.ts';

/** Options that decide the result of a run. */
export interface BrowserRunOptions {
  readonly loss: LossSpec;
  readonly optimizer: OptimizerSpec;
  readonly batch: number | 'full';
  readonly seed: number;
  readonly precision: ElementType;
  readonly totalSteps: number; // most steps of the run
}

/** A run in a worker of a browser, with the bits of `train` on the backend wasm: unfused in an engine that is. */
export interface BrowserRun {
  readonly network: Network;
  readonly stepsPerEpoch: number;
  readonly threads: number; // that have work
  readonly fused: boolean; // whether products add each term with one rounding, as on most machines
  readonly steps: number; // steps done
  readonly parameters: Elements; // [P] the weights, which steps change
  /** Runs up to `count` steps. Returns their losses; the last is not finite if the run cannot go on. */
  advance(count: number): readonly number[];
  /** Runs one step and returns the figures of its layers. */
  probe(): ProbedFigures;
  /** Mean loss of a dataset, whose outputs go to `outputs` [rows, O]. */
  evaluate(dataset: Dataset, outputs: Float64Array<SharedArrayBuffer>): number;
  /** SHA-256 of the weights, as results have it. */
  fingerprint(): string;
  /** Ends the run, and lets the other workers go. */
  close(): void;
}

let lastRun = 0;

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
  const { precision: elementType, totalSteps, seed } = options;
  const network = buildNetwork(spec);
  const loss = createLoss(options.loss);
  complete(checkFit('train', network, loss, train));
  const optimizer = optimizerOf(options.optimizer, null);
  const batch = options.batch === 'full' ? train.rows : Math.min(options.batch, train.rows);
  const { stepsPerEpoch, ...division } = divideRows(network, elementType, { rows: train.rows, batch });
  const context = { totalSteps, stepsPerEpoch };
  const schedule = createSchedule('constant', context);
  // A thread without a leaf and without a block would only make the others wait.
  const useful = Math.max(leafCount(batch, division.leafRows), blockCount(network.parameterCount));
  const team = others.slice(0, useful - 1);
  const threads = team.length + 1;
  const shape = { ...division, batch, elementType, seed, context };
  const passRows = Math.max(trainingPassRows(shape), Math.min(EVALUATION_ROWS, maxPassRows(network, elementType)));
  const none = { ema: null, clipNorm: null, maxNorm: null, augment: null, cluster: null, weights: null, counted: null };
  const planned = { ...shape, ...none, network, loss, optimizer, schedule, threads, passRows };
  const plan = planArena({ ...planned, backend: 'wasm', probes: true });
  const pages = plan.bytes / PAGE;
  const memory = new WasmApi.Memory({ initial: pages, maximum: pages, shared: true });
  const arena = plan.bind(memory, []);
  arena.scalars.set(optimizer.initialScalars);
  arena.scheduleState.set(schedule.initialState);
  const orders = isShuffled(batch, train) ? createOrders(seed, train, Math.ceil(totalSteps / stepsPerEpoch)) : null;
  lastRun++;
  const fused = hasFusedWasm();
  const setup: RunSetup = {
    ...shape,
    ...none,
    kind: 'training',
    run: lastRun,
    spec: complete(shareSpec(network.spec)),
    loss: options.loss,
    optimizer: options.optimizer,
    schedule: 'constant',
    modules: [],
    ...{ threads, memory, passRows },
    backend: fused ? { name: 'wasm' } : { name: 'wasm', unfused: true },
    code: null,
    outside: [],
    control: allocateControl(),
    mayHold: 0,
    probes: true,
    times: null,
    workTimes: allocateWorkTimes(threads),
    insideBytes: plan.bytes,
    dataset: train,
    orders: orders?.array ?? null,
  };
  const { context: own, run, close } = await createTeam(setup, team);
  run({ kind: 'opening', draws: true });
  const start = arena.theta.slice();
  const before = createElements(elementType, start.length);
  const rates: RateState = { plan: { optimizer, schedule }, arena, progress: {}, rateChanges: new Map(), ratesEnd: 0 };
  let done = 0;

  function span(count: number, probe: boolean): number[] {
    const epoch = Math.floor(done / stepsPerEpoch);
    const wanted = 1 + Math.ceil(count / stepsPerEpoch);
    const ready = orders === null ? totalSteps : complete(orders.prepare(epoch, wanted)) * stepsPerEpoch;
    const limit = Math.min(totalSteps, done + Math.min(count, RING), ready);
    if (limit === done) return [];
    setRates(rates, limit);
    run({ kind: 'span', first: done, limit, probe });
    const steps = setup.control[CONTROL.steps];
    done += steps;
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
      return done;
    },
    parameters: arena.theta,
    advance: (count) => span(count, false),
    probe() {
      before.set(arena.theta);
      const step = done;
      const [loss = Number.NaN] = span(1, true);
      return { ...complete(readProbe(network, setup, arena, { step, theta: before, start })), loss };
    },
    evaluate(dataset, outputs) {
      const sums = new Float64Array(TALLIES);
      const chunks = Math.ceil(dataset.rows / EVALUATION_ROWS);
      const tallies = new Float64Array(new SharedArrayBuffer(8 * chunks * TALLIES));
      const place = { setup, live: [setup.run], thread: 0, threads: 1 };
      const { rows } = dataset;
      evaluateChunks(own, { kind: 'evaluation', ...place, dataset, first: 0, rows, outputs, tallies });
      addTallies(sums, tallies, chunks);
      return sums[TALLY.loss] / rows;
    },
    fingerprint: () => hexadecimal(sha256Of(arena.theta.slice())),
    close,
  };
}
