import { availableParallelism } from 'node:os';
import { type Elements, InputError, type ModelContents, type Network, OptionError } from '@gradloom/core';
import {
  bytesOfElements,
  elementView,
  FLOAT64,
  type ModelPredictor,
  maxPassRows,
  NOTHING_LOADED,
  type ParallelPredictor,
  typeOf,
  viewOf,
  wasmProblem,
} from '@gradloom/core/internal';
import { type OutputsTask, takeChunks } from '../engine/evaluation/answer-chunks.ts';
import { openInference } from '../engine/evaluation/open-inference.ts';
import { inferenceBackend } from '../engine/evaluation/predictor.ts';
import { MAX_THREADS, resetControl } from '../engine/threads/barrier.ts';
import { collectGarbage } from '../engine/threads/contexts.ts';
import { createPool, type Pool } from '../engine/threads/pool.ts';
import type { BadRow, InferenceSetup } from '../engine/threads/protocol.ts';
import { runTeam } from '../engine/threads/span.ts';
import { createRecovery, RETRIES } from '../training/faults/recovery.ts';
import { productsOfRow } from './row-work.ts';

/**
 * Products of floats that this thread computes as soon as with others, which take about 0.1 ms to wake. So it does with
 * a single row.
 */
const SMALL_PRODUCTS = 1 << 25;

/** Products that this thread helps to compute, for some milliseconds at most. More are left to the others. */
const SHARED_PRODUCTS = 1 << 28;

/** Chunks of a thread: several, so that one on a slower core takes fewer. */
const CHUNKS_PER_THREAD = 4;

/** Rows of a chunk are a multiple of this, unless they are fewer: tiles of products then are whole. */
const TILE_ROWS = 16;

/** Bytes of models that are opened until garbage is collected: V8 does not count shared memory. */
const COLLECTED_BYTES = 2 ** 28;
let uncollectedBytes = 0;

/** The threads with which all models of this process answer, and the runs of models that have used them. */
let sharedPool: { pool: Promise<Pool>; readonly threads: number } | null = null;
const runs = new Set<number>();

/** Lets the threads free the memory of a model. The last one ends the threads. */
async function forget(run: number): Promise<void> {
  runs.delete(run);
  const pool = await sharedPool?.pool.catch(() => undefined);
  pool?.live.delete(run);
  if (runs.size > 0) return;
  sharedPool = null;
  await pool?.close();
}

const cores = (): number => Math.min(availableParallelism(), MAX_THREADS);

/** Models that no one refers to any more. */
const forgotten = new FinalizationRegistry((run: number) => void forget(run));

/** At least `threads` threads. More than there are replace the old ones. */
async function poolOf(threads: number): Promise<Pool> {
  if (sharedPool === null || sharedPool.threads < threads) {
    const old = sharedPool;
    const opened = { pool: createPool({ threads }), threads };
    sharedPool = opened;
    opened.pool.catch(() => {
      if (sharedPool === opened) sharedPool = null;
    });
    void old?.pool.then((pool) => pool.close()).catch(() => {});
  }
  const pool = await sharedPool.pool;
  for (const run of runs) pool.live.add(run);
  return pool;
}

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
  const { weights } = predictor;
  const type = typeOf(weights);
  // Not 'auto', which may be a BLAS with other bits.
  const backend = inferenceBackend(network.products, type);
  const rowProducts = productsOfRow(network);
  const smallRows = SMALL_PRODUCTS / rowProducts / (type === 'float64' ? 2 : 1);
  const passRows = maxPassRows(network, type);
  const empty = (length: number) => elementView(type, new SharedArrayBuffer(bytesOfElements(type, length)), 0, length);
  let opened: OpenedModel | null = null;
  let last: Promise<unknown> = Promise.resolve(); // rows lie in one place, so calls take turns

  function open(threads: number): OpenedModel {
    const machine = { parts, threads, startsThreads: true, backend: backend.name, blas: undefined };
    const { setup, budget, plannedBytes } = openInference('predictAll', network, weights, loss, machine);
    uncollectedBytes += plannedBytes;
    if (uncollectedBytes > COLLECTED_BYTES) {
      uncollectedBytes = 0;
      collectGarbage();
    }
    runs.add(setup.run);
    forgotten.register(parallel, setup.run);
    return {
      setup,
      requested: threads,
      threads: budget.threads,
      x: empty(0),
      y: empty(0),
      lengths: new Float64Array(shared(0)),
    };
  }

  const compute: ParallelPredictor = async (x, lengths, y, threads = cores()) => {
    const rows = x.length / I;
    if (opened === null || opened.requested < threads) {
      const old = opened;
      opened = open(Math.max(threads, cores()));
      if (old !== null) await forget(old.setup.run);
    }
    const model = opened;
    if (model.x.length < x.length) {
      model.x = empty(x.length);
      model.y = empty(rows * O);
    }
    model.x.set(x);
    if (lengths !== undefined) {
      if (model.lengths.length < rows) model.lengths = new Float64Array(shared(rows));
      model.lengths.set(lengths);
    }
    const chunks = Math.min(rows, threads * CHUNKS_PER_THREAD);
    const tiles = Math.ceil(rows / chunks / TILE_ROWS);
    const chunkRows = Math.min(passRows, rows < threads * TILE_ROWS ? Math.ceil(rows / threads) : tiles * TILE_ROWS);
    const team = Math.min(threads, model.threads, Math.ceil(rows / chunkRows));
    const helps = rows <= SHARED_PRODUCTS / rowProducts;
    const others = helps ? team - 1 : team;
    if (others === 0) return void predictor(x, lengths, y);
    const task = { rows, chunkRows, x: model.x, y: model.y, lengths: lengths === undefined ? null : model.lengths };
    const { attempt } = createRecovery(RETRIES);
    const answers = await attempt(0, async () => {
      const pool = await poolOf(Math.max(team, cores()));
      const release = pool.hold();
      try {
        const { setup } = model;
        const threads = await pool.acquire(others);
        resetControl(setup.control);
        const live = [...pool.live];
        const tasks = Array.from({ length: others }, (_, thread): OutputsTask => {
          return { kind: 'outputs', setup, live, thread, threads: others, ...task };
        });
        const running = runTeam(threads, tasks, setup.control);
        let badHere: BadRow | undefined;
        try {
          badHere = helps ? takeChunks(setup.control, network, predictor, task) : undefined;
        } finally {
          await running; // even if this thread fails: the others still use the memory
        }
        return [...(await running), badHere];
      } finally {
        release();
      }
    });
    const [bad] = answers.filter((answer) => answer !== undefined).sort((a, b) => a.row - b.row);
    if (bad !== undefined) throw new InputError(bad.row, bad.problem);
    y.set(viewOf(model.y, 0, rows * O));
  };

  const parallel: ParallelPredictor = async (x, lengths, y, threads) => {
    if (threads !== undefined && threads > MAX_THREADS) {
      throw new OptionError('predictAll', 'threads', `has ${threads}, expected at most ${MAX_THREADS}`);
    }
    // Plain code of this thread is unfused, and that of others is not.
    // Machine code of several threads needs the shared memory of WebAssembly.
    const isAlone = backend.name === 'reference' || wasmProblem() !== null;
    if (isAlone || x.length / I <= Math.max(1, smallRows)) return void predictor(x, lengths, y);
    const turn = last.then(() => compute(x, lengths, y, threads));
    last = turn.catch(() => {});
    return turn;
  };
  return parallel;
}

const shared = (length: number): SharedArrayBuffer => new SharedArrayBuffer(bytesOfElements(FLOAT64, length));
