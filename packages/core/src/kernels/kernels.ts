import type { ActivationName } from '../activations/index.ts';
import type { LossName } from '../losses/index.ts';
import type { LossKernel } from '../losses/loss.ts';
import type { OptimizerName } from '../optimizers/index.ts';
import type { UpdateKernel } from '../optimizers/optimizer.ts';
import type { NodeSums } from '../tree/index.ts';

/**
 * The arithmetic of a step. `reference.ts` defines the bits of every function; another backend either equals it bit for
 * bit (wasm) or documents the difference (native, blas). All arrays are row-major; no kernel allocates or checks.
 * Arrays of different names never overlap unless documented.
 */
export interface Kernels {
  /** Name of the backend. */
  readonly name: BackendName;

  /**
   * y[B,O] = x[B,I] · W[I,O] + b[O]; each sum starts at b[o] and adds i ascending. Overwrites `y`.
   *
   * A sum of 0 is +0, here and in the two below. So a term of an x that is 0 changes no bit, as long as its W is
   * finite, and backends leave such terms out where many rows have them: a W that is not finite may or may not show in
   * such a row.
   */
  affine(
    y: Float64Array, // [B, O] out
    x: Float64Array, // [B, I]
    W: Float64Array, // [I, O]
    b: Float64Array, // [O]
    B: number,
    I: number,
    O: number,
  ): void;

  /** dx[B,I] = dy[B,O] · Wᵀ; each sum starts at 0 and adds o ascending. Overwrites `dx`. */
  affineBackwardInput(
    dx: Float64Array, // [B, I] out
    dy: Float64Array, // [B, O]
    W: Float64Array, // [I, O]
    B: number,
    I: number,
    O: number,
  ): void;

  /**
   * dW[I,O] = xᵀ · dy and db[O] = Σₙ dy, over B rows in leaves of `leaf` rows, the last of which may be short. In a
   * leaf each sum starts at 0 and adds rows n ascending; the leaves' sums are added by the pairwise tree of strides 1,
   * 2, 4, …, the left operand the lower. Overwrites `dW` and `db` (with zeros where B = 0); where `joins`, adds to
   * them: the sums of the rows to the left are there. Several leaves have at most `MOST_LEAF_ROWS` rows each, and are
   * at most `MOST_LEAVES` and `MOST_NODE_ROWS` rows in all; a single one of more rows joins nothing. A dy that is not
   * finite shows in `db`, and need not in rows of `dW` whose x is 0.
   */
  affineBackwardWeights(
    dW: Float64Array, // [I, O] out
    db: Float64Array, // [O] out
    x: Float64Array, // [B, I]
    dy: Float64Array, // [B, O]
    B: number,
    leaf: number,
    joins: boolean,
    I: number,
    O: number,
  ): void;

  /**
   * g[n] = (Σ rows of gSum from `offset`) · (1 / rows), in the order of `sums`, and square = Σ g[i]², in four lanes i
   * mod 4, joined (l₀ + l₁) + (l₂ + l₃). Overwrites `square` and `g`, which may be row 0 of `gSum` at `offset`; the
   * rows of `gSum` hold nothing of use afterwards.
   */
  averageNodes(
    square: Float64Array, // [1] out
    g: Float64Array, // [n] out
    gSum: Float64Array, // [*, P]
    sums: NodeSums,
    P: number,
    offset: number,
    n: number,
    rows: number,
  ): void;

  /** sum[i] += term[i]. Overwrites `sum`. */
  add(
    sum: Float64Array, // [n] in and out
    term: Float64Array, // [n]
    n: number,
  ): void;

  /** g[i] *= factor. Overwrites `g`. */
  scale(
    g: Float64Array, // [n] in and out
    n: number,
    factor: Float64Array, // [1]
  ): void;

  /**
   * Rows order[first] .. order[first + count - 1] of `bytes`, each byte over `divisor`. Overwrites `out`. Rows have
   * four columns or more, and begin below byte 2³². Absent where plain code is as fast.
   */
  gatherBytes?(
    out: Float64Array, // [count, columns] out
    bytes: Uint8Array, // [N, columns]
    columns: number,
    divisor: number,
    order: Uint32Array | null, // [N], null: the order of `bytes`
    first: number,
    count: number,
  ): void;

