import { datasetFromRows, train } from '@gradloom/runtime';

const inputs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const xor = datasetFromRows({ inputs, targets: [0, 1, 1, 0] });
const run = train(
  {
    input: 2,
    layers: [
      { kind: 'dense', out: 8 },
      { kind: 'activation', fn: 'tanh' },
      { kind: 'dense', out: 1 },
    ],
  },
  { train: xor },
  {
    batch: 'full',
    epochs: 500,
    optimizer: { kind: 'adam', lr: 0.05 },
    shards: 2,
    threads: 2,
    backend: 'wasm',
    seed: 1,
  },
);
let epochs = 0;
for await (const event of run) if (event.type === 'epoch') epochs++;
const { trainLoss, fingerprint } = await run.result;
if (!(trainLoss < 1e-3)) throw new Error(`consumer: trainLoss has ${trainLoss}, expected less than 1e-3`);
console.log(`consumer: ${epochs} epochs read, loss ${trainLoss.toExponential(2)}, ${fingerprint}`);
