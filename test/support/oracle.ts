import {
  buildNetwork,
  createLoss,
  createRandom,
  createSchedule,
  createTrainStep,
  type Elements,
  type NetworkSpec,
  shuffle,
} from '@gradloom/core';
import { complete, createAllocator, createElements, headTasks, stepProducts, WasmApi } from '@gradloom/core/internal';
import type { Backend, Dataset, TrainOptions } from '@gradloom/runtime';
import { gatherRows } from '../../packages/runtime/src/data/gather.ts';
import { gatherTargets, targetFormOf } from '../../packages/runtime/src/data/targets.ts';
import { compileFor, createBackendKernels } from '../../packages/runtime/src/engine/backends/backend.ts';
import { takeKernelScratch } from '../../packages/runtime/src/engine/memory/thread-scratch.ts';
import { optimizerOf } from '../../packages/runtime/src/engine/step/optimizer-of.ts';
import { augmentationOf } from '../../packages/runtime/src/training/run/refuse-conflicts.ts';
import { planWeighing, rowWeights } from '../../packages/runtime/src/training/run/row-weights.ts';

/**
 * The run that `train` must equal to the bit: by core's own step, in this thread, on `backend`, or its first `until`
 * steps.
 */
export function oracle(
  spec: NetworkSpec,
  dataset: Dataset,
  options: Pick<
    TrainOptions,
    | 'optimizer'
    | 'loss'
    | 'clipNorm'
    | 'schedule'
    | 'classWeight'
    | 'ema'
    | 'maxNorm'
    | 'accumulate'
    | 'precision'
    | 'augment'
  > & { batch: number; steps: number; seed: number },
  backend: Backend,
  until = options.steps,
): { parameters: Elements; losses: number[]; norms: number[] } {
  const network = buildNetwork(spec);
  const { seed, steps, clipNorm, accumulate = 1, precision = 'float64' } = options;
  const batch = accumulate === 1 ? options.batch : Math.min(dataset.rows, options.batch * accumulate);
  const augment = augmentationOf(
    { flip: false, shift: 0, rotate: 0, zoom: 0, erase: 0, ...options.augment },
    network,
    dataset,
  );
  const loss = createLoss(options.loss ?? 'softmax-cross-entropy');
  const optimizer = optimizerOf(options.optimizer ?? 'adam', options.ema);
  const stepsPerEpoch = Math.ceil(dataset.rows / batch);
  const schedule = createSchedule(options.schedule ?? 'constant', { totalSteps: steps, stepsPerEpoch });
  const scheduleState = Float64Array.from(schedule.initialState);
  const weighing = complete(planWeighing(options.classWeight, dataset, headTasks(network, loss)));
  const weights = weighing === null ? null : complete(rowWeights(dataset, weighing));
  const memory = new WasmApi.Memory({ initial: 1024, maximum: 1024, shared: true });
  const allocate = createAllocator('oracle', new Float64Array(memory.buffer), precision);
  const trainStep = createTrainStep({
    network,
    loss,
    optimizer,
    kernels: createBackendKernels(backend, {
      ...compileFor(backend, precision),
      memory,
      scratch: takeKernelScratch(stepProducts(network, optimizer), backend.name, allocate),
    }),
    batch,
    seed,
    elementType: precision,
    ...(clipNorm === undefined ? {} : { clipNorm }),
    ...(options.maxNorm === undefined ? {} : { maxNorm: options.maxNorm }),
    hasRowWeights: weights !== null,
    ...(augment === null ? {} : { augment }),
    allocate,
  });
  const N = dataset.rows;
  const order = new Uint32Array(N);
  const anywhere = dataset.starts === undefined ? {} : { step: 1 };
  const rows = { ...dataset, inputs: { ...dataset.inputs, ...anywhere }, targets: { ...dataset.targets, ...anywhere } };
  const x = createElements(precision, batch * network.inputs);
  const form = targetFormOf(network, loss);
  const t = createElements(precision, batch * form.columns);
  const w = new Float64Array(weights === null ? 0 : batch * weights.columns);
  const lengths = dataset.lengths && new Float64Array(batch * dataset.lengths.columns);
  const losses: number[] = [];
  const norms: number[] = [];
  for (let step = 0, first = N, epoch = 0; step < until; step++, first += batch) {
    if (first >= N) {
      for (let n = 0; n < N; n++) order[n] = n;
      const { starts } = dataset;
      if (starts !== undefined) {
        const random = createRandom(seed, 'starts', epoch);
        for (let n = 0; n < N; n++) order[n] = random.integer(starts);
      } else if (batch < N) shuffle(order, createRandom(seed, 'shuffle', epoch));
      epoch++;
      first = 0;
    }
    const B = Math.min(batch, N - first);
    gatherRows(x, rows.inputs, order, first, B);
    gatherTargets(t, rows, form, order, first, B);
    if (weights !== null) gatherRows(w, weights, order, first, B);
    if (lengths !== undefined && dataset.lengths !== undefined) gatherRows(lengths, dataset.lengths, order, first, B);
    const figures = trainStep.step(x, t, B, optimizer.lr * schedule.factor(step, scheduleState), w, lengths);
    losses.push(figures.loss);
    norms.push(figures.norm);
    if ((step + 1) % stepsPerEpoch === 0) {
      const epochLosses = losses.slice(-stepsPerEpoch);
      schedule.observe?.(scheduleState, epochLosses.reduce((sum, value) => sum + value, 0) / stepsPerEpoch, 1);
    }
  }
  return { parameters: trainStep.model, losses, norms };
}
