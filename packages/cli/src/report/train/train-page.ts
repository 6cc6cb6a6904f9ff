import { pictureNameOf } from '../../lab/figures/run-charts.ts';
import { briefTargets, describeTarget } from '../../lab/figures/target-figures.ts';
import { describeMember, formatValue, type Member } from '../../options/member.ts';
import { isRecord } from '../../options/read-object.ts';
import { decimal, duration, percent, plural, sentence, showLabel, whole } from '../../terminal/text/format.ts';
import { steerText } from '../../terminal/text/steer-text.ts';
import { attentionMaps } from '../charts/attention-maps.ts';
import { calibrationPicture } from '../charts/calibration.ts';
import { confusionMatrix } from '../charts/confusion-matrix.ts';
import { decisionBoundary } from '../charts/decision-boundary.ts';
import { firstFilters } from '../charts/first-filters.ts';
import { fittedCurve } from '../charts/fitted-curve.ts';
import { gradientFlow } from '../charts/gradient-flow.ts';
import { firstImages, reconstructionPictures, sampledImages } from '../charts/image-sheet.ts';
import { layerHistogramPicture } from '../charts/layer-histograms.ts';
import { mistakePictures } from '../charts/mistakes.ts';
import { rankingPictures } from '../charts/ranking-curves.ts';
import { regressionPictures } from '../charts/regression.ts';
import { timeOfThreads } from '../charts/time-of-threads.ts';
import type { Answers, Baseline, Findings } from '../findings/findings.ts';
import { backendText, machineTable } from '../machine-table.ts';
import type { Chapter, KeyFigure, Listing, Page, Table } from '../page.ts';
import type { Picture } from '../picture.ts';
import { curves, TEST_USE } from './curves.ts';
import { type EpochFigures, linesOf, type WrittenText } from './run-lines.ts';
import { answerTables, columnsChapter } from './table-chapters.ts';
import { datasetName, type TrainRun } from './train-run.ts';

export function trainPage(run: TrainRun): Page {
  const { findings, lines, divisions } = run;
  const chapters: Chapter[] = [
    { title: 'Results', tables: [resultTable(run)] },
    chapter('Training curves', curves(run)),
    { title: 'Steered', tables: steerTable(run) },
    {
      title: 'Text',
      lead: 'What the model wrote at these steps: the beginning of what gradloom generate writes with its defaults, each time by the same draws.',
      quotes: linesOf(lines, 'text').map((line) => quoteOf(line, run)),
    },
    chapter('Inputs', [findings?.images ? firstImages(findings.images, augmentationOf(run)) : null]),
    predictionsChapter(run, [
      findings?.curve ? fittedCurve(findings.curve) : null,
      ...(findings?.predictions ? regressionPictures(findings.predictions) : []),
      findings?.plane ? decisionBoundary(findings.plane, divisions) : null,
      ...answerPictures(findings?.answers ?? null),
      ...(findings?.targets ?? []).flatMap(targetPictures),
    ]),
    ...(findings?.table ? [columnsChapter(findings.table)] : []),
    chapter('Reconstructions', [
      findings?.reconstructions ? reconstructionPictures(findings.reconstructions) : null,
      findings?.samples ? sampledImages(findings.samples) : null,
    ]),
    chapter('Attention', findings?.attention ? attentionMaps(findings.attention) : []),
    chapter('Layers', [
      findings?.filters ? firstFilters(findings.filters) : null,
      ...gradientFlow(linesOf(lines, 'probe')),
      layerHistogramPicture('weights', findings?.histograms ?? []),
      layerHistogramPicture('outputs', findings?.histograms ?? []),
    ]),
    chapter('Threads', [
      findings?.profiles
        ? timeOfThreads(findings.profiles.map((profile, k) => ({ name: `thread ${k + 1}`, profile })))
        : null,
    ]),
    {
      title: 'Reproduce this run',
      lead: 'This command gives the same weights, to the last bit, on any number of threads of any machine. Only a BLAS library rounds in its own way.',
      code: run.config.command ?? '',
      folded: [optionTable(run), identityTable(run), machineTable(run.config, run.config.backend)],
    },
  ];
  return {
    title: titleOf(run),
    lead: [...remarksOf(run), leadOf(run)].join(' '),
    figures: keyFigures(run),
    chapters: chapters.filter(
      ({ pictures = [], tables = [], folded = [], quotes = [] }) =>
        pictures.length + tables.length + folded.length + quotes.length > 0,
    ),
  };
}

const chapter = (title: string, pictures: readonly (Picture | null)[]): Chapter => ({
  title,
  pictures: pictures.filter((picture) => picture !== null),
});

/** Tables of several targets are folded: they would fill the page. */
function predictionsChapter({ findings }: TrainRun, pictures: readonly (Picture | null)[]): Chapter {
  const tables = findings === null ? [] : answerTables(findings);
  const key = (findings?.targets ?? []).length > 0 ? 'folded' : 'tables';
  return { ...chapter('Predictions', pictures), [key]: tables };
}

