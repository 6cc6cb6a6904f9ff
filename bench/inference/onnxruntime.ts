import { createRequire } from 'node:module';
import { serve } from '../peers/serve.ts';
import { readRows, sizeOfRow } from './rows.ts';
import type { InferenceWorkload } from './workloads.ts';

/** Only the used part is declared: the package is not installed when types are checked. */
interface Tensor {
  readonly data: Float32Array | Float64Array;
}
interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}
interface OnnxRuntime {
  readonly env: { readonly versions: { readonly node: string } };
  readonly InferenceSession: { create(path: string, options: object): Promise<Session> };
  readonly Tensor: new (type: string, values: Float32Array | Float64Array, shape: readonly number[]) => Tensor;
}

await serve<InferenceWorkload>(async () => {
  const require = createRequire(new URL('../peers/package.json', import.meta.url));
  const ort: OnnxRuntime = require('onnxruntime-node');
  let session: Session | undefined;
  return {
    about: `onnxruntime-node ${ort.env.versions.node}`,
    async open(workload, { batch, threads }) {
      await session?.release();
      const opened = await ort.InferenceSession.create(workload.onnx, {
        executionProviders: ['cpu'],
        intraOpNumThreads: Number(threads),
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
      });
      session = opened;
      const rows = Number(batch);
      const { shape, values } = readRows(workload, rows);
      const inputs = { [opened.inputNames[0]]: new ort.Tensor(workload.type, values, shape) };
      return {
        async run(steps) {
          const startMs = performance.now();
          for (let step = 0; step < steps; step++) await opened.run(inputs);
          return { steps, ms: performance.now() - startMs };
        },
        lossAfter: async () => sizeOfRow((await opened.run(inputs))[opened.outputNames[0]].data, rows),
      };
    },
  };
});
