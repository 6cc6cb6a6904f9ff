import { loadModel, type Model } from '@gradloom/runtime';
import { serve, type Training } from '../peers/serve.ts';
import { readRows, sizeOfRow } from './rows.ts';
import type { InferenceWorkload } from './workloads.ts';

/** Writes the likeliest tokens after token 33 in several texts. */
function writing(model: Model, texts: number, tokens: number): Training {
  const prompts = Array.from({ length: texts }, () => String.fromCharCode(32 + 33));
  const write = (): number => {
    let sum = 0;
    for (const parts of model.generateAll(prompts, { tokens, temperature: 0 })) {
      for (const part of parts) if (part !== '') sum += part.charCodeAt(0) - 32;
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
  async open(workload, { batch, threads }) {
    const model = loadModel(workload.model);
    const rows = Number(batch);
    if (workload.writes !== undefined) return writing(model, rows, workload.writes);
    const { values: inputs } = readRows(workload, rows);
    const { length } = model.outputs(inputs);
    const out = workload.type === 'float32' ? new Float32Array(length) : new Float64Array(length);
    const options = { out };
    const allOptions = { out, threads: Number(threads) };
    // Starts the threads, which others do as they open a model: the first steps tell how many a round takes.
    if (threads !== 1) for (let step = 0; step < 3; step++) await model.outputsAll(inputs, allOptions);
    return {
      async run(steps) {
        const startMs = performance.now();
        if (threads === 1) for (let step = 0; step < steps; step++) model.outputs(inputs, options);
        else for (let step = 0; step < steps; step++) await model.outputsAll(inputs, allOptions);
        return { steps, ms: performance.now() - startMs };
      },
      lossAfter: () => sizeOfRow(model.outputs(inputs), rows),
    };
  },
}));
