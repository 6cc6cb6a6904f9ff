import { availableParallelism } from 'node:os';
import { buildNetwork, createLoss, InputError, type LossSpec, type NetworkSpec, OptionError } from '@gradloom/core';
import { doubles, list, onlyKeys, positiveInteger, record, show, within } from '@gradloom/core/internal';
import type { BackendChoice } from '../backend-choices.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { checkFit } from '../datasets/targets.ts';
import { createRecovery, RETRIES, type Retry } from '../faults/recovery.ts';
import { chunksOf } from '../memory/run-memory.ts';
import { fewerThreads } from '../run/warnings.ts';
import { EVALUATION_ROWS } from '../thread-scratch.ts';
import { createPool } from '../threads/pool.ts';
import type { Evaluation } from './evaluate-dataset.ts';
import { evaluateDataset, type OutputReader } from './evaluate-dataset.ts';
import { openInference } from './inference.ts';

/** Options of `evaluateModel`. */
export interface EvaluateOptions {
  /** The loss. @default 'softmax-cross-entropy' for classes, 'mse' for values */
  loss?: LossSpec;
  /** Worker threads. Their number never changes the result. @default all cores */
  threads?: number;
  /** The backend. @default 'auto' */
  backend?: BackendChoice;
  /** Path of the library that the blas backend loads. @default found by name */
  blas?: string;
  /** Called with a sentence if memory is short and fewer threads are used. */
  onWarning?: (message: string) => void;
  /** Called when a thread has failed and its work is repeated. */
  onRetry?: (retry: Retry) => void;
  /** Readers of all outputs and targets in the order of the rows, such as a metric. */
  readers?: readonly OutputReader[];
}

const OPTION_NAMES = [
  'loss',
  'threads',
  'backend',
  'blas',
  'onWarning',
  'onRetry',
  'readers',
] as const satisfies readonly (keyof EvaluateOptions)[];

/**
 * Loss and metrics of a network with the given parameters [P] on a dataset, with worker threads.
 * @throws Error (rejects) if spec, parameters and dataset do not fit or a weight is not finite, before any thread
 * exists; InputError for a row that leads to an index that an embedding after other layers does not have.
 */
export async function evaluateModel(
  spec: NetworkSpec,
  parameters: Float64Array, // [P]
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const network = buildNetwork(spec);
  record('evaluateModel', 'dataset', dataset, 'a dataset');
  onlyKeys('evaluateModel', options, OPTION_NAMES);
  checkReaders(options.readers);
  if (doubles('evaluateModel', 'parameters', parameters).length !== network.parameterCount) {
    throw new Error(`evaluateModel: parameters has length ${parameters.length}, expected ${network.parameterCount}`);
  }
  const lossSpec = options.loss ?? (dataset.classes === null ? 'mse' : 'softmax-cross-entropy');
  const loss = within('loss', () => createLoss(lossSpec));
  checkFit('evaluateModel', network, loss, dataset);
  const asked = positiveInteger('evaluateModel', 'threads', options.threads ?? availableParallelism());
  const wanted = Math.min(asked, Math.ceil(dataset.rows / EVALUATION_ROWS));
  const { backend = 'auto', blas, readers } = options;
  const machine = { threads: wanted, ownThreads: true, backend, blas };
  const chunksHeld = chunksOf([dataset.rows]);
  const opened = openInference('evaluateModel', network, parameters, lossSpec, machine, readers, chunksHeld);
  const { setup, means, room } = opened;
  const { threads, chunks } = means;
  if (threads < wanted) options.onWarning?.(fewerThreads(threads, wanted, room));
  const pool = await createPool({ threads });
  pool.live.add(setup.run);
  try {
    const { attempt } = createRecovery(RETRIES, options.onRetry);
    const run = { network, loss, threads, chunks, attempt: <T>(work: () => Promise<T>) => attempt(0, work), readers };
    return await evaluateDataset(pool, setup, dataset, run);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.row, error.problem, { where: 'evaluateModel', of: dataset.name });
  } finally {
    await pool.destroy();
  }
}

function checkReaders(readers: EvaluateOptions['readers'] = []): void {
  const wanted = 'a list of objects with a function add';
  for (const reader of list('evaluateModel', 'readers', readers, wanted)) {
    if (typeof reader?.add === 'function') continue;
    throw new OptionError('evaluateModel', 'readers', `has ${show(reader)} in it, expected ${wanted}`);
  }
}
