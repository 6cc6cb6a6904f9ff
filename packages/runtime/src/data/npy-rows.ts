import { OptionError } from '@gradloom/core';
import { option, record, show, showPath, sizeOf } from '@gradloom/core/internal';
import { bytesSource, openBytes } from '../system/files/byte-source.ts';
import { checkPath } from '../system/files/check-path.ts';
import { readNpyFrom } from './npy.ts';
import type { Fault } from './number-file.ts';

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
  const { columns, byteDivisor, divisor } = record('npyRows', 'options', options, '{ columns, byteDivisor, divisor }');
  option.positiveInteger.check('npyRows', 'columns', columns);
  for (const [key, value] of Object.entries({ byteDivisor, divisor })) option.notZero.check('npyRows', key, value);
  if (bytes !== null && !(bytes instanceof Uint8Array)) {
    throw new OptionError('npyRows', 'bytes', `has ${show(bytes)}, expected the bytes of a file, or null`);
  }
  const source = bytes === null ? await openBytes('npyRows', name, 'an npy file') : bytesSource(bytes);
  const fault: Fault = (has, expected) => new Error(`npyRows: ${showPath(name)} has ${has}, expected ${expected}`);
  try {
    const { shape, array } = await readNpyFrom(source, fault);
    const [, ...row] = shape;
    const isOne = sizeOf(shape) === columns && sizeOf(row) !== columns;
    const width = isOne ? columns : sizeOf(row);
    const hasTarget = row.length === 1 && width === columns + 1;
    if (!isOne && !hasTarget && width !== columns) {
      throw fault(`the shape (${shape.join(', ')})`, `rows of ${columns} numbers, which the model takes`);
    }
    const over = array instanceof Uint8Array ? byteDivisor : divisor;
    return Array.from({ length: array.length / width }, (_, n) =>
      Array.from(array.subarray(n * width, n * width + columns), (value) => value / over),
    );
  } finally {
    await source.close();
  }
}
