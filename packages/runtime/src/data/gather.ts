import { type Elements, type Kernels, type Network, referenceKernels } from '@gradloom/core';
import { roundingOf, standardizeChannels, typeOf } from '@gradloom/core/internal';
import type { DataMatrix, FileRows } from './dataset.ts';

/** Reads rows order[first] .. order[first + count - 1] that stay in a file. Overwrites `out`. */
export type FileReader = (
  out: Elements, // [count, columns] out
  columns: number,
  divisor: number,
  file: FileRows,
  order: Uint32Array | null, // [N], null: file order
  first: number,
  count: number,
  step: number,
) => void;

/** An order of rows: as they are stored. */
export const FILE_ORDER = null;

/** How stored rows become numbers: a kernel decodes bytes; `gatherFile` reads rows that stay in a file. */
export interface RowReader extends Pick<Kernels, 'gatherBytes'> {
  readonly gatherFile?: FileReader;
}

/**
 * Reads rows order[first] .. order[first + count - 1] of `matrix`, each number divided by the divisor and, if the
 * matrix has a scale, standardized by its channel. Divisor, scale and each result are rounded to the type of `out`.
 * Overwrites `out`.
 */
export function gatherRows(
  out: Elements, // [count, columns] out
  matrix: DataMatrix, // [N, columns]
  order: Uint32Array | null, // [N], null: file order
  first: number,
  count: number,
  { gatherBytes, gatherFile }: RowReader = referenceKernels, // its kernel can access the memory of `out`
): void {
  const { array, columns, step = columns, places, scale, file } = matrix;
  const divisor = roundingOf(out)(matrix.divisor);
  if (file !== undefined) {
    if (gatherFile === undefined) throw new Error(`gatherRows: rows are in ${file.path}, expected a reader of files`);
    gatherFile(out, columns, divisor, file, order, first, count, step);
  } else if (array instanceof Uint8Array && step === columns && places === undefined)
    gatherBytes(out, array, columns, divisor, order, first, count);
  else gatherNumbers(out, matrix, divisor, order, first, count);
  if (scale !== undefined) standardizeChannels(out, 0, count * columns, scale, typeOf(out));
}

/** Reads the real positions of rows, of each part; all rows are whole without `lengths`. Overwrites `out`. */
export function gatherLengths(
  out: readonly Float64Array[], // [parts][count] out
  { lengths: { parts, whole } }: Network,
  lengths: DataMatrix | undefined, // [N, parts]
  order: Uint32Array | null, // [N], null: file order
  first: number,
  count: number,
): void {
  for (let part = 0; part < parts.length; part++) {
    if (lengths === undefined) out[part].fill(whole, 0, count);
    else {
      const { array, columns, divisor } = lengths;
      for (let n = 0; n < count; n++) {
        const row = order === null ? first + n : order[first + n];
        out[part][n] = array[row * columns + part] / divisor;
      }
    }
  }
}

/** One loop for all types: as fast as a loop for each, since the division takes most of the time. */
function gatherNumbers(
  out: Elements, // [count, columns] out
  { array, columns, step = columns, places }: DataMatrix,
  divisor: number, // rounded to the type of `out`
  order: Uint32Array | null, // [N], null: file order
  first: number,
  count: number,
): void {
  let o = 0;
  for (let n = first; n < first + count; n++) {
    const row = order === null ? n : order[n];
    const start = (places === undefined ? row : places[row]) * step;
    for (let i = start; i < start + columns; i++) out[o++] = array[i] / divisor;
  }
}
