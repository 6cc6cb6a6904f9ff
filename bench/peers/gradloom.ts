import { readFileSync } from 'node:fs';
import { type BackendChoice, createPool, type Dataset, type TrainOptions, train } from '@gradloom/runtime';
import { serve } from './serve.ts';
import { specOf, type Workload } from './workloads.ts';

/** Gradloom itself: every run begins at the workload's start, on threads that are there already. */
await serve(async () => {
  const pool = await createPool();
  return {
    about: `Node ${process.versions.node}`,
    open(workload, { threads, backend }) {
      const { batch, loss, optimizer, rows } = workload;
      const dataset = datasetOf(workload);
      const values = readFileSync(workload.theta);
      const parameters = new Float64Array(
        values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength),
      );
      const options: TrainOptions = {
        ...{ batch, loss, optimizer, parameters, pool, shuffle: false },
        ...{ threads: Number(threads), backend: backend as BackendChoice, evaluateEvery: Number.MAX_SAFE_INTEGER },
      };
      return {
        async run(steps) {
          const result = await train(specOf(workload), { train: dataset }, { ...options, steps }).result;
          return { steps: result.steps, ms: result.elapsedMs };
        },
        async lossAfter(steps) {
          const result = await train(specOf(workload), { train: dataset, test: dataset }, { ...options, steps }).result;
          if (result.test?.rows !== rows) throw new Error('gradloom: the test has other rows than the training');
          return result.test.loss;
        },
      };
    },
  };
});

function datasetOf({ name, rows, widths, x, divisor, t, loss }: Workload): Dataset {
  const shared = (path: string): Uint8Array<SharedArrayBuffer> => {
    const bytes = readFileSync(path);
    const array = new Uint8Array(new SharedArrayBuffer(bytes.length));
    array.set(bytes);
    return array;
  };
  return {
    ...{ name, rows },
    inputs: { array: shared(x), columns: widths[0], divisor },
    targets: { array: shared(t), columns: 1, divisor: 1 },
    classes: loss === 'mse' ? null : 10,
  };
}
