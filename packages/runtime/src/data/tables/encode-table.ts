import {
  CellError,
  type ColumnEncoding,
  type EncodingNote,
  type TablePreprocessing,
  type TargetDecoding,
} from '@gradloom/core';
import {
  checkTablePreprocessing,
  complete,
  createCategoryEncoder,
  createNumberEncoder,
  show,
  showName,
} from '@gradloom/core/internal';
import { checkDataset } from '../check-dataset.ts';
import { type DataMatrix, type Dataset, valueMatrix } from '../dataset.ts';
import { sharedArrays } from '../number-types.ts';
import { cachedRows } from './cached-rows.ts';
import { checkRows, checkTable } from './check-table.ts';
import type { Table, TableColumn } from './table.ts';

/**
 * Encodes the rows at `rows` of a table as network inputs and targets; those of a cached table stay in a file. `onNote`
 * is called for categories and gaps that the fitted rows did not have; for a cached table, once for each.
 * @throws Error naming the column and the row, counted from 1, of a number that is too large for its scale.
 */
export function encodeTable(
  table: Table,
  preprocessing: TablePreprocessing,
  rows: Uint32Array,
  onNote?: (note: EncodingNote) => void,
): Dataset {
  checkRows('encodeTable', 'rows', rows, checkTable('encodeTable', table));
  checkTablePreprocessing('encodeTable', preprocessing);
  const columns = new Map(table.inputs.map((column) => [column.name, column]));
  const heard: { note: ((note: EncodingNote) => void) | undefined } = { note: onNote };
  const encoders = preprocessing.columns.map((encoding) =>
    columnWriter(encoding, columns.get(encoding.name), (note) => heard.note?.(note)),
  );
  const I = encoders.reduce((sum, { width }) => sum + width, 0);
  const { classes } = table;
  return complete(
    checkDataset(`encodeTable: ${showName(table.name)}`, {
      name: table.name,
      rows: rows.length,
      inputs: inputs(),
      targets: targetsOf(table, preprocessing.target, rows),
      classes: classes === null ? null : classes.length,
      ...(classes === null ? {} : { labels: classes }),
      preprocessing,
      ...(table.weights === null ? {} : { weights: weightsOf(table.weights, rows) }),
    }),
  );

  function inputs(): DataMatrix {
    if (table.cache === undefined) {
      const x = sharedArrays.float64(rows.length * I);
      encodeRows(x, 0, rows.length);
      return valueMatrix(x, I);
    }
    return cachedRows(
      table.cache,
      table.name,
      preprocessing,
      rows,
      I,
      (x, first, count, note) => {
        heard.note = note;
        encodeRows(x, first, count);
      },
      onNote,
    );
  }

  /** Encodes rows first .. first + count - 1, column by column. Overwrites [count, I] of `x`, which must be zeros. */
  function encodeRows(x: Float64Array, first: number, count: number): void {
    const [from, to] = rangeOf(rows, first, count);
    let offset = 0;
    for (const { name, width, open } of encoders) {
      const write = open(from, to - from);
      for (let n = 0; n < count; n++) {
        const row = rows[first + n];
        try {
          write(row - from, x, n * I + offset);
        } catch (error) {
          if (!(error instanceof CellError)) throw error;
          const place = `row ${row + 1}, column ${JSON.stringify(name)}`;
          throw new Error(`encodeTable: ${showName(table.name)}: ${place} ${error.problem}`, { cause: error });
        }
      }
      offset += width;
    }
  }
}

/** The range of file rows that covers them: the first, and one past the last. */
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
  /** Returns an encoder for `count` rows from row `first`; its argument `row` is relative to `first`. */
  readonly open: (first: number, count: number) => (row: number, x: Float64Array, offset: number) => void;
}

function columnWriter(
  encoding: ColumnEncoding,
  column: TableColumn | undefined,
  onNote?: (note: EncodingNote) => void,
): ColumnWriter {
  const { name } = encoding;
  if (encoding.type !== 'categorical') {
    if (column?.data.kind !== 'numbers')
      throw new Error(`encodeTable: column ${show(name)} is missing, expected its numbers`);
    const { inputs, encodeNumber } = createNumberEncoder(encoding, onNote);
    const { data } = column;
    return {
      name,
      width: inputs.length,
      open(first, count) {
        const values = data.part?.(first, count) ?? data.values.subarray(first, first + count);
        return (row, x, offset) => encodeNumber(values[row], x, offset);
      },
    };
  }
  if (column?.data.kind !== 'words')
    throw new Error(`encodeTable: column ${show(name)} is missing, expected its words`);
  const { inputs, inputOf, gapInput } = createCategoryEncoder(encoding);
  const { data } = column;
  const { words } = data;
  const places = words.map(inputOf);
  return {
    name,
    width: inputs.length,
    open(first, count) {
      const indices = data.part?.(first, count) ?? data.indices.subarray(first, first + count);
      return (row, x, offset) => {
        const index = indices[row];
        const place = index === -1 ? gapInput : places[index];
        if (place === -1) onNote?.({ column: name, value: index === -1 ? null : words[index] });
        else x[offset + place] = 1;
      };
    },
  };
}

/** Class indices, or values scaled as x = (value - center) / scale. */
function targetsOf(table: Table, target: readonly TargetDecoding[], rows: Uint32Array): DataMatrix {
  const [{ data }] = table.targets;
  if (data.kind === 'words') {
    const all = data.indices;
    const indices = sharedArrays.int32(rows.length);
    for (let n = 0; n < rows.length; n++) indices[n] = all[rows[n]];
    return valueMatrix(indices, 1);
  }
  const O = target.length;
  const t = sharedArrays.float64(rows.length * O);
  for (const [o, decoding] of target.entries()) {
    const column = table.targets.find(({ name }) => name === decoding.name)?.data;
    if (column?.kind !== 'numbers' || decoding.type !== 'values') {
      throw new Error(`encodeTable: the target ${show(decoding.name)} is missing, expected its numbers`);
    }
    const { center, scale } = decoding;
    const { values } = column;
    for (let n = 0; n < rows.length; n++) t[n * O + o] = (values[rows[n]] - center) / scale;
  }
  return valueMatrix(t, O);
}

function weightsOf({ data }: TableColumn, rows: Uint32Array): DataMatrix {
  const weights = sharedArrays.float64(rows.length);
  if (data.kind === 'words') return valueMatrix(weights, 1);
  const { values } = data;
  for (let n = 0; n < rows.length; n++) weights[n] = values[rows[n]];
  return valueMatrix(weights, 1);
}
