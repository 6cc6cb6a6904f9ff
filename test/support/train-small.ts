import { type BackendChoice, syntheticDatasets, train } from '@gradloom/runtime';

/** Trains on argv's backend and threads: prints the fingerprint; or prints an error and exits with 1. */
const [, , backend, threads] = process.argv;
const run = train(
  {
    input: 2,
    layers: [
      { kind: 'dense', out: 4 },
      { kind: 'activation', fn: 'tanh' },
      { kind: 'dense', out: 2 },
    ],
  },
  { train: syntheticDatasets.moons({ rows: 1000, noise: 0.1, seed: 1 }) },
  { epochs: 5, batch: 'full', threads: Number(threads), backend: backend as BackendChoice, seed: 1 },
);
try {
  for await (const event of run) if (event.type === 'recovery') console.error(event.reason);
  console.log((await run).fingerprint);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
