import type { Optimizer } from '../families/optimizers/optimizer.ts';
import { bytesOfElements, type Elements, type ElementType, typeOf } from '../math/element-type.ts';
import { emptyArray, viewOf } from '../math/scratch.ts';
import type { NodeSums } from '../math/tree/index.ts';
import { BLOCK, blockCount } from '../network/gradient-ranges.ts';
import { gradientLength, type Tie } from '../network/network.ts';
import type { Emit } from '../program/op.ts';
import { ops, updateOp } from '../program/ops/index.ts';
import { partsOf, piecesOf, type TensorLayout } from './pieces.ts';

/** Distance of gradient rows in elements. Rows begin on cache lines: a vector across two takes twice as long. */
export function gradientStride(type: ElementType, length: number): number {
  const line = LINE_BYTES / bytesOfElements(type, 1);
  return Math.floor((length + line - 1) / line) * line;
}

/** Bytes of a cache line. */
const LINE_BYTES = 64;

/** Row `row` of the gradients. */
export const gradientOf = (gSum: Elements, length: number, row: number): Elements =>
  viewOf(gSum, row * gradientStride(typeOf(gSum), length), length);

/** The parameters that gradients and state cover, if not those of the network's `gradientRanges`. */
export interface ParameterRange {
  /** Length of each row of gradients. */
  readonly rowLength: number;
  /** Added to the index of a parameter in the weights for its index in gradients and state. */
  readonly shift: number;
  /** Gradients of further uses of parameters, with their places in a row of gradients, in the order of the layers. */
  readonly ties: readonly Tie[];
}

/** The parts of further gradients that belong to `n` parameters from `offset` on. */
export const tiesWithin = (ties: readonly Tie[], offset: number, n: number): Tie[] =>
  ties.flatMap((tie) => {
    const first = Math.max(tie.offset, offset);
    const length = Math.min(tie.offset + tie.length, offset + n) - first;
    return length <= 0 ? [] : [{ offset: first, length, gradientOffset: tie.gradientOffset + first - tie.offset }];
  });

/** Memory shared by all threads of a run. Each thread writes only its own blocks. */
export interface UpdateMemory {
  readonly theta: Elements; // [P]
  // [rows, gradientStride] gradients of nodes in the rows of planTeam; row 0 becomes the mean gradient of the batch.
  readonly gSum: Elements;
  // [slots][stateLength] or, for a range, [slots][range length]; a moving average is [P].
  readonly state: readonly Elements[];
  readonly squares: Float64Array; // [blocks] sum of squares of the mean gradient
  readonly directions?: Elements; // [P] gets the second vector of the state of matrices, for other ranks; else empty
}

/** Emits the two halves of an update, for some blocks. */
export interface BlockUpdate {
  /**
   * Emits the mean gradient of each block: sums its rows in the order of `sums`, multiplies by `inverseCount`, which
   * has 1 / the batch's rows when it runs (a division takes twice as long and limits the loop's speed in wasm), and
   * stores the block's sum of squares.
   */
  average(emit: Emit, inverseCount: Float64Array, sums: NodeSums): void;
  /**
   * Emits the update of each block: scales its gradient by `scale` if there is one, applies the optimizer, then updates
   * the moving average of the weights if there is one.
   */
  apply(emit: Emit, scale?: Float64Array): void;
  /** Emits the moving average of the weights of each block, if `apply` defers it. */
  updateEma(emit: Emit): void;
  /** Emits both halves block by block: a block's gradient is in cache, and the backend may join the two calls. */
  averageAndApply(emit: Emit, inverseCount: Float64Array, sums: NodeSums): void;
}

