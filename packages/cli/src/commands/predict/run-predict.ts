import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { buildNetwork } from '@gradloom/core';
import { complete, ofImages, ofTable, ofText, typeOf } from '@gradloom/core/internal';
import type { DataMatrix, Dataset, ElementType, Model } from '@gradloom/runtime';
import { checkInput, hasTargetsByPosition, inputRows, npyRows, systemReason } from '@gradloom/runtime/internal';
import { openModelRows } from '../../files/models/model-rows.ts';
import { divisorsOf, openModel, refuseMoreThan, withModel } from '../../files/models/open-model.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { nameFlag } from '../../options/name-flag.ts';
import type { Range } from '../../options/ranges.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type Io, printJson, printLine, printRows } from '../../terminal/io.ts';
import { decimal, percent } from '../../terminal/text/format.ts';
import { type Answer, createAnswers } from './answers.ts';
import { type RowBatch, textRows } from './number-rows.ts';
import { type PredictValues, predictOptions } from './options.ts';
import { isPicture, isReadableFolder, predictImages } from './predict-images.ts';
import { isTable, predictSeries, predictTable, type RowSource } from './predict-table.ts';
import { predictText } from './predict-text.ts';

const STANDARD_INPUT = 'standard input';

/** Prints a line for each row as it is answered. Resolves to the exit code. */
export async function runPredict(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(predictOptions, request);
  const values = parseRaw(predictOptions, raw);
  const [, ...files] = request.positionals;
  const [file] = files;
  const refuseOthers = () => refuseMoreThan(2, request.positionals, 'one model and one file of rows, or images');
  if (!files.some((path) => isPicture(path) || isReadableFolder(path))) refuseOthers();
  boundMemory(values);
  const model = openModel(request.positionals);
  const images = ofImages(model.preprocessing);
  const picture = files.find((path) => isPicture(path) || (images !== undefined && isReadableFolder(path)));
  if (picture !== undefined) {
    refuseDataset(values, picture);
    if (images === undefined) {
      const why =
        model.preprocessing === undefined
          ? 'the model does not say how bytes of an image become its inputs'
          : `the model is one of a ${ofText(model.preprocessing) === undefined ? 'table' : 'text'}`;
      throw new UsageError(`${picture} is an image, expected rows (${why})`);
    }
    await predictImages(model, files, values.json ?? false, io);
    return 0;
  }
  refuseOthers();
  const fromDataset = values.dataset ?? values.split ?? values.rows;
  const table = ofTable(model.preprocessing);
  if (ofText(model.preprocessing) !== undefined && fromDataset === undefined) {
    const { stream, name } = await openStream(file, io);
    if ((await predictText(model, stream, name, values.json ?? false, io)) === 0) warnOfNone(file, io);
    return 0;
  }
  if (table !== undefined && fromDataset === undefined) {
    const [source, json] = [await rowSource(file, io), values.json ?? false];
    const rows =
      table.series === undefined
        ? await predictTable(model, table, source, json, io)
        : await predictSeries(model, table, table.series, source, json, io);
    if (rows === 0) warnOfNone(file, io);
    return 0;
  }
  const answer = createAnswers(model);
  const batches = await openRows(model, values, file, io).catch((error: unknown) => {
    throw nameFlag(error, predictOptions, withModel(raw, request.positionals));
  });
  let rows = 0;
  for await (const batch of batches) {
    const answers = answer(batch);
    if (values.json)
      printJson(
        io.stdout,
        answers.map((it) => JSON.stringify(it)),
      );
    else printRows(io.stdout, answers.map(cellsOf));
    rows += batch.numbers.length;
  }
  if (rows === 0) warnOfNone(file, io);
  return 0;
}

/** Warns of a source without rows. @throws UsageError if none was named. */
function warnOfNone(file: string | undefined, io: Io): void {
  if (file === undefined) throw new UsageError(NO_ROWS);
  printLine(io.stderr, `gradloom predict: warning: ${file === '-' ? STANDARD_INPUT : file} has no rows`);
}

/** The source of rows of a table. */
async function rowSource(file: string | undefined, io: Io): Promise<RowSource> {
  return file !== undefined && isTable(file) ? { path: file } : openStream(file, io);
}

/** A file of rows, or standard input. */
async function openStream(file: string | undefined, io: Io): Promise<{ stream: Readable; name: string }> {
  if (file !== undefined && file !== '-') return { stream: await openFile(file), name: file };
  refuseNoRows(io);
  return { stream: io.stdin, name: STANDARD_INPUT };
}

const NO_ROWS = 'no rows are given, expected a file, rows on standard input, or --rows 0..9 of a dataset';

function refuseNoRows(io: Io): void {
  if (io.stdin.isTTY) throw new UsageError(NO_ROWS);
}

/** @throws UsageError if rows of a dataset are asked for, too. */
function refuseDataset(values: PredictValues, file: string): void {
  const fromDataset = (['dataset', 'split', 'rows'] as const).find((option) => values[option] !== undefined);
  if (fromDataset === undefined) return;
  throw new UsageError(`--${fromDataset} is given with the file ${file}, expected one of the two`);
}

