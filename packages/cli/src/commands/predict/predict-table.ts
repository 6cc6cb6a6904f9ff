import { Readable } from 'node:stream';
import {
  type Answer,
  type AnswerOfHeads,
  CellError,
  createEncoder,
  createLoss,
  type EncodingNote,
  InputError,
  type Loss,
  type SeriesEncoding,
  type TablePreprocessing,
} from '@gradloom/core';
import {
  columnsOfTargets,
  createCellPicker,
  hasProbabilities,
  labelListOf,
  namesOfAnswers,
  ofTable,
  show,
  tokensOf,
  whyUnusual,
} from '@gradloom/core/internal';
import type { Model } from '@gradloom/runtime';
import {
  createCellImages,
  lastWindows,
  loadTokenizer,
  openCsvStream,
  openTable,
  readRowsAs,
  type TableRow,
  tableFormatOf,
} from '@gradloom/runtime/internal';
import { type Io, printJson, printLine, printLines } from '../../terminal/io.ts';
import { csvLine } from '../../terminal/text/csv-line.ts';
import { type CellRows, jsonRows, peek, pickColumns, textRows } from './cell-rows.ts';

/**
 * The source of rows: a table by name, or a stream of CSV or JSON lines, which the first character tells apart. For a
 * column of texts a stream whose first line does not name the column has a text in each line.
 */
export type RowSource = { readonly path: string } | { readonly stream: Readable; readonly name: string };

/**
 * Answers rows of a table, one line each: CSV, or JSON such as {"prediction":"setosa","probabilities":{"setosa":0.98}}.
 * Resolves to the number of rows. @throws Error naming line and column of a cell that cannot be read.
 */
export async function predictTable(
  model: Model,
  preprocessing: TablePreprocessing,
  from: RowSource,
  json: boolean,
  io: Io,
) {
  const source = 'path' in from ? from.path : from.name;
  const warnings = collectWarnings(io);
  const encoder = createEncoder(preprocessing, warnings.add, loadTokenizer);
  const labels = classesOf(preprocessing.target, model);
  const { batches, unread: unreadColumns } = await openRows(preprocessing, from, source);
  const targetColumns = columnsOfTargets(preprocessing.target);
  const unread = unreadColumns.filter((column) => !targetColumns.includes(column));
  if (unread.length > 0) {
    const unreadText = unread.slice(0, 10).map(show).join(', ');
    printLine(io.stderr, `gradloom predict: ${source}: columns that the model does not read: ${unreadText}`);
  }
  const readImages = createCellImages(preprocessing, source);
  let rows = 0;
  for await (const cellRows of batches) {
    if (cellRows.length === 0) continue;
    const batch = await readImages(cellRows);
    const x = new Float64Array(batch.length * encoder.width);
    const lengths: number[] = []; // of each row, or of each part of each row
    for (const [n, row] of batch.entries()) encodeRow(row, n);
    const answers = await answersOf(model, x, lengths, batch, source);
    if (json) printJson(io.stdout, ...answers);
    else {
      const header = rows === 0 ? [csvLine(headOf(preprocessing, labels))] : [];
      const lines = answers.map((answer) => csvLine(cellsOf(answer, preprocessing, labels)));
      printLines(io.stdout, [...header, ...lines]);
    }
    rows += batch.length;

    function encodeRow({ location, cells }: TableRow, n: number): void {
      try {
        encoder.encode(cells, x, n * encoder.width, lengths);
      } catch (error) {
        if (!(error instanceof CellError)) throw error;
        throw new Error(`${location} of ${source}, ${error.message}`, { cause: error });
      }
    }
  }
  warnings.print();
  return rows;
}

/**
 * Forecasts what comes after the last rows of a table, one line for each series. Resolves to the number of lines.
 * @throws Error naming a cell that cannot be read, a gap in time, or a series with too few rows.
 */
export async function predictSeries(
  model: Model,
  preprocessing: TablePreprocessing,
  { key }: SeriesEncoding,
  from: RowSource,
  json: boolean,
  io: Io,
) {
  const source = 'path' in from ? from.path : from.name;
  const warnings = collectWarnings(io);
  const table = await readRowsAs(source, await openSeries(preprocessing, from, source), preprocessing);
  const { x, keys } = lastWindows(table, preprocessing, warnings.add);
  const answers = await model.predictAll(x);
  if (json) {
    for (const [n, answer] of answers.entries()) {
      printJson(io.stdout, { ...(keys[n] === null ? {} : { series: keys[n] }), ...answer });
    }
  } else {
    const header = [...(key === undefined ? [] : [key]), ...headOf(preprocessing, [])];
    const rows = answers.map((answer, n) => [keys[n] ?? [], cellsOf(answer, preprocessing, [])].flat());
    printLines(io.stdout, [header, ...rows].map(csvLine));
  }
  warnings.print();
  return answers.length;
}

/** A table, or a stream of CSV or JSON lines. */
async function openSeries(preprocessing: TablePreprocessing, from: RowSource, source: string) {
  const { columns, series } = preprocessing;
  if ('path' in from) return openTable(from.path);
  const { first, texts } = await peek(from.stream, source);
  if (first !== '{' && first !== '[') return openCsvStream(Readable.from(texts), source);
  const seriesColumns = [series?.time, series?.key].filter((name) => name !== undefined);
  const names = [...seriesColumns, ...columns.map(({ name }) => name)];
  return {
    names: () => names,
    batches: jsonRows(texts, names, createCellPicker(preprocessing, seriesColumns), source),
  };
}

