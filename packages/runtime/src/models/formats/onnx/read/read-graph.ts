import { closeSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { shapeText, show, sizeOf } from '@gradloom/core/internal';
import type { FileFault } from '../../../../system/files/file-fault.ts';
import { fileSize } from '../../../../system/files/file-system.ts';
import { systemReason } from '../../../../system/files/system-reason.ts';
import { mebibytes } from '../../../../system/memory/memory.ts';
import { memoryRoom } from '../../../../system/memory/memory-room.ts';
import { decodeMessage, elementTypes, type Message } from '../schema.ts';
import { numbersFor, storedTypes, type Tensor, type TensorType } from './tensor.ts';

/** An input or output of a graph. */
export interface GraphValue {
  readonly name: string;
  /** Type of its numbers; null for anything but a tensor of numbers. */
  readonly type: TensorType | null;
  /** Extents, of which a free one has a name; null if the file does not say. */
  readonly dims: readonly (number | string)[] | null;
}

/** The graph of a file, checked so far that each of its parts is there. */
export interface OnnxGraph {
  /** Version of the standard operators. */
  readonly opset: number;
  readonly nodes: readonly Message<'NodeProto'>[];
  /** Constants by name. */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Inputs that have no constant in their place. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** What `exportModel` wrote about the model; undefined for a file of another program. */
  readonly name: unknown;
}

/** Largest file: protocol buffers are limited to 2 GiB. */
const MAX_BYTES = 2 ** 31 - 1;

/** Opsets whose operators are known. */
const OPSETS = [1, 22] as const;

/** Reads the graph of an ONNX file, and the numbers of its constants. @throws Error of `fault`. */
export function readGraph(where: string, path: string, fault: FileFault): OnnxGraph {
  const bytes = fileSize(where, path, 'an ONNX file');
  if (bytes > MAX_BYTES) throw fault(`${bytes} bytes`, `at most ${MAX_BYTES}`);
  const room = memoryRoom();
  if (3 * bytes > room.bytes) {
    const neededText = mebibytes(3 * bytes);
    throw fault(
      `${mebibytes(bytes)}, which take ${neededText} to read`,
      `at most ${mebibytes(room.bytes)} (${room.bound})`,
    );
  }
  return graphOf(decode(readWhole(path, fault), fault), createReader(path, fault), fault);
}

function readWhole(path: string, fault: FileFault): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fault(`an error when it is read: ${systemReason(error)}`, 'a readable file', error);
  }
}

function decode(bytes: Uint8Array, fault: FileFault): Message<'ModelProto'> {
  try {
    return decodeMessage('ModelProto', bytes);
  } catch (error) {
    throw fault('bytes that are no ONNX model', 'a whole ONNX file', error);
  }
}

function graphOf(
  { graph, opsetImport = [], metadataProps = [] }: Message<'ModelProto'>,
  read: TensorReader,
  fault: FileFault,
): OnnxGraph {
  if (graph === undefined) throw fault('no graph', 'an ONNX model');
  const { node: nodes = [], initializer = [], sparseInitializer = [], input = [], output = [] } = graph;
  if (sparseInitializer.length > 0) throw fault('sparse initializers', 'dense ones alone');
  if (output.length === 0) throw fault('a graph without outputs', 'at least 1');
  const opset = Number(opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 1);
  const [oldest, newest] = OPSETS;
  if (opset < oldest || opset > newest) throw fault(`operators of opset ${opset}`, `opset ${oldest} to ${newest}`);
  // Texts are of the answers of a table alone, not of its network.
  const isRead = ({ dataType }: Message<'TensorProto'>): boolean => dataType !== elementTypes.string;
  const constants = new Map(
    initializer.filter(isRead).map((tensor) => {
      const { name = '' } = tensor;
      return [name, { ...read(tensor, `the initializer ${show(name)}`), weight: name }];
    }),
  );
  const names = new Set(initializer.map(({ name }) => name));
  return {
    opset,
    nodes,
    constants,
    inputs: input.filter(({ name }) => !names.has(name)).map(graphValue),
    outputs: output.map(graphValue),
    name: descriptionOf(metadataProps.find(({ key }) => key === 'gradloom')?.value),
  };
}

function descriptionOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // of another program
  }
}

const typeNames = new Map(Object.entries(elementTypes).map(([name, code]) => [code as number, name]));

export function typeOfCode(code: number | undefined): TensorType | null {
  const name = typeNames.get(code ?? 0);
  return name === undefined || name === 'string' ? null : (name as TensorType);
}

