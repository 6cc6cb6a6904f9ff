import { invocation } from '../invocation.ts';
import { type Io, printLine } from '../io.ts';
import { decimal, duration, percent, whole } from '../report/format.ts';
import { createPaint } from '../terminal/paint.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { describeRun } from './describe-run.ts';
import type { EpochEvent, Reporter, StartEvent } from './reporter.ts';
import { summarize } from './summary.ts';

/** Epochs that leave a line on a terminal, at even distances. */
const MOST_LINES = 20;

/** For people: what is trained, a bar and the epochs on a terminal, and a summary. */
export function terminalReporter(io: Io): Reporter {
  const paint = createPaint(io.stdout, io.env);
  let startMs = 0;
  let progress: Progress | undefined;
  let start: StartEvent;
  let totalEpochs = 0;

  return {
    start(run) {
      start = run.event;
      startMs = performance.now();
      progress = createProgress(io.stderr);
      totalEpochs = Math.ceil(start.totalSteps / start.stepsPerEpoch);
      for (const line of describeRun(run)) printLine(io.stdout, line);
    },
    warning() {},
    aside(text) {
      if (progress === undefined) printLine(io.stderr, text);
      else progress.note(text);
    },
    // The summary says it.
    threads() {},
    // The sentences on stderr say it.
    recovery() {},
    rollback() {},
    progress({ step, totalSteps, loss, samplesPerSecond }) {
      const epoch = Math.min(totalEpochs, Math.floor(step / start.stepsPerEpoch) + 1);
      const leftMs = ((performance.now() - startMs) * (totalSteps - step)) / (step - start.step);
      const figures = [`loss ${decimal(loss)}`, `${duration(leftMs)} left`, `${whole(samplesPerSecond)} samples/s`];
      progress?.update(step / totalSteps, counted('epoch', epoch, totalEpochs), figures);
    },
    epoch(event) {
      const every = Math.ceil(totalEpochs / MOST_LINES);
      if (event.epoch % every === 0 || event.epoch === totalEpochs) progress?.line(epochText(event, totalEpochs));
    },
    // Figures of every layer would bury the epochs: they go to metrics.jsonl and --json.
    probe() {},
    checkpoint() {},
    stop: () => progress?.stop(),
    done(run, result) {
      for (const line of summarize(run, result, paint, invocation(io.env))) printLine(io.stdout, line);
    },
  };
}

function epochText({ epoch, trainLoss, validation, elapsedMs }: EpochEvent, totalEpochs: number): string {
  const parts = [counted('epoch', epoch, totalEpochs), `train loss ${decimal(trainLoss)}`];
  if (validation !== undefined) parts.push(`validation loss ${decimal(validation.loss)}`);
  if (validation?.accuracy !== undefined) parts.push(`accuracy ${percent(validation.accuracy)}`);
  return [...parts, duration(elapsedMs)].join('  ');
}

const counted = (noun: string, count: number, total: number): string =>
  `${noun} ${String(count).padStart(String(total).length)}/${total}`;
