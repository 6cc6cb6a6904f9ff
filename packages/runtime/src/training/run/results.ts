import type {
  Elements,
  ElementsOf,
  ElementType,
  LoadedParts,
  LossSpec,
  NetworkSpec,
  Preprocessing,
} from '@gradloom/core';
import type { BackendRecord } from '../../engine/backends/backend.ts';
import type { Evaluation } from '../../engine/evaluation/evaluate-dataset.ts';
import type { Profile } from '../../engine/step/clock.ts';
import type { Trial } from '../tuning/tune.ts';
import type { ClusterFacts } from './events.ts';

/** The result of a run: `await train(...)`. `saveModel` accepts it. */
export interface TrainResult<T extends ElementType = ElementType> {
  /** The network, with all defaults of its layers filled in. */
  readonly spec: NetworkSpec;
  /**
   * The trained weights [P], layer by layer, W then b: with `patience` those of the best evaluation, with `ema` their
   * moving average. A Float64Array, or with `precision: 'float32'` a Float32Array.
   */
  readonly parameters: ElementsOf<T>;
  /** Number type of the run. */
  readonly precision: T;
  /** SHA-256 of the weights (and `modules`, if any), as 64 hexadecimal digits: equal ones mean equal bits. */
  readonly fingerprint: string;
  /** Whether products added each term with one rounding: false only where WebAssembly cannot, or after a resume. */
  readonly fused: boolean;
  /** The loss that was minimized. */
  readonly loss: LossSpec;
  /** The custom parts, with `modules`. */
  readonly parts?: LoadedParts;
  /** For datasets of a table: how its rows become inputs. */
  readonly preprocessing?: Preprocessing;
  /** 'completed', 'early' if `patience` ended the run, or 'aborted' if `signal` did. */
  readonly stopped: 'completed' | 'early' | 'aborted';
  /** Steps done, including those before a resume. */
  readonly steps: number;
  /** Epochs done: steps divided by steps per epoch, so 2.5 in the middle of the third epoch. */
  readonly epochs: number;
  /** With `patience`: steps done at the best evaluation, which the weights are from. */
  readonly bestStep?: number;
  /** Epochs done at the best evaluation. */
  readonly bestEpoch?: number;
  /** Training loss of each epoch, an incomplete last one too: the mean of its batch losses, each before its update. */
  readonly epochLosses: Float64Array;
  /** The last of `epochLosses`; NaN if no step was done. */
  readonly trainLoss: number;
  /** The last evaluation of the validation set, if there is one; with `patience` the best. */
  readonly validation?: Evaluation;
  /** Evaluation of the test set at the end, if there is one. */
  readonly test?: Evaluation;
  /** The requested number of threads; for 'auto' the number that the run chose. */
  readonly threads: number;
  /** For 'auto': the speed of each number of threads tried. Empty if none was tried. */
  readonly trials: readonly Trial[];
  /** Maximum number of threads that had rows in one step: at most the number of leaves in a batch. */
  readonly gradientThreads: number;
  /** Leaves: parts of each batch whose gradients are summed by a fixed tree. Depends only on the batch size. */
  readonly leaves: number;
  /** Rows per step. */
  readonly batch: number;
  /** The ranks that trained together, in a run with a cluster. */
  readonly cluster?: ClusterFacts;
  /** The backend of the run, and whether its products were fused. */
  readonly backend: BackendRecord & {
    /** Whether products added each term with one rounding. */
    readonly fused: boolean;
  };
  /** Seed of the weights, the order of the rows and dropout. */
  readonly seed: number;
  /** Number of rollbacks to the start of an epoch, each of which halved the learning rate. */
  readonly rollbacks: number;
  /** Milliseconds of training, also before a resume, without starting threads, evaluations and checkpoints. */
  readonly elapsedMs: number;
  /** Rows per second in that time. */
  readonly samplesPerSecond: number;
  /** Time of each thread of this process by phase, with `profile`. */
  readonly profiles?: readonly Profile[];
  /** The newest checkpoint: its path and the steps done by then. Absent if the run keeps none. */
  readonly checkpoint?: WrittenCheckpoint;
}

/** A checkpoint on disk. */
export interface WrittenCheckpoint {
  /** Its path. */
  readonly path: string;
  /** Steps done at this checkpoint. */
  readonly step: number;
}

/** A run ended because a loss, gradient or weight was not finite. The error holds the state before the bad step. */
export class TrainingError extends Error {
  /** 'TrainingError'. */
  override readonly name = 'TrainingError';
  /** The bad step. */
  readonly step: number;
  /** The weights [P] before the bad step; with `ema`, their moving average. */
  readonly parameters: Elements;
  /** The checkpoint of that state, if the run keeps checkpoints. */
  readonly checkpoint?: WrittenCheckpoint;

  constructor(message: string, step: number, parameters: Elements, checkpoint?: WrittenCheckpoint) {
    super(message);
    this.step = step;
    this.parameters = parameters;
    if (checkpoint !== undefined) this.checkpoint = checkpoint;
  }
}