  /** Fast versions of losses, activations and optimizers. Others run their plain code. */
  readonly fast: FastKernels;

  /**
   * Records the kernel calls of `run` in `tape`, and returns a function that makes all of them at once; null if one
   * cannot be recorded. `run` gets kernels that only record. A call from JavaScript takes as long as a small kernel,
   * and a step of XOR has a dozen. Absent if there is no gain.
   */
  record?(
    tape: Float64Array, // [tapeLength]
    run: (kernels: Kernels) => void,
  ): (() => void) | null;

  /**
   * Likewise for whole steps of a run, many at a time. What it returns takes up to `steps` of them: before each, the
   * step's row of `hypers` becomes `hyper`; after each, it notes loss and norm as `noteBatchLoss` and
   * `noteGradientNorm` do, the first at element `at`. It ends behind the first step whose loss or norm is not finite,
   * and returns how many it took.
   */
  recordSteps?(
    tape: Float64Array, // [tapeLength]
    run: (kernels: Kernels) => void, // one step
    memory: StepMemory,
  ): ((at: number, steps: number) => number) | null;
}

/** What steps on a tape read and write beside the arrays of their kernels. */
export interface StepMemory {
  /** The optimizer's scalars of one step [H]. */
  readonly hyper: Float64Array;
  /** Those of steps that follow each other [*, H]. */
  readonly hypers: Float64Array;
  /** Mean loss of each step. */
  readonly losses: Float64Array;
  /** Norm of the gradient of each step. */
  readonly norms: Float64Array;
  /** Loss of each leaf of a batch [leaves], summed over its rows. */
  readonly lossSums: Float64Array;
  /** Sum of squares of each block of the gradient [blocks]. */
  readonly squares: Float64Array;
  /** Rows of a batch. */
  readonly rows: number;
}

/** What computes: plain TypeScript, WebAssembly, machine code made at the start, or a BLAS library. */
export type BackendName = 'reference' | 'wasm' | 'native' | 'blas';

/** Fast versions, by the names of the tables. */
export interface FastKernels {
  /** Of activations. */
  readonly activations: Partial<Record<ActivationName, ActivationKernel>>;
  /** Of losses. */
  readonly losses: Partial<Record<LossName, LossKernel>>;
  /** Of optimizers. */
  readonly updates: Partial<Record<OptimizerName, UpdateKernel>>;
  /** Absent where nothing is gained. */
  readonly meanUpdates?: MeanUpdates;
}

/**
 * `averageNodes`, and an update by what it would have written, in one pass: `square` and the parameters become the
 * same to the bit, and `gSum` keeps nothing of use. `g` may be overwritten, with the mean or not.
 */
export type MeanUpdateKernel = (
  square: Float64Array, // [1] out
  theta: Float64Array, // [n] in and out
  g: Float64Array, // [n] row 0 of gSum at offset
  state: readonly Float64Array[], // [slots][n] in and out
  n: number,
  hyper: Float64Array, // [hyperLength]
  gSum: Float64Array, // [*, P]
  sums: NodeSums,
  P: number,
  offset: number,
  rows: number,
) => void;

/** Fast updates, by the name of the optimizer. */
export type MeanUpdates = Partial<Record<OptimizerName, MeanUpdateKernel>>;

/** An activation over n numbers, forward and backward. */
export interface ActivationKernel {
  /** a[i] = f(z[i]). Overwrites `a`, which may be `z`. */
  forward(
    a: Float64Array, // [n] out
    z: Float64Array, // [n]
    n: number,
    alpha: number,
  ): void;
  /**
   * dz[i] = da[i] · f′, tiny values flushed to 0. Overwrites `dz`, which may be `da`. `za` is what the activation
   * reads.
   */
  backward(
    dz: Float64Array, // [n] out
    da: Float64Array, // [n]
    za: Float64Array, // [n] z or a
    n: number,
    alpha: number,
  ): void;
}
