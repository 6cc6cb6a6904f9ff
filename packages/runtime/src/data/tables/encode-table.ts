import {
  CellError,
  type ColumnEncoding,
  type EncodingNote,
  type PixelEncoding,
  type SeriesEncoding,
  type TablePreprocessing,
  type TargetDecoding,
  type TokenEncoding,
} from '@gradloom/core';
import {
  checkTablePreprocessing,
  classesOfProbabilities,
  complete,
  counted,
  createCategoryEncoder,
  createNumberEncoder,
  createTokenEncoder,
  encodeImage,
  encodeValue,
  havePartLengths,
  inInputOrder,
  rowPartsOf,
  show,
  showName,
  tokensOf,
  viewOf,
  widthOfImage,
} from '@gradloom/core/internal';
import { checkDataset } from '../check-dataset.ts';
import { type DataMatrix, type Dataset, type TargetHead, valueMatrix } from '../dataset.ts';
import { sharedArrays } from '../number-types.ts';
import { loadTokenizer } from '../text/tokenizers.ts';
import { cachedRows } from './cached-rows.ts';
import { longestOf, segmentsOf, windowStarts } from './series.ts';
import {
  checkRows,
  checkTable,
  type NumberColumn,
  pickCells,
  type Table,
  type TableColumn,
  type WordColumn,
} from './table.ts';
import { encodeTexts } from './token-column.ts';

/**
 * Encodes rows of a table as network inputs and targets; those of a cached table stay in a file. Rows of a series
 * become windows: views of one array, each within a segment of these rows. Texts become tokens, with their lengths;
 * beside other columns they follow these in each row, which has a length for each of its parts.
 * `onNote` is called for categories and gaps that the fitted rows did not have, for a cached table once for each, and
 * for texts that are cut.
 * @throws Error naming the column and the row, counted from 1, of a number that is too large for its scale.
 */
export function encodeTable(
  table: Table,
  preprocessing: TablePreprocessing,
  requested: Uint32Array,
  onNote?: (note: EncodingNote) => void,
): Dataset {
  checkRows('encodeTable', 'rows', requested, checkTable('encodeTable', table));
  const { series } = checkTablePreprocessing('encodeTable', preprocessing);
  const texts = tokensOf(preprocessing);
  const windows = series && windowsOf(table, series, requested);
  const rows = windows?.order ?? requested;
  const columns = new Map(table.inputs.map((column) => [column.name, column]));
  let addNote = onNote; // replaced by a cache, which stores the notes of its rows
  const encodings = texts === undefined ? inInputOrder(preprocessing.columns) : [];
  const writers = encodings.map((encoding) =>
    columnWriter(encoding, columns.get(encoding.name), (note) => addNote?.(note)),
  );
  const I = writers.reduce((sum, { width }) => sum + width, 0);
  const L = havePartLengths(preprocessing.columns) ? (rowPartsOf(preprocessing)?.length ?? 0) : 0;
  const lengths = L === 0 ? undefined : valueMatrix(sharedArrays.int32(rows.length * L), L);
  const { classes } = table;
  const heads = headsOfTable(preprocessing);
  return complete(
    checkDataset(`encodeTable: ${showName(table.name)}`, {
      name: table.name,
      ...(windows === undefined
        ? {
            rows: rows.length,
            ...(texts === undefined ? { inputs: inputs() } : encodeTexts(table, texts, rows, onNote)),
            ...(lengths === undefined ? {} : { lengths }),
            targets: targetsOf(table, preprocessing.target, rows),
          }
        : { rows: windows.starts.length, ...encodeWindows(windows) }),
      classes: classes === null ? null : classes.length,
      ...(classes === null ? {} : { labels: classes }),
      ...(heads === undefined ? {} : { heads }),
      preprocessing,
      ...(table.weights === null ? {} : { weights: weightsOf(table.weights, rows) }),
    }),
  );

  /** Windows of encoded rows [T, C], and the targets of the rows after each. */
  function encodeWindows({ order, starts, series: { context: T, horizon: H } }: Windows) {
    const x = inputs();
    const { values, decoding } = valuesOf(table.targets[0], preprocessing.target[0]);
    const t = sharedArrays.float64(starts.length * H);
    for (const [n, start] of starts.entries()) {
      for (let h = 0; h < H; h++) t[n * H + h] = encodeValue(values[order[start + T + h]], decoding);
    }
    return { inputs: { ...x, columns: T * I, step: I, places: starts, shape: [T, I] }, targets: valueMatrix(t, H) };
  }

  function inputs(): DataMatrix {
    if (table.cache === undefined) {
      const x = sharedArrays.float64(rows.length * I);
      encodeRows(x, 0, rows.length);
      const [{ type }, ...others] = preprocessing.columns;
      const [image] = type === 'image' && others.length === 0 ? (rowPartsOf(preprocessing) ?? []) : [];
      return { ...valueMatrix(x, I), ...(image && { shape: image.shape }) };
    }
    return cachedRows(
      table.cache,
      table.name,
      preprocessing,
      rows,
      I,
      (x, first, count, note) => {
        addNote = note;
        encodeRows(x, first, count);
      },
      onNote,
    );
  }

  /** Encodes rows first .. first + count - 1, column by column. Overwrites [count, I] of `x`, which must be zeros. */
  function encodeRows(x: Float64Array, first: number, count: number): void {
    const [from, to] = rangeOf(rows, first, count);
    let offset = 0;
    for (const [w, { name, width, createWriter }] of writers.entries()) {
      const part = w + L - writers.length; // of the last parts, each is a column
      const write = createWriter(from, to - from);
      for (let n = 0; n < count; n++) {
        const row = rows[first + n];
        try {
          const length = write(row - from, x, n * I + offset);
          if (lengths !== undefined && part >= 0) lengths.array[(first + n) * L + part] = length;
        } catch (error) {
          if (!(error instanceof CellError)) throw error;
          const where = `encodeTable: ${showName(table.name)}: row ${row + 1}, column ${JSON.stringify(name)}`;
          throw new Error(`${where} ${error.problem}`, { cause: error });
        }
      }
      offset += width;
    }
  }
}

