import { readFileSync } from 'node:fs';
import { loadModel } from '@gradloom/runtime';
import { serve } from '../peers/serve.ts';
import type { InferenceWorkload } from './workloads.ts';

await serve<InferenceWorkload>(async () => ({
  about: `Gradloom, Node ${process.version}`,
  async open({ model: path, x, divisor, network, type }, { batch, threads }) {
    const model = await loadModel(path);
    const rows = Number(batch);
    const width = [network.input].flat().reduce((product, size) => product * size, 1);
    const bytes = readFileSync(x).subarray(0, rows * width);
    const doubles = Float64Array.from(bytes, (byte) => byte / divisor);
    const inputs = type === 'float32' ? Float32Array.from(doubles) : doubles;
    const { length } = model.outputs(inputs);
    const out = type === 'float32' ? new Float32Array(length) : new Float64Array(length);
    const options = { out };
    return {
      async run(steps) {
        const startMs = performance.now();
        if (threads === 1) for (let step = 0; step < steps; step++) model.outputs(inputs, options);
        else for (let step = 0; step < steps; step++) await model.outputsAll(inputs, { out, threads: Number(threads) });
        return { steps, ms: performance.now() - startMs };
      },
      lossAfter: () => model.outputs(inputs).reduce((sum, value) => sum + Math.abs(value), 0) / rows,
    };
  },
}));
