import type { ElementType } from '@gradloom/core';
import { plainJson, typeOf } from '@gradloom/core/internal';
import { type Difference, differences } from '@gradloom/runtime/internal';
import { headerOf, type Inspected } from './inspection.ts';
import type { NamedTensor } from './tensors.ts';

/** Difference of two tensors of one name and shape. */
export interface TensorDifference {
  readonly name: string;
  readonly shape: readonly number[];
  readonly differing: number; // numbers with other bits
  readonly largest: number; // largest |a - b|, NaN if one of them is not a number
  readonly at: number; // index of the largest difference
  readonly a: number;
  readonly b: number;
}

export interface Comparison {
  readonly files: readonly [string, string];
  readonly fingerprints: readonly [string, string];
  readonly hasWeights: boolean; // at least one of the files has weights
  readonly sameWeights: boolean;
  readonly precisions: readonly [ElementType, ElementType]; // types of the weights
  readonly options: readonly Difference[];
  readonly tensors: readonly TensorDifference[]; // tensors that differ, largest difference first
  readonly unmatched: readonly string[]; // tensors that the other file lacks or has in another shape
}

export function compare(a: Inspected, b: Inspected): Comparison {
  const fingerprints = [a.file.model.fingerprint, b.file.model.fingerprint] as const;
  const others = new Map(b.tensors.map((tensor) => [keyOf(tensor), tensor]));
  const pairs = a.tensors.flatMap((tensor) => {
    const other = others.get(keyOf(tensor));
    return other === undefined ? [] : [tensorDifference(tensor, other)];
  });
  const matchedKeys = new Set(pairs.map(keyOf));
  const unpairedTensors = [...a.tensors, ...b.tensors].filter((tensor) => !matchedKeys.has(keyOf(tensor)));
  return {
    files: [a.path, b.path],
    fingerprints,
    hasWeights: a.tensors.length + b.tensors.length > 0,
    sameWeights: fingerprints[0] === fingerprints[1],
    precisions: [typeOf(a.file.model.parameters), typeOf(b.file.model.parameters)],
    options: differences(plainJson(headerOf(a.file)), plainJson(headerOf(b.file))),
    tensors: pairs
      .filter(({ differing }) => differing > 0)
      // NaN comes first.
      .sort((p, q) => (Number.isNaN(p.largest) ? -1 : Number.isNaN(q.largest) ? 1 : q.largest - p.largest)),
    unmatched: [...new Set(unpairedTensors.map(({ name, shape }) => `${name} ${shape.join('x')}`))],
  };
}

const keyOf = ({ name, shape }: Pick<NamedTensor, 'name' | 'shape'>): string => `${name} ${shape.join('x')}`;

function tensorDifference({ name, shape, values: a }: NamedTensor, { values: b }: NamedTensor): TensorDifference {
  let [differing, largest, at] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    differing++;
    const distance = Math.abs(a[i] - b[i]);
    if (Number.isNaN(largest) || distance <= largest) continue;
    largest = distance;
    at = i;
  }
  return { name, shape, differing, largest, at, a: a[at], b: b[at] };
}