const answerPictures = (answers: Answers | null): (Picture | null)[] =>
  answers === null
    ? []
    : [confusionMatrix(answers), ...rankingPictures(answers), calibrationPicture(answers), mistakePictures(answers)];

/** The pictures of one of several targets, under its name. */
function targetPictures({ name, answers, predictions }: Target, k: number): Picture[] {
  const pictures = [...(predictions === null ? [] : regressionPictures(predictions)), ...answerPictures(answers)];
  return pictures.flatMap((picture) =>
    picture === null
      ? []
      : [
          {
            ...picture,
            name: pictureNameOf(picture.name, name, k),
            title: `${showLabel(name)}: ${picture.title}`,
            altText: `${showLabel(name)}: ${picture.altText}`,
          },
        ],
  );
}

/** The changes that `steer` made to the run. */
function steerTable({ lines }: TrainRun): Table[] {
  const rows = linesOf(lines, 'steer').map(({ step, ...command }): [string, string] => [
    `after step ${whole(step)}`,
    steerText(command),
  ]);
  return rows.length === 0 ? [] : [{ title: 'Orders while it trained', rows }];
}

/** A text of the model; its title has the step, and the loss of the interval that ended with it. */
function quoteOf({ step, texts }: WrittenText, { steps }: TrainRun): Listing {
  const loss = steps.find((line) => line.first < step && step <= line.step)?.loss.mean;
  const lossText = loss === undefined ? '' : `: training loss ${decimal(loss)}`;
  return { title: `Step ${whole(step)}${lossText}`, text: texts.join('\n') };
}

const AUGMENTATIONS = ['flip', 'shift', 'rotate', 'zoom', 'erase'];

/** The flags of a run that change its images. */
function augmentationOf({ config: { options } }: TrainRun): string {
  const flags = AUGMENTATIONS.filter((name) => options[name]).map((name) =>
    options[name] === true ? `--${name}` : `--${name} ${formatValue(options[name])}`,
  );
  return flags.join(' ');
}

type Target = NonNullable<Findings['targets']>[number];

function titleOf(run: TrainRun): string {
  const dataset = datasetName(run);
  const { findings, epochs } = run;
  if (findings === null) return `${dataset}: an unfinished run, ${plural(epochs.at(-1)?.epoch ?? 0, 'epoch')} so far`;
  const { result } = findings;
  const targets = briefTargets(result.testTargets);
  if (targets.length > 0) return `${dataset}: test ${targets.join(', ')}`;
  if (!Number.isNaN(result.testAccuracy)) return `${dataset}: test accuracy ${percent(result.testAccuracy)}`;
  if (!Number.isNaN(result.testRmse)) return `${dataset}: test RMSE ${decimal(result.testRmse)}`;
  return Number.isNaN(result.testLoss)
    ? `${dataset}: training ${run.lossName} ${decimal(result.trainLoss)}`
    : `${dataset}: test loss ${decimal(result.testLoss)}`;
}

/** Reasons to doubt the figures, a sentence each. */
const remarksOf = ({ findings }: TrainRun): string[] => (findings?.result.remarks ?? []).map(sentence);

function leadOf({ config, findings }: TrainRun): string {
  const { options, parameters, started = '' } = config;
  const parts = [`A ${options.network ?? 'network'} of ${plural(parameters, 'parameter')}`];
  const { optimizer: usedOptimizer } = options;
  const optimizer = isRecord(usedOptimizer) ? ` with ${describeMember(usedOptimizer as Member)}` : '';
  if (findings !== null) {
    const { epochs, steps, elapsedMs } = findings.result;
    const length = Number.isInteger(epochs) ? plural(epochs, 'epoch') : plural(steps, 'step');
    parts.push(`trained${optimizer} for ${length} in ${duration(elapsedMs)}`);
  } else parts.push(`trained${optimizer}`);
  return `${parts.join(', ')}. Started ${started.slice(0, 16).replace('T', ' ')} UTC.`;
}

function resultTable({ findings, epochs, config, lossName }: TrainRun): Table {
  const rows: [string, string][] = [];
  const last = epochs.at(-1);
  if (findings !== null) rows.push(...resultRows(findings, last, lossName));
  else if (last !== undefined)
    rows.push([`training ${lossName}`, decimal(last.trainLoss)], ['steps', whole(last.step)]);
  if (config.options['evaluate-test'] === true) rows.push(['test set', TEST_USE]);
  rows.push(['parameters', whole(config.parameters)]);
  return { title: 'Figures', rows };
}

