import {
  createPool,
  datasetFromRows,
  loadDataset,
  loadModel,
  type NetworkSpec,
  saveModel,
  tablePath,
  train,
} from '@gradloom/runtime';

// 32 rows are two leaves: work for both threads.
const bits = Array.from({ length: 32 }, (_, n) => [n & 1, (n >> 1) & 1] as const);
const inputs = bits.map(([a, b]) => [a, b]);
const targets = bits.map(([a, b]) => a ^ b);
const network: NetworkSpec = {
  input: 2,
  layers: [{ kind: 'dense', out: 8 }, { kind: 'tanh' }, { kind: 'dense', out: 1 }],
};
const pool = await createPool({ threads: 2 });
const run = train(
  network,
  { train: datasetFromRows({ inputs, targets }) },
  { batchSize: 'full', epochs: 500, optimizer: { kind: 'adam', lr: 0.05 }, threads: 2, pool, seed: 1 },
);

let epochs = 0;
for await (const event of run) if (event.type === 'epoch') epochs++;
const result = await run;
await pool.close();
saveModel('xor.model', result);
const model = loadModel('xor.model');
const answers = model.outputs(inputs).map(([answer]) => Math.round(answer ?? Number.NaN));

if (model.fingerprint !== result.fingerprint) throw new Error('consumer: the loaded model has other weights');
if (answers.join() !== targets.join()) throw new Error(`consumer: the model answers ${answers}, expected ${targets}`);
console.log(`consumer: ${epochs} epochs, loss ${result.trainLoss.toExponential(2)}, ${result.fingerprint}`);

const { train: iris } = await loadDataset(tablePath('iris'));
if (iris.rows !== 150) throw new Error(`consumer: iris has ${iris.rows} rows, expected 150`);
