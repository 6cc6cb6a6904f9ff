import { type BackendChoice, createPool, datasetFromRows, type Pool, train } from '@gradloom/runtime';
import { openTraining } from './gradloom-training.ts';
import { serve } from './serve.ts';

const [precision = 'float64', testBackend = 'auto'] = process.argv.slice(2);
// The precision is only passed if it is not the default: an older checkout in a duel may not know the option.
const inPrecision: object = precision === 'float64' ? {} : { precision };

/** @throws Error (rejects) if this version of Gradloom cannot train in the precision on the backend. */
async function tryPrecision(pool: Pool): Promise<void> {
  const { parameters } = await train(
    { input: 1, layers: [{ kind: 'dense', out: 1 }] },
    { train: datasetFromRows({ inputs: [[0], [1]], targets: [0, 1] }) },
    { pool, steps: 1, backend: testBackend as BackendChoice, ...inPrecision },
  );
  const { name } = parameters.constructor;
  if (name.toLowerCase() !== `${precision}array`) throw new Error(`weights are a ${name}, expected ${precision}`);
}

/** Gradloom as a peer. */
await serve(async () => {
  const pool = await createPool();
  if (precision !== 'float64') await tryPrecision(pool);
  return {
    about: `Node ${process.versions.node}`,
    open: (workload, variant) => openTraining(workload, variant, { pool, ...inPrecision }),
  };
});
