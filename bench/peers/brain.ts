import { createRequire } from 'node:module';
import { readWorkload } from './read-workload.ts';
import { serve } from './serve.ts';

interface Brain {
  NeuralNetwork: new (
    options: object,
  ) => { train(rows: { input: number[]; output: number[] }[], options: object): unknown };
}

/** Rows of a batch instead of the workload's: one update per row would make its batches needlessly long. */
const ROWS = 64;

await serve(async () => {
  const require = createRequire(import.meta.url);
  const brain: Brain = require('brain.js');
  const { version }: { version: string } = require('brain.js/package.json');
  return {
    about: `brain.js ${version}, one thread`,
    open(workload) {
      const { widths, batch, optimizer } = workload;
      const { x, t } = readWorkload(workload);
      const [I, O] = [widths[0], widths[widths.length - 1]];
      const rows = Array.from({ length: Math.min(ROWS, batch) }, (_, n) => ({
        input: [...x.subarray(n * I, (n + 1) * I)],
        output: O === 1 ? [t[n]] : Array.from({ length: O }, (_, o) => (t[n] === o ? 1 : 0)),
      }));
      const net = new brain.NeuralNetwork({
        hiddenLayers: widths.slice(1, -1),
        activation: workload.activation,
        ...(optimizer.kind === 'adam' ? { praxis: 'adam' } : { learningRate: Math.min(0.99, optimizer.lr) }),
      });
      return {
        run(steps) {
          const passes = Math.max(1, Math.round((steps * batch) / rows.length));
          const startMs = performance.now();
          net.train(rows, { iterations: passes, errorThresh: Number.MIN_VALUE, errorCheckInterval: passes });
          return { steps: (passes * rows.length) / batch, ms: performance.now() - startMs };
        },
        lossAfter: () => null,
      };
    },
  };
});