type Batches = Iterable<RowBatch> | AsyncIterable<RowBatch>;

async function openRows(model: Model, values: PredictValues, file: string | undefined, io: Io): Promise<Batches> {
  if (values.dataset !== undefined || values.split !== undefined || values.rows !== undefined) {
    if (file !== undefined) refuseDataset(values, file);
    const { dataset, split, warnings } = await openModelRows(model, values.dataset, values.split);
    for (const message of warnings) printLine(io.stderr, `gradloom predict: warning: ${message}`);
    complete(checkInput('predict', buildNetwork(model.spec, model.parts?.customParts), dataset));
    const source = split === 'all' ? dataset.name : `the ${split} rows of ${dataset.name}`;
    return datasetRows(dataset, values.rows, typeOf(model.parameters), source);
  }
  const network = buildNetwork(model.spec, model.parts?.customParts);
  const refuse = (what: string, reads: string) =>
    new UsageError(`${file} is a ${what}, expected a file with a JSON array on each line (--dataset ${file} ${reads})`);
  if (file !== undefined && isReadableFolder(file)) throw refuse('folder', 'reads a folder of arrays');
  if (file !== undefined && /\.([ct]sv|npy)(\.gz)?$/i.test(file)) {
    await (await openHandle(file)).close(); // throws if the file is missing
    if (isTable(file) && ofImages(model.preprocessing) !== undefined) {
      throw new UsageError(`${file} is a table, expected PNG or JPEG images, or folders of them`);
    }
    if (isTable(file)) throw refuse('table', 'reads a table');
    const rows = batchesOf(await npyRows(file, null, { columns: network.inputs, ...divisorsOf(model) }));
    return ofImages(model.preprocessing)?.image.scale === undefined ? rows : encodeBatches(model, rows);
  }
  const isOpen = file !== undefined && file !== '-';
  if (!isOpen) refuseNoRows(io);
  const rows = isOpen ? textRows(await openFile(file), network, file) : textRows(io.stdin, network, STANDARD_INPUT);
  return ofImages(model.preprocessing)?.image.scale === undefined ? rows : encodeBatches(model, rows);
}

/** Rows of an array, in batches. */
async function* batchesOf(rows: readonly (readonly number[])[]): AsyncGenerator<RowBatch> {
  for (let first = 0; first < rows.length; first += BATCH_ROWS) {
    const batch = rows.slice(first, first + BATCH_ROWS);
    yield { x: Float64Array.from(batch.flat()), numbers: batch.map((_, n) => first + n) };
  }
}

/** Rows of numbers as inputs of the model, which standardizes those of images. */
async function* encodeBatches(model: Model, batches: AsyncIterable<RowBatch>): AsyncGenerator<RowBatch> {
  for await (const { x, numbers, ...batch } of batches) {
    const I = x.length / numbers.length;
    yield { ...batch, numbers, x: model.encode(numbers.map((_, n) => [...x.subarray(n * I, (n + 1) * I)])) };
  }
}

const openFile = async (path: string): Promise<Readable> => (await openHandle(path)).createReadStream();

async function openHandle(path: string): Promise<FileHandle> {
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
function cellsOf(answer: Answer): string[] {
  const { row, class: best, label, classes, names, probability, outputs, reason, target, targetLabel } = answer;
  const { text, targetText } = answer;
  const cells = [String(row)];
  if (text !== undefined) cells.push(JSON.stringify(text));
  else if (classes !== undefined) cells.push(classes.map((index, p) => names?.[p] ?? index ?? '-').join(' '));
  else if (reason !== undefined) cells.push(`no answer (${reason})`);
  else if (best === undefined) cells.push(...outputs.map(decimal));
  else cells.push(label ?? String(best));
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
  const byPosition = hasTargetsByPosition(dataset);
  const missing = ranges?.find(({ last }) => last >= rows);
  if (missing !== undefined) {
    throw new UsageError(`--rows has ${missing.last}, expected rows from 0 to ${rows - 1} (of ${source})`);
  }
  for (const { first, last } of ranges ?? [{ first: 0, last: rows - 1 }]) {
    for (let from = first; from <= last; from += BATCH_ROWS) {
      const numbers = Array.from({ length: Math.min(BATCH_ROWS, last + 1 - from) }, (_, n) => from + n);
      yield {
        x: Float64Array.from(inputRows(dataset, from, numbers.length, type)),
        numbers,
        targets: numbers.map((n) => targetOf(targets, n)),
        ...(lengths === undefined ? {} : { lengths: numbers.map((n) => targetOf(lengths, n)[0]) }),
        ...(labels === undefined || byPosition ? {} : { targetLabels: numbers.map((n) => labels[targets.array[n]]) }),
      };
    }
  }
}

const targetOf = ({ array, columns, divisor }: DataMatrix, n: number): number[] =>
  Array.from(array.subarray(n * columns, (n + 1) * columns), (value) => value / divisor);
