import type { Call, Elements } from '@gradloom/core';
import { host } from '@gradloom/core/internal';

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

const overlap = (one: ArrayBufferView, other: ArrayBufferView): boolean =>
  one.buffer === other.buffer &&
  one.byteOffset < other.byteOffset + other.byteLength &&
  other.byteOffset < one.byteOffset + one.byteLength;
