import { inputsOf } from '@gradloom/core/internal';
import { type BackendChoice, createPool, type Pool, train } from '@gradloom/runtime';
import { Bench } from 'tinybench';
import { median } from '../packages/cli/src/lab/figures/range.ts';
import { backendsHere } from './backends-here.ts';
import { matching, readOptions } from './options.ts';
import { type StepWorkload, stepWorkloads } from './step-workloads.ts';
import { endSuite } from './suites.ts';

// How long does a whole step take, over all phases and threads? Run alone on the machine.
// Usage: pnpm bench step [--rounds 5] [--threads 2] [--backends wasm,native] [--only 784-128-10]

const options = readOptions();
const { threads, only, backends: names = 'wasm,native,blas' } = options;
const WARM_STEPS = 300; // by then the threads' code is compiled, also for new runs on the same pool

const workloads = matching('only', only, stepWorkloads(threads));

const pool = await createPool({ threads });
const rows: Record<string, string | number>[] = [];
for (const workload of workloads) {
  const backends = backendsHere(workload.name.startsWith('XOR') ? 'wasm' : names).map(({ name }) => name);
  const samples = new Map<string, number[]>();
  for (const backend of backends) {
    samples.set(backend, []);
    await spanMs(pool, workload, backend, WARM_STEPS);
  }
  for (let round = 0; round < options.rounds; round++) {
    // Backends alternate, so that a slower machine slows all of them.
    const bench = new Bench({ iterations: 1, time: 0, warmup: false });
    for (const backend of backends) {
      bench.add(backend, async () => {
        return { overriddenDuration: await spanMs(pool, workload, backend, workload.steps) };
      });
    }
    for (const { name, result } of await bench.run()) {
      if (result.state !== 'completed')
        throw new Error(`bench: ${name} ended as ${result.state}, expected 'completed'`);
      samples.get(name)?.push(result.latency.mean / workload.steps);
    }
  }
  for (const [backend, stepTimes] of samples) {
    const stepMs = median(stepTimes);
    rows.push({
      workload: workload.name,
      backend,
      threads: Number(workload.options.threads),
      'ms per step': digits(stepMs, 3),
      fastest: digits(Math.min(...stepTimes), 3),
      'GFLOP/s': digits(flops(workload) / stepMs / 1e6, 3),
    });
  }
}
await pool.destroy();
endSuite('step', rows, options);

function digits(value: number, count: number): number {
  return Number(value.toPrecision(count));
}

/** Time inside spans, in ms. */
async function spanMs(
  on: Pool,
  { spec, dataset, options }: StepWorkload,
  backend: BackendChoice,
  steps: number,
): Promise<number> {
  const result = await train(spec, { train: dataset }, { ...options, backend, steps, pool: on });
  return result.elapsedMs;
}

/** Floating-point operations of the products: forward, by the weights, and by the inputs except in the first layer. */
function flops({ spec, options }: StepWorkload): number {
  let width = inputsOf(spec);
  let total = 0;
  for (const [index, layer] of spec.layers.entries()) {
    if (layer.kind !== 'dense') continue;
    total += 2 * Number(options.batch) * width * layer.out * (index === 0 ? 2 : 3);
    width = layer.out;
  }
  return total;
}
