import type { Evaluation } from '@gradloom/runtime';
import { invocation } from '../../terminal/invocation.ts';
import { type Io, printLine, printLines, widthOf } from '../../terminal/io.ts';
import { createLiveArea, type LiveArea } from '../../terminal/live-area.ts';
import { createPaint } from '../../terminal/paint.ts';
import { decimal, duration, percent } from '../../terminal/text/format.ts';
import { describeLooks, type Look } from './describe-looks.ts';
import { describeRun } from './describe-run.ts';
import { describeData } from './describe-table.ts';
import { countOf, type PanelFigures, panelLines, plainLine } from './panel/panel.ts';
import type { EpochEvent, ProgressEvent, Reporter, StartEvent } from './reporter.ts';
import { summarize } from './summary.ts';

/** Epochs that leave a line, at even distances. */
const MOST_LINES = 20;

/** Losses that are kept for the panel's curve, over twice its widest. */
const CURVE_POINTS = 128;

/** Text output: the run, a panel and the epochs during training, and a summary. */
export function terminalReporter(io: Io): Reporter {
  const paint = createPaint(io.stdout, io.env);
  const livePaint = createPaint(io.stderr, io.env);
  const losses = createSeries(CURVE_POINTS);
  let metrics: string[] = [];
  let startMs = 0;
  let area: LiveArea | undefined;
  let start: StartEvent;
  let totalEpochs = 0;
  let firstLook: Look | undefined;
  let lastLook: Look | undefined;

  function figuresOf({ step, totalSteps, samplesPerSecond, busy }: ProgressEvent): PanelFigures {
    const epoch = Math.min(totalEpochs, Math.floor(step / start.stepsPerEpoch) + 1);
    const leftMs = ((performance.now() - startMs) * (totalSteps - step)) / (step - start.step);
    const share = step / totalSteps;
    return { epoch, totalEpochs, share, leftMs, losses: losses.read(), samplesPerSecond, metrics, busy };
  }

  return {
    start(run) {
      start = run.event;
      startMs = performance.now();
      area = createLiveArea(io);
      totalEpochs = Math.ceil(start.totalSteps / start.stepsPerEpoch);
      printLines(io.stdout, describeData(run.recipe, Math.min(widthOf(io.stdout), 120)));
      printLines(io.stdout, describeRun(run));
    },
    warning() {},
    aside(text) {
      if (area === undefined) printLine(io.stderr, text);
      else area.note(text);
    },
    // The summary says it.
    threads() {},
    // The sentences on stderr say it.
    recovery() {},
    rollback() {},
    progress(event) {
      losses.add(event.loss);
      const figures = figuresOf(event);
      area?.show({
        lines: (columns) => panelLines(figures, columns, livePaint),
        plain: () => plainLine(figures),
      });
    },
    epoch(event) {
      metrics = metricsOf(event);
      const every = Math.ceil(totalEpochs / MOST_LINES);
      if (event.epoch % every === 0 || event.epoch === totalEpochs) area?.line(epochText(event, totalEpochs));
    },
    // Statistics of every layer would hide the epochs: the first and last are shown at the end.
    probe({ step, layers }) {
      // Without their weights, which would be held until the end.
      lastLook = { step, layers };
      firstLook ??= lastLook;
    },
    checkpoint() {},
    stop: () => area?.stop(),
    done(run, result) {
      if (firstLook !== undefined && lastLook !== undefined) {
        printLines(io.stdout, describeLooks(firstLook, lastLook, paint));
      }
      printLines(io.stdout, summarize(run, result, paint, invocation(io.env)));
    },
  };
}

/** Most important first: those without room are dropped. */
export function metricsOf({ trainLoss, validation, test, gradientNorm, learningRate }: EpochEvent): string[] {
  const metrics: string[] = [];
  if (validation?.accuracy !== undefined) metrics.push(`accuracy ${percent(validation.accuracy)}`);
  if (validation?.r2 !== undefined) metrics.push(`r2 ${decimal(validation.r2)}`);
  for (const [name, value] of Object.entries(validation?.metrics ?? {})) metrics.push(`${name} ${decimal(value)}`);
  if (validation !== undefined) metrics.push(`validation loss ${lossOf(validation)}`);
  metrics.push(...testParts(test));
  metrics.push(`training loss ${decimal(trainLoss)}`, `gradient norm ${decimal(gradientNorm)}`);
  return [...metrics, `rate ${decimal(learningRate)}`];
}

export function epochText({ epoch, trainLoss, validation, test, elapsedMs }: EpochEvent, totalEpochs: number): string {
  const parts = [`epoch ${countOf(epoch, totalEpochs)}`];
  parts.push(`training loss ${decimal(trainLoss)}`);
  if (validation !== undefined) parts.push(`validation loss ${lossOf(validation)}`);
  if (validation?.accuracy !== undefined) parts.push(`accuracy ${percent(validation.accuracy)}`);
  return [...parts, ...testParts(test), duration(elapsedMs)].join('  ');
}

/** '0.6931', or '0.6931 (weighed 0.5120)' where rows or classes have weights. */
const lossOf = ({ loss, weightedLoss }: Evaluation): string =>
  weightedLoss === undefined ? decimal(loss) : `${decimal(loss)} (weighed ${decimal(weightedLoss)})`;

/** With --evaluate-test: the summary says that they were looked at. */
function testParts(test: EpochEvent['test']): string[] {
  if (test === undefined) return [];
  const loss = `test loss ${decimal(test.loss)}`;
  return test.accuracy === undefined ? [loss] : [loss, `test accuracy ${percent(test.accuracy)}`];
}

/** Values of a run, reduced to means over equal numbers of them. */
interface Series {
  add(value: number): void;
  read(): readonly number[];
}

/** Keeps at most `limit` means; where there are more, each two become one. */
export function createSeries(limit: number): Series {
  let means: number[] = [];
  let size = 1; // values of a mean
  let sum = 0;
  let count = 0;
  return {
    add(value) {
      sum += value;
      if (++count < size) return;
      means.push(sum / count);
      sum = count = 0;
      if (means.length < limit) return;
      means = Array.from({ length: limit / 2 }, (_, k) => (means[2 * k] + means[2 * k + 1]) / 2);
      size *= 2;
    },
    read: () => (count === 0 ? means : [...means, sum / count]),
  };
}
