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
import { domainOf, openData, placed } from './data.ts';
import { createLook } from './look.ts';
import type { Frame, Opened } from './messages.ts';
import type { Points } from './points.ts';
import { AUTO, hiddenOf, POINTS, type Settings } from './settings.ts';

/** A run and all that a page shows of it. */
export interface Session {
  readonly facts: Omit<Opened, 'kind' | 'run'>;
  readonly isOver: boolean;
  /** Runs `count` steps, as few as the run has left. */
  advance(count: number): void;
  frame(): Omit<Frame, 'kind' | 'run'>;
  close(): void;
}

/** Most steps of a run: its command names the number of those that are done. */
export const MOST_STEPS = 10_000_000;

/** Opens a run of the settings. @throws Error for settings that do not fit. */
export async function openSession(settings: Settings, points: Points, others: readonly TeamWorker[]): Promise<Session> {
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
  const options = { loss, optimizer, batch, seed, precision, totalSteps: MOST_STEPS };
  const run = await openBrowserRun(spec, train, options, others);
  const sets = [placed(train, data), ...(test === null ? [] : [placed(test, data)])];
  const domain = domainOf(sets, settings.data === POINTS && points.isDrawn);
  const look = createLook(run.network, run.parameters, precision, loss, data, domain);
  const asked = test ?? train;
  const outputs = new Float64Array(new SharedArrayBuffer(8 * asked.rows * run.network.outputs));
  let figures: ProbedFigures | null = null;
  let losses: [number, number][] = [];
  let isOver = false;

  function take(own: readonly number[]): void {
    const first = run.steps - own.length;
    for (const [k, value] of own.entries()) losses.push([first + k, value]);
    if (own.length === 0 || !Number.isFinite(own[own.length - 1])) isOver = true;
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
      // The last step is looked at.
      const until = run.steps + count - 1;
      while (run.steps < until && !isOver) take(run.advance(until - run.steps));
      if (isOver) return;
      const { loss, ...rest } = run.probe();
      figures = { loss, ...rest };
      take([loss]);
    },
    frame() {
      const taken = thinned(losses);
      losses = [];
      const mean = run.evaluate(asked, outputs);
      return {
        steps: run.steps,
        losses: taken,
        testLoss: test === null ? null : mean,
        accuracy: rightOf(asked, outputs, run),
        ...look(figures),
        fingerprint: run.fingerprint(),
        isOver,
      };
    },
    close: run.close,
  };
}

/** Most losses of a frame; of more, some are means. */
const MOST_LOSSES = 50;

function thinned(losses: readonly [number, number][]): [number, number][] {
  const stretch = Math.ceil(losses.length / MOST_LOSSES);
  const found: [number, number][] = [];
  for (let k = 0; k < losses.length; k += stretch) {
    const part = losses.slice(k, k + stretch);
    found.push([part[part.length - 1][0], part.reduce((sum, [, loss]) => sum + loss, 0) / part.length]);
  }
  return found;
}

/** Share of the rows whose largest output is that of their class; a single output is that of the second class. */
function rightOf({ rows, targets }: Dataset, outputs: Float64Array, { network }: BrowserRun): number {
  const O = network.outputs;
  let right = 0;
  for (let n = 0; n < rows; n++) {
    const own = outputs.slice(n * O, (n + 1) * O);
    const answer = O === 1 ? Number(own[0] > 0.5) : own.indexOf(Math.max(...own));
    if (answer === Math.round(targets.array[n])) right++;
  }
  return right / rows;
}
