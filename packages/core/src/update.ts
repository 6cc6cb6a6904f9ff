import { BLOCK, blockCount } from './block.ts';
import type { Kernels, MeanUpdateKernel } from './kernels/kernels.ts';
import { viewOf } from './kernels/scratch.ts';
import { tapeLength } from './kernels/wasm-tape.ts';
import type { Optimizer, UpdateKernel } from './optimizers/optimizer.ts';
import { type Cut, countPieces, piecesOf } from './pieces.ts';
import { addTree, type NodeSums } from './tree/index.ts';

/**
 * Doubles from one row of gradients to the next: each begins on a cache line, since a vector that lies across two takes
 * twice as long.
 */
export const gradientStride = (P: number): number => Math.floor((P + LINE - 1) / LINE) * LINE;
const LINE = 8;

/** Row `row` of the gradients. */
export const gradientOf = (gSum: Float64Array, P: number, row: number): Float64Array =>
  viewOf(gSum, row * gradientStride(P), P);

/** Shared by all threads of a run; each writes only its own blocks. */
export interface UpdateMemory {
  readonly theta: Float64Array; // [P]
  // [rows, gradientStride(P)] gradients of nodes, as planTeam deals them out; row 0 becomes the batch's mean gradient
  readonly gSum: Float64Array;
  readonly state: readonly Float64Array[]; // [slots][P]
  readonly squares: Float64Array; // [blocks] sum of squares of the mean gradient
}

export interface BlockUpdate {
  /**
   * Sums the rows of a block in the order of `sums`, multiplies by 1 / the batch's rows (a division takes twice as
   * long, and in wasm bounds the loop) and notes the block's sum of squares.
   */
  average(block: number, rows: number, sums: NodeSums): void;
  /** Applies the optimizer to a block, its gradient times `scale` first. */
  apply(block: number): void;
  /** Both, with a scale of 1, in one pass where the backend can: then the mean gradient is written nowhere. */
  take(block: number, rows: number, sums: NodeSums): void;
  /**
   * `take` for each of the blocks from `first` to `end` as one call, which does the same to the bit; null where the
   * backend records nothing, the update is no kernel of its own, one pass is faster, or the gradient is in more rows
   * than `tape` has room for. Overwrites `tape`.
   */
  // tape [tapeLength(updateCalls)]
  record(tape: Float64Array, first: number, end: number, rows: number, sums: NodeSums): (() => void) | null;
}

/** Blocks whose update is recorded: of more, calls from JavaScript take next to nothing of the time. */
const RECORDED_BLOCKS = 16;

/**
 * Calls that `BlockUpdate.record` writes at most, of a gradient in up to `rows` rows: those that sum a block, and one
 * for the update of each piece.
 */
export function updateCalls(network: Cut, optimizer: Optimizer, rows: number): number {
  const blocks = blockCount(network.parameterCount);
  return blocks > RECORDED_BLOCKS ? 0 : Math.max(1, rows) * blocks + countPieces(network, optimizer);
}