/** Rows of windows in the order of encoding, and the position at which each window starts among them. */
interface Windows {
  readonly order: Uint32Array;
  readonly starts: Int32Array<SharedArrayBuffer>; // [N]
  readonly series: SeriesEncoding;
}

/** The windows of a series. @throws Error if there is none. */
function windowsOf(table: Table, series: SeriesEncoding, rows: Uint32Array): Windows {
  const { context: T, horizon: H } = series;
  if (table.series === undefined) {
    throw new Error(`encodeTable: ${showName(table.name)} has no times, expected a series (readTable: series)`);
  }
  const { order, segments } = segmentsOf(table.series, table.rows, rows);
  const positions = windowStarts(table.series, { order, segments });
  if (positions.length === 0) {
    const expected = `${T + H} or more (a window of ${T}, and ${counted(H, 'row')} to forecast)`;
    const has = counted(longestOf(segments), 'row');
    throw new Error(`encodeTable: ${showName(table.name)} has ${has} of a series, expected ${expected}`);
  }
  const starts = sharedArrays.int32(positions.length);
  starts.set(positions);
  return { order, starts, series };
}

/** The range of file rows that covers rows[first] .. rows[first + count - 1]: the first, and one past the last. */
function rangeOf(rows: Uint32Array, first: number, count: number): [from: number, to: number] {
  let [from, to] = [rows[first], rows[first] + 1];
  for (let n = first; n < first + count; n++) {
    from = Math.min(from, rows[n]);
    to = Math.max(to, rows[n] + 1);
  }
  return [from, to];
}

interface ColumnWriter {
  readonly name: string;
  readonly width: number;
  /**
   * Returns a writer for `count` rows from row `first`; its argument `row` is relative to `first`. It returns the real
   * positions of a text, else 1.
   */
  readonly createWriter: (first: number, count: number) => (row: number, x: Float64Array, offset: number) => number;
}

function columnWriter(
  encoding: ColumnEncoding,
  column: TableColumn | undefined,
  onNote?: (note: EncodingNote) => void,
): ColumnWriter {
  const { name } = encoding;
  if (encoding.type === 'text') return textWriter(encoding, column, onNote);
  if (encoding.type === 'image') return imageWriter(encoding, column);
  if (encoding.type !== 'categorical') {
    const data = numbersOf(column, `column ${show(name)}`);
    const { inputs, encodeNumber } = createNumberEncoder(encoding, onNote);
    return {
      name,
      width: inputs.length,
      createWriter(first, count) {
        const values = data.part?.(first, count) ?? data.values.subarray(first, first + count);
        return (row, x, offset) => {
          encodeNumber(values[row], x, offset);
          return 1;
        };
      },
    };
  }
  const data = wordsOf(column, name);
  const { inputs, inputOf, gapInput, isNew } = createCategoryEncoder(encoding);
  const { words } = data;
  const inputOfWord = words.map(inputOf);
  return {
    name,
    width: inputs.length,
    createWriter(first, count) {
      const indices = data.part?.(first, count) ?? data.indices.subarray(first, first + count);
      return (row, x, offset) => {
        const index = indices[row];
        const input = index === -1 ? gapInput : inputOfWord[index];
        if (input !== -1) x[offset + input] = 1;
        else if (index === -1) onNote?.({ column: name, value: null });
        else if (isNew(words[index])) onNote?.({ column: name, value: words[index] });
        return 1;
      };
    },
  };
}

