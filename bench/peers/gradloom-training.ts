import { readFileSync } from 'node:fs';
import { buildNetwork } from '@gradloom/core';
import { type BackendChoice, type Dataset, type TrainOptions, train } from '@gradloom/runtime';
import type { Variant } from './peer.ts';
import type { Training } from './serve.ts';
import type { Workload } from './workloads.ts';

/**
 * A workload in Gradloom, on existing threads. Every run starts again from the workload's start, in memory that the
 * system still has to provide page by page; other peers continue in the memory that they have. So as many uncounted
 * steps precede the counted ones. For a small network, whose run is one span, only the span itself counts, with all its
 * steps.
 */
export function openTraining(workload: Workload, { threads, backend }: Variant, fixed: TrainOptions): Training {
  const { network, batch, loss, optimizer, rows } = workload;
  const dataset = datasetOf(workload, rows);
  const oneRow = datasetOf(workload, 1);
  const values = readFileSync(workload.theta);
  const parameters = new Float64Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
  const options: TrainOptions = {
    batch,
    loss,
    optimizer,
    parameters,
    shuffle: false,
    threads: Number(threads),
    backend: backend as BackendChoice,
    ...fixed,
  };
  return {
    async run(steps) {
      const stepsPerEpoch = rows / batch;
      const lead = workload.isSmall ? 0 : Math.ceil(steps / stepsPerEpoch); // epochs before the counted ones
      // An evaluation is due after `lead` epochs and at the end: a span ends there, and the time is recorded.
      const data = lead === 0 ? { train: dataset } : { train: dataset, validation: oneRow };
      const total = lead * stepsPerEpoch + steps;
      const times = new Map<number, number>(); // wall-clock times: the time between spans counts
      const run = train(network, data, {
        ...options,
        steps: total,
        evaluateEvery: lead || 1,
        onEvent(event) {
          if (event.type === 'epoch') times.set(event.step, performance.now());
        },
      });
      const { elapsedMs } = await run;
      // Time inside spans. Ranks other than 0 get no events, and their times are not used.
      if (lead === 0 || (fixed.cluster?.rank ?? 0) > 0) return { steps, ms: elapsedMs };
      const [from, to] = [times.get(total - steps), times.get(total)];
      if (from === undefined || to === undefined) throw new Error('gradloom: no event tells the time of the epochs');
      return { steps, ms: to - from };
    },
    async lossAfter(steps) {
      const result = await train(network, { train: dataset, test: dataset }, { ...options, steps });
      if (result.test?.rows !== rows) throw new Error('gradloom: the test has other rows than the training');
      return result.test.loss;
    },
  };
}

/** A dataset of the first rows. */
function datasetOf({ name, network, x, divisor, t, targets, loss }: Workload, rows: number): Dataset {
  const shared = (path: string, columns: number): Uint8Array<SharedArrayBuffer> => {
    const bytes = readFileSync(path).subarray(0, rows * columns);
    const array = new Uint8Array(new SharedArrayBuffer(bytes.length));
    array.set(bytes);
    return array;
  };
  const { inputs: columns, output } = buildNetwork(network);
  const shape = typeof network.input === 'number' ? {} : { shape: network.input };
  return {
    name,
    rows,
    inputs: { array: shared(x, columns), columns, divisor, ...shape },
    targets: { array: shared(t, targets), columns: targets, divisor: 1 },
    classes: loss === 'mse' ? null : (output.at(-1) ?? 1),
  };
}
