import { availableParallelism } from 'node:os';
import {
  buildNetwork,
  createLoss,
  type Elements,
  InputError,
  type LoadedParts,
  type LossSpec,
  type Model,
  type NetworkSpec,
  OptionError,
} from '@gradloom/core';
import {
  checkElements,
  checkList,
  checkObject,
  complete,
  createScoring,
  defineOptions,
  type Named,
  NOTHING_LOADED,
  type OptionsOf,
  option,
  refuseBeyondFloats,
  refuseLossBeyondFloats,
  type Scoring,
  show,
  targetPositions,
  typeOf,
  within,
} from '@gradloom/core/internal';
import type { Dataset } from '../data/dataset.ts';
import { checkDivisors, checkFit, defaultLoss } from '../data/targets.ts';
import type { BackendChoice } from '../engine/backends/backend-choices.ts';
import { type Evaluation, evaluateDataset } from '../engine/evaluation/evaluate-dataset.ts';
import type { OutputReader } from '../engine/evaluation/figures.ts';
import { openInference } from '../engine/evaluation/open-inference.ts';
import { chunksOf } from '../engine/memory/run-memory.ts';
import { EVALUATION_ROWS } from '../engine/memory/thread-scratch.ts';
import { createPool, type Pool } from '../engine/threads/pool.ts';
import { createRecovery, RETRIES, type Retry } from '../training/faults/recovery.ts';
import { checkPool } from '../training/run/refuse-conflicts.ts';
import { fewerThreadsWarning } from '../training/run/warnings.ts';

const EXPECTED_READERS = 'a list of objects with a function add';
const readers = option.kind((where, name, value) => {
  const readers = checkList(where, name, value as readonly OutputReader[], EXPECTED_READERS);
  for (const reader of readers) {
    if (typeof reader?.add === 'function') continue;
    throw new OptionError(where, name, `has ${show(reader)} in it, expected ${EXPECTED_READERS}`);
  }
  return readers;
});

const evaluateOptions = defineOptions('evaluateModel', {
  /** The loss. @default 'softmax-cross-entropy' for classes, 'mse' for values */
  loss: option.unchecked<LossSpec>(),
  /** Worker threads. Their number never changes the result. @default all cores */
  threads: option.positiveInteger(),
  /** The backend. @default 'auto' */
  backend: option.unchecked<BackendChoice>(),
  /** Path of the library that the blas backend loads. @default found by name */
  blas: option.unchecked<string>(),
  /** A pool of threads to share with other evaluations. @default threads of its own, which end with it */
  pool: option.unchecked<Pool>(),
  /** Custom parts that spec and loss name. @default none */
  parts: option.unchecked<LoadedParts>(),
  /** Called with a sentence if memory is short and fewer threads are used. */
  onWarning: option.unchecked<(message: string) => void>(),
  /** Called when a thread has failed and its work is repeated. */
  onRetry: option.unchecked<(retry: Retry) => void>(),
  /** Readers of all outputs and targets in the order of the rows, such as a metric. */
  readers: readers(),
});

/** Options of `evaluateModel`. */
export interface EvaluateOptions extends OptionsOf<typeof evaluateOptions.table>, Named {}

/**
 * Loss and metrics of a network with the given parameters [P] on a dataset, computed by worker threads.
 * @throws Error (rejects) if spec, parameters and dataset do not fit or a weight is not finite, before any thread
 * exists; InputError for a row that produces an invalid index for an embedding after other layers.
 */
export async function evaluateModel(
  spec: NetworkSpec,
  parameters: Elements, // [P]
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const values = evaluateOptions.read(options);
  const { parts = NOTHING_LOADED } = values;
  const network = buildNetwork(spec, parts.customParts);
  checkObject('evaluateModel', 'dataset', dataset, 'a dataset');
  if (checkElements('evaluateModel', 'parameters', parameters).length !== network.parameterCount) {
    throw new Error(`evaluateModel: parameters has length ${parameters.length}, expected ${network.parameterCount}`);
  }
  const lossSpec = defaultLoss(dataset, values.loss);
  const loss = within('loss', () => createLoss(lossSpec, parts.customParts));
  const type = typeOf(parameters);
  refuseBeyondFloats('evaluateModel', network, loss, type);
  refuseLossBeyondFloats('evaluateModel', loss, type);
  complete(checkFit('evaluateModel', network, loss, dataset));
  checkDivisors('evaluateModel', dataset, type);
  const { threads: requested = availableParallelism(), backend = 'auto', blas, readers, onWarning, onRetry } = values;
  const usefulThreads = Math.min(requested, Math.ceil(dataset.rows / EVALUATION_ROWS));
  checkPool('evaluateModel', values.pool, usefulThreads);
  const machine = { parts, threads: usefulThreads, startsThreads: true, backend, blas };
  const evaluationChunks = chunksOf(network, [dataset.rows]);
  const inference = openInference('evaluateModel', network, parameters, lossSpec, machine, readers, evaluationChunks);
  const { setup, budget, room } = inference;
  const { threads, chunks } = budget;
  if (threads < usefulThreads) onWarning?.(fewerThreadsWarning(threads, usefulThreads, room));
  const release = values.pool?.hold();
  const pool = values.pool ?? (await createPool({ threads }));
  pool.live.add(setup.run);
  try {
    const recovery = createRecovery(RETRIES, onRetry);
    const step = 0; // an evaluation takes none
    const attempt = <T>(work: () => Promise<T>) => recovery.attempt(step, work);
    const run = { network, loss, threads, chunks, attempt, readers };
    return await evaluateDataset(pool, setup, dataset, run);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.row, error.problem, { where: 'evaluateModel', of: dataset.name });
  } finally {
    pool.live.delete(setup.run);
    release?.();
    if (values.pool === undefined) await pool.destroy();
  }
}

/** How the readers of an evaluation score outputs: values in the units of their targets. */
export function scoringOf(model: Model, dataset: Dataset): Scoring {
  const { spec, loss, parts } = checkObject('scoringOf', 'model', model, 'a model');
  const { classes, targets } = checkObject('scoringOf', 'dataset', dataset, 'a dataset');
  const network = buildNetwork(spec, parts?.customParts);
  const areBits =
    classes === null && network.outputs === 1 && targets.array.every((target) => target === 0 || target === 1);
  const trainingLoss = createLoss(loss ?? (classes === null ? 'mse' : 'softmax-cross-entropy'), parts?.customParts);
  const R = targetPositions(network, trainingLoss);
  return createScoring({ loss: trainingLoss, outputs: network.outputs / R, classes, areBits, hasPositions: R > 1 });
}
