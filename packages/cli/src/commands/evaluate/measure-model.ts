import { availableParallelism } from 'node:os';
import { buildNetwork, createLoss, metrics } from '@gradloom/core';
import {
  bitsOf,
  type EvaluatedRows,
  type FigureName,
  lossOf,
  scoreInto,
  typeOf,
  unitFigures,
} from '@gradloom/core/internal';
import {
  createPool,
  type DataSplits,
  type Dataset,
  type EvaluateOptions,
  type Evaluation,
  evaluateModel,
  type Model,
  type OutputReader,
  type Retry,
} from '@gradloom/runtime';
import {
  backendRecord,
  datasetOfHead,
  defaultLoss,
  inTurns,
  memoryRoom,
  modelsOfHeads,
  naiveErrors,
  resolveBackend,
  scoringOf,
} from '@gradloom/runtime/internal';
import type { SelectedRows } from '../../files/datasets/split-names.ts';
import { type ModelRows, openModelRows } from '../../files/models/model-rows.ts';
import { targetNames } from '../../lab/figures/column-units.ts';
import { tokenUnit } from '../../lab/figures/n-grams.ts';
import { defined } from '../../options/option.ts';
import { MAX_CURVES } from '../../report/findings/findings.ts';
import { UsageError, withoutCaller } from '../../terminal/failure.ts';
import { type Io, printLine } from '../../terminal/io.ts';
import { classFigures } from './class-figures.ts';
import type { Findings } from './describe-evaluation.ts';
import type { FindingsOfTarget } from './describe-labels.ts';
import { curvesOf, holdScores, residualsOf, scoresFit, TOO_MANY_SCORES } from './held-scores.ts';
import { chooseThresholdFor, createFigures, type MeasuredFigure } from './measure-figures.ts';
import { type EvaluateValues, evaluateOptions } from './options.ts';
import { type MeasuredTarget, type ValuesOfTarget, valuesByTarget, valuesOfOne } from './values-of-target.ts';

/** With more classes, the outputs of all positions are too many to collect. */
const MAX_POSITION_CLASSES = 100;

/** With more classes the confusion table would take 128 MiB, and nobody would read it. */
const MAX_CLASSES = 2048;

/** The table exists as counts, as returned figures, as rows of the classes, and as text. */
const TABLE_COPIES = 4;

/** The figures of a model with several outputs. */
export interface FindingsOfHeads {
  readonly evaluation: Evaluation; // of all outputs
  readonly heads: readonly FindingsOfTarget[];
}

/** Measures a model on the requested rows. */
export async function measureModel(model: Model, values: EvaluateValues, io: Io): Promise<Findings | FindingsOfHeads> {
  const rows = await openModelRows(model, values.dataset, values.split, { mayStream: true });
  for (const message of [...rows.warnings, ...productWarnings(model, values)])
    printLine(io.stderr, `gradloom evaluate: warning: ${message}`);
  const models = modelsOfHeads(model);
  if (models === null) return measureRows(model, rows, valuesOfOne(values), runOf(values, io));
  const targets = models.flatMap(({ name, model: headModel }): MeasuredTarget[] => {
    const dataset = datasetOfHead(rows.dataset, name, models.length === 1);
    return dataset === undefined ? [] : [{ name, model: headModel, dataset }];
  });
  const valuesOf = valuesByTarget(values, targets);
  const { spec, parameters, loss, parts } = model;
  // One pool for the evaluations of all targets: starting threads takes longer than one of them.
  const threads = Math.min(values.threads ?? availableParallelism(), Math.ceil(rows.dataset.rows / ROWS_OF_THREAD));
  const pool = await createPool({ threads });
  try {
    const machine = { ...runOf(values, io), threads, pool };
    const evaluation = await evaluateModel(spec, parameters, rows.dataset, { ...machine, ...defined({ loss, parts }) });
    const heads: FindingsOfTarget[] = [];
    for (const { name, model: headModel, dataset } of targets) {
      const { validation } = rows.sets;
      const targetRows = validation && datasetOfHead(validation, name, models.length === 1);
      const sets = { ...rows.sets, ...defined({ validation: targetRows }) };
      heads.push({ name, findings: await measureRows(headModel, { ...rows, dataset, sets }, valuesOf(name), machine) });
    }
    return { evaluation, heads };
  } finally {
    await pool.destroy();
  }
}