/** Creates the updates of the blocks from `first` to `end`. Operations read `hyper` and `scale` when they run. */
export function createBlockUpdate(
  optimizer: Optimizer,
  network: TensorLayout,
  memory: UpdateMemory,
  hyper: Float64Array, // [hyperLength]
  first = 0,
  end = blockCount(network.parameterCount),
  {
    defersAverage = false, // the weights change once more after the update of all blocks
    range = null as ParameterRange | null,
  } = {},
): BlockUpdate {
  const { theta, gSum, state, squares, directions } = memory;
  const P = theta.length;
  const ties = range?.ties ?? network.ties;
  const stride = gradientStride(typeOf(gSum), range?.rowLength ?? gradientLength(network));
  /** Added to the index of a block's parameter for its index in gradients and state; NaN if it has neither. */
  const shiftOf = (offset: number): number =>
    range?.shift ?? network.gradientRanges.findLast((gradients) => gradients.offset <= offset)?.shift ?? Number.NaN;
  const { groupLength, smoothingAt, matrices } = optimizer;
  const update = updateOp(optimizer);
  const matrixUpdate = matrices && updateOp(matrices);
  const updatedState = smoothingAt === undefined ? state : state.slice(0, -1);
  const ema =
    smoothingAt === undefined ? null : { average: state[state.length - 1], smoothing: viewOf(hyper, smoothingAt, 1) };
  const movingParts = ema === null ? [] : partsOf(network, false, first, end);
  const frozenParts = partsOf(network, true, first, end);
  const blocks = piecesOf(network, optimizer, first, end).map((blockPieces, k) => {
    const offset = (first + k) * BLOCK;
    const n = Math.min(BLOCK, P - offset);
    const shift = shiftOf(offset);
    const pieces = blockPieces.map((piece) => {
      const cut = (vector: Elements) => viewOf(vector, piece.offset + shift, piece.n);
      const pieceHyper = viewOf(hyper, piece.group * groupLength, groupLength);
      const weights = viewOf(theta, piece.offset, piece.n);
      const isMatrix = matrices !== undefined && piece.group >= matrices.firstGroup;
      return {
        op: (isMatrix && matrixUpdate) || update,
        n: piece.n,
        theta: weights,
        g: cut(gSum),
        state: updatedState.map(cut),
        hyper: pieceHyper,
        direction: isMatrix && directions?.length ? viewOf(directions, piece.offset, piece.n) : null,
      };
    });
    const isOnePiece = pieces.length === 1 && pieces[0].n === n;
    const wholeGradient = () => (pieces.length === 0 ? emptyArray(typeOf(gSum)) : viewOf(gSum, offset + shift, n));
    const g = isOnePiece ? pieces[0].g : wholeGradient();
    return {
      offset,
      shift,
      n,
      square: viewOf(squares, first + k, 1),
      g,
      pieces,
      moving: movingParts[k],
      frozen: frozenParts[k],
      ties: tiesWithin(ties, offset, n),
    };
  });
  type Block = (typeof blocks)[number];

  function average(emit: Emit, block: Block, inverseCount: Float64Array, { pairs, count, step }: NodeSums): void {
    const { offset, shift, n, square, g, pieces, frozen, ties } = block;
    const row = (k: number, length: number) => viewOf(gSum, k * stride + offset + shift, length);
    const tieRow = (k: number, { gradientOffset, length }: Tie) => viewOf(gSum, k * stride + gradientOffset, length);
    const add = (left: number, right: number): void => {
      emit(ops.add, row(left, n), row(right, n), n);
      for (const tie of ties) emit(ops.add, tieRow(left, tie), tieRow(right, tie), tie.length);
    };
    if (pieces.length === 0) {
      emit(ops.fill, square, 0, 1); // nothing learns, and no pass writes gradients
      return;
    }
    if (frozen.length > 0) {
      const rows = new Set([...pairs.flat(), ...Array.from({ length: count }, (_, k) => k * step)]);
      for (const k of rows) {
        for (const { offset, n } of frozen) emit(ops.fill, viewOf(gSum, k * stride + offset + shift, n), 0, n);
      }
    }
    for (const [left, right] of pairs) add(left, right);
    if (ties.length > 0) {
      // Each use of a tensor has a tree of its own, and the first row then has the sum of all uses.
      for (let apart = 1; apart < count; apart *= 2) {
        for (let k = 0; k + apart < count; k += 2 * apart) add(k * step, (k + apart) * step);
      }
      for (const tie of ties) {
        const parameterRow = viewOf(gSum, tie.offset + shift, tie.length);
        emit(ops.add, parameterRow, tieRow(0, tie), tie.length);
      }
      emit(ops.averageRows, square, g, row(0, n), 1, stride, n, inverseCount);
      return;
    }
    emit(ops.averageRows, square, g, row(0, (count - 1) * step * stride + n), count, stride * step, n, inverseCount);
  }

  function apply(emit: Emit, block: Block, scale?: Float64Array): void {
    const { n, g, pieces } = block;
    if (scale !== undefined && pieces.length > 0) emit(ops.scale, g, n, scale);
    for (const { op, theta, g, state, n, hyper, direction } of pieces) {
      emit(op, theta, g, state, n, hyper);
      if (direction !== null) emit(ops.copy, direction, state[1], n);
    }
    if (!defersAverage) updateEma(emit, block);
  }

  function updateEma(emit: Emit, { moving }: Block): void {
    if (ema === null) return;
    // The average also covers running statistics, which are not trained.
    for (const { offset, n } of moving) {
      emit(ops.averageWeights, viewOf(ema.average, offset, n), viewOf(theta, offset, n), n, ema.smoothing);
    }
  }

  return {
    average: (emit, inverseCount, sums) => {
      for (const block of blocks) average(emit, block, inverseCount, sums);
    },
    apply: (emit, scale) => {
      for (const block of blocks) apply(emit, block, scale);
    },
    updateEma: (emit) => {
      for (const block of blocks) updateEma(emit, block);
    },
    averageAndApply: (emit, inverseCount, sums) => {
      for (const block of blocks) {
        average(emit, block, inverseCount, sums);
        apply(emit, block);
      }
    },
  };
}
