import type { Call, Elements } from '@gradloom/core';
import { createAllocator, host, leafCount, segmentsOf } from '@gradloom/core/internal';
import { emptyPass } from '../memory/thread-scratch.ts';
import type { RunContext } from './context.ts';
import type { LeafArray } from './rank-exchanges.ts';

/**
 * Arrays that leaves write before each barrier of their passes for others to read: the sums over rows of coupled
 * layers. There is one list per barrier, whatever leaves a thread has.
 */
export function sharedArrays(
  context: Pick<RunContext, 'network' | 'loss' | 'arena' | 'setup'>,
): readonly LeafArray[][] {
  const { network, loss, arena, setup } = context;
  const leaves = leafCount(setup.batch, setup.leafRows);
  const allocateShared = createAllocator('sharedArrays', arena.shared, setup.elementType);
  const arrays: LeafArray[] = [];
  const allocatePerLeaf = (width: number): Elements => {
    const array = allocateShared(leaves * width);
    arrays.push({ array, width });
    return array;
  };
  return segmentsOf(emptyPass(network, loss, { leaves, allocatePerLeaf }))
    .slice(0, -1)
    .map((segment) => arrays.filter(({ array }) => segment.some((call) => writesInto(call, array))));
}

/**
 * Whether a call may write into an array. A call without declared operands, such as one of a custom layer, may write
 * anywhere; host operations in passes only inspect arrays.
 */
export function writesInto({ op, args }: Call, array: Elements): boolean {
  const operands = Object.values(op.operands);
  if (operands.length === 0) return op.name !== host.name;
  return operands.some((operand, k) => {
    if ((operand.kind !== 'array' && operand.kind !== 'arrays') || operand.access === 'in') return false;
    return [args[k]].flat().some((value) => ArrayBuffer.isView(value) && overlap(value, array));
  });
}

const overlap = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
