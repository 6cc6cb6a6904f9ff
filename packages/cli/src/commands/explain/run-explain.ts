import { join } from 'node:path';
import { ofTable, ofText, show, tokensOf } from '@gradloom/core/internal';
import { type Dataset, explainModel, type FolderLock, type Model, subset } from '@gradloom/runtime';
import { datasetOfHead, modelsOfHeads } from '@gradloom/runtime/internal';
import type { SelectedRows } from '../../files/datasets/split-names.ts';
import { type ModelRows, openModelRows } from '../../files/models/model-rows.ts';
import { openModel, refuseMoreThan, withModel } from '../../files/models/open-model.ts';
import { withOut, writeOut } from '../../files/out-directory.ts';
import { EXPLAIN_FILE } from '../../files/run-files/names.ts';
import { howText, type Importances, meanText, nameOf, rankImportances, wordOf } from '../../lab/figures/importances.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { defined } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type RawOptions, type Request } from '../../options/raw-options.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { refuseOtherRun } from '../../report/run-files.ts';
import { tryReport } from '../../report/try-report.ts';
import { UsageError } from '../../terminal/failure.ts';
import { describeMachine } from '../../terminal/invocation.ts';
import { type Io, printJson, printLine, printLines, widthOf } from '../../terminal/io.ts';
import { createProgressLine } from '../../terminal/progress-line.ts';
import { columns } from '../../terminal/text/columns.ts';
import { percent, plural, showLabel } from '../../terminal/text/format.ts';
import { commandOf } from '../../terminal/text/quote.ts';
import { runOf } from '../evaluate/measure-model.ts';
import { drawRows } from './draw-rows.ts';
import { areImages, describeImages, type ImagesDocument, lookAtImages } from './look-at-images.ts';
import { describeTexts, lookAtTexts, type TextsDocument } from './look-at-texts.ts';
import { COLUMN_REPEATS, type ExplainValues, explainOptions } from './options.ts';

/** Default number of predictions, over all rows, columns and repeats. */
const DEFAULT_PREDICTIONS = 2_000_000;
const MIN_ROWS = 500;

/** The JSON output of explain for a model of columns. */
interface ColumnsDocument extends Importances {
  readonly event: 'explanation';
  readonly fingerprint: string;
  readonly split: SelectedRows['split'];
  readonly allRows: number; // rows that the used ones were drawn from
}

/** Measures which columns a model needs. Resolves to the exit code. */
export async function runExplain(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(explainOptions, request);
  const values = parseRaw(explainOptions, raw);
  refuseIdleLibrary(raw, values);
  refuseMoreThan(1, request.positionals, 'one model', '--dataset');
  const model = openModel(request.positionals);
  return withOut(values.out, 'explain', (lock) => explain(model, raw, values, request, io, lock));
}

async function explain(
  model: Model,
  raw: RawOptions,
  values: ExplainValues,
  request: Request,
  io: Io,
  lock: FolderLock | undefined,
): Promise<number> {
  const { out, json } = values;
  boundMemory(values);
  if (out !== undefined) refuseOtherRun(out);
  const progress = createProgressLine('explain', io);
  try {
    const rows = await openModelRows(model, values.dataset, values.split);
    for (const message of rows.warnings) printLine(io.stderr, `gradloom explain: warning: ${message}`);
    for (const [k, explainedModel] of explainedTargets(model, rows.dataset, values).entries()) {
      const { target, model: targetModel, dataset } = explainedModel;
      const explanation = await explanationOf(targetModel, { ...rows, dataset }, values, io, progress.show);
      const document = {
        ...explanation,
        ...defined({ target }),
        command: commandOf(request.args),
        ...describeMachine(),
      };
      progress.clear();
      if (lock !== undefined) writeOut(lock, EXPLAIN_FILE, `${JSON.stringify(document, null, 2)}\n`);
      const page = out === undefined ? null : await tryReport(out, 'explain', io);
      if (json) printJson(io.stdout, document);
      else {
        if (target !== undefined) printLines(io.stdout, [...(k === 0 ? [] : ['']), `target ${showLabel(target)}`]);
        printLines(io.stdout, describe(document, out !== undefined, widthOf(io.stdout)));
        if (out !== undefined) printLines(io.stdout, ['', `Full numbers: ${join(out, EXPLAIN_FILE)}`]);
        if (page !== null) printLine(io.stdout, `Pictures: ${page}`);
      }
    }
    return 0;
  } catch (error) {
    throw nameFlag(error, explainOptions, withModel(raw, request.positionals));
  } finally {
    progress.clear();
  }
}

