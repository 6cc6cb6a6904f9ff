// Learns a sine in TypeScript; validation stops it when it no longer gets better: npx tsx train.mts
import {
  type DataSplits,
  type NetworkSpec,
  splitDataset,
  syntheticDatasets,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  train,
} from '@gradloom/runtime';

const network: NetworkSpec = {
  input: 1,
  layers: [{ kind: 'dense', out: 32 }, { kind: 'tanh' }, { kind: 'dense', out: 1 }],
};
const data: DataSplits = splitDataset(syntheticDatasets.sine({ rows: 400, noise: 0.05 }), { validation: 0.25 });
const options: TrainOptions = { epochs: 2000, optimizer: { kind: 'adam', lr: 0.01 }, evaluateEvery: 10 };

/** Trains until the validation loss has not fallen for `patience` evaluations. */
async function trainWithPatience(patience: number): Promise<TrainResult> {
  const stop = new AbortController();
  let best = Number.POSITIVE_INFINITY;
  let since = 0;
  const onEvent = (event: TrainEvent): void => {
    if (event.type !== 'epoch' || event.validation === undefined) return;
    since = event.validation.loss < best ? 0 : since + 1;
    best = Math.min(best, event.validation.loss);
    if (since >= patience) stop.abort();
  };
  return train(network, data, { ...options, onEvent, signal: stop.signal });
}

const { stopped, epochs, validation } = await trainWithPatience(5);
console.log(`${stopped} after ${Math.round(epochs)} epochs, R² ${validation?.r2?.toFixed(3)}`);
