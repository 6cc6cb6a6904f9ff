import { open } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type Cell, OptionError } from '@gradloom/core';
import { counted, DAY_SECONDS, reasonOf, show, showPath } from '@gradloom/core/internal';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from 'hyparquet';
import { readColumn } from 'hyparquet/src/column.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { compressors } from 'hyparquet-compressors';
import { fileSize } from '../../../system/files/file-system.ts';
import { systemReason } from '../../../system/files/system-reason.ts';
import { unpackAtMost } from '../../../system/files/unpack-at-most.ts';
import { RoomError, refuseBeyondRoom } from '../../../system/memory/memory-room.ts';
import { cellOf, refuseDelimiter } from './json-rows.ts';
import { checkedPages } from './parquet-pages.ts';
import {
  fileFault,
  type PartFault,
  partFault,
  TableFileError,
  type TableReader,
  type TableReadOptions,
  type TableRow,
} from './table-reader.ts';

const PARQUET_FILE = 'a Parquet file';
const BATCH_ROWS = 4096;

/**
 * Opens a Parquet file of plain columns; one row group is in memory at a time. Dates and times become ISO 8601 text,
 * 64-bit whole numbers and decimals become numbers.
 * @throws Error naming the file, and the column that holds lists or records.
 */
export async function openParquet(path: string, options: TableReadOptions): Promise<TableReader> {
  refuseDelimiter(options, 'Parquet');
  if (options.header === false) {
    throw new OptionError('readTable', 'header', 'has false, expected none (a Parquet file names its columns)');
  }
  const file = await openSlices(path);
  const damageError = (error: unknown): Error => {
    if (error instanceof RoomError || error instanceof TableFileError) return error;
    // The message of a TypeError names variables of the library, which would not help.
    const reason = error instanceof TypeError ? '' : ` (${reasonOf(error)})`;
    return fileFault(path)(`damaged Parquet contents${reason}`, PARQUET_FILE, error);
  };
  try {
    const metadata = await parquetMetadataAsync(file, { parsers: parquetParsers });
    const names = columnsOf(metadata, partFault(path));
    const batches = rowsOf(file, metadata, names, partFault(path), damageError);
    return {
      names: () => names,
      namesLocation: 'the schema',
      findings: ['names of columns from the schema'],
      batches,
      close: async () => {
        await batches.return(undefined);
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw damageError(error);
  }
}

/** Opens the file for reads of byte ranges. */
async function openSlices(path: string): Promise<AsyncBuffer & { close(): Promise<void> }> {
  const byteLength = fileSize('readTable', path, PARQUET_FILE);
  const handle = await open(path).catch((cause: unknown) => {
    const problem = `cannot be opened: ${systemReason(cause)}, expected ${PARQUET_FILE}`;
    throw new Error(`readTable: ${showPath(path)} ${problem}`, { cause });
  });
  async function read(start: number, end: number): Promise<ArrayBuffer> {
    if (!(start >= 0 && start <= end && end <= byteLength)) throw new Error(`bytes ${start} to ${end} are not there`);
    refuseBeyondRoom(end - start);
    const bytes = new Uint8Array(end - start);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
    if (bytesRead < bytes.length) throw new Error(`bytes ${start} to ${end} are not there`);
    return bytes.buffer;
  }
  return {
    byteLength,
    slice(start, end = byteLength) {
      const bytes = read(start, end);
      // Avoids an unhandled rejection: the library requests several slices and awaits none after the first that fails.
      bytes.catch(() => {});
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** The column names. @throws Error of `fault` for a column that holds more than single values. */
function columnsOf(metadata: FileMetaData, fault: PartFault): string[] {
  return parquetSchema(metadata).children.map(({ children, element: { name, repetition_type } }, c) => {
    if (typeof name !== 'string') throw fault(`column ${c + 1} has no name, expected one`);
    if (children.length === 0 && repetition_type !== 'REPEATED') return name;
    const has = children.length === 0 ? 'lists' : 'lists or records';
    const advice = 'a cell holds one value: leave the column out when the file is written';
    throw fault(`column ${c + 1} (${show(name)}) has ${has}, expected single values (${advice})`);
  });
}

async function* rowsOf(
  file: AsyncBuffer & { close(): Promise<void> },
  metadata: FileMetaData,
  names: readonly string[],
  fault: PartFault,
  damageError: (error: unknown) => Error,
): AsyncGenerator<readonly TableRow[], void, undefined> {
  let rowsBefore = 0; // those of the groups so far
  try {
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      const columns = await readGroup(file, metadata, group, names).catch((error: unknown) => {
        throw damageError(error);
      });
      for (let first = 0; first < rows; first += BATCH_ROWS) {
        const batch: TableRow[] = [];
        for (let row = first; row < Math.min(rows, first + BATCH_ROWS); row++) {
          const location = `row ${rowsBefore + row + 1}`;
          const cells = columns.map((column, c) =>
            cellIn(column[row], () => `${location}, column ${c + 1} (${show(names[c])})`, fault),
          );
          batch.push({ location, cells });
        }
        yield batch;
      }
      rowsBefore += rows;
    }
    if (rowsBefore !== Number(metadata.num_rows)) {
      const has = counted(rowsBefore, 'row');
      throw fault(`the row groups have ${has}, expected ${metadata.num_rows} (as the file says)`);
    }
  } finally {
    await file.close();
  }
}

/** The values of a row group, column by column. @throws Error if a column has another number of values. */
async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  group: RowGroup,
  names: readonly string[],
): Promise<ArrayLike<unknown>[]> {
  const rows = Number(group.num_rows);
  if (!(Number.isSafeInteger(rows) && rows >= 0)) throw new Error(`a row group of ${rows} rows`);
  const bytesIn = (size: 'total_compressed_size' | 'total_uncompressed_size'): number =>
    group.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.[size] ?? 0), 0);
  const packedBytes = bytesIn('total_compressed_size');
  if (packedBytes > file.byteLength) throw new Error(`columns of ${packedBytes} bytes in a file of ${file.byteLength}`);
  refuseBeyondRoom(bytesIn('total_uncompressed_size') + 8 * rows * names.length);
  const schema = parquetSchema(metadata);
  const columns: ArrayLike<unknown>[] = [];
  for (const [c, name] of names.entries()) {
    const parts = await readParts(file, group, schema.children[c], schema);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length !== rows) throw new Error(`${length} values in column ${show(name)} of ${rows} rows`);
    columns.push(parts.length === 1 ? parts[0] : parts.flatMap((part) => Array.from(part)));
  }
  return columns;
}

