import { type FileHandle, open } from 'node:fs/promises';
import { listed, show, showPath } from '@gradloom/core/internal';
import { brainFloat, half } from '../../data/number-types.ts';
import type { FileFault } from '../../system/files/file-fault.ts';
import { fileSize } from '../../system/files/file-system.ts';
import { systemReason } from '../../system/files/system-reason.ts';
import type { StoredTensor, TensorFile } from './tensor-file.ts';
import { DESCRIPTION } from './write-safetensors.ts';

const PREFIX_BYTES = 8;

/** 16 MiB: room for 100,000 tensors. */
const MAX_HEADER_BYTES = 1 << 24;

const CHUNK_BYTES = 1 << 20;

type Decode = (view: DataView, at: number) => number;

/** Supported types of weights. */
const weightTypes: Readonly<Record<string, readonly [bytes: number, decode: Decode]>> = {
  F64: [8, (view, at) => view.getFloat64(at, true)],
  F32: [4, (view, at) => view.getFloat32(at, true)],
  F16: [2, (view, at) => half(view.getUint16(at, true))],
  BF16: [2, (view, at) => brainFloat(view.getUint16(at, true))],
};

/**
 * Opens a safetensors file. Its header must assign every following byte to exactly one tensor, so wrong lengths, holes
 * and overlaps are found before memory is allocated. @throws Error (rejects) of `fault`.
 */
export async function openSafetensors(where: string, path: string, fault: FileFault): Promise<TensorFile> {
  const size = fileSize(where, path, 'a safetensors file');
  const handle = await open(path).catch((error: unknown) => {
    throw new Error(`${where}: ${showPath(path)} cannot be opened: ${systemReason(error)}, expected a readable file`, {
      cause: error,
    });
  });
  try {
    const headerBytes = await lengthOfHeader(handle, size, fault);
    const header = parseHeader(await readBytes(handle, PREFIX_BYTES, headerBytes, fault), fault);
    const start = PREFIX_BYTES + headerBytes;
    const { __metadata__: metadata, ...entries } = header;
    const ranges = Object.entries(entries).map(([name, entry]) => rangeOf(name, entry, fault));
    checkRanges(ranges, size - start, fault);
    const tensors = new Map(ranges.map((range) => [range.name, tensorOf(handle, start, range, fault)]));
    return { tensors, description: descriptionOf(metadata), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function lengthOfHeader(handle: FileHandle, size: number, fault: FileFault): Promise<number> {
  if (size < PREFIX_BYTES + 2) throw fault(`${size} bytes`, 'a whole safetensors file');
  const bytes = Number((await readBytes(handle, 0, PREFIX_BYTES, fault)).readBigUInt64LE());
  const limit = Math.min(MAX_HEADER_BYTES, size - PREFIX_BYTES);
  if (bytes > limit) throw fault(`a header of ${bytes} bytes`, `at most ${limit} (a safetensors file)`);
  return bytes;
}

function parseHeader(bytes: Buffer, fault: FileFault): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw fault('a header that is not JSON', 'a safetensors file', error);
  }
  if (isRecord(header)) return header;
  throw fault(`the header ${show(header)}`, '{ "0.weight": { "dtype", "shape", "data_offsets" } }');
}

interface TensorRange {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly from: number; // offset after the header
  readonly to: number;
}

function rangeOf(name: string, entry: unknown, fault: FileFault): TensorRange {
  if (isRecord(entry)) {
    const { dtype: type, shape, data_offsets: offsets } = entry;
    if (typeof type === 'string' && areSizes(shape) && areSizes(offsets) && offsets.length === 2) {
      return { name, type, shape, from: offsets[0], to: offsets[1] };
    }
  }
  const expected = '{ "dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48] }';
  throw fault(`the tensor ${show(name)} as ${show(entry)}`, expected);
}

/** Checks that tensors follow each other from the header to the end of the file, each as long as its shape requires. */
function checkRanges(ranges: readonly TensorRange[], bytes: number, fault: FileFault): void {
  let end = 0;
  for (const { name, type, shape, from, to } of [...ranges].sort((a, b) => a.from - b.from || a.to - b.to)) {
    const tensor = `the tensor ${show(name)}`;
    if (from !== end || to < from) {
      throw fault(`${tensor} at bytes ${from} to ${to}`, `it to begin at ${end}, where the one before ends`);
    }
    const [width] = Object.hasOwn(weightTypes, type) ? weightTypes[type] : [0];
    const length = shape.reduce((product, extent) => product * extent, 1);
    if (width > 0 && length * width !== to - from) {
      throw fault(`${to - from} bytes for ${tensor} of ${type} [${listed(shape.map(String))}]`, String(length * width));
    }
    end = to;
  }
  if (end !== bytes) throw fault(`${bytes} bytes of tensors`, `${end} (those of its header)`);
}

function tensorOf(
  handle: FileHandle,
  start: number,
  { name, type, shape, from, to }: TensorRange,
  fault: FileFault,
): StoredTensor {
  return {
    type,
    shape,
    async read() {
      if (!Object.hasOwn(weightTypes, type)) {
        throw fault(`the tensor ${show(name)} of type ${show(type)}`, `one of ${Object.keys(weightTypes).join(', ')}`);
      }
      const [width, decode] = weightTypes[type];
      const numbers = new Float64Array((to - from) / width);
      for (let offset = from; offset < to; offset += CHUNK_BYTES) {
        const bytes = await readBytes(handle, start + offset, Math.min(CHUNK_BYTES, to - offset), fault);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const first = (offset - from) / width;
        for (let i = 0; i < bytes.length / width; i++) numbers[first + i] = decode(view, i * width);
      }
      return numbers;
    },
  };
}

async function readBytes(handle: FileHandle, position: number, length: number, fault: FileFault): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let filledBytes = 0; filledBytes < length; ) {
    const { bytesRead } = await handle.read(bytes, filledBytes, length - filledBytes, position + filledBytes);
    if (bytesRead === 0) throw fault('become shorter since it was opened', 'a file that does not change');
    filledBytes += bytesRead;
  }
  return bytes;
}

/** The description in a file that `exportModel` wrote. */
function descriptionOf(metadata: unknown): unknown {
  const text = isRecord(metadata) ? metadata[DESCRIPTION] : undefined;
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // An entry of another program with this name.
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const areSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
