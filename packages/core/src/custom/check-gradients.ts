import type { Activation } from '../families/activations/activation.ts';
import type { Loss } from '../families/losses/loss.ts';
import { sigmoid } from '../math/exp.ts';
import type { Pausable } from '../math/pausable.ts';
import { createRandom } from '../math/random/index.ts';
import { mathOf } from '../math/real-math.ts';
import { viewOf } from '../math/scratch.ts';
import { targetPositions } from '../network/backprop.ts';
import { type Layer, NO_BATCH, NO_TEAM_MEMORY, noMemory } from '../network/layers/index.ts';
import type { Network } from '../network/network.ts';
import { nameOfLayer } from '../network/placed-layer.ts';
import { positionsOf, sizeOf } from '../network/shape.ts';
import { runCalls } from '../program/link.ts';
import { createList } from '../program/op.ts';
import { referenceKernels } from '../program/reference/reference-kernels.ts';

/** Input of the gradient check, from a run. */
export interface GradientCheck {
  readonly network: Network;
  readonly loss: Loss;
  /** Some rows of inputs [n, I] and their targets, doubles in every run: a difference of floats has few digits. */
  readonly x: Float64Array;
  readonly t: Float64Array;
}

/**
 * Compares the derivatives of the user's own parts in a run with central differences, always in doubles. Also checks
 * that each function gives the same bits when called twice, and the same bits for a row alone and among other rows.
 * @throws Error naming the part, the derivative, where it is wrong, and by how much.
 */
export function* checkGradients({ network, loss, x, t }: GradientCheck): Pausable<void> {
  const checkedActivations = new Set<string>();
  for (const [k, placedLayer] of network.allLayers.entries()) {
    const { layer, spec } = placedLayer;
    const { activation } = layer;
    const key = `${activation?.f.customName} ${activation?.alpha}`;
    if (activation?.f.customName !== undefined && layer.expression === undefined && !checkedActivations.has(key)) {
      checkedActivations.add(key);
      checkActivation(activation.f, activation.alpha);
      yield;
    }
    // Gradients of formulas are derived.
    if (Object.hasOwn(network.customParts.layers, spec.kind) && layer.expression === undefined) {
      const rows = k === 0 ? x : null;
      yield* checkLayer(nameOfLayer(placedLayer), layer, sizeOf(layer.in[0]), sizeOf(layer.out), rows);
    }
  }
  if (loss.customName !== undefined && loss.formula === undefined)
    yield* checkLoss(loss, t, network.outputs / targetPositions(network, loss));
}

/** Points at which an activation is checked. */
const POINTS = 64;

/** Compares f′ with differences of f at points around 0. @throws Error naming the point. */
function checkActivation({ customName: name, ...f }: Activation, alpha: number): void {
  const math = mathOf('float64');
  const apply = (z: number): number => f.apply(math, z, alpha);
  const random = createRandom(0, 'check-gradients');
  for (let k = 0; k < POINTS; k++) {
    const z = random.normal() * (k % 4 === 0 ? 8 : 2);
    const a = apply(z);
    const repeatedValue = apply(z);
    if (!Object.is(a, repeatedValue))
      throw impurityError(`activation ${name}: apply(${z.toPrecision(4)})`, a, repeatedValue);
    const problem = wrongSlope(apply, z, f.derivative(math, z, Number.NaN, alpha));
    if (problem === undefined) continue;
    throw new Error(`checkGradients: activation ${name}: derivative at z = ${z.toPrecision(4)} ${problem}`);
  }
}

/** Relative error that a derivative may have. Derivatives below 1 may be off by this much absolutely. */
const TOLERANCE = 1e-4;

/** Distance of the points of a difference, for arguments of about 1. */
const STEP = 1e-5;

/**
 * 'has 2, expected 3 (…)' if `derivative` is not the slope of `f` at `at`. Undefined if it is, or if that cannot be
 * decided: at a kink, and where `f` is not finite.
 */
