import { readFileSync } from 'node:fs';
import { loadModel, type Model } from '@gradloom/runtime';
import { serve, type Training } from '../peers/serve.ts';
import type { InferenceWorkload } from './workloads.ts';

/** Writes the likeliest tokens after token 33 in several texts. */
function writing(model: Model, texts: number, tokens: number): Training {
  const prompts = Array.from({ length: texts }, () => String.fromCharCode(32 + 33));
  const write = (): number => {
    let sum = 0;
    for (const parts of model.generateAll(prompts, { tokens, temperature: 0 })) {
      for (const part of parts) sum += part.charCodeAt(0) - 32;
    }
    return sum;
  };
  return {
    run(steps) {
      const startMs = performance.now();
      for (let step = 0; step < steps; step++) write();
      return { steps, ms: performance.now() - startMs };
    },
    lossAfter: () => write() / texts,
  };
}

await serve<InferenceWorkload>(async () => ({
  about: `Gradloom, Node ${process.version}`,
  async open({ model: path, x, divisor, network, type, writes }, { batch, threads }) {
    const model = loadModel(path);
    if (writes !== undefined) return writing(model, Number(batch), writes);
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
