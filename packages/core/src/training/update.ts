import type { Optimizer } from '../families/optimizers/optimizer.ts';
import { bytesOfElements, type Elements, type ElementType, typeOf } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import type { NodeSums } from '../math/tree/index.ts';
import type { Emit } from '../program/op.ts';
import { ops, updateOp } from '../program/ops/index.ts';
import { BLOCK, blockCount } from './block.ts';
import { type Cut, piecesOf } from './pieces.ts';

/**
 * Numbers of a type from one row of gradients to the next: each begins on a cache line, since a vector that lies across
 * two takes twice as long.
 */
export function gradientStride(type: ElementType, P: number): number {
  const line = LINE / bytesOfElements(type, 1);
  return Math.floor((P + line - 1) / line) * line;
}
const LINE = 64; // bytes

/** Row `row` of the gradients. */
export const gradientOf = (gSum: Elements, P: number, row: number): Elements =>
  viewOf(gSum, row * gradientStride(typeOf(gSum), P), P);

/** Which parameters gradients and state have numbers of, where these are not all. */
export interface Held {
  /** Numbers of each row of gradients, and of each vector of the state. */
  readonly length: number;
  /** What is added to the place of a parameter among the weights for its place in these. */
  readonly shift: number;
}

/** Shared by all threads of a run; each writes only its own blocks. */
export interface UpdateMemory {
  readonly theta: Elements; // [P]
  // [rows, gradientStride] gradients of nodes, as planTeam deals them out; row 0 becomes the batch's mean gradient
  readonly gSum: Elements;
  readonly state: readonly Elements[]; // [slots][P]; of parameters that are held, but for the average of the weights
  readonly squares: Float64Array; // [blocks] sum of squares of the mean gradient
}

/** Emits the two halves of an update for each of some blocks. */
export interface BlockUpdate {
  /**
   * Sums the rows of each block in the order of `sums`, multiplies by 1 / the batch's rows (a division takes twice as
   * long, and in wasm bounds the loop) and notes the block's sum of squares.
   */
  average(emit: Emit, rows: number, sums: NodeSums): void;
  /**
   * Applies the optimizer to each block, its gradient times `scale` first where that is given, and then the moving
   * average of its weights where one is kept.
   */
  apply(emit: Emit, scale?: Float64Array): void;
  /** The moving average of the weights of each block, where the update defers it. */
  follow(emit: Emit): void;
  /** Both, block by block, so that a block's gradient is in cache, and the backend may join the two: see link.ts. */
  take(emit: Emit, rows: number, sums: NodeSums): void;
}

/** The updates of the blocks from `first` to `end`; the operations read `hyper` and `scale` when they run. */
export function createBlockUpdate(
  optimizer: Optimizer,
  network: Cut,
  memory: UpdateMemory,
  hyper: Float64Array, // [hyperLength]
  first = 0,
  end = blockCount(network.parameterCount),
  {
    defersAverage = false, // the weights are not yet those of the next step
    held = { length: memory.theta.length, shift: 0 } as Held,
  } = {},
): BlockUpdate {
  const { theta, gSum, state, squares } = memory;
  const P = theta.length;
  const { shift } = held;
  const stride = gradientStride(typeOf(gSum), held.length);
  const update = updateOp(optimizer);
  const { hyperLength, undecayedHyper, shareAt } = optimizer;
  const ownHyper = shareAt ?? hyperLength;
  const hyperOfDecayed = viewOf(hyper, 0, undecayedHyper === 0 ? ownHyper : undecayedHyper);
  const hyperOfOthers = viewOf(hyper, undecayedHyper, ownHyper - undecayedHyper);
  const ownState = shareAt === undefined ? state : state.slice(0, -1);
  const averages = shareAt === undefined ? null : { vector: state[state.length - 1], share: viewOf(hyper, shareAt, 1) };
  const blocks = piecesOf(network, optimizer, first, end).map((own, k) => {
    const offset = (first + k) * BLOCK;
    const n = Math.min(BLOCK, P - offset);
    const pieces = own.map((piece) => {
      const cut = (vector: Elements) => viewOf(vector, piece.offset + shift, piece.n);
      const numbers = piece.decayed ? hyperOfDecayed : hyperOfOthers;
      const own = viewOf(theta, piece.offset, piece.n);
      return { n: piece.n, theta: own, g: cut(gSum), state: ownState.map(cut), hyper: numbers };
    });
    const isOnePiece = pieces.length === 1 && pieces[0].n === n;
    const g = isOnePiece ? pieces[0].g : viewOf(gSum, offset + shift, n);
    return { offset, n, square: viewOf(squares, first + k, 1), g, pieces };
  });
  type Block = (typeof blocks)[number];

  function average(emit: Emit, { offset, n, square, g }: Block, rows: number, { joins, count, step }: NodeSums): void {
    const row = (k: number, length: number) => viewOf(gSum, k * stride + offset + shift, length);
    for (const [left, right] of joins) emit(ops.add, row(left, n), row(right, n), n);
    emit(ops.averageRows, square, g, row(0, (count - 1) * step * stride + n), count, stride * step, n, 1 / rows);
  }

  function apply(emit: Emit, { offset, n, g, pieces }: Block, scale?: Float64Array): void {
    if (scale !== undefined) emit(ops.scale, g, n, scale);
    for (const { theta, g, state, n, hyper } of pieces) emit(update, theta, g, state, n, hyper);
    if (!defersAverage) follow(emit, { offset, n });
  }

  function follow(emit: Emit, { offset, n }: Pick<Block, 'offset' | 'n'>): void {
    if (averages === null) return;
    // Whole blocks: also what is not trained but follows the rows, as running statistics do.
    const { vector, share } = averages;
    emit(ops.averageWeights, viewOf(vector, offset, n), viewOf(theta, offset, n), n, share);
  }

  return {
    average: (emit, rows, sums) => {
      for (const block of blocks) average(emit, block, rows, sums);
    },
    apply: (emit, scale) => {
      for (const block of blocks) apply(emit, block, scale);
    },
    follow: (emit) => {
      for (const block of blocks) follow(emit, block);
    },
    take: (emit, rows, sums) => {
      for (const block of blocks) {
        average(emit, block, rows, sums);
        apply(emit, block);
      }
    },
  };
}