/** A target with its model and rows. */
interface ExplainedTarget {
  readonly target?: string; // absent for a model with one output
  readonly model: Model;
  readonly dataset: Dataset;
}

/** The targets to explain. @throws UsageError for a target that the model lacks, and for a page of several. */
function explainedTargets(model: Model, dataset: Dataset, { target, out }: ExplainValues): readonly ExplainedTarget[] {
  const models = modelsOfHeads(model);
  if (models === null) {
    if (target === undefined) return [{ model, dataset }];
    throw new UsageError(`--target has ${show(target)}, expected none: the model has one output`);
  }
  const names = models.map(({ name }) => show(name)).join(', ');
  const requested = target === undefined ? models : models.filter(({ name }) => name === target);
  if (requested.length === 0) throw new UsageError(`--target has ${show(target)}, expected one of ${names}`);
  if (out !== undefined && requested.length > 1) {
    throw new UsageError(`--out is given for several targets, expected --target with one of ${names}`);
  }
  return requested.flatMap(({ name, model: headModel }): ExplainedTarget[] => {
    const targetRows = datasetOfHead(dataset, name, models.length === 1);
    return targetRows === undefined ? [] : [{ target: name, model: headModel, dataset: targetRows }];
  });
}

function explanationOf(
  model: Model,
  rows: ModelRows,
  values: ExplainValues,
  io: Io,
  showProgress: (text: string) => void,
): Promise<ColumnsDocument | ImagesDocument | TextsDocument> {
  if (ofText(model.preprocessing) !== undefined || tokensOf(model.preprocessing) !== undefined)
    return lookAtTexts(model, rows, values, showProgress);
  return areImages(model, rows.dataset)
    ? lookAtImages(model, rows, values, showProgress)
    : explainColumns(model, rows, values, io, showProgress);
}

function describe(
  document: ColumnsDocument | ImagesDocument | TextsDocument,
  hasPage: boolean,
  width: number,
): string[] {
  if (document.event === 'explanation') return describeExplanation(document);
  if (document.event === 'text-explanation') return describeTexts(document, width);
  return describeImages(document, hasPage);
}

async function explainColumns(
  model: Model,
  { split, dataset }: SelectedRows,
  values: ExplainValues,
  io: Io,
  showProgress: (text: string) => void,
): Promise<ColumnsDocument> {
  const { metric, repeats = COLUMN_REPEATS, seed = explainOptions.seed.standard } = values;
  const table = ofTable(model.preprocessing);
  const columns = table?.columns.length ?? dataset.inputs.columns;
  const defaultRows = Math.max(MIN_ROWS, Math.floor(DEFAULT_PREDICTIONS / (columns * repeats)));
  const { rows = defaultRows } = values;
  const rowIndices = drawRows(dataset, rows, seed);
  const explanation = await explainModel(
    model,
    rowIndices.length < dataset.rows ? subset(dataset, rowIndices) : dataset,
    {
      ...runOf(values, io, 'explain'),
      ...defined({ metric }),
      repeats,
      seed,
      onProgress: (done) => showProgress(`${percent(done)} done`),
    },
  );
  return {
    event: 'explanation',
    fingerprint: model.fingerprint,
    dataset: dataset.name,
    split,
    allRows: dataset.rows,
    seed,
    isTable: table !== undefined,
    ...explanation,
  };
}

/** Maximum number of columns shown in a terminal. */
const MAX_COLUMNS = 30;
const BAR_WIDTH = 24; // characters of the longest bar

/** Text output: the columns with bars, most important first. */
function describeExplanation(importances: Importances): string[] {
  const columnImportances = rankImportances(importances);
  const shownImportances = columnImportances.slice(0, MAX_COLUMNS);
  const omittedColumns = columnImportances.length - shownImportances.length;
  const largest = Math.max(...shownImportances.map(({ mean }) => mean), 0);
  const rows = shownImportances.map((importance) => [
    nameOf(importances, importance.name),
    meanText(importance),
    importance.mean > 0 ? '█'.repeat(Math.max(1, Math.round((BAR_WIDTH * importance.mean) / largest))) : '',
  ]);
  return [
    `${importances.dataset}: ${howText(importances)}`,
    '',
    ...columns([[wordOf(importances), 'importance', ''], ...rows]),
    ...(omittedColumns > 0
      ? ['', `  ${plural(omittedColumns, `less important ${wordOf(importances)}`)} left out: --json has all.`]
      : []),
  ];
}
