import type { Elements } from '../../../math/element-type.ts';
import { addressOf } from '../../../program/address.ts';
import type { FixedCall } from '../../../program/kernels.ts';
import { argumentOf } from '../../../program/op.ts';
import type { CodeLayout } from '../../code.ts';
import { matrixOps } from '../../formulas/norms.ts';
import type { BindCall } from '../call-tape.ts';
import type { PanelMemory } from '../panels/panel-memory.ts';

/**
 * Maximum number of bytes of a matrix that a kernel takes at once if it goes down the rows several times: they are in
 * the second-level cache from the second time on.
 */
const BLOCK_BYTES = 65_536;

/** Rows that a kernel takes at once, of columns divided as `groupArguments` say. */
export function rowsAtOnce([, groups, pairs, singles, rest]: readonly number[], row: number): number {
  const passes = groups + pairs + singles + (rest > 0 ? 1 : 0); // times that the kernel goes down the rows
  return passes === 1 ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(BLOCK_BYTES / row));
}

/** Makes calls of the operations in `matrixOps`. */
export function createMatrices({ matrices: kernels }: CodeLayout, { groupsOf, bytes }: PanelMemory): BindCall {
  return (call) => {
    const { op } = call;
    const operation = Object.hasOwn(matrixOps, op.name) ? matrixOps[op.name] : undefined;
    if (operation === undefined) return null;
    const { inputs, rows = [], columns = [], numbers = [], outputs, sizes } = operation;
    const numberOf = (name: string): number => argumentOf(call, name) as number;
    const addressesOf = (names: readonly string[], offset: number): number[] =>
      names.map((name) => addressOf(argumentOf(call, name) as Elements) + offset);
    const [count, size, matrices = 1] = sizes.map((name) => numberOf(name as string));
    const { kernel, vectors: group } = kernels[op.name];
    const row = bytes * size;
    const groups = groupsOf(size, group);
    const chunkRows = rowsAtOnce(groups, row);
    const calls: FixedCall[] = [];
    for (let k = 0; k < matrices; k++) {
      for (let n = 0; n < count; n += chunkRows) {
        const at = row * (k * count + n);
        const vectors = [...addressesOf(rows, row * k), ...addressesOf(columns, bytes * (k * count + n))];
        const arrays = [...addressesOf(inputs, at), ...vectors, ...addressesOf(outputs, at)];
        calls.push([kernel, ...arrays, ...numbers.map(numberOf), ...groups, Math.min(chunkRows, count - n), row]);
      }
    }
    return calls;
  };
}
