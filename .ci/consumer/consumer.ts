import { datasetFromRows, loadModel, saveModel, train } from '@gradloom/runtime';

const inputs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const targets = [0, 1, 1, 0];
const run = train(
  {
    input: 2,
    layers: [
      { kind: 'dense', out: 8 },
      { kind: 'activation', fn: 'tanh' },
      { kind: 'dense', out: 1 },
    ],
  },
  { train: datasetFromRows({ inputs, targets }) },
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
const result = await run.result;
saveModel('xor.model', result);
const model = loadModel('xor.model');
const answers = model.predict(inputs).map(([answer]) => Math.round(answer ?? Number.NaN));

if (model.fingerprint !== result.fingerprint) throw new Error('consumer: the loaded model has other weights');
if (answers.join() !== targets.join()) throw new Error(`consumer: the model answers ${answers}, expected ${targets}`);
console.log(`consumer: ${epochs} epochs, loss ${result.trainLoss.toExponential(2)}, ${result.fingerprint}`);
