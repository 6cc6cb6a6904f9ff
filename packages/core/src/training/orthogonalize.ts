import { MATRIX_RATE } from '../families/optimizers/muon.ts';
import type { Optimizer } from '../families/optimizers/optimizer.ts';
import { sgd } from '../families/optimizers/sgd.ts';
import { type Elements, FLOAT64 } from '../math/element-type.ts';
import { type Allocate, type ProductShape, viewOf } from '../math/scratch.ts';
import { layerMatcher } from '../network/layer-patterns.ts';
import type { Network, Tensor } from '../network/network.ts';
import type { Emit } from '../program/op.ts';
import { ops, updateOp } from '../program/ops/index.ts';
import { hiddenMatrices } from './hidden-matrices.ts';

/** Steps of Newton-Schulz, and their coefficients [a, b, c]: X ← aX + (bA + cA²)X with A = XXᵀ. */
const STEPS = 5;
const COEFFICIENTS = [3.4445, -4.775, 2.0315] as const;

/** Least norm by which a matrix is divided. */
const EPSILON = 1e-7;

/** Root mean square of the updates of AdamW, which those of a matrix get. */
const ADAM_RMS = 0.2;

/** A tensor as the matrix [I, O] that all axes but its last make with the last. */
interface HiddenMatrix {
  readonly tensor: Tensor;
  readonly I: number;
  readonly O: number;
}

function matricesOf(network: Pick<Network, 'allLayers'>, { matrices }: Optimizer): HiddenMatrix[] {
  if (matrices === undefined) return [];
  return hiddenMatrices(network).map((tensor) => {
    const O = tensor.shape[tensor.shape.length - 1];
    return { tensor, I: tensor.length / O, O };
  });
}

/** The products of a step: those of all layers, and those of the matrices that the optimizer orthogonalizes. */
export const stepProducts = (
  network: Pick<Network, 'allLayers' | 'products'>,
  optimizer: Optimizer,
): ProductShape[] => [
  ...network.products,
  ...matricesOf(network, optimizer).flatMap(({ I, O }): ProductShape[] => {
    const size = Math.min(I, O);
    return [
      [I, O],
      [size, size],
    ];
  }),
];

/** Memory of a thread to orthogonalize the largest matrix [I, O], with m = min(I, O). */
export interface MatrixScratch {
  readonly X: Elements; // [I, O]
  readonly nextX: Elements; // [I, O]
  readonly A: Elements; // [m, m] XXᵀ
  readonly polynomial: Elements; // [m, m] A², then aI + bA + cA²
  readonly zeros: Elements; // [O] biases of the products
  readonly columnSums: Elements; // [m] unused sums of a product
  readonly square: Float64Array; // [1] sum of squares of the matrix
  readonly factor: Float64Array; // [1] by which it is scaled
  readonly one: Float64Array; // [1]
}

/** Takes that memory; arrays are empty if no matrix is orthogonalized. */
export function takeMatrixScratch(
  network: Pick<Network, 'allLayers'>,
  optimizer: Optimizer,
  allocate: Allocate,
): MatrixScratch {
  const matrices = matricesOf(network, optimizer);
  const largest = (sizeOf: (matrix: HiddenMatrix) => number): number =>
    matrices.reduce((max, matrix) => Math.max(max, sizeOf(matrix)), 0);
  const size = largest(({ I, O }) => I * O);
  const m = largest(({ I, O }) => Math.min(I, O));
  const double = (): Float64Array => allocate(matrices.length === 0 ? 0 : 1, FLOAT64).fill(1);
  return {
    X: allocate(size),
    nextX: allocate(size),
    A: allocate(m * m),
    polynomial: allocate(m * m),
    zeros: allocate(largest(({ O }) => O)).fill(0),
    columnSums: allocate(m),
    square: double(),
    factor: double(),
    one: double(),
  };
}

/** Memory of the weights, and of the matrices that the update of all blocks has left. */
export interface MatrixMemory {
  readonly theta: Elements; // [P]
  readonly state: readonly Elements[]; // of the optimizer: [1] has the matrices to orthogonalize
  readonly directions?: Elements; // [P] all of them, if `state` has only those of this rank; else empty
}