/** Writes the tokens of a text as a part of its row. */
function textWriter(
  encoding: TokenEncoding,
  column: TableColumn | undefined,
  onNote?: (note: EncodingNote) => void,
): ColumnWriter {
  const { name, context: T } = encoding;
  const { words, indices } = wordsOf(column, name);
  const { tokensOf } = createTokenEncoder(encoding, onNote, loadTokenizer);
  return {
    name,
    width: T,
    createWriter: (first) => (row, x, offset) => {
      const tokens = tokensOf(words[indices[first + row]] ?? '');
      x.set(tokens, offset);
      return tokens.length;
    },
  };
}

/** Writes the pixels of an image as a part of its row. */
function imageWriter(encoding: PixelEncoding, column: TableColumn | undefined): ColumnWriter {
  const { name } = encoding;
  const { indices, images } = wordsOf(column, name);
  const width = widthOfImage(encoding);
  return {
    name,
    width,
    createWriter: (first) => (row, x, offset) => {
      const start = indices[first + row] * width;
      encodeImage(x, offset, viewOf(images?.pixels ?? NO_PIXELS, start, width), encoding, 'float64');
      return 1;
    },
  };
}

const NO_PIXELS = new Uint8Array(0);

/** The words, texts or paths of a column. */
export function wordsOf(column: TableColumn | undefined, name: string): WordColumn {
  if (column?.data.kind === 'words') return column.data;
  throw new Error(`encodeTable: column ${show(name)} is missing, expected its words`);
}

function numbersOf(column: TableColumn | undefined, title: string): NumberColumn {
  if (column?.data.kind === 'numbers') return column.data;
  throw new Error(`encodeTable: ${title} is missing, expected its numbers`);
}

/** The targets of a network with an output for each: several, of which at least one has classes. */
export const headsOfTable = ({ target }: TablePreprocessing): readonly TargetHead[] | undefined =>
  target.length === 1 || target.every(({ type }) => type === 'values')
    ? undefined
    : target.map((decoding) => {
        const labels = decoding.type === 'classes' ? { labels: decoding.labels } : {};
        return { name: decoding.name, columns: 1, classes: labels.labels?.length ?? null, ...labels };
      });

/** The values of a target, and how they are encoded. */
function valuesOf(column: TableColumn | undefined, decoding: TargetDecoding) {
  const title = `the target ${show(decoding.name)}`;
  if (decoding.type !== 'values') throw new Error(`encodeTable: ${title} is missing, expected its numbers`);
  return { values: numbersOf(column, title).values, decoding };
}

/** Class indices, or values as the network learns them. */
function targetsOf(table: Table, target: readonly TargetDecoding[], rows: Uint32Array): DataMatrix {
  const [{ data }] = table.targets;
  if (target.length === 1 && data.kind === 'words') {
    return valueMatrix(pickCells(data.indices, sharedArrays.int32(rows.length), rows), 1);
  }
  const probabilities = classesOfProbabilities(target);
  if (probabilities !== undefined) return probabilitiesOf(table, probabilities, rows);
  const O = target.length;
  const t = sharedArrays.float64(rows.length * O);
  for (const [o, { name }] of target.entries()) {
    const column = table.targets.find((column) => column.name === name);
    if (target[o].type === 'classes') {
      const { indices } = wordsOf(column, name);
      for (let n = 0; n < rows.length; n++) t[n * O + o] = indices[rows[n]];
      continue;
    }
    const { values, decoding } = valuesOf(column, target[o]);
    for (let n = 0; n < rows.length; n++) t[n * O + o] = encodeValue(values[rows[n]], decoding);
  }
  return valueMatrix(t, O);
}

function probabilitiesOf(table: Table, classes: readonly string[], rows: Uint32Array): DataMatrix {
  const O = classes.length;
  const t = sharedArrays.float64(rows.length * O);
  for (const [o, name] of classes.entries()) {
    const column = table.targets.find((column) => column.name === name);
    const { values } = numbersOf(column, `the target ${show(name)}`);
    for (let n = 0; n < rows.length; n++) t[n * O + o] = values[rows[n]];
  }
  return valueMatrix(t, O);
}

function weightsOf(column: TableColumn, rows: Uint32Array): DataMatrix {
  const { values } = numbersOf(column, 'the column of weights');
  return valueMatrix(pickCells(values, sharedArrays.float64(rows.length), rows), 1);
}
