import {
  CellError,
  type ColumnEncoding,
  checkPreprocessing,
  type EncodingNote,
  type Preprocessing,
  type TargetDecoding,
} from '@gradloom/core';
import { createCategoryEncoder, createNumberEncoder } from '@gradloom/core/internal';
import { checkDataset } from '../check-dataset.ts';
import { type DataMatrix, type Dataset, sharedArrays, valueMatrix } from '../dataset.ts';
import { checkRows, checkTable } from './check-table.ts';
import type { Table, TableColumn } from './table.ts';

/**
 * The rows at `rows` of a table as a network reads them. `onNote` hears of categories and gaps that the rows of the
 * fit did not have.
 * @throws Error naming the column and the row, counted from 1, of a number that is too large for its scale.
 */
export function encodeTable(
  table: Table,
  preprocessing: Preprocessing,
  rows: Uint32Array,
  onNote?: (note: EncodingNote) => void,
): Dataset {
  checkRows('encodeTable', 'rows', rows, checkTable('encodeTable', table));
  checkPreprocessing('encodeTable', preprocessing);
  const columns = new Map(table.inputs.map((column) => [column.name, column]));
  const encoders = preprocessing.columns.map((encoding) => columnWriter(encoding, columns.get(encoding.name), onNote));
  const I = encoders.reduce((sum, { width }) => sum + width, 0);
  const x = sharedArrays.float64(rows.length * I);
  let offset = 0;
  for (const { name, width, write } of encoders) {
    for (let n = 0; n < rows.length; n++) {
      try {
        write(rows[n], x, n * I + offset);
      } catch (error) {
        if (!(error instanceof CellError)) throw error;
        throw new Error(
          `encodeTable: ${table.name}: row ${rows[n] + 1}, column ${JSON.stringify(name)} ${error.problem}`,
          {
            cause: error,
          },
        );
      }
    }
    offset += width;
  }
  const { classes } = table;
  return checkDataset(`encodeTable: ${table.name}`, {
    name: table.name,
    rows: rows.length,
    inputs: valueMatrix(x, I),
    targets: targetsOf(table, preprocessing.target, rows),
    classes: classes === null ? null : classes.length,
    ...(classes === null ? {} : { labels: classes }),
    preprocessing,
    ...(table.weights === null ? {} : { weights: weightsOf(table.weights, rows) }),
  });
}

interface ColumnWriter {
  readonly name: string;
  readonly width: number;
  readonly write: (row: number, x: Float64Array, offset: number) => void;
}

function columnWriter(
  encoding: ColumnEncoding,
  column: TableColumn | undefined,
  onNote?: (note: EncodingNote) => void,
): ColumnWriter {
  const { name } = encoding;
  if (encoding.type !== 'categorical') {
    if (column?.data.kind !== 'numbers')
      throw new Error(`encodeTable: column ${name} is missing, expected its numbers`);
    const { inputs, encodeNumber } = createNumberEncoder(encoding, onNote);
    const { values } = column.data;
    return { name, width: inputs.length, write: (row, x, offset) => encodeNumber(values[row], x, offset) };
  }
  if (column?.data.kind !== 'words') throw new Error(`encodeTable: column ${name} is missing, expected its words`);
  const { inputs, inputOf, gapInput } = createCategoryEncoder(encoding);
  const { words, indices } = column.data;
  const places = words.map(inputOf);
  return {
    name,
    width: inputs.length,
    write(row, x, offset) {
      const index = indices[row];
      const place = index === -1 ? gapInput : places[index];
      if (place === -1) onNote?.({ column: name, value: index === -1 ? null : words[index] });
      else x[offset + place] = 1;
    },
  };
}

/** Class indices, or values that are scaled as x = (value - center) / scale. */
function targetsOf(table: Table, target: readonly TargetDecoding[], rows: Uint32Array): DataMatrix {
  const [{ data }] = table.targets;
  if (data.kind === 'words') {
    const indices = sharedArrays.int32(rows.length);
    for (let n = 0; n < rows.length; n++) indices[n] = data.indices[rows[n]];
    return valueMatrix(indices, 1);
  }
  const O = target.length;
  const t = sharedArrays.float64(rows.length * O);
  for (const [o, decoding] of target.entries()) {
    const column = table.targets.find(({ name }) => name === decoding.name)?.data;
    if (column?.kind !== 'numbers' || decoding.type !== 'values') {
      throw new Error(`encodeTable: the target ${decoding.name} is missing, expected its numbers`);
    }
    const { center, scale } = decoding;
    for (let n = 0; n < rows.length; n++) t[n * O + o] = (column.values[rows[n]] - center) / scale;
  }
  return valueMatrix(t, O);
}

function weightsOf({ data }: TableColumn, rows: Uint32Array): DataMatrix {
  const weights = sharedArrays.float64(rows.length);
  if (data.kind === 'numbers') for (let n = 0; n < rows.length; n++) weights[n] = data.values[rows[n]];
  return valueMatrix(weights, 1);
}
