import { buildNetwork, type Weight } from '@gradloom/core';
import { createSpread, namedState, namedWeights } from '@gradloom/core/internal';
import type { ModelFile } from '@gradloom/runtime';

/** A tensor of a file: a weight or optimizer state of one. */
export interface NamedTensor extends Weight {
  readonly name: string; // '0.W', '1.2.gamma' inside of layer 1, 'encoder.W', or '0.W m' for the optimizer's m
}

/** Every tensor, weights first, layer by layer. */
export function tensorsOf({ model, checkpoint }: ModelFile, slots: readonly string[]): NamedTensor[] {
  const network = buildNetwork(model.spec, model.parts?.customParts);
  const trainedWeights =
    checkpoint?.record.ema === undefined ? {} : namedWeights(network, checkpoint.arrays.parameters);
  const groups: [suffix: string, tensors: Readonly<Record<string, Weight>>][] = [
    ['', namedWeights(network, model.parameters)],
    [' trained', Object.fromEntries(Object.entries(trainedWeights).filter(([, { isTrained }]) => isTrained))],
    ...(checkpoint === null ? [] : slots).map((slot, k): [string, Readonly<Record<string, Weight>>] => [
      ` ${slot}`,
      namedState(network, checkpoint?.arrays.state[k] ?? new Float64Array(0)),
    ]),
  ];
  return groups.flatMap(([suffix, tensors]) =>
    Object.entries(tensors).map(([name, weight]) => ({ name: `${name}${suffix}`, ...weight })),
  );
}

/** Statistics of a tensor; non-finite numbers are counted and left out. */
export interface TensorFigures {
  readonly name: string;
  readonly shape: readonly number[];
  readonly isTrained: boolean;
  readonly min: number | null; // null if no number is finite
  readonly max: number | null;
  readonly mean: number | null;
  readonly std: number | null; // standard deviation: √ of the mean square about the mean
  readonly zeros: number;
  readonly notFinite: number;
}

export function tensorFigures({ name, shape, isTrained, values }: NamedTensor): TensorFigures {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [count, zeros] = [0, 0];
  const spread = createSpread();
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    count++;
    spread.add(value);
    min = Math.min(min, value);
    max = Math.max(max, value);
    if (value === 0) zeros++;
  }
  const notFinite = values.length - count;
  if (count === 0) return { name, shape, isTrained, min: null, max: null, mean: null, std: null, zeros, notFinite };
  const [mean, std] = [spread.mean(), spread.deviation()];
  return { name, shape, isTrained, min, max, mean, std, zeros, notFinite };
}