export function wrongSlope(f: (z: number) => number, point: number, derivative: number): string | undefined {
  const h = STEP * Math.max(1, Math.abs(point));
  const [low, middle, high] = [f(point - h), f(point), f(point + h)];
  const [left, right] = [(middle - low) / h, (high - middle) / h];
  const slope = (high - low) / (2 * h);
  if (!Number.isFinite(slope)) return undefined;
  // Error of the difference from rounding f.
  const noise = (1e-14 * Math.max(Math.abs(low), Math.abs(high))) / h;
  const tolerance = noise + TOLERANCE * Math.max(1, Math.abs(slope));
  if (Math.abs(derivative - slope) <= tolerance) return undefined;
  // Curvature changes a one-sided slope only a little, a kink much.
  if (Math.abs(right - left) > 20 * (noise + STEP * Math.max(1, Math.abs(slope)))) return undefined;
  const off = Math.abs(derivative - slope).toPrecision(2);
  return `has ${derivative.toPrecision(6)}, expected ${slope.toPrecision(6)} (the central difference; it is off by ${off})`;
}

/** The error of a function that gives two results for the same arguments. */
export const impurityError = (where: string, first: number, second: number): Error =>
  new Error(`checkGradients: ${where} has ${first} and then ${second}, expected the same number each time`);

/** At most this many rows, and outputs of a row, are checked. */
const ROWS = 8;
const OUTPUTS = 8;

/**
 * Compares the gradients of some rows with differences of their loss. Also compares the loss and gradient of a row
 * alone with those among other rows, and with those if the gradient overwrites the outputs, as in training.
 * @throws Error naming the output or the row.
 */
function* checkLoss(
  loss: Loss,
  t: Float64Array, // [n, O], or [n]
  O: number,
): Pausable<void> {
  const random = createRandom(0, 'check-gradients');
  const columns = loss.targets === 'classes' ? 1 : O;
  const rows = Math.min(ROWS, t.length / columns);
  const [sum, dy] = [new Float64Array(1), new Float64Array(O)];
  const evaluate = (y: Float64Array, target: Float64Array): number => {
    loss.evaluate(sum, dy, y, target, 1, 1, O);
    return sum[0];
  };
  const [outputs, gradients] = [new Float64Array(rows * O), new Float64Array(rows * O)];
  const values = new Float64Array(rows);
  for (let n = 0; n < rows; n++) {
    const target = viewOf(t, n * columns, columns);
    const y = viewOf(outputs, n * O, O);
    for (let o = 0; o < O; o++) y[o] = 1.5 * random.normal();
    // Some losses only take numbers between 0 and 1.
    if (!Number.isFinite(evaluate(y, target))) for (let o = 0; o < O; o++) y[o] = sigmoid(y[o]);
    values[n] = evaluate(y, target);
    const repeatedValue = evaluate(y, target);
    if (!Object.is(values[n], repeatedValue)) throw impurityError(`loss ${loss.name}`, values[n], repeatedValue);
    const gradient = viewOf(gradients, n * O, O);
    gradient.set(dy);
    for (let o = 0; o < Math.min(O, OUTPUTS); o++) {
      const value = (output: number): number => {
        const shiftedOutputs = y.slice();
        shiftedOutputs[o] = output;
        return evaluate(shiftedOutputs, target);
      };
      const problem = wrongSlope(value, y[o], gradient[o]);
      if (problem === undefined) continue;
      const point = `at y = ${y[o].toPrecision(4)}, t = ${target[columns === 1 ? 0 : o]}`;
      throw new Error(`checkGradients: loss ${loss.name}: the gradient by output ${o} ${point} ${problem}`);
    }
    yield;
  }
  const targets = viewOf(t, 0, rows * columns);
  const layout = 'a row is y[n * O] to y[n * O + O - 1]';
  compareRows(new Float64Array(rows * O), 'among other rows', layout);
  compareRows(outputs, 'if dy is y', 'read an output before you overwrite it');

  /** Compares rows that are evaluated together, with gradients in `batch`, with each row alone. */
  function compareRows(batch: Float64Array, how: string, why: string): void {
    const sums = new Float64Array(rows);
    loss.evaluate(sums, batch, outputs, targets, rows, 1, O);
    const compare = (n: number, what: string, valueTogether: number, valueAlone: number): void => {
      if (Object.is(valueTogether, valueAlone)) return;
      const problem = `${what} of row ${n} has ${valueTogether} ${how} and ${valueAlone} otherwise, expected the same number (${why})`;
      throw new Error(`checkGradients: loss ${loss.name}: ${problem}`);
    };
    for (let n = 0; n < rows; n++) {
      compare(n, 'the value', sums[n], values[n]);
      for (let o = 0; o < O; o++) compare(n, `the gradient by output ${o}`, batch[n * O + o], gradients[n * O + o]);
    }
  }
}