/**
 * Emits the second half of the update of hidden matrices: θ ← θ - η · 0.2 √max(I, O) · orthogonalize(u), for those that
 * are the share of thread `thread` of `threads`. A matrix is orthogonalized by a single thread.
 */
export function emitMatrixUpdates(
  emit: Emit,
  optimizer: Optimizer,
  network: Pick<Network, 'allLayers'>,
  { theta, state, directions }: MatrixMemory,
  hyper: Float64Array, // [hyperLength]
  scratch: MatrixScratch,
  thread = 0,
  threads = 1,
): void {
  const matches = layerMatcher(network);
  const descend = updateOp(sgd());
  for (const { tensor, I, O } of shareOf(matricesOf(network, optimizer), thread, threads)) {
    const { shape, layer, offset, length, gradientOffset } = tensor;
    const group = optimizer.groupOf(shape, (pattern) => matches(layer, pattern), true);
    const isWhole = directions !== undefined && directions.length > 0;
    const u = isWhole ? viewOf(directions, offset, length) : viewOf(state[1], gradientOffset ?? 0, length);
    const X = emitOrthogonalize(emit, u, I, O, ADAM_RMS * Math.sqrt(Math.max(I, O)), scratch);
    const rate = viewOf(hyper, group * optimizer.groupLength + MATRIX_RATE, 4);
    emit(descend, viewOf(theta, offset, length), X, [], length, rate);
  }
}

/** Deals out matrices: the largest first, each to a thread that has least to do so far. */
function shareOf(matrices: readonly HiddenMatrix[], thread: number, threads: number): HiddenMatrix[] {
  const work = ({ I, O }: HiddenMatrix): number => I * O * Math.min(I, O);
  const loads = Array.from({ length: threads }, () => 0);
  return matrices
    .toSorted((a, b) => work(b) - work(a))
    .filter((matrix) => {
      const taker = loads.indexOf(Math.min(...loads));
      loads[taker] += work(matrix);
      return taker === thread;
    });
}

/**
 * Emits X = scale · Newton-Schulz of u / ‖u‖, and returns X. If I > O, A is XᵀX and stands after X in the products. All
 * sums of products are those of dense layers; those of ‖u‖² are those of a block's mean gradient.
 */
function emitOrthogonalize(
  emit: Emit,
  u: Elements, // [I, O]
  I: number,
  O: number,
  scale: number,
  scratch: MatrixScratch,
): Elements {
  const { square, factor, one } = scratch;
  const n = I * O;
  const m = Math.min(I, O);
  const [A, polynomial] = [viewOf(scratch.A, 0, m * m), viewOf(scratch.polynomial, 0, m * m)];
  const [zerosOfM, zeros, columnSums] = [m, O, m].map((length, k) =>
    viewOf(k === 2 ? scratch.columnSums : scratch.zeros, 0, length),
  );
  let [X, nextX] = [viewOf(scratch.X, 0, n), viewOf(scratch.nextX, 0, n)];
  emit(ops.averageRows, square, X, u, 1, n, n, one);
  emit(ops.inverseNorm, factor, square, EPSILON);
  emit(ops.scale, X, n, factor);
  for (let step = 1; step <= STEPS; step++) {
    // The last polynomial scales the result, so no pass over X has to.
    const [a, b, c] = COEFFICIENTS.map((coefficient) => (step === STEPS ? scale * coefficient : coefficient));
    if (I > O) emit(ops.affineBackwardWeights, A, columnSums, X, X, I, I, false, O, O);
    else emit(ops.affineBackwardInput, A, X, X, I, I, O);
    emit(ops.affine, polynomial, A, A, zerosOfM, m, m, m, m);
    emit(ops.combine, polynomial, A, m * m, b, c);
    emit(ops.addToDiagonal, polynomial, m, a);
    if (I > O) emit(ops.affine, nextX, X, polynomial, zeros, I, O, O, O);
    else emit(ops.affine, nextX, polynomial, X, zeros, I, I, O, O);
    [X, nextX] = [nextX, X];
  }
  return X;
}