async function openRows(preprocessing: TablePreprocessing, from: RowSource, source: string): Promise<CellRows> {
  const { columns } = preprocessing;
  const expectedNames = columns.map(({ name }) => name);
  if ('path' in from) return pickColumns(await openTable(from.path), columns, source);
  const { first, line, texts } = await peek(from.stream, source);
  if (first === '{' || first === '[') {
    return { batches: jsonRows(texts, expectedNames, createCellPicker(preprocessing), source), unread: [] };
  }
  const isNamed = line.split(/[,;\t|]/).some((field) => field.trim().replace(/^"(.*)"$/, '$1') === expectedNames[0]);
  if (tokensOf(preprocessing) !== undefined && !isNamed) return { batches: textRows(texts, source), unread: [] };
  return pickColumns(await openCsvStream(Readable.from(texts), source), columns, source);
}

/** Whether the name of a file is that of a table. */
export const isTable = (path: string): boolean => tableFormatOf(path) !== undefined;

async function answersOf(
  model: Model,
  x: Float64Array,
  lengths: readonly number[], // of texts
  rows: readonly TableRow[],
  source: string,
): Promise<Answer[]> {
  const hasTexts = ofTable(model.preprocessing)?.columns.some(({ type }) => type === 'text');
  try {
    return await model.predictAll(x, { lengths: hasTexts ? lengths : undefined });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new Error(`${rows[error.row].location} of ${source}: ${error.problem}`, { cause: error });
  }
}

/**
 * Column titles of the CSV: the prediction, or one for each of several targets, then the probability of each class or
 * label, p(yes), or p(buys=yes) of several targets.
 */
const headOf = ({ target }: TablePreprocessing, classes: readonly PrintedClass[]): string[] => [
  ...(namesOfAnswers(target).length === 1 ? ['prediction'] : namesOfAnswers(target)),
  ...classes.map(({ head, label }) => (head === null ? `p(${label})` : `p(${head}=${label})`)),
];

/** A class or label whose probability is printed. */
interface PrintedClass {
  readonly head: string | null; // the target, if there are several
  readonly label: string;
}

/** The classes whose probabilities are printed, in column order. */
function classesOf(target: TablePreprocessing['target'], { loss, parts }: Model): readonly PrintedClass[] {
  const modelLoss = loss === undefined ? null : createLoss(loss, parts?.customParts);
  const lossOf = (target: string): Loss | null =>
    modelLoss?.heads === undefined ? modelLoss : (modelLoss.heads.find(({ name }) => name === target)?.loss ?? null);
  return target.flatMap((decoding) => {
    if (decoding.type !== 'classes' || !hasProbabilities(lossOf(decoding.name))) return [];
    if (decoding.list !== undefined) {
      const isOnly = namesOfAnswers(target).length === 1;
      return [{ head: isOnly ? null : decoding.list.column, label: decoding.name }];
    }
    return decoding.labels.map((label) => ({ head: modelLoss?.heads === undefined ? null : decoding.name, label }));
  });
}

/** A row without an answer has empty cells. */
function cellsOf(
  { prediction, probabilities }: Answer | AnswerOfHeads,
  { target }: TablePreprocessing,
  classes: readonly PrintedClass[],
): string[] {
  const separatorOf = (column: string) => target.map(labelListOf).find((list) => list?.column === column)?.separator;
  const columns = namesOfAnswers(target);
  if (Array.isArray(prediction) && separatorOf(columns[0]) === undefined) return prediction.map(String); // of a layer
  const hasOneAnswer = columns.length === 1 && !isByName(prediction);
  const values = columns.map((name) => {
    const value = hasOneAnswer ? prediction : isByName(prediction) ? prediction[name] : undefined;
    return Array.isArray(value) ? value.join(separatorOf(name)) : value;
  });
  // Values are looked up by name, since an object lists keys such as 1 before all others, whatever the order of the
  // classes.
  const probabilityOf = ({ head, label }: PrintedClass) => {
    const targetProbabilities: unknown = head === null ? probabilities : probabilities?.[head];
    return (targetProbabilities as Readonly<Record<string, number>> | undefined)?.[label];
  };
  return [...values, ...classes.map(probabilityOf)].map((value) => String(value ?? ''));
}

/** Whether each of several targets has a prediction. */
const isByName = (prediction: unknown): prediction is Readonly<Record<string, Answer['prediction']>> =>
  typeof prediction === 'object' && prediction !== null && !Array.isArray(prediction);

/** Collects values that few or no training rows had, and prints a warning for each kind of them at the end. */
function collectWarnings(io: Io) {
  const kinds = new Map<string, { rows: number; readonly note: EncodingNote }>(); // rows and first note of each kind
  return {
    add(note: EncodingNote): void {
      // Kinds differ by column, and by whether it is a gap, a number outside of a range, or an unknown word.
      const key = JSON.stringify([note.column, note.value === null, note.range ?? null, note.unknown !== undefined]);
      const kind = kinds.get(key);
      if (kind === undefined) kinds.set(key, { rows: 1, note });
      else kind.rows++;
    },
    print(): void {
      for (const { rows, note } of kinds.values()) {
        const { column, value } = note;
        const has = rows === 1 ? '1 row has' : `${rows} rows have`;
        const valueText = value === null ? 'a gap' : `a value such as ${show(value)}`;
        const sentence = `${has} ${valueText} in column ${show(column)}, ${whyUnusual(note)}`;
        printLine(io.stderr, `gradloom predict: warning: ${sentence}`);
      }
    },
  };
}
