// Trains on two half moons in an ES module, keeps the model, and asks it: node train.mjs
import {
  dense,
  loadModel,
  saveModel,
  sequential,
  splitDataset,
  syntheticDatasets,
  tanh,
  train,
} from '@gradloom/runtime';

const moons = syntheticDatasets.moons({ rows: 400, noise: 0.1, seed: 1 });
const data = splitDataset(moons, { test: 0.25 });
const network = sequential(2, dense(16), tanh(), dense(2));
const run = train(network, data, { epochs: 100, optimizer: { kind: 'adam', lr: 0.01 } });

for await (const event of run) {
  if (event.type === 'epoch' && event.epoch % 20 === 0) {
    console.log(`epoch ${event.epoch}: training loss ${event.trainLoss.toFixed(4)}`);
  }
}
const result = await run;
console.log(`test accuracy ${result.test?.accuracy}`);

saveModel('moons.gradloom', result);
const model = loadModel('moons.gradloom');
console.log(
  'classes',
  model.classify([
    [0, 1],
    [1, -0.5],
  ]),
);
