import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import { type Elements, type ElementType, referenceKernels } from '@gradloom/core';
import { checkObject, createElements, option, showPath } from '@gradloom/core/internal';
import { openToRead } from './cache-file.ts';
import type { DataMatrix, Dataset, FileRows } from './dataset.ts';
import { FILE_ORDER, type FileReader, gatherRows, type RowReader } from './gather.ts';
import { type DataArray, idxTypes, isLittleEndian, type NumberType, npyType, sharedArrayLike } from './number-types.ts';

/** What a file's header says about its numbers, and the number of bytes read. */
interface FileHeader {
  readonly shape?: readonly number[];
  readonly type: NumberType;
  readonly bytes: number;
}

/** All rows of a file whose header has been read. */
export function fileRows(path: string, format: FileRows['format'], header: FileHeader): FileRows {
  const { type, bytes } = header;
  const { size, mtimeMs: changedMs } = statSync(path);
  return { path, format, type: type.name, start: bytes, size, changedMs, rows: null };
}

/** Maximum number of bytes read at a time, unless a row is longer. */
const MAX_READ_BYTES = 1 << 20;

/**
 * Reads rows order[first] .. order[first + count - 1] of a matrix in `file`, each number divided by the divisor. Rows
 * that are neighbours in the file are read at once. Overwrites `out`.
 * @throws Error if the file has changed.
 */
export const gatherFileRows: FileReader = (out, columns, divisor, file, order, first, count, step) => {
  let o = 0;
  readRuns(file, { columns, step, order, first, count }, ({ type, view, typedView }, numbers) => {
    if (typedView !== null) for (let i = 0; i < numbers; i++) out[o++] = typedView[i] / divisor;
    else for (let i = 0; i < numbers; i++) out[o++] = exactInteger(file, type.read(view, i * type.bytes)) / divisor;
  });
};

/** Reads rows from memory and from files, in plain code. */
export const anyRows: RowReader = { gatherBytes: referenceKernels.gatherBytes, gatherFile: gatherFileRows };

/** The inputs of `count` rows from row `first`, in memory or a file, as a network of this type takes them. */
export function inputRows(dataset: Dataset, first: number, count: number, type: ElementType): Elements {
  const { inputs, rows } = checkObject('inputRows', 'dataset', dataset, 'a dataset');
  checkObject('inputRows', 'dataset.inputs', inputs, '{ array, columns, divisor }');
  option.wholeNumber(0, rows).check('inputRows', 'first', first);
  option.wholeNumber(0, rows - first).check('inputRows', 'count', count);
  const x = createElements(
    option.oneOf({ float64: true, float32: true }).check('inputRows', 'type', type),
    count * inputs.columns,
  );
  gatherRows(x, inputs, FILE_ORDER, first, count, anyRows);
  return x;
}

/** Refuses 64-bit whole numbers that a double cannot hold exactly. */
function exactInteger({ path, type }: FileRows, value: number): number {
  if (!/[iu]8$/.test(type) || Number.isSafeInteger(value)) return value;
  throw new Error(`${showPath(path)} has about ${value}, expected whole numbers of less than 2^53`);
}

/** Numbers of a piece: 1 MiB of doubles. */
const PIECE_NUMBERS = 1 << 17;

/**
 * Yields the stored numbers of `rows` rows in pieces, in the dataset's number type. Pieces of a file share one buffer:
 * each overwrites the one before. Matrices with the same rows and columns have pieces of the same lengths.
 */
export function* storedPieces(
  matrix: DataMatrix,
  rows: number,
  starts?: number, // number of windows, if the rows are overlapping windows
): Generator<DataArray> {
  const { array, columns, file } = checkObject('storedPieces', 'matrix', matrix, '{ array, columns, divisor }');
  // Windows overlap, so their numbers are read once each, as rows of one number.
  const width = starts === undefined ? columns : 1;
  const pieceRows = Math.max(1, Math.floor(PIECE_NUMBERS / width));
  const length = pieceRows * width;
  if (file === undefined) {
    for (let i = 0; i < array.length; i += length) yield array.subarray(i, i + length) as DataArray;
    return;
  }
  const end = starts === undefined ? rows : starts + columns - 1;
  const memory = sharedArrayLike(array, Math.min(pieceRows, end) * width);
  for (let first = 0; first < end; first += pieceRows) {
    const count = Math.min(pieceRows, end - first);
    let o = 0;
    readRuns(file, { columns: width, step: width, order: null, first, count }, ({ type, view, typedView }, numbers) => {
      if (typedView === null)
        for (let i = 0; i < numbers; i++) memory[o + i] = exactInteger(file, type.read(view, i * type.bytes));
      else memory.set(typedView.subarray(0, numbers), o);
      o += numbers;
    });
    yield memory.subarray(0, o) as DataArray;
  }
}

