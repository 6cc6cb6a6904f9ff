import { checkList, option } from '@gradloom/core/internal';
import type { Cluster } from '../../cluster/cluster.ts';
import { backendChoices } from '../../engine/backends/backend-choices.ts';
import type { Pool } from '../../engine/threads/pool.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { CheckpointOptions } from '../checkpoints/checkpoint-options.ts';
import { RETRIES } from '../faults/recovery.ts';
import type { TrainEvent } from './events.ts';

const isCheckpoint = (value: unknown): value is Checkpoint =>
  typeof value === 'object' && value !== null && 'arrays' in value;
export const isCluster = (value: unknown): value is Cluster =>
  typeof value === 'object' && value !== null && 'connection' in value && 'fromAll' in value;
const isListener = (value: unknown): value is (event: TrainEvent) => void => typeof value === 'function';

const runFlag = option.asFlag({ group: 'Run', effect: 'execution' });
const clusterFlag = option.asFlag({ group: 'Run', effect: 'cluster' });

/** Options of `train` that say where and by what code a run is executed, and what it reads and writes. */
export const executionOptions = {
  /** Worker threads; 'auto' tries one, half and all cores for the fastest. Never changes the result. @default 'auto' */
  threads: runFlag(
    option.orWord(option.positiveInteger, 'auto')(
      'auto',
      'worker threads; never changes the result',
      'auto, the fastest of one, half of the cores, and all',
    ),
  ),
  /**
   * The backend. 'auto' chooses native if the machine supports it, else blas, else wasm. native and blas round
   * differently.
   * @default 'auto'
   */
  backend: runFlag(
    option.oneOf(backendChoices)(
      undefined,
      Object.keys(backendChoices).join(', '),
      'auto, the first of native, blas and wasm that runs here; wasm for small layers',
    ),
  ),
  /** Path of the library that the blas backend loads. @default found by name */
  blas: option.asFlag({ group: 'Run', effect: 'code' })(
    option.text('the path of a library')(undefined, 'path of the BLAS library to load', 'searched by name'),
  ),
  /** Consecutive failures of threads after which the run repeats a span. Never changes the result. @default 3 */
  retries: runFlag(
    option.count(RETRIES, 'consecutive failures of a thread that the run recovers from; never changes the result'),
  ),
  /**
   * Modules with parts of your own: paths from the current directory, or URLs of files. See `loadParts`. Spec, loss,
   * schedule and initializers may name the parts; evaluations have their metrics.
   * @default none
   */
  modules: option.kind((where, name, value): readonly (string | URL)[] => {
    const modules = checkList(where, name, value as readonly (string | URL)[], 'a list of paths or URLs of modules');
    return [...modules];
  })(undefined, 'module with activations, losses, layers and other parts of your own'),
  /** Compares the derivatives of own parts with differences of their functions before training. @default true */
  checkGradients: option.asFlag({ group: 'Training', effect: 'execution', flag: 'no-gradient-check' })(
    option.flag(true, 'do not compare the derivatives of own parts with differences before training'),
  ),
  /** Writes checkpoints, from which the run can continue to the same bits. @default none */
  checkpoint: option.unchecked<CheckpointOptions>(),
  /**
   * Continues from this checkpoint, with the same options. Threads may differ, and the length of the run if the
   * learning rate does not depend on it.
   * @default a new run
   */
  resume: option.checkedBy('a checkpoint that loadCheckpoint read', isCheckpoint)(),
  /** Called with each event as it happens, before the run continues. If it throws, the run ends. */
  onEvent: option.checkedBy('a function', isListener)(),
  /**
   * The ranks that train this model together, each a process that calls `train` with the same network, data and
   * options; their threads may differ. The result is that of one process, to the bit. Rank 0 alone reports events and
   * writes checkpoints, and what it resumes from counts for all.
   * @default this process alone
   */
  cluster: clusterFlag(
    option.checkedBy('a cluster that openCluster opened', isCluster)(
      undefined,
      'train one model on all ranks that mpirun or srun has started, by MPI: mpi; never changes the result',
      'this process alone',
    ),
  ),
  /**
   * With `cluster`: sends the gradients of a layer while those of earlier layers are still computed, where that pays.
   * False is to measure what it saves.
   * @default true
   */
  overlap: clusterFlag(
    option.flag(true, 'with --cluster, send gradients only when all are computed, to measure what overlap saves'),
  ),
  /** A pool of threads to share with other runs. @default threads of its own, which end with the run */
  pool: option.unchecked<Pool>(),
  /** Ends the run after the current step, with the state so far: `result.stopped` is then `'aborted'`. */
  signal: option.checkedBy('an AbortSignal', (value) => value instanceof AbortSignal)(),
};
