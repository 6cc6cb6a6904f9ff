import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, flag, type Named, type OptionsOf } from '../../checks/options/index.ts';
import type { Elements } from '../../math/element-type.ts';
import type { Emit } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { type Shape, shapeText, sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { partOf } from './memory.ts';

export const matmulOptions = defineOptions('matmul', {
  /** Whether the last two axes of the first value are swapped. @default false */
  transposeA: flag(false),
  /** Whether the last two axes of the second value are swapped. @default false */
  transposeB: flag(false),
});

/** Options of a product of two values. */
export interface MatmulOptions extends OptionsOf<typeof matmulOptions.table>, Named {}

/** A matrix in memory, and whether the product takes its transpose. */
type Factor = readonly [matrix: Elements, isTransposed: boolean];

/**
 * y [..., n, m] = a [..., n, k] · b [..., k, m] of two values: `of: ['a', 'b']`. The axes before the last two are
 * broadcast as in NumPy. Sums start at 0 and add k ascending, as those of a dense layer without a bias.
 */
export function matmul(options: MatmulOptions, { inputs }: LayerContext): Layer {
  const { transposeA, transposeB } = matmulOptions.read(options);
  const [a, b = a] = inputs;
  const shapeError = (expected: string) =>
    new OptionError('matmul', 'of', `has values of ${shapeText(a)} and ${shapeText(b)}, expected ${expected}`);
  if (a.length < 2 || b.length < 2) throw shapeError('two axes or more each');
  const [ofA, ofB] = [matrixOf(a, transposeA), matrixOf(b, transposeB)];
  if (ofA[1] !== ofB[0]) throw shapeError(`${ofA[1]} rows in the second for the ${ofA[1]} columns of the first`);
  const [[rowsOfA, k], [, m]] = [ofA, ofB];
  const axes = Math.max(a.length, b.length);
  const [batchA, batchB] = [a.slice(0, -2), b.slice(0, -2)];
  const batch = broadcast(batchA, batchB);
  if (batch === null) throw shapeError('axes before the last two that are equal, or 1');
  // All matrices of a are the rows of one, where each meets the same matrix of b.
  const isOneMatrix = sizeOf(batchB) === 1 && !transposeA;
  const n = isOneMatrix ? sizeOf(batchA) * rowsOfA : rowsOfA;
  const pairs = isOneMatrix ? pairsOf([], [], []) : pairsOf(batch, batchA, batchB);
  const [sizeA, sizeB, sizeY] = [n * k, k * m, n * m];

  /** Emits y [rows, columns] = left · right, each sum over `terms` from 0. Overwrites the scratch. */
  function emitProduct(
    emit: Emit,
    y: Elements,
    [left, isLeftTransposed]: Factor,
    [right, isRightTransposed]: Factor,
    [rows, terms, columns]: ProductSizes,
    [transposed, zeros]: readonly Elements[],
  ): void {
    if (isLeftTransposed) emit(ops.transpose, transposed, left, terms, rows, 1);
    const x = isLeftTransposed ? transposed : left;
    if (isRightTransposed) emit(ops.affineBackwardInput, y, x, right, rows, columns, terms);
    else emit(ops.affine, y, x, right, zeros, rows, terms, columns, columns);
  }

  /** Matrix `index` of row `row`, of an array with `count` matrices of `size` numbers in a row. */
  const matrixAt = (array: Elements, row: number, count: number, index: number, size: number): Elements =>
    partOf(array, (row * count + index) * size, size);
  const [countA, countB] = [sizeOf(a) / sizeA, sizeOf(b) / sizeB];

  return {
    label: `matmul(${shapeText(a)} · ${shapeText(b)})`,
    in: [a, b],
    out: [...batch, rowsOfA, m],
    elementwise: false,
    reads: { x: true, y: false },
    tensors: [],
    keepsPositions: [a.length === axes && (axes > 2 || !transposeA), b.length === axes && axes > 2],
    products: [
      [k, m],
      [m, k],
      [n, m],
      [n, k],
      [k, n],
    ],
    createMemory: (_rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [
        allocate(Math.max(sizeA, sizeB, sizeY)), // a matrix transposed
        allocate(Math.max(k, m)), // zeros in place of a bias
        allocateForBackward(Math.max(sizeA, sizeB)), // the gradient by a matrix that an earlier pair had, too
      ],
    }),
    forward(y, [as, bs], _parameters, B, { emit }, { arrays }) {
      emit(ops.fill, arrays[1], 0, m);
      for (let row = 0; row < B; row++) {
        for (const [index, pair] of pairs.entries()) {
          const left: Factor = [matrixAt(as, row, countA, pair.a, sizeA), transposeA];
          const right: Factor = [matrixAt(bs, row, countB, pair.b, sizeB), transposeB];
          emitProduct(emit, matrixAt(y, row, pairs.length, index, sizeY), left, right, [n, k, m], arrays);
        }
      }
    },
    backward([dA, dB], dy, [as, bs], _y, _parameters, _gradients, B, { emit }, { arrays }) {
      const [, zeros, term] = arrays;
      emit(ops.fill, zeros, 0, Math.max(k, m));
      /** Writes a gradient, or adds it if an earlier pair has the matrix, too. */
      const emitGradient = (isFirst: boolean, d: Elements, left: Factor, right: Factor, sizes: ProductSizes): void => {
        emitProduct(emit, isFirst ? d : term, left, right, sizes, arrays);
        if (!isFirst) emit(ops.add, d, term, d.length);
      };
      for (let row = 0; row < B; row++) {
        for (const [index, pair] of pairs.entries()) {
          const matrixA = matrixAt(as, row, countA, pair.a, sizeA);
          const matrixB = matrixAt(bs, row, countB, pair.b, sizeB);
          const slopes = matrixAt(dy, row, pairs.length, index, sizeY);
          if (dA !== null) {
            const d = matrixAt(dA, row, countA, pair.a, sizeA);
            if (transposeA) emitGradient(pair.isFirstOfA, d, [matrixB, transposeB], [slopes, true], [k, m, n]);
            else emitGradient(pair.isFirstOfA, d, [slopes, false], [matrixB, !transposeB], [n, m, k]);
          }
          if (dB !== null) {
            const d = matrixAt(dB, row, countB, pair.b, sizeB);
            if (transposeB) emitGradient(pair.isFirstOfB, d, [slopes, true], [matrixA, transposeA], [m, n, k]);
            else emitGradient(pair.isFirstOfB, d, [matrixA, !transposeA], [slopes, false], [k, n, m]);
          }
        }
      }
    },
  };
}

