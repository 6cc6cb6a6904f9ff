import { complete } from '@gradloom/core/internal';
import type { BackendChoice } from '@gradloom/runtime';
import { median } from '../packages/cli/src/lab/figures/range.ts';
import { createContext } from '../packages/runtime/src/engine/step/context.ts';
import { runSteps } from '../packages/runtime/src/engine/step/run-steps.ts';
import { teamPrograms } from '../packages/runtime/src/engine/step/step-program.ts';
import { resetControl } from '../packages/runtime/src/engine/threads/barrier.ts';
import { nodeEnvironment } from '../packages/runtime/src/engine/threads/node-environment.ts';
import { planRun } from '../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../packages/runtime/src/training/run/prepare.ts';
import { backendsHere } from './backends-here.ts';
import { idleKernels } from './idle-kernels.ts';
import { matching, readOptions } from './options.ts';
import { type StepWorkload, stepWorkloads } from './step-workloads.ts';
import { endSuite } from './suites.ts';

// How much time of a step does JavaScript take outside of kernels? Runs the same programs as training, on one thread,
// with kernels that do nothing.
// Usage: pnpm bench executor [--rounds 5] [--backends wasm,native] [--only XOR] [--time 100]

const options = readOptions();
const { only, backends: names = 'wasm,native,blas', timeMs = 100 } = options;
const WARM_STEPS = 20_000; // by then V8 has compiled all of it

const rows: Record<string, string | number>[] = [];
for (const workload of matching('only', only, stepWorkloads(1))) {
  for (const { name: backend } of backendsHere(workload.name.startsWith('XOR') ? 'wasm' : names)) {
    const { size, idleMs } = prepare(workload, backend);
    const steps = Math.max(1, Math.round((timeMs * WARM_STEPS) / idleMs(WARM_STEPS)));
    const taken = Array.from({ length: options.rounds }, () => idleMs(steps) / steps);
    rows.push({
      workload: workload.name,
      backend,
      'µs per step': Number((1000 * median(taken)).toPrecision(3)),
      fastest: Number((1000 * Math.min(...taken)).toPrecision(3)),
      calls: size.calls,
      'of them alone': size.alone,
      blocks: size.blocks,
      'host operations': size.hosts,
    });
  }
}
endSuite('executor', rows, options);

/** The loop over steps of one thread, as in a span, and the size of its program. */
function prepare({ spec, dataset, options }: StepWorkload, backend: BackendChoice) {
  const data = { train: dataset };
  const plan = complete(planRun(spec, data, { ...options, threads: 1, backend, steps: 1 }));
  const { setup } = complete(prepareRun(plan, data));
  const real = createContext(setup, 0, nodeEnvironment);
  const context = { ...real, kernels: idleKernels(real.kernels) };
  const { size } = teamPrograms(context, 1, false).fullBatch;
  function idleMs(limit: number): number {
    resetControl(setup.control);
    const startMs = performance.now();
    runSteps(context, { kind: 'span', setup, live: [], thread: 0, threads: 1, first: 0, limit });
    return performance.now() - startMs;
  }
  return { size, idleMs };
}
