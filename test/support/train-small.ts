import { type BackendChoice, dense, sequential, syntheticDatasets, tanh, train } from '@gradloom/runtime';

/** Trains on argv's backend and threads: prints the fingerprint; or prints an error and exits with 1. */
const [, , backend, threads] = process.argv;
const run = train(
  sequential(2, dense(4), tanh(), dense(2)),
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
