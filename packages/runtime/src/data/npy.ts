import { OptionError } from '@gradloom/core';
import { checkObject, option, show, sizeOf } from '@gradloom/core/internal';
import { type ByteSource, bytesSource, openBytes } from '../system/files/byte-source.ts';
import { checkPath } from '../system/files/check-path.ts';
import { type FileFault, faultOf } from '../system/files/file-fault.ts';
import { readNpyHeader } from './npy-header.ts';
import { leaveNumbers, type NumberFile, readNumbers } from './number-file.ts';
import { type DataArray, sharedArrayLike } from './number-types.ts';

/**
 * Reads an array that numpy.save wrote, plain or gzipped, into shared memory; Fortran order becomes row-major. Sizes in
 * its header are checked against the size of the file before memory is allocated; 64-bit whole numbers must be below
 * 2⁵³. @throws Error naming the file, what it has and what it should have.
 */
export async function readNpy(path: string, { stream = false } = {}): Promise<NumberFile> {
  const source = await openBytes('readNpy', path, 'an npy file');
  const fault = faultOf('readNpy', path);
  try {
    if (!stream) return await readNpyFrom(source, fault);
    const header = await readNpyHeader(source, fault);
    if (header.isColumnMajor && header.shape.length > 1) throw fault('Fortran order', 'rows in C order to stream');
    return { type: header.type.name, shape: header.shape, ...leaveNumbers(source, header, path, 'npy', fault) };
  } finally {
    await source.close();
  }
}

/** Same as `readNpy`, from any source. @throws Error of `fault`. */
export async function readNpyFrom(source: ByteSource, fault: FileFault): Promise<NumberFile> {
  const header = await readNpyHeader(source, fault);
  const { type, shape, isColumnMajor } = header;
  const numbers = await readNumbers(source, header, fault);
  if (/[iu]8$/.test(type.name)) checkExact(numbers, fault);
  return { type: type.name, shape, array: isColumnMajor && shape.length > 1 ? rowMajor(numbers, shape) : numbers };
}

function checkExact(array: DataArray, fault: FileFault): void {
  const i = array.findIndex((value) => !Number.isSafeInteger(value));
  if (i !== -1) throw fault(`about ${array[i]} as number ${i}`, 'whole numbers of less than 2^53');
}

/** A copy in C order: the last index varies fastest. */
function rowMajor(columnMajor: DataArray, shape: readonly number[]): DataArray {
  const array = sharedArrayLike(columnMajor, columnMajor.length);
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  let offset = 0;
  for (let i = 0; i < array.length; i++) {
    array[offset] = columnMajor[i];
    for (let axis = 0; axis < shape.length; axis++) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return array;
}

/** Rows of numbers that an npy file has for a model. */
export interface NpyRowsOptions {
  /** I: numbers of a row. */
  readonly columns: number;
  /** Divisor of unsigned bytes, as in training. */
  readonly byteDivisor: number;
  /** Divisor of other numbers. */
  readonly divisor: number;
}

/**
 * The rows of an npy file, given by its path or its bytes, for a model of arrays or images: an array [N, ...] of rows
 * of I numbers, or one row. A column more is the target, as in a file to train on. @throws Error naming the file.
 */
export async function npyRows(
  name: string,
  bytes: Uint8Array | null, // null: the file at `name`
  options: NpyRowsOptions,
): Promise<number[][]> {
  checkPath('npyRows', name, 'name');
  const { columns, byteDivisor, divisor } = checkObject(
    'npyRows',
    'options',
    options,
    '{ columns, byteDivisor, divisor }',
  );
  option.positiveInteger.check('npyRows', 'columns', columns);
  for (const [key, value] of Object.entries({ byteDivisor, divisor })) option.notZero.check('npyRows', key, value);
  if (bytes !== null && !(bytes instanceof Uint8Array)) {
    throw new OptionError('npyRows', 'bytes', `has ${show(bytes)}, expected the bytes of a file, or null`);
  }
  const source = bytes === null ? await openBytes('npyRows', name, 'an npy file') : bytesSource(bytes);
  const fault = faultOf('npyRows', name);
  try {
    const { shape, array } = await readNpyFrom(source, fault);
    const [, ...row] = shape;
    const isSingleRow = sizeOf(shape) === columns && sizeOf(row) !== columns;
    const width = isSingleRow ? columns : sizeOf(row);
    const hasTarget = row.length === 1 && width === columns + 1;
    if (!isSingleRow && !hasTarget && width !== columns) {
      throw fault(`the shape (${shape.join(', ')})`, `rows of ${columns} numbers, which the model takes`);
    }
    const rowDivisor = array instanceof Uint8Array ? byteDivisor : divisor;
    return Array.from({ length: array.length / width }, (_, n) =>
      Array.from(array.subarray(n * width, n * width + columns), (value) => value / rowDivisor),
    );
  } finally {
    await source.close();
  }
}
