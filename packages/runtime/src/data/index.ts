export type { ArrayOptions } from './array-dataset.ts';
export { checkDataset } from './check-dataset.ts';
export { checkInput } from './check-input.ts';
export type { DataMatrix, DataSplits, Dataset, FileRows, TargetHead } from './dataset.ts';
export { inputRows, storedPieces } from './file-rows.ts';
export { datasetFormats, type FileOptions, loadDataset, tableInFolder } from './formats.ts';
export { datasetFromRows, type RowsOptions, type TargetRows, type TargetsByName } from './from-rows.ts';
export { gatherRows } from './gather.ts';
export { loadIdx, loadIdxFolder, readIdx } from './idx.ts';
export { standardizeImages, withScale } from './images/image-dataset.ts';
export { imagesIn, loadImageFolder } from './images/image-folder.ts';
export type { ImageOptions } from './images/image-options.ts';
export { imageRow } from './images/image-row.ts';
export { hasOwnTargets, withInputTargets } from './input-targets.ts';
export { loadMnist } from './mnist.ts';
export type { NamedArraysOptions } from './named-arrays.ts';
export { readNpy } from './npy.ts';
export { loadNpy, type NpyOptions, type TargetKind } from './npy-dataset.ts';
export { loadNpyFolder } from './npy-folder.ts';
export { loadNpz } from './npz.ts';
export type { NumberFile } from './number-file.ts';
export type { DataArray } from './number-types.ts';
export { type SplitOptions, type SplitRows, splitDataset, subset } from './split.ts';
export { type ClassOptions, type SyntheticName, type SyntheticOptions, syntheticDatasets } from './synthetic/index.ts';
export { encodeTable } from './tables/encode-table.ts';
export { fitPreprocessing } from './tables/fit-preprocessing.ts';
export { type LastWindows, lastWindows, type NaiveErrors, naiveErrors } from './tables/forecasts.ts';
export { openCsvStream, openTable, tableFormatOf, tableFormats } from './tables/formats/index.ts';
export type { DelimiterName, TableReader, TableReadOptions, TableRow } from './tables/formats/table-reader.ts';
export { createCellImages } from './tables/image-column.ts';
export { type CsvOptions, loadCsv, loadPlainTable } from './tables/plain-table.ts';
export { readRowsAs, readTable, readTableAs } from './tables/read-table.ts';
export {
  encodeSplit,
  type PreparedTable,
  prepareTable,
  rowsOfSplit,
  splitTable,
  splitTableAs,
} from './tables/split-table.ts';
export type {
  ColumnImages,
  NumberColumn,
  Table,
  TableColumn,
  TableSeries,
  TableSplit,
  WordColumn,
} from './tables/table.ts';
export { type Scale, type TableOptions, tableOptions } from './tables/table-options.ts';
export { type TableName, tableFiles, tablePath, tableShapes } from './tables/table-path.ts';
export { type ColumnSummary, summarizeTable } from './tables/table-summary.ts';
export { checkFit, defaultLoss, gatherTargets, hasTargetsByPosition } from './targets.ts';
export { loadText, textDataset } from './text/load-text.ts';
export { type TextOptions, textOptions } from './text/text-options.ts';
export { createTokenizer, loadTokenizer } from './text/tokenizers.ts';