/** Rows order[first] .. order[first + count - 1] of `columns` numbers, with `step` numbers from row to row. */
interface RowSelection {
  readonly columns: number;
  readonly step: number;
  readonly order: Uint32Array | null; // null: file order
  readonly first: number;
  readonly count: number;
}

/** Reads runs of rows that are neighbours in the file, and calls `onRun` with the numbers of each. */
function readRuns(
  file: FileRows,
  { columns, step, order, first, count }: RowSelection,
  onRun: (handle: OpenFile, numbers: number) => void,
): void {
  const { rows } = file;
  const rowOf = (n: number): number => {
    const row = order === null ? n : order[n];
    return rows === null ? row : rows[row];
  };
  const handle = openFile(file, columns);
  const rowBytes = columns * handle.type.bytes;
  // Overlapping windows are read one by one.
  const maxRunRows = step === columns ? Math.max(1, Math.floor(MAX_READ_BYTES / rowBytes)) : 1;
  const end = first + count;
  for (let n = first; n < end; ) {
    const row = rowOf(n);
    let runRows = 1;
    while (runRows < maxRunRows && n + runRows < end && rowOf(n + runRows) === row + runRows) runRows++;
    readAt(file, handle, file.start + row * step * handle.type.bytes, runRows * rowBytes);
    onRun(handle, runRows * columns);
    n += runRows;
  }
  refuseChanged(file, handle.descriptor);
}

function readAt(file: FileRows, { descriptor, bytes }: OpenFile, position: number, length: number): void {
  let filledBytes = 0;
  while (filledBytes < length) {
    const read = readSync(descriptor, bytes, filledBytes, length - filledBytes, position + filledBytes);
    if (read === 0) {
      refuseChanged(file, descriptor);
      throw changeError(file, `no byte at ${position + filledBytes}`);
    }
    filledBytes += read;
  }
}

type StoredNumbers = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** Types with the same layout in memory and in the file: four times as fast as reading number by number. */
const typedViews: Readonly<Record<string, (buffer: ArrayBuffer) => StoredNumbers>> = {
  '|u1': (buffer) => new Uint8Array(buffer),
  '|i1': (buffer) => new Int8Array(buffer),
  'unsigned byte': (buffer) => new Uint8Array(buffer),
  ...(isLittleEndian
    ? {
        '<u2': (buffer: ArrayBuffer) => new Uint16Array(buffer),
        '<i2': (buffer: ArrayBuffer) => new Int16Array(buffer),
        '<i4': (buffer: ArrayBuffer) => new Int32Array(buffer),
        '<f4': (buffer: ArrayBuffer) => new Float32Array(buffer),
        '<f8': (buffer: ArrayBuffer) => new Float64Array(buffer),
      }
    : {}),
};

interface OpenFile {
  readonly descriptor: number;
  readonly type: NumberType;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly typedView: StoredNumbers | null; // `bytes` as numbers; null if memory has another layout than the file
}

/** Open files of this thread, the newest last. A thread closes its files when it ends. */
const openFiles = new Map<string, OpenFile>();

/** Enough for a run, which has three sets of one or two files each. */
const MAX_OPEN_FILES = 16;

function openFile(file: FileRows, columns: number): OpenFile {
  const key = `${file.path} ${file.type} ${file.size} ${file.changedMs} ${columns}`;
  const handle = openFiles.get(key);
  if (handle !== undefined) return handle;
  for (const [oldest, { descriptor }] of openFiles) {
    if (openFiles.size < MAX_OPEN_FILES) break;
    closeSync(descriptor);
    openFiles.delete(oldest);
  }
  const type = typeOf(file);
  const descriptor = openUnchanged(file);
  const buffer = new ArrayBuffer(8 * Math.ceil(Math.max(columns * type.bytes, MAX_READ_BYTES) / 8));
  const typedView = typedViews[file.type]?.(buffer) ?? null;
  const newHandle = { descriptor, type, bytes: new Uint8Array(buffer), view: new DataView(buffer), typedView };
  openFiles.set(key, newHandle);
  return newHandle;
}

function openUnchanged(file: FileRows): number {
  const descriptor = openToRead(file.path);
  try {
    refuseChanged(file, descriptor);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function typeOf({ path, format, type: name }: FileRows): NumberType {
  const type = format !== 'idx' ? npyType(name) : [...idxTypes.values()].find((idxType) => idxType.name === name);
  if (type === undefined) throw new Error(`${showPath(path)} has numbers of type ${name}, expected one of ${format}`);
  return type;
}

function refuseChanged(file: FileRows, descriptor: number): void {
  const { size, mtimeMs } = fstatSync(descriptor);
  if (size !== file.size) throw changeError(file, `${size} bytes`);
  if (mtimeMs !== file.changedMs) throw changeError(file, `other contents since ${new Date(mtimeMs).toISOString()}`);
}

const changeError = ({ path, size }: FileRows, has: string): Error =>
  new Error(
    `${showPath(path)} has ${has}, expected the ${size} bytes that it had (a file must not change while it streams)`,
  );