/** Fewer rows are not worth a thread. */
const ROWS_OF_THREAD = 256;

/** Measures a model with one output. */
async function measureRows(
  model: Model,
  { split, dataset, sets, isTrainingDataset }: ModelRows,
  values: ValuesOfTarget,
  machine: EvaluateOptions,
): Promise<Findings> {
  const lossSpec = defaultLoss(dataset, model.loss);
  const loss = createLoss(lossSpec, model.parts?.customParts);
  const { targets } = loss;
  const k = values['top-k'] ?? evaluateOptions['top-k'].standard;
  const classCount = targets === 'classes' ? (dataset.classes ?? 0) : 0;
  if (values['top-k'] !== undefined && k > classCount) {
    const expected = classCount === 0 ? 'none, since the model does not choose among classes' : `at most ${classCount}`;
    throw new UsageError(
      `--top-k has ${k}, expected ${expected}${classCount === 0 ? '' : ` (classes of ${dataset.name})`}`,
    );
  }
  if (values.seed !== undefined && values.bootstrap === undefined) {
    throw new UsageError('--seed is given without --bootstrap, expected both (the seed of its draws)');
  }

  const scoring = scoringOf(model, dataset);
  const { task, hasProbabilities } = scoring;
  const collectsOutputs = !scoring.hasPositions || classCount <= MAX_POSITION_CLASSES;
  const refusedFlag = (['bootstrap', 'top-k'] as const).find((name) => values[name] !== undefined);
  if (!collectsOutputs && refusedFlag !== undefined) {
    const problem = `expected none, since the outputs of positions are collected only up to ${MAX_POSITION_CLASSES} classes`;
    throw new UsageError(`--${refusedFlag} has ${values[refusedFlag]}, ${problem} (${dataset.name} has ${classCount})`);
  }
  const evaluate = (rows: Dataset, readers: readonly OutputReader[]) =>
    evaluateModel(model.spec, model.parameters, rows, {
      ...machine,
      ...defined({ parts: model.parts }),
      loss: lossSpec,
      readers,
    });
  const scoresOf = async (rows: Dataset): Promise<EvaluatedRows> => {
    const scores = holdScores(countRows(rows), scoring);
    await evaluate(rows, [{ add: scoreInto(scoring, [scores]), bytes: scores.bytes }]);
    return scores.scores;
  };
  const threshold = await chooseThresholdFor(values.threshold, model.metadata.threshold, scoring, async () => {
    const chosenOn = validationRows(sets, isTrainingDataset) ?? { split, dataset };
    return {
      scores: await scoresOf(chosenOn.dataset),
      split: chosenOn.split,
      areMeasured: chosenOn.dataset === dataset,
    };
  });

  const hasTable = dataset.classes !== null && dataset.classes <= MAX_CLASSES && collectsOutputs;
  const decision = { targets: task === 'classes' ? ('classes' as const) : ('values' as const) };
  const thresholdValue = threshold?.value ?? scoring.threshold;
  const confusion = hasTable ? metrics['confusion-matrix']({ ...decision, threshold: thresholdValue }) : null;
  const calibration = hasProbabilities && collectsOutputs ? metrics.calibration(decision) : null;
  // Top-k over all classes is always right: it is left out, and refused only if asked for.
  const topK = (k < classCount && collectsOutputs) || values['top-k'] !== undefined ? metrics['top-k']({ k }) : null;
  const figures = createFigures(scoring, thresholdValue);
  const needsRows = collectsOutputs || values.bootstrap !== undefined;
  const rowCount = countRows(dataset);
  const canHold = scoresFit(rowCount, scoring, memoryRoom().bytes);
  if (!canHold && values.bootstrap !== undefined) {
    throw new Error(`--bootstrap has ${values.bootstrap}, expected none, since ${TOO_MANY_SCORES}`);
  }
  const heldScores = needsRows && canHold ? holdScores(rowCount, scoring) : null;
  const scoreReaders = [
    ...figures.readers,
    ...[confusion, calibration, heldScores].filter((reader) => reader !== null),
  ];
  const tableBytes = confusion === null ? 0 : TABLE_COPIES * 8 * (dataset.classes ?? 0) ** 2;
  const reader = { add: scoreInto(scoring, scoreReaders), bytes: tableBytes + (heldScores?.bytes ?? 0) };
  const evaluation = await evaluate(dataset, collectsOutputs ? [reader, ...(topK === null ? [] : [topK])] : []);
  const resampling =
    values.bootstrap === undefined
      ? null
      : { resamples: values.bootstrap, seed: values.seed ?? evaluateOptions.seed.standard };
  const { labels } = model.metadata;
  const hasCurves = heldScores !== null && task !== 'values' && (dataset.classes ?? 2) <= MAX_CURVES;
  const allFigures = collectsOutputs
    ? await inTurns(figures.measure(heldScores?.scores ?? null, resampling))
    : figuresOfSums(evaluation);
  const curves = hasCurves ? await curvesOf(heldScores.scores, scoring, labels ?? dataset.labels) : undefined;
  return {
    fingerprint: model.fingerprint,
    dataset: dataset.name,
    split,
    omittedClasses: dataset.classes !== null && !hasTable ? dataset.classes : null,
    evaluation,
    naive: naiveErrors(dataset),
    task,
    loss: loss.name,
    token: tokenUnit(dataset),
    threshold,
    positive: task === 'binary' ? ((labels ?? dataset.labels)?.[1] ?? '1') : null,
    figures: evaluation.heads === undefined ? allFigures : allFigures.filter(({ name }) => !unitFigures.has(name)),
    lacksRankings: task !== 'values' && needsRows && !canHold,
    resampling,
    topK: topK === null ? null : { k, accuracy: topK.value() },
    calibration: calibration?.value() ?? null,
    curves: curves ?? null,
    residuals:
      heldScores !== null && task === 'values'
        ? residualsOf(heldScores.scores, targetNames(model.preprocessing))
        : null,
    classes: confusion === null ? null : classFigures(confusion.value(), labels ?? dataset.labels),
  };
}

