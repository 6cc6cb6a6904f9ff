import {
  type ActivationName,
  createLoss,
  type ElementType,
  type InitializerSpec,
  type OptimizerSpec,
} from '@gradloom/core';
import {
  type BrowserRun,
  type Dataset,
  openBrowserRun,
  type ProbedFigures,
  type TeamWorker,
} from '@gradloom/runtime/browser';
import { outputActivation, stackedNetwork } from '../../src/commands/train/stacked-network.ts';
import { domainOf, openData, planePoints } from './data.ts';
import type { Frame, Opened } from './messages.ts';
import { createPlaneOutputs } from './plane-outputs.ts';
import type { Points } from './points.ts';
import { AUTO, hiddenOf, POINTS, type Settings } from './settings.ts';

/** A run and all that a page shows of it. */
export interface Session {
  readonly facts: Omit<Opened, 'kind' | 'run'>;
  readonly isOver: boolean;
  /** Runs `count` steps, or fewer if the run ends before. */
  advance(count: number): void;
  frame(): Omit<Frame, 'kind' | 'run'>;
  close(): void;
}

/** Maximum number of steps of a run. */
export const MAX_STEPS = 10_000_000;

/** Opens a run of the settings. @throws Error for settings that do not fit. */
export async function openSession(
  settings: Settings,
  points: Points,
  teamWorkers: readonly TeamWorker[],
): Promise<Session> {
  const data = openData(settings, points);
  const { train, test, loss, classes } = data;
  const precision = settings.precision as ElementType;
  const spec = stackedNetwork(
    {
      hidden: hiddenOf(settings),
      activation: { kind: settings.activation as ActivationName },
      'output-activation': { kind: outputActivation(train, createLoss(loss)) },
      ...(settings.init === AUTO ? {} : { init: settings.init as InitializerSpec }),
    },
    train,
    createLoss(loss),
  );
  const { batch, seed } = settings;
  const optimizer = { kind: settings.optimizer, lr: settings.rate } as OptimizerSpec;
  const options = { loss, optimizer, batch, seed, precision, totalSteps: MAX_STEPS };
  const run = await openBrowserRun(spec, train, options, teamWorkers);
  const sets = [planePoints(train, data), ...(test === null ? [] : [planePoints(test, data)])];
  const domain = domainOf(sets, settings.data === POINTS && points.isDrawn);
  const outputsOverPlane = createPlaneOutputs(run.network, run.parameters, precision, loss, data, domain);
  const measuredSet = test ?? train;
  const outputs = new Float64Array(new SharedArrayBuffer(8 * measuredSet.rows * run.network.outputs));
  let figures: ProbedFigures | null = null;
  let losses: [number, number][] = [];
  let isOver = false;

  function addLosses(values: readonly number[]): void {
    const firstStep = run.steps - values.length;
    for (const [k, value] of values.entries()) losses.push([firstStep + k, value]);
    // A run that has done its last step returns no losses.
    if (values.length === 0 || !Number.isFinite(values[values.length - 1])) isOver = true;
  }

  return {
    facts: {
      classes,
      train: sets[0],
      test: sets[1] ?? { x: new Float64Array(0), y: new Float64Array(0), classes: new Int32Array(0) },
      domain,
      stepsPerEpoch: run.stepsPerEpoch,
      threads: run.threads,
      fused: run.fused,
      parameters: run.network.parameterCount,
    },
    get isOver() {
      return isOver;
    },
    advance(count) {
      const lastStep = run.steps + count - 1; // the one that is probed
      while (run.steps < lastStep && !isOver) addLosses(run.advance(lastStep - run.steps));
      if (isOver) return;
      figures = run.probe();
      addLosses([figures.loss]);
    },
    frame() {
      const shownLosses = thinOut(losses);
      losses = [];
      const mean = run.evaluate(measuredSet, outputs);
      return {
        steps: run.steps,
        losses: shownLosses,
        testLoss: test === null ? null : mean,
        accuracy: accuracyOf(measuredSet, outputs, run),
        ...outputsOverPlane(figures),
        fingerprint: run.fingerprint(),
        isOver,
      };
    },
    close: run.close,
  };
}

/** Maximum number of losses of a frame: of more, neighbours are averaged. */
const MAX_LOSSES = 50;

function thinOut(losses: readonly [number, number][]): [number, number][] {
  const groupSize = Math.ceil(losses.length / MAX_LOSSES);
  const meanLosses: [number, number][] = [];
  for (let k = 0; k < losses.length; k += groupSize) {
    const group = losses.slice(k, k + groupSize);
    meanLosses.push([group[group.length - 1][0], group.reduce((sum, [, loss]) => sum + loss, 0) / group.length]);
  }
  return meanLosses;
}

/** Share of the rows whose largest output is that of their class; a single output is the share of the second. */
function accuracyOf({ rows, targets }: Dataset, outputs: Float64Array, { network }: BrowserRun): number {
  const O = network.outputs;
  let right = 0;
  for (let n = 0; n < rows; n++) {
    const y = outputs.slice(n * O, (n + 1) * O);
    const answer = O === 1 ? Number(y[0] > 0.5) : y.indexOf(Math.max(...y));
    if (answer === Math.round(targets.array[n])) right++;
  }
  return right / rows;
}
