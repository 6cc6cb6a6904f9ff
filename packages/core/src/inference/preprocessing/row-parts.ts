import type { RowPart } from '../../network/parts-network.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { widthOfParts } from './date-parts.ts';
import { widthOfImage } from './image-encoder.ts';
import {
  type ColumnEncoding,
  ofTable,
  type PixelEncoding,
  type Preprocessing,
  type TokenEncoding,
  tokensOf,
} from './preprocessing.ts';

/** Name of the part of all columns of numbers and categories. */
const CELLS = 'cells';

/** Whether a column is a part of the row by itself, beside other columns. */
export const isPart = (column: ColumnEncoding): column is TokenEncoding | PixelEncoding =>
  column.type === 'text' || column.type === 'image';

/** Whether rows have a length for each of their parts: texts are padded. */
export const havePartLengths = (columns: readonly ColumnEncoding[]): boolean =>
  columns.length > 1 && columns.some(({ type }) => type === 'text');

/** The columns in the order of their inputs: numbers and categories, then the parts. */
export const inInputOrder = (columns: readonly ColumnEncoding[]): ColumnEncoding[] => [
  ...columns.filter((column) => !isPart(column)),
  ...columns.filter(isPart),
];

/**
 * The parts of a row, in the order of their inputs: all numbers and categories as 'cells', then each text and image. A
 * part has the name of its column, unless a network uses that name for something else: then it is 'column <name>'.
 * Undefined if a row has no parts.
 */
export function rowPartsOf(preprocessing: Preprocessing | undefined): readonly RowPart[] | undefined {
  const columns = ofTable(preprocessing)?.columns ?? [];
  const partColumns = columns.filter(isPart);
  if (partColumns.length === 0 || tokensOf(preprocessing) !== undefined) return undefined;
  const cells = columns.filter((column) => !isPart(column)).reduce((sum, column) => sum + widthOfColumn(column), 0);
  const parts = partColumns.map((column): RowPart => ({ name: partName(column.name), ...shapeOf(column) }));
  return cells === 0 ? parts : [{ name: CELLS, shape: [cells] }, ...parts];
}

/** Names of the row itself, of its cells, and of layers, which have their positions as names. */
const partName = (column: string): string =>
  column === '' || column === 'input' || column === CELLS || /^\d[\d.]*$/.test(column) ? `column ${column}` : column;

const shapeOf = (column: TokenEncoding | PixelEncoding): Omit<RowPart, 'name'> =>
  column.type === 'text'
    ? { shape: [column.context], vocabulary: createTokenizer(column.tokenizer).size }
    : { shape: [column.height, column.width, column.channels] };

/** Number of inputs of a column. */
export function widthOfColumn(column: ColumnEncoding): number {
  if (column.type === 'categorical') return column.categories.length + Number(column.missing);
  if (column.type === 'text') return column.context;
  if (column.type === 'image') return widthOfImage(column);
  const { ramps = [], parts } = column;
  return Math.max(1, ramps.length) + Number(column.indicator) + widthOfParts(parts);
}
