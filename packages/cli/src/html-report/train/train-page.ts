import { decimal, duration, percent, plural, whole } from '../../report/format.ts';
import { formatValue } from '../../train/describe-flags.ts';
import { confusionMatrix } from '../charts/confusion-matrix.ts';
import { decisionBoundary } from '../charts/decision-boundary.ts';
import { gradientFlow } from '../charts/gradient-flow.ts';
import { layerHistograms } from '../charts/layer-histograms.ts';
import { mistakePictures } from '../charts/mistakes.ts';
import { timeOfThreads } from '../charts/time-of-threads.ts';
import type { Answers, Findings } from '../findings/findings.ts';
import { machineTable } from '../machine-table.ts';
import type { Chapter, Page, Table } from '../page.ts';
import type { Picture } from '../picture.ts';
import { curves } from './curves.ts';
import { datasetOf, type TrainRun } from './train-run.ts';

/** The report of a run of `train`. */
export function trainPage(run: TrainRun): Page {
  const { findings, looks, divisions } = run;
  const chapters: Chapter[] = [
    { title: 'What came of it', tables: [resultTable(run)] },
    chapter('On the way', curves(run)),
    chapter('What the network answers', [
      findings?.plane ? decisionBoundary(findings.plane, divisions) : null,
      findings?.answers ? confusionMatrix(findings.answers) : null,
      findings?.answers ? mistakePictures(findings.answers) : null,
    ]),
    chapter('Inside the network', [
      ...gradientFlow(looks),
      layerHistograms('weights', findings?.histograms ?? []),
      layerHistograms('outputs', findings?.histograms ?? []),
      findings?.profiles
        ? timeOfThreads(findings.profiles.map((profile, k) => ({ name: `thread ${k + 1}`, profile })))
        : null,
    ]),
    {
      title: 'The same again',
      lead: 'The same weights, to the last bit, on any number of threads of any machine; a BLAS library rounds in its own way.',
      code: run.config.command ?? '',
      tables: [optionTable(run), machineTable(run.config, run.config.backend)],
    },
  ];
  return {
    title: titleOf(run),
    lead: leadOf(run),
    chapters: chapters.filter(({ pictures, tables }) => (pictures?.length ?? 0) + (tables?.length ?? 0) > 0),
  };
}

const chapter = (title: string, pictures: readonly (Picture | null)[]): Chapter => ({
  title,
  pictures: pictures.filter((picture) => picture !== null),
});

function titleOf(run: TrainRun): string {
  const dataset = datasetOf(run);
  const { findings, epochs } = run;
  if (findings === null)
    return `${dataset}: a run that has not come to its end, after ${plural(epochs.at(-1)?.epoch ?? 0, 'epoch')}`;
  const { result, answers } = findings;
  const accuracy = result.testAccuracy;
  if (!Number.isNaN(accuracy)) {
    const rows = answers?.split === 'test' ? ` ${whole(total(answers))}` : '';
    return `${dataset}: ${percent(accuracy)} of${rows} test rows are right`;
  }
  return Number.isNaN(result.testLoss)
    ? `${dataset}: training loss ${decimal(result.trainLoss)}`
    : `${dataset}: test loss ${decimal(result.testLoss)}`;
}

const total = ({ confusion }: Answers): number => confusion.flat().reduce((sum, rows) => sum + rows, 0);

function leadOf({ config, findings }: TrainRun): string {
  const { options, parameters, started = '' } = config;
  const parts = [`A network of ${plural(parameters, 'parameter')}`];
  const optimizer = options.optimizer === undefined ? '' : ` by ${formatValue(options.optimizer)}`;
  if (findings !== null) {
    const { epochs, steps, elapsedMs } = findings.result;
    const length = Number.isInteger(epochs) ? plural(epochs, 'epoch') : plural(steps, 'step');
    parts.push(`trained${optimizer} for ${length} in ${duration(elapsedMs)}`);
  } else parts.push(`trained${optimizer}`);
  return `${parts.join(', ')}. Started ${started.slice(0, 16).replace('T', ' ')} UTC.`;
}

function resultTable({ findings, epochs, config }: TrainRun): Table {
  const rows: [string, string][] = [];
  if (findings !== null) rows.push(...resultRows(findings));
  else {
    const last = epochs.at(-1);
    if (last !== undefined) rows.push(['training loss', decimal(last.trainLoss)], ['steps', whole(last.step)]);
  }
  rows.push(['parameters', whole(config.parameters)]);
  return { title: 'Result', rows };
}

function resultRows({ result }: Findings): [string, string][] {
  const rows: [string, number, (value: number) => string][] = [
    ['test accuracy', result.testAccuracy, percent],
    ['test loss', result.testLoss, decimal],
    ['training loss', result.trainLoss, decimal],
    ['steps', result.steps, whole],
    ['time in steps', result.elapsedMs, duration],
    ['samples a second', result.samplesPerSecond, whole],
    ['threads', result.threads, whole],
    ['shards of a batch', result.shards, whole],
  ];
  return [
    ...rows
      .filter(([, value]) => !Number.isNaN(value))
      .map(([name, value, format]): [string, string] => [name, format(value)]),
    ['backend', result.backend],
    ['fingerprint of the weights', result.fingerprint],
  ];
}

const optionTable = ({ config }: TrainRun): Table => ({
  title: 'Configuration',
  rows: Object.entries(config.options).map(([name, value]) => [`--${name}`, formatValue(value)]),
});