/** Rows on which a layer is checked. */
const LAYER_ROWS = 3;
/** About this many numbers of an array are checked. */
const CHECKED_NUMBERS = 24;

/**
 * Compares a layer's gradients, by its inputs and tensors, with differences of Σ c · y for random c. Also compares its
 * outputs for three rows with those for each row alone.
 * @throws Error naming the number that is wrong.
 */
function* checkLayer(
  where: string,
  layer: Layer,
  I: number,
  O: number,
  rowsOfRun: Float64Array | null, // [n, I] real input rows, as the layer may not accept random ones
): Pausable<void> {
  const random = createRandom(0, 'check-gradients');
  const randomNumbers = (length: number, size: number): Float64Array =>
    Float64Array.from({ length }, () => size * random.normal());
  const B = rowsOfRun === null ? LAYER_ROWS : Math.min(LAYER_ROWS, rowsOfRun.length / I);
  const x = rowsOfRun === null ? randomNumbers(B * I, 1) : rowsOfRun.slice(0, B * I);
  const c = randomNumbers(B * O, 1);
  const tensors = layer.tensors.map(({ shape, initialize }) => {
    const tensor = new Float64Array(sizeOf(shape));
    initialize(tensor, random);
    const noise = randomNumbers(tensor.length, 0.1); // zeros would hide errors in their factors
    for (let i = 0; i < tensor.length; i++) tensor[i] += noise[i];
    return tensor;
  });
  // NaN exposes a layer that adds to memory that it should overwrite.
  const allocate = (length: number): Float64Array => new Float64Array(length).fill(Number.NaN);

  /** The layer's outputs for `rows` rows of `inputs`. Also computes gradients if there are arrays for them. */
  function run(inputs: Float64Array, rows: number, dx?: Float64Array, gradients?: Float64Array[]): Float64Array {
    const memory = layer.createMemory?.(rows, allocate, NO_TEAM_MEMORY) ?? noMemory;
    const y = new Float64Array(rows * O).fill(Number.NaN);
    const { calls, emit } = createList();
    const pass = {
      emit,
      training: true,
      seed: 0,
      leafRows: rows,
      accumulate: false,
      batch: NO_BATCH,
      stepAndRow: new Float64Array(2),
      lengths: layer.in.map((shape) => new Float64Array(rows).fill(positionsOf(shape))),
    };
    layer.forward(y, [inputs], tensors, rows, pass, memory);
    if (dx !== undefined && gradients !== undefined) {
      layer.backward([dx], c, [inputs], y, tensors, gradients, rows, pass, memory);
    }
    runCalls(calls, referenceKernels);
    return y;
  }

  const dx = new Float64Array(B * I).fill(Number.NaN);
  const gradients = tensors.map(({ length }) => new Float64Array(length).fill(Number.NaN));
  const y = run(x, B, dx, gradients);
  for (let n = 0; n < B; n++) {
    const rowAlone = run(viewOf(x, n * I, I), 1);
    const o = rowAlone.findIndex((value, o) => !Object.is(value, y[n * O + o]));
    if (o === -1) continue;
    const problem = `has ${y[n * O + o]} among other rows and ${rowAlone[o]} alone`;
    const why = 'a row may depend on no other row, call or random number, since threads take parts of a batch';
    throw new Error(`checkGradients: ${where}: output ${o} of row ${n} ${problem}, expected the same number (${why})`);
  }
  yield;
  const arrays: (readonly [name: string, values: Float64Array, gradient: Float64Array])[] = [
    ...(rowsOfRun === null ? [['the inputs', x, dx] as const] : []),
    ...layer.tensors.map(({ name }, k) => [name, tensors[k], gradients[k]] as const),
  ];
  for (const [name, values, gradient] of arrays) {
    const stride = Math.max(1, Math.floor(values.length / CHECKED_NUMBERS));
    for (let i = 0; i < values.length; i += stride) {
      const original = values[i];
      const weighted = (value: number): number => {
        values[i] = value;
        let sum = 0;
        for (const [k, output] of run(x, B).entries()) sum += c[k] * output;
        values[i] = original;
        return sum;
      };
      const problem = wrongSlope(weighted, original, gradient[i]);
      if (problem !== undefined)
        throw new Error(`checkGradients: ${where}: the gradient by ${name} at element ${i} ${problem}`);
      yield;
    }
  }
}
