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
export { checkPreprocessing, checkScale, checkTablePreprocessing } from './check-preprocessing.ts';
export {
  type CategoryColumnEncoder,
  type ColumnEncoder,
  createCategoryEncoder,
  createColumnEncoder,
  createNumberEncoder,
  type EncodingNote,
  type NumberColumnEncoder,
  whyUnusual,
} from './column-encoder.ts';
export { type CellRow, createEncoder, type Encoder } from './encoder.ts';
export { encodeImage, standardizeChannels, widthOfImage } from './image-encoder.ts';
export {
  type CategoryEncoding,
  type ChannelScale,
  type ClassDecoding,
  type ColumnEncoding,
  type ColumnType,
  forecastNames,
  type ImageEncoding,
  type ImagePreprocessing,
  type NumberEncoding,
  ofImages,
  ofTable,
  ofText,
  type Preprocessing,
  type SeriesEncoding,
  type SeriesStep,
  type TablePreprocessing,
  type TargetDecoding,
  type TextEncoding,
  type TextPreprocessing,
  type ValueDecoding,
  type ValueRange,
  widthOfTable,
} from './preprocessing.ts';
