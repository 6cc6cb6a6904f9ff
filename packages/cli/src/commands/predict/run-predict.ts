import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { buildNetwork, OptionError } from '@gradloom/core';
import { complete, ofImages, ofTable, ofText, typeOf } from '@gradloom/core/internal';
import type { DataMatrix, Dataset, ElementType, Model, TargetHead } from '@gradloom/runtime';
import {
  checkInput,
  hasTargetsByPosition,
  headsOfDataset,
  inputRows,
  npyRows,
  systemReason,
} from '@gradloom/runtime/internal';
import { openModelRows } from '../../files/models/model-rows.ts';
import { divisorsOf, openModel, refuseMoreThan, withModel } from '../../files/models/open-model.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { defined } from '../../options/option.ts';
import type { Range } from '../../options/ranges.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type Io, printJson, printLine, printRows } from '../../terminal/io.ts';
import { decimal, percent } from '../../terminal/text/format.ts';
import { type Answer, createAnswers } from './answers.ts';
import { layerModel, layerTable } from './layer-model.ts';
import { numberRows, type RowBatch } from './number-rows.ts';
import { type PredictValues, predictOptions } from './options.ts';
import { isPicture, isReadableFolder, predictImages } from './predict-images.ts';
import { isTable, predictSeries, predictTable } from './predict-table.ts';
import { predictText } from './predict-text.ts';

const STANDARD_INPUT = 'standard input';

/** Prints a line for each row as it is answered. Resolves to the exit code. */
export async function runPredict(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(predictOptions, request);
  const values = parseRaw(predictOptions, raw);
  const { json = false } = values;
  const [, ...files] = request.positionals;
  const [file] = files;
  const refuseMoreFiles = () => refuseMoreThan(2, request.positionals, 'one model and one file of rows, or images');
  if (!files.some((path) => isPicture(path) || isReadableFolder(path))) refuseMoreFiles();
  boundMemory(values);
  const openedModel = openModel(request.positionals);
  const { layer } = values;
  const model = layer === undefined ? openedModel : nameLayerFlag(() => layerModel(openedModel, layer));
  const images = ofImages(model.preprocessing);
  const picture = files.find((path) => isPicture(path) || (images !== undefined && isReadableFolder(path)));
  if (picture !== undefined) {
    refuseDataset(values, picture);
    if (images === undefined) throw new UsageError(`${picture} is an image, expected rows (${whyNoImages(model)})`);
    await predictImages(model, files, json, io);
    return 0;
  }
  refuseMoreFiles();
  const tablePreprocessing = ofTable(model.preprocessing);
  const table =
    tablePreprocessing && layer !== undefined ? layerTable(tablePreprocessing, layer, model) : tablePreprocessing;
  let rows = 0;
  if (datasetFlag(values) === undefined && ofText(model.preprocessing) !== undefined) {
    const { stream, name } = await openStream(file, io);
    rows = await predictText(model, stream, name, json, io);
  } else if (datasetFlag(values) === undefined && table !== undefined) {
    const source = file !== undefined && isTable(file) ? { path: file } : await openStream(file, io);
    rows =
      table.series === undefined
        ? await predictTable(model, table, source, json, io)
        : await predictSeries(model, table, table.series, source, json, io);
  } else {
    const answerBatch = createAnswers(model);
    const batches = await openRows(openedModel, values, file, io).catch((error: unknown) => {
      throw nameFlag(error, predictOptions, withModel(raw, request.positionals));
    });
    for await (const batch of batches) {
      const answers = await answerBatch(batch);
      if (json) printJson(io.stdout, ...answers);
      else printRows(io.stdout, answers.map(cellsOf));
      rows += answers.length;
    }
  }
  if (rows > 0) return 0;
  if (file === undefined) throw new UsageError(NO_ROWS);
  printLine(io.stderr, `gradloom predict: warning: ${file === '-' ? STANDARD_INPUT : file} has no rows`);
  return 0;
}

/** Runs `work`, whose errors about the option of a layer then name the flag. */
function nameLayerFlag<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(`--layer ${error.problem}`, { cause: error }) : error;
  }
}

