import { availableParallelism } from 'node:os';
import {
  buildNetwork,
  createLoss,
  doubles,
  InputError,
  type LossSpec,
  list,
  type NetworkSpec,
  OptionError,
  onlyKeys,
  positiveInteger,
  record,
  show,
  within,
} from '@gradloom/core';
import type { BackendChoice } from './backend.ts';
import type { Dataset } from './datasets/dataset.ts';
import { checkFit } from './datasets/targets.ts';
import { evaluateDataset, type OutputReader } from './evaluate-dataset.ts';
import { openInference } from './inference.ts';
import { createPool } from './pool.ts';
import { createRecovery, RETRIES, type Retry } from './recovery.ts';
import type { Evaluation } from './results.ts';
import { EVALUATION_ROWS } from './thread-scratch.ts';

export interface EvaluateOptions {
  loss?: LossSpec; // default: softmax-cross-entropy for classes, mse for values
  threads?: number; // default: all cores; never changes the result
  backend?: BackendChoice; // default 'auto'
  blas?: string; // path of the library that the blas backend loads
  onRetry?: (retry: Retry) => void; // called when a thread has failed and its work is begun again
  readers?: readonly OutputReader[]; // handed all outputs and targets in the order of the rows: metrics, say
}

const OPTION_NAMES = [
  'loss',
  'threads',
  'backend',
  'blas',
  'onRetry',
  'readers',
] as const satisfies readonly (keyof EvaluateOptions)[];

/**
 * Loss and metrics of a network with the given parameters [P] on a dataset, its rows in chunks over worker threads.
 * @throws Error (rejects) where spec, parameters and dataset do not fit or a weight is not finite, before any thread exists;
 * InputError for a row that leads to an index which an embedding behind other layers does not have.
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
  const threads = Math.min(asked, Math.ceil(dataset.rows / EVALUATION_ROWS));
  const { backend = 'auto', blas } = options;
  const setup = openInference('evaluateModel', network, parameters, lossSpec, { threads, backend, blas });
  const pool = await createPool({ threads });
  pool.live.add(setup.run);
  try {
    const { attempt } = createRecovery(RETRIES, options.onRetry);
    const { readers } = options;
    const run = { network, loss, threads, attempt: <T>(work: () => Promise<T>) => attempt(0, work), readers };
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
