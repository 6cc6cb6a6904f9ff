import type { Elements } from '@gradloom/core';
import { createModel, type Dataset } from '@gradloom/runtime';
import { columnUnits, targetNames } from '../../../lab/figures/column-units.ts';
import type { Curve } from '../../../report/findings/findings.ts';
import type { Recipe } from '../recipe.ts';
import { modelOf } from '../run-record.ts';
import { hasLogits, isOfHeads, takesIndices } from './divide-plane.ts';

const MAX_POINTS = 400;
/** Number of inputs at which the network is evaluated. */
const CURVE_POINTS = 200;
const MAX_LINES = 6;
const MARGIN = 0.04; // beside the training rows, as a share of their range

/**
 * Predictions of a network along its single input, one line per output: a value, or the probability of a class. Null if
 * rows have more inputs, there are too many outputs, or all rows have the same input.
 */
export function fitCurve(recipe: Recipe, parameters: Elements): Curve | null {
  const { train } = recipe.sets;
  const { inputs, classes, labels, targets, rows } = train;
  if (inputs.columns !== 1 || inputs.file !== undefined || takesIndices(recipe.spec)) return null;
  if (isOfHeads(recipe)) return null;
  const [low, high] = rangeOf(train);
  if (!(high > low)) return null;
  const margin = MARGIN * (high - low);
  const curveInputs = Float64Array.from(
    { length: CURVE_POINTS },
    (_, k) => low - margin + (k / (CURVE_POINTS - 1)) * (high - low + 2 * margin),
  );
  const model = createModel(modelOf(recipe, parameters));
  const isProbability = hasLogits(model);
  const y = isProbability ? model.probabilities(curveInputs) : model.outputs(curveInputs);
  const outputs = y.length / CURVE_POINTS;
  if (outputs > MAX_LINES) return null;
  const stride = Math.ceil(rows / MAX_POINTS);
  const shownRows = Array.from({ length: Math.ceil(rows / stride) }, (_, k) => k * stride);
  const units = columnUnits(train.preprocessing);
  const names = targetNames(train.preprocessing);
  const x = (n: number) => units.toInputUnits(inputs.array[n] / inputs.divisor, 0);
  const t = (n: number, o: number) => units.toOutputUnits(targets.array[n * targets.columns + o] / targets.divisor, o);
  const hasClasses = classes !== null;
  return {
    // A row has probability 1 for its class; a single output with two classes is the probability of the second.
    points: shownRows.flatMap((n): [number, number, number][] => {
      if (hasClasses) return outputs === 1 ? [[x(n), t(n, 0), 0]] : [[x(n), 1, t(n, 0)]];
      return Array.from({ length: outputs }, (_, o) => [x(n), t(n, o), o]);
    }),
    lines: Array.from({ length: outputs }, (_, o) => ({
      name:
        hasClasses && outputs > 1
          ? (labels?.[o] ?? `class ${o}`)
          : (names?.[o] ?? (outputs > 1 ? `output ${o + 1}` : 'network')),
      points: Array.from(curveInputs, (input, k): [number, number] => [
        units.toInputUnits(input, 0),
        units.toOutputUnits(y[k * outputs + o], o),
      ]),
    })),
    isProbability,
  };
}

function rangeOf({ inputs: { array, divisor }, rows }: Dataset): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let n = 0; n < rows; n++) {
    low = Math.min(low, array[n] / divisor);
    high = Math.max(high, array[n] / divisor);
  }
  return [low, high];
}
