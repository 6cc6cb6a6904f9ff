import type { ColumnMetaData, Compressors, DataReader, PageHeader, SchemaElement } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import { refuseBeyondRoom } from '../../../system/memory/memory-room.ts';

/** A column without lists: its description in the file, and its number of values. */
export interface ColumnChunk {
  readonly meta: ColumnMetaData;
  readonly element: SchemaElement;
  readonly rows: number;
}

/**
 * The uncompressed pages of a column by their offset in its bytes, each checked. The library trusts every count in a
 * page: a damaged one keeps it busy for minutes or forever, or exhausts memory. Here each count is checked against the
 * available rows or bytes, so the library's work stays proportional to them.
 * @throws Error saying what is wrong with the bytes.
 */
export function checkedPages(
  bytes: ArrayBuffer,
  { meta, element, rows }: ColumnChunk,
  compressors: Compressors,
): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  const reader: DataReader = { view: new DataView(bytes), offset: 0 };
  for (let rowsLeft = rows; rowsLeft > 0 && reader.offset < bytes.byteLength - 1; ) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packedBytes, uncompressed_page_size: unpackedBytes } = header;
    checkCount('bytes', packedBytes, bytes.byteLength - reader.offset);
    checkCount('unpacked bytes', unpackedBytes, MAX_PAGE_BYTES);
    refuseBeyondRoom(unpackedBytes);
    const page = pageOf(header, new Uint8Array(bytes, reader.offset, packedBytes), rowsLeft);
    reader.offset += packedBytes;
    if (page === null) continue;
    let values = page.bytes;
    if (page.isPacked) {
      values = decompressPage(page.bytes, unpackedBytes - page.levelBytes, meta.codec, compressors);
      pages.set(page.bytes.byteOffset, values);
    }
    checkPage(viewOf(values), page, meta, element);
    rowsLeft -= page.count;
  }
  return pages;
}

/** Pages have about 1 MiB; their sizes are 31-bit numbers. */
const MAX_PAGE_BYTES = 2 ** 31 - 1;

interface Page {
  readonly encoding: string | undefined; // undefined: a dictionary page
  readonly count: number; // number of values, gaps included
  readonly bytes: Uint8Array; // compressed; in version 1 with the levels
  readonly isPacked: boolean;
  readonly levelBytes: number; // in version 2, before the compressed bytes
  readonly levels: Uint8Array | null; // in version 2 only
}

/** The parts of a page that holds values, else null; the library itself refuses unknown pages. */
function pageOf(header: PageHeader, bytes: Uint8Array, rowsLeft: number): Page | null {
  const { data_page_header: version1, data_page_header_v2: version2 } = header;
  if (header.type === 'DICTIONARY_PAGE') {
    return { encoding: undefined, count: 0, bytes, isPacked: true, levelBytes: 0, levels: null };
  }
  if (header.type === 'DATA_PAGE' && version1 !== undefined) {
    checkCount('values', version1.num_values, rowsLeft);
    const { encoding, num_values: count } = version1;
    return { encoding, count, bytes, isPacked: true, levelBytes: 0, levels: null };
  }
  if (header.type !== 'DATA_PAGE_V2' || version2 === undefined) return null;
  checkCount('values', version2.num_values, rowsLeft);
  checkCount('gaps', version2.num_nulls, version2.num_values);
  const [repeatBytes, gapBytes] = [version2.repetition_levels_byte_length, version2.definition_levels_byte_length];
  checkCount('bytes of levels', repeatBytes, bytes.length);
  checkCount('bytes of levels', gapBytes, bytes.length - repeatBytes);
  const levelBytes = repeatBytes + gapBytes;
  checkCount('bytes of levels', levelBytes, header.uncompressed_page_size);
  return {
    encoding: version2.encoding,
    count: version2.num_values,
    bytes: bytes.subarray(levelBytes),
    isPacked: version2.is_compressed !== false && header.uncompressed_page_size > levelBytes,
    levelBytes,
    levels: bytes.subarray(repeatBytes, levelBytes),
  };
}

