import type {
  Augmentation,
  Elements,
  ElementType,
  LossSpec,
  ModelMetadata,
  ModuleRecord,
  NetworkSpec,
  OptimizerSpec,
  Preprocessing,
  ScheduleSpec,
} from '@gradloom/core';
import type { BackendRecord } from '../../engine/backends/backend.ts';
import type { Evaluation } from '../../engine/evaluation/evaluate-dataset.ts';
import type { ClassWeight } from '../run/class-weight.ts';
import type { MonitorName } from '../run/monitors.ts';
import type { RateChanges } from '../run/rate-changes.ts';

/** Everything besides network and loss that decides the results of a run, to the bit; a resume must have the same. */
export interface RunRecord extends Omit<Augmentation, 'shape'> {
  /** The optimizer, by kind and options. */
  readonly optimizer: Exclude<OptimizerSpec, string>;
  /** The schedule, by kind and options. */
  readonly schedule: Exclude<ScheduleSpec, string>;
  /** Learning rates that replace that of the optimizer from a step on; absent if there are none. */
  readonly rateChanges?: RateChanges;
  /** Type of the numbers of the run; absent if it is float64. */
  readonly precision?: Exclude<ElementType, 'float64'>;
  /** Batch size: rows per step. */
  readonly batch: number;
  /** Seed of all random numbers. Each follows from seed and step: no generator has a state. */
  readonly seed: number;
  /** Limit of the gradient norm; null if there is none. */
  readonly clipNorm: number | null;
  /** Limit of the norm of the weights into a unit; absent if there is none. */
  readonly maxNorm?: number;
  /** Decay of the moving average of the weights; absent if there is none. */
  readonly ema?: number;
  /** Weights of the classes, as they were given; absent if there were none. */
  readonly classWeight?: ClassWeight;
  /** Whether rows are shuffled in each epoch. */
  readonly shuffle: boolean;
  /** 'rollback', or absent if a loss or gradient that is not finite ends the run. */
  readonly onNan?: 'rollback';
  /** When the run stops early; absent if it does not. */
  readonly early?: EarlyRecord;
  /** Epochs between evaluations, which a schedule may depend on. */
  readonly evaluateEvery: number;
  /** SHA-256 of the given starting weights; null if they were drawn from the seed. */
  readonly parameters: string | null;
  /** The modules of custom parts; absent if there are none. */
  readonly modules?: readonly ModuleRecord[];
  /** Steps of the whole run. */
  readonly totalSteps: number;
  /** Steps per epoch. */
  readonly stepsPerEpoch: number;
  /** The backend. */
  readonly backend: BackendRecord;
  /** SHA-256 of the rows of each set. */
  readonly data: DataRecord;
}

/** Options of early stopping. */
export interface EarlyRecord {
  /** Evaluations without improvement after which the run stops. */
  readonly patience: number;
  /** Least improvement that counts. */
  readonly minDelta: number;
  /** The figure that is watched. */
  readonly monitor: MonitorName;
}

/** SHA-256 of the rows of each part. */
export interface DataRecord {
  /** Hash of the training rows. */
  readonly train: string;
  /** Hash of the validation rows; null if there are none. */
  readonly validation: string | null;
  /** Hash of the test rows; null if there are none. */
  readonly test: string | null;
}

/** Progress of a run and its results so far, without arrays. */
export interface Progress {
  /** Steps done. With the steps per epoch and the batch size they determine the position in the dataset. */
  step: number;
  /** Training rows seen. */
  samples: number;
  /** Milliseconds of training, including those before a resume. */
  elapsedMs: number;
  /** The number of threads requested at the last start or resume. */
  threads: number;
  /** Maximum number of threads that had rows in one step so far. */
  gradientThreads: number;
  /** The last evaluation of the validation set. */
  validation?: Evaluation;
  /** Evaluation of the test set, once all steps are done. */
  test?: Evaluation;
  /** Number of rollbacks, each of which halved the learning rate. */
  rollbacks?: number;
  /** Steps up to the last bad one before a rollback, inclusive. Orders to the run wait until it has done so many. */
  reached?: number;
  /** The learning rate that `Trainer.setRate` has set in place of the schedule's. */
  rate?: number;
  /** The lowest loss among the evaluations or checkpoints so far, and the steps done by then. */
  best?: LowestLoss;
  /** Counters of early stopping, once there was an evaluation. */
  early?: EarlyProgress;
}

/** Counters of early stopping. */
export interface EarlyProgress {
  /** Steps done at the newest evaluation. */
  readonly evaluated: number;
  /** Evaluations since the last improvement. */
  readonly waited: number;
  /** Steps done at the best evaluation; absent if no evaluation gave a number. */
  readonly bestStep?: number;
  /** The best evaluation. */
  readonly validation?: Evaluation;
}

/** The lowest loss of a run. */
export interface LowestLoss {
  /** Steps done at this loss. */
  readonly step: number;
  /** Validation loss if there is a validation set, else training loss. */
  readonly loss: number;
}

/** Counters of an earlier state. */
export interface EarlierCounters extends Pick<Progress, 'step' | 'samples' | 'validation'> {
  /** Epochs completed. */
  readonly epochs: number;
}

/** An earlier state of a run, from which the start of the current epoch can be reached. */
export interface SavedState
  extends Pick<RunArrays, 'parameters' | 'state' | 'scalars' | 'scheduleState' | 'epochSums'> {
  /** Its position: steps, rows seen, the last evaluation, and complete epochs. */
  readonly counters: EarlierCounters;
}

/** Arrays that the next step reads. */
export interface RunArrays {
  /** The weights [P]. */
  readonly parameters: Elements;
  /** State vectors of the optimizer [slots][P]; a moving average of the weights is the last. */
  readonly state: readonly Elements[];
  /** Scalars of the optimizer. */
  readonly scalars: Float64Array;
  /** State of the schedule. */
  readonly scheduleState: Float64Array;
  /** Training loss of each complete epoch. */
  readonly epochLosses: Float64Array;
  /** Sums over the current epoch [3]: losses, gradient norms, and steps. */
  readonly epochSums: Float64Array;
}

/** The state of a run between two steps: enough to continue as if it had never stopped. */
export interface Checkpoint {
  /** The network. */
  readonly spec: NetworkSpec;
  /** The loss. */
  readonly loss: LossSpec;
  /** The `checkpoint.metadata` of the run. */
  readonly metadata: ModelMetadata;
  /** How rows of a table become inputs; absent for rows of numbers. */
  readonly preprocessing?: Preprocessing;
  /** Everything else that determines the results. */
  readonly record: RunRecord;
  /** Progress of the run. */
  readonly progress: Readonly<Progress>;
  /** The arrays that the next step reads. */
  readonly arrays: RunArrays;
  /** The state for a rollback; present in the middle of an epoch if `onNan` is `rollback`. */
  readonly earlier?: SavedState;
  /** The weights [P] of the best evaluation, in a run with early stopping. */
  readonly best?: Elements;
}
