import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { METRICS_FILE, STEPS_FILE } from '../../files/run-files/names.ts';
import { linesOf, type MetricsLine, metricsLine, stepsLine } from '../../report/train/run-lines.ts';
import { messageOf } from '../../terminal/failure.ts';
import { shownRows } from '../../terminal/text/thin.ts';
import { END, type LinesMessage, type ProblemMessage, type RunMessage, type SpeedMessage } from './messages.ts';
import { type FileCursor, type NewLines, readNewLines, START } from './new-lines.ts';
import type { WatchedRun, WatchedRuns } from './watched-run.ts';

/** Milliseconds between two reads of the files. */
const POLL_MS = 500;

/** A comment goes out after this time without an event: a connection without traffic is closed after 60 s. */
const HEARTBEAT_MS = 15_000;

/** A line that readers skip. */
const COMMENT = ': gradloom\n\n';

/** Maximum number of problems that a stream sends. */
const MAX_PROBLEMS = 100;

/** How far a stream has read the files of a run. */
type RunCursor = readonly [metrics: FileCursor, steps: FileCursor];

/**
 * A stream of [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html) about the runs, read
 * from their files. The id of an event is a place in all files, from which `lastId` goes on. Nothing is read before the
 * client has taken what was read before. After `signal` the stream sends what is left, and ends.
 */
export async function* eventsOf(runs: WatchedRuns, lastId: string, signal: AbortSignal): AsyncGenerator<string> {
  const cursors = cursorsOf(lastId);
  const sentFacts: string[] = []; // by run: the facts that were sent last
  const speeds: string[] = [];
  const problems = new Set<string>(); // each is sent once
  let sentMs = performance.now();
  yield COMMENT; // the head of the answer goes out with it
  for (let isLast = signal.aborted; ; isLast = signal.aborted) {
    let hasMore = false;
    for (const [k, run] of runs().entries()) {
      const facts = factsText(run, k);
      const parts = facts === sentFacts[k] ? [] : [facts];
      sentFacts[k] = facts;
      const speed = speedText(run, k);
      if (speed !== '' && speed !== speeds[k]) parts.push(speed);
      speeds[k] = speed;
      const [metrics, steps] = readRun(run, cursors[k] ?? [START, START]);
      cursors[k] = [metrics.cursor, steps.cursor];
      hasMore ||= metrics.hasMore || steps.hasMore;
      for (const { problem } of [metrics, steps]) {
        if (problem === null || problems.has(problem) || problems.size >= MAX_PROBLEMS) continue;
        problems.add(problem);
        parts.push(problemText(problem));
      }
      const lines: LinesMessage = {
        run: k,
        restarts: metrics.isRestart || steps.isRestart,
        steps: steps.values.map(({ step, loss, gradientNorm, learningRate }) => ({
          step,
          loss: loss.mean,
          gradientNorm: gradientNorm.mean,
          learningRate: learningRate.mean,
        })),
        ...figuresOf(metrics.values),
      };
      if (lines.restarts || metrics.values.length + steps.values.length > 0) {
        parts.push(`id: ${idOf(cursors)}\n${eventText('lines', lines)}`);
      }
      if (parts.length === 0) continue;
      sentMs = performance.now();
      yield parts.join('');
    }
    if (hasMore) {
      await setImmediate(); // reading many lines must not hold up a run of this process
      continue;
    }
    if (isLast) {
      yield eventText(END, {});
      return;
    }
    if (performance.now() - sentMs >= HEARTBEAT_MS) {
      sentMs = performance.now();
      yield COMMENT;
    }
    await setTimeout(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

/** Maximum number of layers of a probe that are sent. */
const MAX_LAYERS = 64;

/** The lines of metrics.jsonl by kind. */
function figuresOf(lines: readonly MetricsLine[]): Omit<LinesMessage, 'run' | 'restarts' | 'steps'> {
  return {
    epochs: linesOf(lines, 'epoch'),
    probes: linesOf(lines, 'probe').map(({ step, layers }) => ({
      step,
      layers: shownRows(layers.length, MAX_LAYERS).map((k) => {
        const { label, name = label, rmsDy, std } = layers[k];
        return { name, gradient: rmsDy, output: std };
      }),
    })),
    steers: linesOf(lines, 'steer').map(({ step, action, rate = null }) => ({ step, action, rate })),
    texts: linesOf(lines, 'text').map(({ step, texts }) => ({ step, texts })),
  };
}

/** The further lines of both files; if one was cut or replaced, both from the start. */
function readRun({ folder }: WatchedRun, [metrics, steps]: RunCursor) {
  const read = (metricsCursor: FileCursor, stepsCursor: FileCursor) =>
    [
      readNewLines(join(folder, METRICS_FILE), metricsCursor, metricsLine),
      readNewLines(join(folder, STEPS_FILE), stepsCursor, stepsLine),
    ] as const;
  const pieces = read(metrics, steps);
  const isRestart = pieces.some((piece: NewLines<unknown>) => piece.isRestart);
  if (!isRestart) return pieces;
  const [allMetrics, allSteps] = read(START, START);
  return [{ ...allMetrics, isRestart }, allSteps] as const;
}

function factsText(run: WatchedRun, k: number): string {
  try {
    return eventText('run', { run: k, ...run.facts() } satisfies RunMessage);
  } catch (error) {
    return problemText(messageOf(error));
  }
}

function speedText({ local }: WatchedRun, k: number): string {
  const span = local?.speed();
  if (span === undefined) return '';
  const { step, samplesPerSecond, elapsedMs, busy = [] } = span;
  return eventText('speed', { run: k, step, samplesPerSecond, elapsedMs, busy } satisfies SpeedMessage);
}

const problemText = (sentence: string): string => eventText('problem', { sentence } satisfies ProblemMessage);

/** JSON has no line breaks, so the data are one line. */
const eventText = (name: string, message: object): string => `event: ${name}\ndata: ${JSON.stringify(message)}\n\n`;

/** '0:1523.ab12cd34:20580.9f00aa11,1:0.:330.55aa0011': each run with its places in metrics.jsonl and steps.jsonl. */
const idOf = (cursors: readonly RunCursor[]): string =>
  cursors.map((cursor, k) => [k, ...cursor.map(({ offset, mark }) => `${offset}.${mark}`)].join(':')).join(',');

/** The cursors of an id, up to the first run that it lacks or names in another form: the others begin at the start. */
function cursorsOf(id: string): RunCursor[] {
  const cursors: RunCursor[] = [];
  for (const [, k, ...numbers] of id.matchAll(
    /(?<![^,])(\d{1,2}):(\d{1,15})\.([\da-f]{8}|):(\d{1,15})\.([\da-f]{8}|)(?![^,])/g,
  )) {
    if (Number(k) !== cursors.length) break;
    const [metricsOffset, metricsMark, stepsOffset, stepsMark] = numbers;
    cursors.push([
      { offset: Number(metricsOffset), mark: metricsMark },
      { offset: Number(stepsOffset), mark: stepsMark },
    ]);
  }
  return cursors;
}
