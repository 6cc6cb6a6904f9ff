import { availableParallelism } from 'node:os';
import { createRandom, type NetworkSpec } from '@gradloom/core';
import { createPool, type Dataset, type TrainOptions, train } from '@gradloom/runtime';
import { type TimedRun, timeSteps } from '@gradloom/runtime/internal';
import { Bench } from 'tinybench';
import { median } from '../packages/cli/src/lab/figures/range.ts';
import { backendsHere } from './backends-here.ts';
import { matching, readOptions } from './options.ts';
import { endSuite } from './suites.ts';

// How much faster is a step on more threads? Run alone on the machine. `gradloom scale` analyses one workload in more
// detail.
// Usage: pnpm bench scaling [--rounds 5] [--backends wasm,native] [--only 256]

const options = readOptions();
const { only, backends = 'wasm,native,blas' } = options;
const cores = availableParallelism();
const RUN_MS = 1000;
const WARM_STEPS = 300;
const ROWS = 2048;
const COLUMNS = 784;

const dataset = noise();
const workloads = matching('only', only, [
  { name: '784-128-10, batch 128', widths: [784, 128, 10], batch: 128 },
  { name: '784-512-256-10, batch 256', widths: [784, 512, 256, 10], batch: 256 },
  { name: '784-512-256-10, batch 1024', widths: [784, 512, 256, 10], batch: 1024 },
]);

const pool = await createPool({ threads: cores });
const rows: Record<string, string | number>[] = [];
for (const { name, widths, batch } of workloads) {
  const spec = relu(widths);
  for (const { name: backend } of backendsHere(backends)) {
    const run = (setting: TrainOptions) =>
      timeSteps(train(spec, { train: dataset }, { batch, backend, pool, ...setting }));
    const settings = Array.from({ length: cores }, (_, t) => ({ threads: t + 1 }));
    const medians = await inTurns(settings, run);
    for (const [k, { threads }] of settings.entries()) {
      rows.push({
        workload: name,
        backend,
        threads,
        'ms per step': Number(medians[k].toFixed(4)),
        speedup: Number((medians[0] / medians[k]).toFixed(3)),
      });
    }
  }
}
await pool.destroy();
endSuite('scaling', rows, options, { ratio: 'speedup', keys: ['workload', 'backend', 'threads'] });

/** ms per step of each setting: medians of alternating rounds, so that a slower machine slows all of them. */
async function inTurns<T extends TrainOptions>(
  settings: readonly T[],
  run: (options: T & { steps: number }) => Promise<TimedRun>,
): Promise<number[]> {
  let steps = WARM_STEPS;
  for (const setting of settings) {
    const { stepMs } = await run({ ...setting, steps: WARM_STEPS });
    steps = Math.max(1, Math.round(RUN_MS / stepMs));
  }
  const stepTimes = settings.map((): number[] => []);
  for (let round = 0; round < options.rounds; round++) {
    const bench = new Bench({ iterations: 1, time: 0, warmup: false });
    for (const [k, setting] of settings.entries()) {
      bench.add(String(k), async () => {
        const { stepMs } = await run({ ...setting, steps });
        return { overriddenDuration: stepMs };
      });
    }
    for (const [k, { result }] of (await bench.run()).entries()) {
      if (result.state !== 'completed') throw new Error(`bench: a run ended as ${result.state}, expected 'completed'`);
      stepTimes[k].push(result.latency.mean);
    }
  }
  return stepTimes.map(median);
}

function relu(widths: readonly number[]): NetworkSpec {
  const layers: NetworkSpec['layers'] = [];
  for (const [l, out] of widths.slice(1).entries()) {
    layers.push({ kind: 'dense', out, init: 'he-normal' });
    if (l < widths.length - 2) layers.push({ kind: 'activation', fn: 'relu' });
  }
  return { input: widths[0], layers };
}

/** Bytes like those of images: the pattern does not affect the time. */
function noise(): Dataset {
  const random = createRandom(1, 'bench');
  const bytes = new Uint8Array(new SharedArrayBuffer(ROWS * COLUMNS));
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.uint32();
  const labels = new Uint8Array(new SharedArrayBuffer(ROWS));
  for (let n = 0; n < ROWS; n++) labels[n] = random.integer(10);
  const inputs = { array: bytes, columns: COLUMNS, divisor: 255 };
  return { name: 'noise', rows: ROWS, inputs, targets: { array: labels, columns: 1, divisor: 1 }, classes: 10 };
}
