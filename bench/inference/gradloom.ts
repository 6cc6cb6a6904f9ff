import { readFileSync } from 'node:fs';
import { loadModel } from '@gradloom/runtime';
import { serve } from '../peers/serve.ts';
import type { InferenceWorkload } from './workloads.ts';

await serve<InferenceWorkload>(async () => ({
  about: `Gradloom, Node ${process.version}`,
  async open({ model: path, x, divisor, network }, { batch }) {
    const model = await loadModel(path);
    const rows = Number(batch);
    const width = [network.input].flat().reduce((product, size) => product * size, 1);
    const inputs = Float64Array.from(readFileSync(x).subarray(0, rows * width), (byte) => byte / divisor);
    return {
      run(steps) {
        const startMs = performance.now();
        for (let step = 0; step < steps; step++) model.outputs(inputs);
        return { steps, ms: performance.now() - startMs };
      },
      lossAfter: () => model.outputs(inputs).reduce((sum, value) => sum + Math.abs(value), 0) / rows,
    };
  },
}));
