import { buildNetwork, type Elements, type NetworkSpec } from '@gradloom/core';
import { headsOf } from '@gradloom/core/internal';
import { createModel, type Dataset, type Model, type TrainOptions } from '@gradloom/runtime';
import { columnUnits } from '../../../lab/figures/column-units.ts';
import { customParts } from '../../../options/custom-parts.ts';
import { type DecisionRegions, MARGIN_SCALE, type Plane } from '../../../report/findings/findings.ts';
import type { Recipe } from '../recipe.ts';
import { modelOf } from '../run-record.ts';

const SIDE = 48; // points of the grid in each direction
const MAX_CLASSES = 6;
const MAX_POINTS = 400; // training rows that are shown

/**
 * Whether rows are points of the plane, in 2 to 6 classes or with targets of 0 or 1. Indices of an embedding are not:
 * nothing lies between two of them.
 */
export function isPlanar(recipe: Recipe): boolean {
  const { sets, spec } = recipe;
  const { train } = sets;
  if (isOfHeads(recipe) || train.inputs.columns !== 2 || train.inputs.file !== undefined || takesIndices(spec))
    return false;
  const { array, columns } = train.targets;
  if (train.classes !== null) return columns === 1 && train.classes > 1 && train.classes <= MAX_CLASSES;
  return columns === 1 && spec.input === 2 && array.every((value) => value === 0 || value === 1);
}

/** Whether a network has several outputs, of which no picture shows one. */
export const isOfHeads = ({ spec }: Pick<Recipe, 'spec'>): boolean =>
  headsOf(buildNetwork(spec, customParts())) !== null;

/** Whether inputs are indices of an embedding. */
export const takesIndices = (spec: NetworkSpec): boolean =>
  buildNetwork(spec, customParts()).allLayers.some((layer) => layer.spec.kind === 'embedding');

/** The decision regions of a network with these parameters [P] around the training rows. */
export function dividePlane(recipe: Recipe, parameters: Elements, step: number): DecisionRegions {
  const extent = extentOf(recipe.sets.train);
  const [x1, y1, x2, y2] = extent;
  const rows = new Float64Array(2 * SIDE * SIDE);
  for (let k = 0; k < SIDE * SIDE; k++) {
    rows[2 * k] = x1 + ((k % SIDE) / (SIDE - 1)) * (x2 - x1);
    rows[2 * k + 1] = y1 + (Math.floor(k / SIDE) / (SIDE - 1)) * (y2 - y1);
  }
  const model = createModel(modelOf(recipe, parameters));
  const probabilities = probabilitiesOf(model, rows);
  const classes = probabilities.length / (SIDE * SIDE);
  const margins = Array.from({ length: classes }, (_, c) => {
    const bytes = Uint8Array.from({ length: SIDE * SIDE }, (_, k) => {
      const p = probabilities.subarray(k * classes, (k + 1) * classes);
      const largestOther = p.reduce((largest, pOther, j) => (j !== c && pOther > largest ? pOther : largest), 0);
      return Math.min(255, Math.max(0, Math.round((p[c] - largestOther + 1) * MARGIN_SCALE)));
    });
    return Buffer.from(bytes).toString('base64');
  });
  const { toInputUnits: inUnits } = columnUnits(recipe.sets.train.preprocessing);
  return { step, extent: [inUnits(x1, 0), inUnits(y1, 1), inUnits(x2, 0), inUnits(y2, 1)], side: SIDE, margins };
}

/** The training rows (or some, if there are very many), and the final decision regions. */
export function planeOf(recipe: Recipe, parameters: Elements, step: number): Plane {
  const { inputs, targets, classes, labels, rows } = recipe.sets.train;
  const stride = Math.ceil(rows / MAX_POINTS);
  const names = Array.from({ length: classes ?? 2 }, (_, c) => labels?.[c] ?? String(c));
  const points = Array.from({ length: Math.ceil(rows / stride) }, (_, k): [number, number, number] => {
    const n = k * stride;
    return [inputs.array[2 * n] / inputs.divisor, inputs.array[2 * n + 1] / inputs.divisor, targets.array[n]];
  });
  const { toInputUnits: inUnits } = columnUnits(recipe.sets.train.preprocessing);
  return {
    labels: names,
    points: points.map(([x, y, label]) => [inUnits(x, 0), inUnits(y, 1), label]),
    right: countRight(points, createModel(modelOf(recipe, parameters))),
    end: dividePlane(recipe, parameters, step),
  };
}

function countRight(points: readonly (readonly [x: number, y: number, label: number])[], model: Model): number {
  const rows = Float64Array.from(points.flatMap((point) => point.slice(0, 2)));
  const probabilities = probabilitiesOf(model, rows);
  const classes = probabilities.length / points.length;
  return points.filter(([, , label], n) => {
    const p = probabilities.subarray(n * classes, (n + 1) * classes);
    return p.every((pOther, c) => c === label || pOther < p[label]);
  }).length;
}

/** Whether the outputs of a model are logits, from which it computes probabilities. */
export function hasLogits({ loss }: Model): boolean {
  const kind = typeof loss === 'string' ? loss : loss?.kind;
  return kind === 'softmax-cross-entropy' || kind === 'binary-cross-entropy';
}

/** [N, classes]; a single output p is the probability of class 1, and 1 - p that of class 0. */
function probabilitiesOf(model: Model, rows: Float64Array): Float64Array {
  const y = hasLogits(model) ? model.probabilities(rows) : model.outputs(rows);
  if (y.length > rows.length / 2) return y;
  return Float64Array.from({ length: rows.length }, (_, k) => {
    const p = Math.min(1, Math.max(0, y[k >> 1]));
    return k % 2 === 1 ? p : 1 - p;
  });
}

const MARGIN = 0.12; // around the training rows, as a share of their extent

function extentOf({ inputs: { array, divisor }, rows }: Dataset): [number, number, number, number] {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < 2 * rows; i++) {
    const value = array[i] / divisor;
    if (value < low[i % 2]) low[i % 2] = value;
    if (value > high[i % 2]) high[i % 2] = value;
  }
  const [w, h] = [high[0] - low[0] || 1, high[1] - low[1] || 1];
  return [low[0] - MARGIN * w, low[1] - MARGIN * h, high[0] + MARGIN * w, high[1] + MARGIN * h];
}

/** Positions in a run, as fractions, at which to draw the plane: early ones, where most happens. */
const PROGRESS_FRACTIONS = [0, 0.01, 0.03, 0.1, 0.3];

/** Steps at these positions in a run of `total` steps; for a run that is probed anyway, the next probed steps. */
export function divisionSteps(total: number, probe: TrainOptions['probe']): number[] {
  const nextProbed = (step: number): number => {
    if (probe === undefined || step === 0) return step;
    if (typeof probe === 'number') return Math.ceil(step / probe) * probe;
    return probe.reduce((nearest, s) => (s >= step && s < nearest ? s : nearest), total);
  };
  return [
    ...new Set(PROGRESS_FRACTIONS.map((share) => nextProbed(Math.round(share * total))).filter((step) => step < total)),
  ];
}
