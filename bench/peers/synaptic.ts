import { createRequire } from 'node:module';
import { readWorkload } from './read-workload.ts';
import { serve } from './serve.ts';

interface Synaptic {
  Architect: {
    Perceptron: new (
      ...widths: number[]
    ) => { activate(input: number[]): number[]; propagate(rate: number, target: number[]): void };
  };
}

await serve(async () => {
  const require = createRequire(import.meta.url);
  const synaptic: Synaptic = require('synaptic');
  const { version }: { version: string } = require('synaptic/package.json');
  return {
    about: `synaptic ${version}, one thread`,
    open(workload) {
      const { widths, batch, rows, optimizer } = workload;
      const { x, t } = readWorkload(workload);
      const [I, O] = [widths[0], widths[widths.length - 1]];
      const inputs = Array.from({ length: batch }, (_, n) => [...x.subarray(n * I, (n + 1) * I)]);
      const targets = inputs.map((_, n) =>
        O === 1 ? [t[n]] : Array.from({ length: O }, (_, o) => (t[n] === o ? 1 : 0)),
      );
      const net = new synaptic.Architect.Perceptron(...widths);
      const lr = optimizer.kind === 'sgd' ? optimizer.lr / rows : optimizer.lr;
      return {
        run(steps) {
          const startMs = performance.now();
          for (let step = 0; step < steps; step++) {
            for (let n = 0; n < batch; n++) {
              net.activate(inputs[n]);
              net.propagate(lr, targets[n]);
            }
          }
          return { steps, ms: performance.now() - startMs };
        },
        lossAfter: () => null,
      };
    },
  };
});
