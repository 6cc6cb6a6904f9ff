import type { Dataset, TrainResult } from '@gradloom/runtime';
import { backendName } from '../report/backend-name.ts';
import { columns } from '../report/columns.ts';
import { decimal, duration, percent, plural, whole } from '../report/format.ts';
import type { Paint } from '../terminal/paint.ts';
import type { RunStart } from './reporter.ts';

/** The lines below a run: how it went, its figures, where it was written and what to do next. */
export function summarize(run: RunStart, result: TrainResult, paint: Paint, program: string): string[] {
  const { out, recipe } = run;
  const { test, trainLoss, steps, backend } = result;
  const rows: [string, string][] = [];
  if (test?.accuracy !== undefined) {
    const right = `${whole(Math.round(test.accuracy * test.rows))} of ${whole(test.rows)}`;
    rows.push(['test accuracy', `${paint('bold', percent(test.accuracy))}  (${right})`]);
  }
  if (test !== undefined) rows.push(['test loss', decimal(test.loss)]);
  if (test?.rmse !== undefined) rows.push(['test rmse', decimal(test.rmse)]);
  rows.push(
    ['train loss', decimal(trainLoss)],
    ['steps', whole(steps)],
    ['samples/s', whole(result.samplesPerSecond)],
    ['threads', whole(result.threads)],
    ['shards', whole(result.shards)],
    ['backend', backendName(backend)],
    ['fingerprint', result.fingerprint],
    ['written to', out ?? 'nothing (--no-out)'],
  );
  const went = result.stopped === 'aborted' ? 'Stopped after' : 'Trained';
  return [
    '',
    `${went} ${lengthOf(result)} in ${duration(result.elapsedMs)}`,
    '',
    ...columns(rows),
    ...(out === null ? [] : ['', 'Next', ...nextCommands(out, recipe.sets.train, run, program)]),
  ];
}

const lengthOf = ({ steps, epochs }: TrainResult): string =>
  Number.isInteger(epochs) ? plural(epochs, 'epoch') : plural(steps, 'step');

function nextCommands(out: string, train: Dataset, { recipe, event }: RunStart, program: string): string[] {
  const rows = Math.min(9, (recipe.sets.test ?? train).rows - 1);
  const threads = event.threads === 1 ? 2 : 1;
  const isClasses = train.classes !== null;
  return columns([
    [
      `${program} evaluate ${out}`,
      isClasses ? 'accuracy of each class, and what was taken for what' : 'errors on the test set',
    ],
    [`${program} predict ${out} --rows 0..${rows}`, 'what it says of single rows'],
    [
      `${program} train --config ${out}/config.json --threads ${threads}`,
      `the same weights from ${plural(threads, 'thread')}`,
    ],
  ]);
}