function whyNoImages({ preprocessing }: Model): string {
  if (preprocessing === undefined) return 'the model does not say how bytes of an image become its inputs';
  return `the model is one of a ${ofText(preprocessing) === undefined ? 'table' : 'text'}`;
}

/** A file of rows, or standard input. */
async function openStream(file: string | undefined, io: Io): Promise<{ stream: Readable; name: string }> {
  if (file !== undefined && file !== '-') return { stream: (await openFile(file)).createReadStream(), name: file };
  if (io.stdin.isTTY) throw new UsageError(NO_ROWS);
  return { stream: io.stdin, name: STANDARD_INPUT };
}

const NO_ROWS = 'no rows are given, expected a file, rows on standard input, or --rows 0..9 of a dataset';

/** The flag that asks for rows of a dataset, if there is one. */
const datasetFlag = (values: PredictValues): string | undefined =>
  (['dataset', 'split', 'rows'] as const).find((option) => values[option] !== undefined);

/** @throws UsageError if rows of a dataset are asked for, too. */
function refuseDataset(values: PredictValues, file: string): void {
  const flag = datasetFlag(values);
  if (flag === undefined) return;
  throw new UsageError(`--${flag} is given with the file ${file}, expected one of the two`);
}

/** The rows of a dataset, a file or standard input, as inputs of the model. */
async function openRows(
  model: Model,
  values: PredictValues,
  file: string | undefined,
  io: Io,
): Promise<Iterable<RowBatch> | AsyncIterable<RowBatch>> {
  const network = buildNetwork(model.spec, model.parts?.customParts);
  if (datasetFlag(values) !== undefined) {
    if (file !== undefined) refuseDataset(values, file);
    const { dataset, split, warnings } = await openModelRows(model, values.dataset, values.split);
    for (const message of warnings) printLine(io.stderr, `gradloom predict: warning: ${message}`);
    complete(checkInput('predict', network, dataset));
    const source = split === 'all' ? dataset.name : `the ${split} rows of ${dataset.name}`;
    return datasetRows(dataset, values.rows, typeOf(model.parameters), source);
  }
  const wrongFile = (kind: string, reads: string) =>
    new UsageError(`${file} is a ${kind}, expected a file with a JSON array on each line (--dataset ${file} ${reads})`);
  if (file !== undefined && isReadableFolder(file)) throw wrongFile('folder', 'reads a folder of arrays');
  const images = ofImages(model.preprocessing);
  let batches: AsyncIterable<RowBatch>;
  if (file !== undefined && /\.([ct]sv|npy)(\.gz)?$/i.test(file)) {
    await (await openFile(file)).close(); // throws if the file is missing
    if (isTable(file) && images !== undefined) {
      throw new UsageError(`${file} is a table, expected PNG or JPEG images, or folders of them`);
    }
    if (isTable(file)) throw wrongFile('table', 'reads a table');
    const bytes = null; // they are read from the file
    batches = batchesOf(await npyRows(file, bytes, { columns: network.inputs, ...divisorsOf(model) }));
  } else {
    const { stream, name } = await openStream(file, io);
    batches = numberRows(stream, network, name);
  }
  return images?.image.scale === undefined ? batches : encodeBatches(model, batches);
}

/** Rows of an array, in batches. */
async function* batchesOf(rows: readonly (readonly number[])[]): AsyncGenerator<RowBatch> {
  for (let first = 0; first < rows.length; first += BATCH_ROWS) {
    const batch = rows.slice(first, first + BATCH_ROWS);
    yield { x: Float64Array.from(batch.flat()), rowIndices: batch.map((_, n) => first + n) };
  }
}

/** Rows of numbers as inputs of the model, which standardizes those of images. */
async function* encodeBatches(model: Model, batches: AsyncIterable<RowBatch>): AsyncGenerator<RowBatch> {
  for await (const { x, rowIndices, ...batch } of batches) {
    const I = x.length / rowIndices.length;
    const rows = rowIndices.map((_, n) => [...x.subarray(n * I, (n + 1) * I)]);
    yield { ...batch, rowIndices, x: model.encode(rows) };
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    const handle = await open(path);
    if (!(await handle.stat()).isDirectory()) return handle;
    await handle.close();
    throw new Error('it is a directory');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const problem = isMissing ? 'does not exist' : `cannot be read: ${systemReason(error)}`;
    throw new Error(`${path} ${problem}, expected a file of rows`, { cause: error });
  }
}

