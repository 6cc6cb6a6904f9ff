// A training loop of one's own: halves the rate when validation gets worse, and stops early: node training-loop.mjs
import { createTrainer, dense, sequential, splitDataset, syntheticDatasets, tanh } from '@gradloom/runtime';

const { train, validation } = splitDataset(syntheticDatasets.moons({ rows: 400, noise: 0.3 }), { validation: 0.25 });
const trainer = await createTrainer(
  sequential(2, dense(16), tanh(), dense(2)),
  { train, validation },
  { epochs: 200, optimizer: { kind: 'adam', lr: 0.05 } },
);

let rate = 0.05;
let best = Number.POSITIVE_INFINITY;
while (!trainer.isDone && rate > 1e-3) {
  await trainer.step(trainer.stepsPerEpoch);
  const { loss } = await trainer.evaluate();
  if (loss < best) best = loss;
  else {
    rate /= 2;
    trainer.setRate(rate);
  }
}
const { accuracy } = await trainer.evaluate();
const halved = Math.round(Math.log2(0.05 / rate));
console.log(`halved the rate ${halved} times, accuracy ${accuracy.toFixed(2)}`);
await trainer.close();
