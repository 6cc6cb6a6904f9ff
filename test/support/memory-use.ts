import { buildNetwork, createRandom, type NetworkSpec } from '@gradloom/core';
import { inputsOf } from '@gradloom/core/internal';
import {
  createPool,
  type Dataset,
  evaluateModel,
  loadCsv,
  loadDataset,
  readTable,
  splitDataset,
  splitTable,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { valueMatrix } from '../../packages/runtime/src/data/dataset.ts';
import { sharedArrays } from '../../packages/runtime/src/data/number-types.ts';
import { openInference } from '../../packages/runtime/src/engine/evaluation/open-inference.ts';
import { chunksOf } from '../../packages/runtime/src/engine/memory/run-memory.ts';
import { peakDuring, residentPeak } from './peak-memory.ts';

/** Work that a separate process does, to measure its memory. */
export type MemoryJob =
  | TrainingJob
  | { readonly kind: 'evaluate'; readonly network: Sizes }
  | { readonly kind: 'stream'; readonly path: string }
  | { readonly kind: 'table'; readonly path: string }
  | { readonly kind: 'csv'; readonly path: string; readonly small: string };

interface TrainingJob {
  readonly kind: 'train';
  readonly ownThreads?: boolean; // own threads instead of those of a pool
  readonly network: Sizes;
  readonly options: TrainOptions;
}

export interface Sizes {
  readonly spec: NetworkSpec;
  readonly rows: number;
  readonly classes: number;
  readonly validates?: boolean;
}

export interface MemoryUse {
  readonly bytes: number; // greatest increase of the process's memory
  readonly plannedBytes: number; // planned bytes of a run
}

async function useOf(job: MemoryJob): Promise<MemoryUse> {
  if (job.kind === 'train') return useOfTraining(job);
  if (job.kind === 'stream') return useOfStream(job.path);
  if (job.kind === 'table') return useOfTable(job.path);
  if (job.kind === 'evaluate') return useOfEvaluation(job.network);
  // The parser loads with the first file.
  await loadCsv(job.small);
  // A file with a mistake takes memory until the mistake.
  const { bytes } = await peakDuring(() => loadCsv(job.path).catch(() => {}));
  return { bytes, plannedBytes: 0 };
}

/** Memory of the whole process, which trains some steps on rows that stay in a file, and evaluates some. */
async function useOfStream(path: string): Promise<MemoryUse> {
  const { train: whole } = await loadDataset(path, { stream: true, classes: 2 });
  const data = splitDataset(whole, { validation: 0.001 });
  const spec: NetworkSpec = { input: whole.inputs.columns, layers: [{ kind: 'dense', out: 2 }] };
  await train(spec, data, { steps: 20, batch: 256, threads: 2 });
  return { bytes: residentPeak(), plannedBytes: 0 };
}

/** Memory of the whole process, which converts a table into its cache and trains some steps from there. */
async function useOfTable(path: string): Promise<MemoryUse> {
  const { sets } = splitTable(await readTable(path, { stream: true }), { validation: 0.01 });
  const spec: NetworkSpec = { input: sets.train.inputs.columns, layers: [{ kind: 'dense', out: 2 }] };
  await train(spec, sets, { steps: 20, batch: 256, threads: 2 });
  return { bytes: residentPeak(), plannedBytes: 0 };
}

const small: NetworkSpec = { input: 2, layers: [{ kind: 'dense', out: 2 }] };

/** Rows that leave no garbage, since collections during the measurement would hide memory use. */
function noise(rows: number, columns: number, classes: number): Dataset {
  const random = createRandom(1, 'memory-use');
  const [x, t] = [sharedArrays.float64(rows * columns), sharedArrays.int32(rows)];
  for (let i = 0; i < x.length; i++) x[i] = random.normal();
  for (let n = 0; n < rows; n++) t[n] = n % classes;
  return { name: 'noise', rows, classes, inputs: valueMatrix(x, columns), targets: valueMatrix(t, 1) };
}

/** Code and threads of a pool are loaded before the measurement. */
async function useOfTraining({ network, options, ownThreads = false }: TrainingJob): Promise<MemoryUse> {
  const { spec, rows, classes, validates = false } = network;
  const set = noise(rows, inputsOf(spec), classes);
  const few = noise(40, 2, 2);
  const { threads, backend = 'auto' } = options;
  const pool = await createPool({ threads: ownThreads ? 1 : Number(threads) });
  await train(small, { train: few, test: few }, { probe: 1, pool, threads: 1, epochs: 2, backend });
  let plannedBytes = 0;
  // Events are not read during the run, so the memory of queued events counts too.
  const run = () =>
    train(
      spec,
      { train: set, ...(validates ? { validation: set } : {}) },
      {
        ...options,
        ...(ownThreads ? {} : { pool }),
        onEvent(event) {
          if (event.type === 'start') plannedBytes = event.plannedBytes;
        },
      },
    );
  const { bytes } = await peakDuring(run);
  await pool.destroy();
  return { bytes, plannedBytes };
}

async function useOfEvaluation({ spec, rows, classes }: Sizes): Promise<MemoryUse> {
  const set = noise(rows, inputsOf(spec), classes);
  const network = buildNetwork(spec);
  const parameters = new Float64Array(network.parameterCount);
  const [backend, loss] = ['wasm', 'softmax-cross-entropy'] as const;
  await evaluateModel(small, new Float64Array(6), noise(40, 2, 2), { threads: 1, backend });
  const machine = { threads: 1, startsThreads: true, backend, blas: undefined };
  const { plannedBytes } = openInference('test', network, parameters, loss, machine, [], chunksOf(network, [rows]));
  const { bytes } = await peakDuring(() => evaluateModel(spec, parameters, set, { threads: 1, backend }));
  return { bytes, plannedBytes };
}

const job: MemoryJob = JSON.parse(process.argv[2]);
console.log(JSON.stringify(await useOf(job)));