/**
 * Cells of a row: its number, then the class and its probability, or the values, or why there is no answer. Tabs
 * separate them, for cut and awk.
 */
function cellsOf({ row, targets, ...answer }: Answer): string[] {
  if (targets === undefined) return [String(row), ...cellsOfTarget(answer)];
  const cells = Object.entries(targets).map(([name, answer]) => `${name} ${cellsOfTarget(answer).join(' ')}`);
  return [String(row), ...cells];
}

function cellsOfTarget(answer: Omit<Answer, 'row'>): string[] {
  const { class: chosenClass, label, classes, names, probability, outputs, reason, text } = answer;
  const { target, targetLabel, targetText } = answer;
  const cells: string[] = [];
  if (text !== undefined) cells.push(JSON.stringify(text));
  else if (classes !== undefined) cells.push(classes.map((index, p) => names?.[p] ?? index ?? '-').join(' '));
  else if (reason !== undefined) cells.push(`no answer (${reason})`);
  else if (chosenClass === undefined) cells.push(...(outputs ?? []).map(decimal));
  else cells.push(label ?? String(chosenClass));
  if (probability !== undefined) cells.push(probability === null ? '-' : percent(probability));
  if (targetText !== undefined) cells.push(`target ${JSON.stringify(targetText)}`);
  else if (target !== undefined) cells.push(`target ${targetLabel ?? target.map(decimalOrWhole).join(' ')}`);
  return cells;
}

const decimalOrWhole = (value: number): string => (Number.isInteger(value) ? String(value) : decimal(value));

const BATCH_ROWS = 256;

/** Rows of a dataset for a network of type `type`, as in training. @throws UsageError for a missing row. */
export function* datasetRows(
  dataset: Dataset,
  ranges: readonly Range[] | undefined,
  type: ElementType,
  source = dataset.name, // in errors
): Generator<RowBatch> {
  const { rows, targets, labels, lengths } = dataset;
  const heads = headsOfDataset(dataset);
  const byPosition = hasTargetsByPosition(dataset);
  const missing = ranges?.find(({ last }) => last >= rows);
  if (missing !== undefined) {
    throw new UsageError(`--rows has ${missing.last}, expected rows from 0 to ${rows - 1} (of ${source})`);
  }
  for (const { first, last } of ranges ?? [{ first: 0, last: rows - 1 }]) {
    for (let from = first; from <= last; from += BATCH_ROWS) {
      const rowIndices = Array.from({ length: Math.min(BATCH_ROWS, last + 1 - from) }, (_, n) => from + n);
      yield {
        x: Float64Array.from(inputRows(dataset, from, rowIndices.length, type)),
        rowIndices,
        targets: rowIndices.map((row) => matrixRow(targets, row)),
        ...defined({
          lengths: lengths && rowIndices.flatMap((row) => matrixRow(lengths, row)),
          targetLabels: labels && !byPosition ? rowIndices.map((row) => labels[targets.array[row]]) : undefined,
          targetsOfHeads: heads && targetsOfHeads(dataset, heads, rowIndices),
        }),
      };
    }
  }
}

/** The targets of each of several outputs. */
function targetsOfHeads(dataset: Dataset, heads: readonly TargetHead[], rowIndices: readonly number[]) {
  let end = 0;
  const entries = heads.map(({ name, columns, labels }) => {
    const start = end;
    end += columns;
    const targets = rowIndices.map((row) => matrixRow(dataset.targets, row).slice(start, end));
    return [
      name,
      { targets, ...defined({ targetLabels: labels && targets.map(([label]) => labels[label]) }) },
    ] as const;
  });
  return Object.fromEntries(entries);
}

const matrixRow = ({ array, columns, divisor }: DataMatrix, row: number): number[] =>
  Array.from(array.subarray(row * columns, (row + 1) * columns), (value) => value / divisor);