/** Checks the counts in a page against its values and bytes, where the library reads them. */
function checkPage(view: DataView, page: Page, { type }: ColumnMetaData, element: SchemaElement): void {
  const { encoding, count, levels } = page;
  if (encoding === undefined || count === 0) return;
  const reader: DataReader = { view, offset: 0 };
  let values = count; // an upper bound
  if (element.repetition_type !== 'REQUIRED') {
    const gapLevels = levels === null ? { view, offset: LENGTH_BYTES } : { view: viewOf(levels), offset: 0 };
    checkRuns({ ...gapLevels }, GAP_LEVEL_BITS, count); // of a copy, since `checkRuns` moves the offset
    if (encoding === 'DELTA_BYTE_ARRAY') values = countValues(gapLevels, count);
    if (levels === null) reader.offset = LENGTH_BYTES + view.getUint32(0, true);
  } else if (levels !== null) {
    checkCount('bytes of levels', levels.length, 0);
  }
  const isDictionary = encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY';
  if (encoding === 'RLE' || isDictionary) {
    // A flag has one bit, after a length; the width of other values is in a byte before them.
    const isFlag = levels === null ? type === 'BOOLEAN' : encoding === 'RLE';
    const width = isFlag ? 1 : view.getUint8(reader.offset++);
    if (isFlag) reader.offset += LENGTH_BYTES;
    if (width > 0 || levels !== null) checkRuns(reader, width, values);
  } else if (encoding === 'BYTE_STREAM_SPLIT') {
    refuseBeyondRoom(values * (element.type_length ?? 0));
  } else if (encoding === 'ALP') {
    checkVectors(reader);
  } else if (encoding === 'DELTA_BYTE_ARRAY' && values > 0) {
    checkPrefixes(reader, values);
  } else if (encoding.startsWith('DELTA_')) {
    checkDeltas(reader);
  }
}

const GAP_LEVEL_BITS = 1; // 1: a value, 0: a gap

/** Bytes of the length field before runs in version 1. */
const LENGTH_BYTES = 4;

/** Number of values in a page that are not gaps. Its runs must be checked already. */
function countValues({ view, offset }: DataReader, count: number): number {
  const levels: number[] = new Array(count);
  readRleBitPackedHybrid({ view, offset }, GAP_LEVEL_BITS, levels, 0);
  return levels.reduce((sum, level) => sum + Number(level === 1), 0);
}

/** Checks runs of up to `maxValues` in total: the library writes as many values as each run claims. */
function checkRuns(reader: DataReader, width: number, maxValues: number): void {
  for (let valueCount = 0; valueCount < maxValues && reader.offset < reader.view.byteLength; ) {
    const header = readVarInt(reader);
    const isPacked = (header & 1) === 1;
    const count = isPacked ? (header >> 1) * 8 : header >>> 1;
    // Packed values come in groups of eight and end with the bytes, unless their width is 0.
    if (!isPacked || width === 0) checkCount('values in a run', count, maxValues + 7);
    checkCount('values in a run', count, Number.MAX_SAFE_INTEGER);
    // The library reads one byte even if there are no values.
    reader.offset += isPacked ? Math.max(1, (count * width) / 8) : (width + 7) >> 3;
    valueCount += count;
  }
}

/** Checks the header of delta-encoded values: blocks of zero or negative size would make the library loop forever. */
function checkDeltas({ view, offset }: DataReader): void {
  const reader = { view, offset };
  const [block, parts] = [readVarInt(reader), readVarInt(reader)];
  if (block > 0 && parts > 0 && parts <= view.byteLength && block % parts === 0) return;
  throw new Error(`blocks of ${block} values in ${parts} parts`);
}

/** Checks texts that share a prefix with the previous text: a few bytes can claim any total length. */
function checkPrefixes(reader: DataReader, count: number): void {
  checkDeltas(reader);
  const [prefixes, rests] = [new Int32Array(count), new Int32Array(count)];
  deltaBinaryUnpack(reader, count, prefixes);
  checkDeltas(reader);
  deltaBinaryUnpack(reader, count, rests);
  let [previousLength, totalLength] = [0, 0];
  for (const [i, prefix] of prefixes.entries()) {
    checkCount('bytes of the text before', prefix, previousLength);
    checkCount('bytes of a text', rests[i], reader.view.byteLength);
    previousLength = prefix + rests[i];
    totalLength += previousLength;
  }
  refuseBeyondRoom(totalLength);
}

/** Checks ALP vectors: each may claim any number of exceptions in the same bytes. */
function checkVectors({ view, offset }: DataReader): void {
  // After two bytes: the logarithm of the size of a vector, the number of values, and the offset of each vector.
  const size = 2 ** view.getUint8(offset + 2);
  const start = offset + 7;
  for (let v = 0; v < Math.ceil(view.getInt32(offset + 3, true) / size); v++) {
    const vectorOffset = start + view.getUint32(start + 4 * v, true);
    checkCount('exceptions', view.getUint16(vectorOffset + 2, true), size);
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function checkCount(subject: string, count: number | undefined, maxCount: number): void {
  if (count !== undefined && Number.isSafeInteger(count) && count >= 0 && count <= maxCount) return;
  throw new Error(`${count ?? 'no'} ${subject} where there are at most ${maxCount}`);
}