/** The two halves of an update, for any block; `hyper` and `scale` are read at each call. */
export function createBlockUpdate(
  kernels: Kernels,
  optimizer: Optimizer,
  network: Cut,
  memory: UpdateMemory,
  hyper: Float64Array, // [hyperLength]
  scale: Float64Array, // [1] what clipping multiplies the gradient by
): BlockUpdate {
  const { theta, gSum, state, squares } = memory;
  const P = theta.length;
  const stride = gradientStride(P);
  const fast = kernels.fast.updates as Partial<Record<string, UpdateKernel>>;
  const update = fast[optimizer.name] ?? optimizer.update;
  // Small networks gain more from a tape, and need not enter machine code.
  const meanUpdates = kernels.fast.meanUpdates as Partial<Record<string, MeanUpdateKernel>> | undefined;
  const meanUpdate = P < BLOCK ? undefined : meanUpdates?.[optimizer.name];
  const { hyperLength, undecayedHyper } = optimizer;
  const hyperOfDecayed = undecayedHyper === 0 ? hyper : viewOf(hyper, 0, undecayedHyper);
  const hyperOfOthers = viewOf(hyper, undecayedHyper, hyperLength - undecayedHyper);
  // Where nothing is trained there are no gradients, and so no blocks of them.
  const blocks = (gSum.length === 0 ? [] : piecesOf(network, optimizer)).map((own, block) => {
    const offset = block * BLOCK;
    const n = Math.min(BLOCK, P - offset);
    const pieces = own.map((piece) => {
      const cut = (vector: Float64Array) => viewOf(vector, piece.offset, piece.n);
      const numbers = piece.decayed ? hyperOfDecayed : hyperOfOthers;
      return { n: piece.n, theta: cut(theta), g: cut(gSum), state: state.map(cut), hyper: numbers };
    });
    const g = pieces.length === 1 ? pieces[0].g : viewOf(gSum, offset, n);
    return { offset, n, square: viewOf(squares, block, 1), g, pieces };
  });

  function average(block: number, rows: number, sums: NodeSums): void {
    const { offset, n, square, g } = blocks[block];
    kernels.averageNodes(square, g, gSum, sums, stride, offset, n, rows);
  }

  function apply(block: number): void {
    const { n, g, pieces } = blocks[block];
    if (scale[0] !== 1) kernels.scale(g, n, scale);
    for (let k = 0; k < pieces.length; k++) {
      const piece = pieces[k];
      update(piece.theta, piece.g, piece.state, piece.n, piece.hyper);
    }
  }

  return {
    average,
    apply,
    take(block, rows, sums) {
      const { offset, n, square, g, pieces } = blocks[block];
      // One pass takes a whole block by the same numbers.
      if (meanUpdate === undefined || pieces.length > 1) {
        average(block, rows, sums);
        apply(block);
      } else {
        const piece = pieces[0];
        meanUpdate(square, piece.theta, g, piece.state, n, piece.hyper, gSum, sums, stride, offset, rows);
      }
    },
    record(tape, first, end, rows, sums) {
      if (
        blocks.length > RECORDED_BLOCKS ||
        kernels.record === undefined ||
        meanUpdate !== undefined ||
        !hasFastUpdate(kernels, optimizer) ||
        tape.length < tapeLength(updateCalls(network, optimizer, sums.joins.length + 1))
      )
        return null;
      return kernels.record(tape, (recorder) => {
        updateBlocks(createBlockUpdate(recorder, optimizer, network, memory, hyper, ONE), first, end, rows, sums);
      });
    },
  };
}

const ONE = Float64Array.of(1);

/** Whether the update of the optimizer is a kernel of its own, so that it can be recorded. */
export const hasFastUpdate = ({ fast }: Kernels, { name }: Optimizer): boolean =>
  (fast.updates as Partial<Record<string, UpdateKernel>>)[name] !== undefined;

/** `take` for each of the blocks from `first` to `end`. */
export function updateBlocks(update: BlockUpdate, first: number, end: number, rows: number, sums: NodeSums): void {
  for (let block = first; block < end; block++) update.take(block, rows, sums);
}

/** ‖g‖₂ of the mean gradient: the blocks' sums of squares, added in block order. */
export function gradientNorm(squares: Float64Array): number {
  noteGradientNorm(number, 0, squares);
  return number[0];
}

/** norms[at] = ‖g‖₂: a double that is returned costs heap where V8 does not inline the call. */
export function noteGradientNorm(norms: Float64Array, at: number, squares: Float64Array): void {
  const blocks = squares.length; // read once: until V8 compiles this, that of shared memory takes as long as the sum
  let sum = 0;
  for (let k = 0; k < blocks; k++) sum += squares[k];
  norms[at] = Math.sqrt(sum);
}

/**
 * The factor that clips the gradient norm to `clipNorm`: clipNorm / (norm + 1e-6), at most 1, as in PyTorch's
 * clip_grad_norm_ ([Pascanu et al. 2013](https://arxiv.org/abs/1211.5063)).
 */
export const clipScale = (norm: number, clipNorm: number): number => Math.min(1, clipNorm / (norm + 1e-6));

/** Mean loss of a batch: the tree's sum of the leaves' sums, over the rows. Overwrites `lossSums` with partial sums. */
export function batchLoss(lossSums: Float64Array, leaves: number, rows: number): number {
  noteBatchLoss(number, 0, lossSums, leaves, rows);
  return number[0];
}

/** losses[at] = the mean loss of a batch. */
export function noteBatchLoss(
  losses: Float64Array,
  at: number,
  lossSums: Float64Array,
  leaves: number,
  rows: number,
): void {
  addTree(lossSums, leaves, 1);
  losses[at] = lossSums[0] / rows;
}

const number = new Float64Array(1);