function resultRows(
  { result, nGrams }: Findings,
  last: EpochFigures | undefined,
  lossName: string,
): [string, string][] {
  const rows: [string, number | undefined, (value: number) => string][] = [
    ['test accuracy', result.testAccuracy, percent],
    ['test RMSE', result.testRmse, decimal],
    ['test R²', result.testR2, decimal],
    ['test loss', lossName === 'loss' ? result.testLoss : undefined, decimal],
    ['test perplexity', result.testPerplexity, decimal],
    ['validation accuracy', last?.validationAccuracy, percent],
    [`validation ${lossName}`, last?.validationLoss, decimal],
    ['validation perplexity', last?.validationPerplexity, decimal],
    [`loss of ${nGrams?.unit} alone`, nGrams?.unigram, decimal],
    [`loss of pairs of ${nGrams?.unit}`, nGrams?.bigram, decimal],
    [`training ${lossName}`, result.trainLoss, decimal],
    ['steps', result.steps, whole],
    ['training time', result.elapsedMs, duration],
    ['samples per second', result.samplesPerSecond, whole],
    ['threads', result.threads, whole],
    ['threads that had rows in a step', threadsWithRows(result), whole],
    ['leaves per batch', result.leaves, whole],
  ];
  const targetRows = (split: string, targets: Findings['result']['testTargets']): [string, string][] =>
    Object.entries(targets ?? {}).map(([name, figures]) => [`${split} ${showLabel(name)}`, describeTarget(figures)]);
  return [
    ...targetRows('test', result.testTargets),
    ...targetRows('validation', last?.validationTargets),
    ...rows.flatMap(([name, value, format]): [string, string][] =>
      value === undefined || Number.isNaN(value) ? [] : [[name, format(value)]],
    ),
  ];
}

/** Number of threads with rows in a step, if fewer than all; 0 means that no step was taken. */
const threadsWithRows = ({ threads, gradientThreads }: Findings['result']): number | undefined =>
  gradientThreads > 0 && gradientThreads < threads ? gradientThreads : undefined;

const identityTable = ({ findings, config }: TrainRun): Table => {
  const { result } = findings ?? {};
  const backend = result === undefined ? config.backend : { name: result.backend, fused: !result.unfused };
  const rows = [
    ...(findings === null ? [] : [['fingerprint of the weights', findings.result.fingerprint]]),
    ['backend', backendText(backend)],
    ['type of the numbers', config.precision ?? 'float64'],
  ];
  return { title: 'Fingerprint and backend', rows };
};

const optionTable = ({ config }: TrainRun): Table => ({
  title: 'Configuration',
  rows: Object.entries(config.options).map(([name, value]) => [`--${name}`, formatValue(value)]),
});

/** Key figures: the main metric, its baseline, the loss, the time. */
function keyFigures({ findings, epochs, lossName }: TrainRun): KeyFigure[] {
  if (findings === null) return [];
  const { result, baseline } = findings;
  const last = epochs.at(-1);
  const isTested = !Number.isNaN(result.testLoss);
  const accuracy = isTested ? result.testAccuracy : (last?.validationAccuracy ?? Number.NaN);
  const rmse = isTested ? result.testRmse : (last?.validationRmse ?? Number.NaN);
  const loss = isTested ? result.testLoss : (last?.validationLoss ?? Number.NaN);
  const perplexity = (isTested ? result.testPerplexity : last?.validationPerplexity) ?? Number.NaN;
  const split = isTested ? 'test' : 'validation';
  const targetFigures = (isTested ? result.testTargets : last?.validationTargets) ?? {};
  const figures: readonly MainFigure[] = [
    ...mainFigures(
      split,
      '',
      { accuracy, rmse },
      { accuracy: result.linearAccuracy, rmse: result.linearRmse },
      baseline,
    ),
    ...(findings.targets ?? []).flatMap(({ name, linear, baseline }) =>
      mainFigures(split, ` of ${showLabel(name)}`, targetFigures[name] ?? {}, linear ?? {}, baseline),
    ),
    // A loss shown as RMSE would repeat the row above.
    Number.isNaN(loss) || lossName === 'RMSE'
      ? [`training ${lossName}`, result.trainLoss, decimal]
      : [`${split} loss`, loss, decimal],
    [`${split} perplexity`, perplexity, decimal],
    ['training time', result.elapsedMs, duration],
  ];
  return figures.flatMap(([name, value, format]) => (Number.isNaN(value) ? [] : [{ name, value: format(value) }]));
}

type MainFigure = readonly [name: string, value: number, format: (value: number) => string];

interface MainFigures {
  readonly accuracy?: number | undefined;
  readonly rmse?: number | undefined;
}

/** The main metric of a target beside those of simpler answers; NaN for one that does not apply. */
function mainFigures(
  split: string,
  targetText: string, // such as ' of price', or '' for a single one
  { accuracy = Number.NaN, rmse = Number.NaN }: MainFigures,
  linear: MainFigures,
  baseline: Baseline | null | undefined,
): MainFigure[] {
  const answer = `always answering ${baseline?.answer}`;
  const isShare = !Number.isNaN(accuracy);
  const [name, format] = isShare ? (['accuracy', percent] as const) : (['RMSE', decimal] as const);
  const figureOf = (figures: MainFigures | null | undefined) =>
    (isShare ? figures?.accuracy : figures?.rmse) ?? Number.NaN;
  return [
    [`${split} ${name}${targetText}`, isShare ? accuracy : rmse, format],
    [`linear model${isShare ? '' : ': RMSE'}${targetText}`, figureOf(linear), format],
    [`baseline${targetText}: ${isShare ? '' : 'RMSE of '}${answer}`, figureOf(baseline), format],
  ];
}