/** A warning if a model was trained with fused products and is measured with unfused ones, or the other way round. */
function productWarnings(
  { spec, parameters, parts, fused }: Model,
  { backend = 'auto', blas }: Pick<EvaluateValues, 'backend' | 'blas'>,
): string[] {
  if (fused === undefined) return [];
  const network = buildNetwork(spec, parts?.customParts);
  const isFusedHere = backendRecord(resolveBackend(backend, { path: blas, network, type: typeOf(parameters) })).fused;
  if (fused === isFusedHere) return [];
  const [before, here] = fused ? ['fused', 'unfused'] : ['unfused', 'fused'];
  return [`the model was trained with ${before} products, this evaluation has ${here} ones: they differ by rounding`];
}

/** Number of predictions that figures cover: rows, or the positions of targets that count. */
function countRows({ rows, classes, targets: { array, columns, file }, lengths }: Dataset): number {
  if (classes === null || columns === 1) return rows;
  let count = 0;
  if (file !== undefined) {
    // All tokens in a file count, except the padding after a line.
    for (let row = 0; row < rows; row++) count += lengths?.array[row] ?? columns;
    return count;
  }
  for (let i = 0; i < array.length; i++) if (array[i] >= 0) count++;
  return count;
}

/** The figures that an evaluation of positions has without collecting its outputs. */
function figuresOfSums({ accuracy, perplexity }: Evaluation): MeasuredFigure[] {
  const figures: Partial<Record<FigureName, number | undefined>> = { accuracy };
  if (perplexity !== undefined) {
    const logLoss = lossOf(perplexity);
    Object.assign(figures, { 'log-loss': logLoss, perplexity, 'bits-per-character': bitsOf(logLoss) });
  }
  return Object.entries(figures).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: name as FigureName, value, interval: null }],
  );
}

/** Validation rows of the run that made the model. */
const validationRows = ({ validation }: DataSplits, isTrainingDataset: boolean): SelectedRows | null =>
  isTrainingDataset && validation !== undefined ? { split: 'validation', dataset: validation } : null;

/** Evaluation options from flags; prints warnings. */
export function runOf(
  { threads, backend, blas }: Pick<EvaluateValues, 'threads' | 'backend' | 'blas'>,
  io: Io,
  command = 'evaluate',
) {
  return {
    ...defined({ threads, backend, blas }),
    onWarning: (message: string) => printLine(io.stderr, `gradloom ${command}: warning: ${message}`),
    onRetry: ({ reason, failures, retries }: Retry) =>
      printLine(
        io.stderr,
        `gradloom ${command}: warning: ${withoutCaller(reason)}: its rows are computed again (failures in a row: ${failures}, at most ${retries})`,
      ),
  };
}
