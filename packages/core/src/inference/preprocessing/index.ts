export {
  type Cell,
  CellError,
  cellReaders,
  GAP_WORDS,
  isGap,
  readBoolean,
  readCategory,
  readDate,
  readNumber,
} from './cell.ts';
export { checkPreprocessing } from './check-preprocessing.ts';
export {
  type CategoryColumnEncoder,
  type ColumnEncoder,
  createCategoryEncoder,
  createColumnEncoder,
  createNumberEncoder,
  type EncodingNote,
  type NumberColumnEncoder,
} from './column-encoder.ts';
export { type CellRow, createEncoder, type Encoder } from './encoder.ts';
export type {
  CategoryEncoding,
  ClassDecoding,
  ColumnEncoding,
  ColumnType,
  NumberEncoding,
  Preprocessing,
  TargetDecoding,
  ValueDecoding,
} from './preprocessing.ts';
