import { setImmediate } from 'node:timers/promises';
import { type Elements, InputError, type ModelContents, type Network, OptionError } from '@gradloom/core';
import {
  bytesOfElements,
  elementView,
  FLOAT64,
  type ModelPredictor,
  maxPassRows,
  NOTHING_LOADED,
  type ParallelPredictor,
  viewOf,
  wasmProblem,
} from '@gradloom/core/internal';
import { takeChunks } from '../engine/evaluation/answer-chunks.ts';
import { openInference } from '../engine/evaluation/open-inference.ts';
import { inferenceBackend } from '../engine/evaluation/predictor.ts';
import { MAX_THREADS } from '../engine/threads/barrier.ts';
import { collectGarbage } from '../engine/threads/contexts.ts';
import type { InferenceSetup } from '../engine/threads/protocol.ts';
import { TURN_MS } from '../system/turns/in-turns.ts';
import { createRecovery, RETRIES } from '../training/faults/recovery.ts';
import { answerTogether, cores, forget, LINGER_MS, remember } from './answering-team.ts';
import { productsOfRow } from './row-work.ts';

/** Products of floats of one thread in a millisecond, for a first guess at the time of a row. */
const PRODUCTS_PER_MS = 2 ** 26;

/** Work that this thread does as soon as with others that wait for it. So it does with a single row. */
const SMALL_MS = 0.05;

/** Work that this thread does as soon as with others that sleep, which take 0.1 to 1 ms to wake. */
const LONE_MS = 0.4;

/** Work in which this thread takes part. More is left to the others: the event loop must have its turns. */
const SHARED_MS = 4;

/** Chunks of a thread: several, so that one on a slower core takes fewer. */
const CHUNKS_PER_THREAD = 4;

/** Rows of a chunk are a multiple of this, unless they are fewer: tiles of products then are whole. */
const TILE_ROWS = 16;

/** Bytes of models that are opened until garbage is collected: V8 does not count shared memory. */
const COLLECTED_BYTES = 2 ** 28;
let uncollectedBytes = 0;

/** A model in memory that threads share, with room for some rows. */
interface OpenedModel {
  readonly setup: InferenceSetup;
  readonly requested: number; // threads, of which memory may allow fewer
  readonly threads: number;
  x: Elements<SharedArrayBuffer>;
  y: Elements<SharedArrayBuffer>;
  lengths: Float64Array<SharedArrayBuffer>;
}

/** Computes outputs by threads that all models share, or in this thread by `predictor` if that is sooner. */
export function createParallelPredictor(
  network: Network,
  { loss = 'mse', parts = NOTHING_LOADED }: Pick<ModelContents, 'loss' | 'parts'>,
  predictor: ModelPredictor,
): ParallelPredictor {
  const { inputs: I, outputs: O } = network;
  const { type } = predictor;
  // Not 'auto', which may be a BLAS with other bits.
  const backend = inferenceBackend(network.products, type);
  const passRows = maxPassRows(network, type);
  // Plain code of this thread is unfused, and that of others is not.
  // Machine code of several threads needs the shared memory of WebAssembly.
  const isAlone = backend.name === 'reference' || wasmProblem() !== null;
  const empty = (length: number) => elementView(type, new SharedArrayBuffer(bytesOfElements(type, length)), 0, length);
  let openedModel: OpenedModel | null = null;
  let last: Promise<unknown> = Promise.resolve(); // rows lie in one place, so calls take turns
  let lastMs = Number.NEGATIVE_INFINITY; // end of the last call that was not small
  let turnMs = Number.NEGATIVE_INFINITY; // the last turn of the event loop in a call
  let rowMs = (productsOfRow(network) / PRODUCTS_PER_MS) * (type === 'float64' ? 2 : 1); // the least that was seen

  /** Ends a call that has taken the time of so many threads since `startMs`. */
  function end(startMs: number, rows: number, threads = 1): void {
    lastMs = performance.now();
    rowMs = Math.min(rowMs, ((lastMs - startMs) * threads) / rows);
  }

  function open(threads: number): OpenedModel {
    const machine = { parts, threads, startsThreads: true, backend: backend.name, blas: undefined };
    const { setup, budget, plannedBytes } = openInference('predictAll', network, predictor.weights(), loss, machine);
    uncollectedBytes += plannedBytes;
    if (uncollectedBytes > COLLECTED_BYTES) {
      uncollectedBytes = 0;
      collectGarbage();
    }
    remember(parallel, setup.run);
    return {
      setup,
      requested: threads,
      threads: budget.threads,
      x: empty(0),
      y: empty(0),
      lengths: new Float64Array(sharedNumbers(0)),
    };
  }

  const compute: ParallelPredictor = async (x, lengths, y, threads = cores()) => {
    const startMs = performance.now();
    const rows = x.length / I;
    if (openedModel === null || openedModel.requested < threads) {
      const oldModel = openedModel;
      openedModel = open(Math.max(threads, cores()));
      if (oldModel !== null) await forget(oldModel.setup.run);
    }
    const model = openedModel;
    if (model.x.length < x.length) {
      model.x = empty(x.length);
      model.y = empty(rows * O);
    }
    model.x.set(x);
    if (lengths !== undefined) {
      if (model.lengths.length < lengths.length) model.lengths = new Float64Array(sharedNumbers(lengths.length));
      model.lengths.set(lengths);
    }
    const chunks = Math.min(rows, threads * CHUNKS_PER_THREAD);
    const tiles = Math.ceil(rows / chunks / TILE_ROWS);
    const chunkRows = Math.min(passRows, rows < threads * TILE_ROWS ? Math.ceil(rows / threads) : tiles * TILE_ROWS);
    const team = Math.min(threads, model.threads, Math.ceil(rows / chunkRows));
    const helps = (rows * rowMs) / team <= SHARED_MS;
    const others = helps ? team - 1 : team;
    if (others === 0) return void predictor(x, lengths, y);
    const { setup } = model;
    const arrays = { x: model.x, y: model.y, lengths: lengths === undefined ? null : model.lengths };
    const help = helps ? () => takeChunks(setup.control, network, predictor, arrays) : undefined;
    const { attempt } = createRecovery(RETRIES);
    const answers = await attempt(0, () => answerTogether(setup, others, arrays, { rows, chunkRows }, help));
    const [bad] = answers.filter((answer) => answer !== undefined).sort((a, b) => a.row - b.row);
    if (bad !== undefined) throw new InputError(bad.row, bad.problem);
    y.set(viewOf(model.y, 0, rows * O));
    end(startMs, rows, team);
    if (lastMs < turnMs + TURN_MS) return;
    await setImmediate(); // calls after each other may not have waited for anything
    turnMs = performance.now();
  };

  const parallel: ParallelPredictor = async (x, lengths, y, threads) => {
    if (threads !== undefined && threads > MAX_THREADS) {
      throw new OptionError('predictAll', 'threads', `has ${threads}, expected at most ${MAX_THREADS}`);
    }
    const rows = x.length / I;
    if (isAlone || rows === 1 || rows * rowMs <= SMALL_MS) return void predictor(x, lengths, y);
    const startMs = performance.now();
    if (rows * rowMs <= LONE_MS && startMs > lastMs + LINGER_MS) {
      predictor(x, lengths, y);
      return end(startMs, rows);
    }
    const turn = last.then(() => compute(x, lengths, y, threads));
    last = turn.catch(() => {});
    return turn;
  };
  return parallel;
}

const sharedNumbers = (length: number): SharedArrayBuffer => new SharedArrayBuffer(bytesOfElements(FLOAT64, length));