/** The values of a column in a row group, page by page. */
async function readParts(
  file: AsyncBuffer,
  group: RowGroup,
  column: SchemaTree,
  schema: SchemaTree,
): Promise<ArrayLike<unknown>[]> {
  const { element, path } = column;
  const metas = group.columns.flatMap(({ meta_data: meta, file_path: otherFile }) => {
    return meta !== undefined && otherFile === undefined && meta.path_in_schema.join('.') === path.join('.')
      ? [meta]
      : [];
  });
  const [meta] = metas;
  if (metas.length !== 1) throw new Error(`${metas.length} parts of column ${show(path[0])} in a row group`);
  const rows = Number(group.num_rows);
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const bytes = await file.slice(start, start + Number(meta.total_compressed_size));
  const pages = checkedPages(bytes, { meta, element, rows }, unpackers);
  const unpackedPage = ({ byteOffset }: Uint8Array): Uint8Array => {
    const page = pages.get(byteOffset);
    if (page === undefined) throw new Error(`a page of column ${show(path[0])} in the wrong place`);
    return page;
  };
  const decoder = {
    ...meta,
    pathInSchema: path,
    schemaPath: [schema, column],
    element,
    parsers: { ...DEFAULT_PARSERS, ...parquetParsers },
    compressors: { [meta.codec]: unpackedPage },
  };
  const reader = { view: new DataView(bytes), offset: 0 };
  return readColumn(reader, { groupStart: 0, groupRows: rows, selectStart: 0, selectEnd: rows }, decoder).data;
}

/** Node's decompressors where available: they limit the size of their output. */
const unpackers: Compressors = {
  ...compressors,
  GZIP: (input, length) => unpackAtMost(length, 'a page', (options) => gunzipSync(input, options)),
  BROTLI: (input, length) => unpackAtMost(length, 'a page', (options) => brotliDecompressSync(input, options)),
};

function cellIn(value: unknown, location: () => string, fault: PartFault): Cell {
  if (typeof value !== 'bigint') return cellOf(value, location, fault);
  if (Number.isSafeInteger(Number(value))) return Number(value);
  throw fault(`${location()} has ${value}, expected a whole number of less than 2^53`);
}

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How values that are not plain numbers are converted: dates and times to ISO 8601 text, text as it is. */
const parquetParsers: Partial<ParquetParsers> = {
  dateFromDays: (days: number | null | undefined) =>
    days === null || days === undefined ? null : new Date(1000 * DAY_SECONDS * Number(days)).toISOString().slice(0, 10),
  timestampFromMilliseconds: (millis: bigint | null) => instant(millis, 1000n),
  timestampFromMicroseconds: (micros: bigint | null) => instant(micros, 1_000_000n),
  timestampFromNanoseconds: (nanos: bigint | null) => instant(nanos, 1_000_000_000n),
  stringFromBytes: (bytes: Uint8Array | null) => bytes && textDecoder.decode(bytes),
  jsonFromBytes: (bytes: Uint8Array | null) => bytes && JSON.parse(textDecoder.decode(bytes)),
};

/**
 * Formats a time such as '2024-12-31T23:59:00.5Z'; every digit of the fraction is kept. @throws RangeError beyond the
 * years of Date.
 */
function instant(count: bigint | null | undefined, perSecond: bigint): string | null {
  if (count === null || count === undefined) return null;
  const rest = ((count % perSecond) + perSecond) % perSecond;
  const seconds = new Date(Number((count - rest) / perSecond) * 1000).toISOString().slice(0, -5);
  const digits = String(perSecond + rest)
    .slice(1)
    .replace(/0{1,9}$/, '');
  return `${seconds}${digits === '' ? '' : `.${digits}`}Z`;
}