function graphValue({ name = '', type }: Message<'ValueInfoProto'>): GraphValue {
  const { elemType, shape } = type?.tensorType ?? {};
  const dims = shape?.dim?.map(({ dimValue = 0n, dimParam = '' }) =>
    dimValue > 0n ? Number(dimValue) : dimParam === '' ? '?' : dimParam,
  );
  return { name, type: typeOfCode(elemType), dims: dims ?? null };
}

/** Reads a tensor, which errors call `name`. */
export type TensorReader = (tensor: Message<'TensorProto'>, name: string) => Tensor;

/** The reader of tensors of a file: their numbers stand in it, or in files of its folder. */
export function createReader(path: string, fault: FileFault): TensorReader {
  return (tensor, name) => {
    const { dims: extents = [], dataType, rawData } = tensor;
    const type = typeOfCode(dataType);
    const dims = extents.map(Number);
    if (type === null) throw fault(`${name} of type ${typeNames.get(dataType ?? 0) ?? dataType}`, 'one of numbers');
    if (dims.some((extent) => !Number.isSafeInteger(extent) || extent < 0)) {
      throw fault(`${name} with extents ${dims.join(', ')}`, 'whole numbers of at least 0');
    }
    const size = sizeOf(dims);
    const [width, readNumber] = storedTypes[type];
    const refuseLength = (length: number, unit: string, expected: number): void => {
      if (length === expected) return;
      throw fault(`${length} ${unit} for ${name} of ${dims.length === 0 ? 'no axes' : shapeText(dims)}`, `${expected}`);
    };
    const storedList = listedNumbers(tensor, type);
    const isRaw = tensor.dataLocation === 1 || (rawData !== undefined && rawData.length > 0) || storedList.length === 0;
    if (!isRaw) {
      refuseLength(storedList.length, 'numbers', size);
      const numbers = numbersFor(type, dims);
      numbers.set(storedList);
      return { type, dims, numbers };
    }
    const bytes = tensor.dataLocation === 1 ? externalBytes(path, tensor, name, size * width, fault) : rawData;
    refuseLength(bytes?.length ?? 0, 'bytes', size * width);
    const numbers = numbersFor(type, dims);
    if (bytes === undefined) return { type, dims, numbers };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < size; i++) numbers[i] = readNumber(view, i * width);
    return { type, dims, numbers };
  };
}

/** Numbers that do not stand in bytes. Small types, and halves as their bits, are in `int32Data`. */
function listedNumbers(tensor: Message<'TensorProto'>, type: TensorType): readonly number[] {
  const { floatData = [], doubleData = [], int32Data = [], int64Data = [], uint64Data = [] } = tensor;
  if (type === 'float') return floatData;
  if (type === 'double') return doubleData;
  if (type === 'int64') return int64Data.map(Number);
  if (type === 'uint32' || type === 'uint64') return uint64Data.map(Number);
  if (type !== 'float16' && type !== 'bfloat16') return int32Data;
  const view = new DataView(new ArrayBuffer(2));
  return int32Data.map((bits) => {
    view.setUint16(0, bits & 0xffff, true);
    return storedTypes[type][1](view, 0);
  });
}

/** Bytes of a tensor in a file beside the model. Its name may not lead out of the folder, not by a link either. */
function externalBytes(
  path: string,
  { externalData = [] }: Message<'TensorProto'>,
  name: string,
  length: number,
  fault: FileFault,
): Uint8Array {
  const entries = new Map(externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const offset = Number(entries.get('offset') ?? 0);
  const folder = realpathSync(dirname(path));
  const tensorError = (expected: string, cause?: unknown) =>
    fault(`${name} in ${show(location)} from byte ${offset} on`, expected, cause);
  if (!Number.isSafeInteger(offset) || offset < 0) throw tensorError('an offset of at least 0');
  const isInside = (file: string): boolean => {
    const inFolder = relative(folder, file);
    return inFolder !== '' && !inFolder.startsWith('..') && !isAbsolute(inFolder);
  };
  const dataPath = resolve(folder, location);
  if (location === '' || isAbsolute(location) || !isInside(dataPath))
    throw tensorError('a file in the folder of the model');
  let file: number;
  try {
    const realPath = realpathSync(dataPath);
    if (!isInside(realPath)) throw new Error('a link that leads out of the folder');
    const bytes = fileSize('importModel', realPath, 'a file of weights');
    if (offset + length > bytes) throw new Error(`only ${bytes} bytes`);
    file = openSync(realPath, 'r');
  } catch (error) {
    throw tensorError(`${length} bytes there: ${error instanceof Error ? systemReason(error) : error}`, error);
  }
  try {
    const bytes = new Uint8Array(length);
    for (let filledBytes = 0; filledBytes < length; ) {
      const count = readSync(file, bytes, filledBytes, length - filledBytes, offset + filledBytes);
      if (count === 0) throw tensorError('a file that does not change');
      filledBytes += count;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}