/** Rows of a product, terms of each of its sums, and columns. */
type ProductSizes = readonly [rows: number, terms: number, columns: number];

/** Rows and columns of the matrices of a value. */
function matrixOf(shape: Shape, isTransposed: boolean): readonly [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  return isTransposed ? [columns, rows] : [rows, columns];
}

/** The shape with axes of length 1 before it, so that it has `axes`. */
const padShape = (shape: Shape, axes: number): Shape => [...Array<number>(axes - shape.length).fill(1), ...shape];

/** The shape that both have when axes of length 1 are repeated; null if there is none. */
function broadcast(a: Shape, b: Shape): Shape | null {
  const axes = Math.max(a.length, b.length);
  const [shapeA, shapeB] = [padShape(a, axes), padShape(b, axes)];
  if (shapeA.some((n, axis) => n !== shapeB[axis] && n !== 1 && shapeB[axis] !== 1)) return null;
  return shapeA.map((n, axis) => Math.max(n, shapeB[axis]));
}

/** The matrices of two values that meet in one of their product. */
interface Pair {
  readonly a: number;
  readonly b: number;
  /** Whether no pair before it has the same matrix of a, or of b. */
  readonly isFirstOfA: boolean;
  readonly isFirstOfB: boolean;
}

/** The pairs of matrices, in the order of their products. */
function pairsOf(batch: Shape, batchA: Shape, batchB: Shape): readonly Pair[] {
  /** The index of the matrix in a value of this shape that product `index` takes. */
  const indexIn = (shape: Shape, index: number): number => {
    const extents = padShape(shape, batch.length);
    let [rest, at, step] = [index, 0, 1];
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      if (extents[axis] > 1) at += (rest % batch[axis]) * step;
      step *= extents[axis];
      rest = Math.floor(rest / batch[axis]);
    }
    return at;
  };
  const [seenA, seenB] = [new Set<number>(), new Set<number>()];
  return Array.from({ length: sizeOf(batch) }, (_, index) => {
    const [a, b] = [indexIn(batchA, index), indexIn(batchB, index)];
    const pair = { a, b, isFirstOfA: !seenA.has(a), isFirstOfB: !seenB.has(b) };
    seenA.add(a);
    seenB.add(b);
    return pair;
  });
}
