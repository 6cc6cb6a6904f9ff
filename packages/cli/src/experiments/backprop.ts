import {
  bindTensors,
  buildNetwork,
  createLoss,
  createWorkspace,
  type NetworkSpec,
  referenceKernels,
  shardGradient,
} from '@gradloom/core';
import { columns } from '../report/columns.ts';
import { whole } from '../report/format.ts';
import { defineExperiment } from './experiment.ts';
import { carriedOn, holds, printed } from './finding.ts';
import { lossOfRow } from './loss-of-row.ts';
import { runRow } from './run-row.ts';

const x = 2;
const target = 1;
const start = [0.5, 0.1]; // w, b
const RATE = 0.1;
const NUDGE = 1e-5;

const spec: NetworkSpec = {
  input: 1,
  layers: [
    { kind: 'dense', out: 1 },
    { kind: 'activation', fn: 'sigmoid' },
  ],
};

export const backprop = defineExperiment({
  describe: 'One neuron learns: forward, backward by the chain rule, one step',
  options: {},
  run() {
    const before = pass(start);
    const slope = before.prediction * (1 - before.prediction);
    const [dw, db] = before.gradient;
    const [w, b] = start.map((value, k) => value - RATE * before.gradient[k]);
    const after = pass([w, b]);
    const numeric = start.map((_, k) => centralDifference(k));
    const error = Math.max(...numeric.map((value, k) => Math.abs(value - before.gradient[k])));
    // The chapter's route: 0.750 for the prediction, and all that follows from it.
    const rounded = { prediction: 0.75, dw: -0.5 * 0.1875 * x, db: -0.5 * 0.1875 };
    const stepped = { w: start[0] - RATE * rounded.dw, b: start[1] - RATE * rounded.db };
    const tokens = 2048 * 4096;
    return {
      sections: [
        {
          title: 'Forward: x = 2, w = 0.5, b = 0.1, sigmoid, target 1',
          lines: columns([
            ['z = w x + b', before.z.toFixed(7)],
            ['prediction', before.prediction.toFixed(7)],
            ['loss', `(prediction - 1)^2 = ${before.loss.toFixed(7)}`],
          ]),
        },
        {
          title: 'Backward: multiply the slopes on the way from the loss to each weight',
          lines: columns([
            ['dL/dprediction', before.dPrediction.toFixed(7), '2 (prediction - 1)'],
            ['dprediction/dz', slope.toFixed(7), 'p (1 - p)'],
            ['dL/dw', dw.toFixed(7), 'the two, times x'],
            ['dL/db', db.toFixed(7), 'the two, times 1'],
          ]),
        },
        {
          title: 'Check: nudge each value by 0.00001 up and down, and watch the loss',
          lines: columns([
            ['', 'L(+) - L(-), over 0.00002', 'backward'],
            ['dL/dw', numeric[0].toFixed(12), dw.toFixed(12)],
            ['dL/db', numeric[1].toFixed(12), db.toFixed(12)],
          ]),
        },
        {
          title: `One step against the gradient, at rate ${RATE}`,
          lines: columns([
            ['', 'before', 'after'],
            ['w', start[0].toFixed(7), w.toFixed(7)],
            ['b', start[1].toFixed(7), b.toFixed(7)],
            ['z', before.z.toFixed(7), after.z.toFixed(7)],
            ['prediction', before.prediction.toFixed(7), after.prediction.toFixed(7)],
            ['loss', before.loss.toFixed(7), after.loss.toFixed(7)],
          ]),
        },
        {
          title: 'The same, at the size of a language model',
          lines: [`  2,048 sequences of 4,096 tokens: ${whole(tokens)} predictions behind each step.`],
        },
      ],
      findings: [
        printed('z', '1.1', before.z),
        printed('prediction', '0.750', before.prediction),
        carriedOn('loss', '0.0625', before.loss, (rounded.prediction - target) ** 2),
        carriedOn('dL/dprediction', '-0.500', before.dPrediction, 2 * (rounded.prediction - target)),
        carriedOn('dprediction/dz', '0.1875', slope, rounded.prediction * (1 - rounded.prediction)),
        carriedOn('dL/dw', '-0.1875', dw, rounded.dw),
        carriedOn('dL/db', '-0.09375', db, rounded.db),
        carriedOn('w after the step', '0.51875', w, stepped.w),
        carriedOn('b after the step', '0.109375', b, stepped.b),
        carriedOn('z after the step', '1.14688', after.z, round(stepped.w * x + stepped.b, 6)),
        printed('prediction after', '0.759', after.prediction),
        carriedOn('loss after', '0.0581', after.loss, round((0.759 - target) ** 2, 6)),
        printed('chain rule, 0.5 x 0.02', '0.01', 0.5 * 0.02),
        holds('central differences', 'equal', `differ by ${error.toExponential(1)}`, error < 1e-9),
        printed('tokens a step', '8,388,608', tokens),
      ],
      json: {
        before: { w: start[0], b: start[1], z: before.z, prediction: before.prediction, loss: before.loss },
        gradient: { dPrediction: before.dPrediction, dPredictionByZ: slope, dw, db },
        numeric: { dw: numeric[0], db: numeric[1] },
        after: { w, b, z: after.z, prediction: after.prediction, loss: after.loss },
        tokens,
      },
    };
  },
});

interface PassResult {
  readonly z: number;
  readonly prediction: number;
  readonly loss: number;
  readonly dPrediction: number;
  readonly gradient: readonly number[]; // dL/dw, dL/db
}

function pass(parameters: readonly number[]): PassResult {
  const [[z], [prediction]] = runRow(spec, parameters, [x]);
  const network = buildNetwork(spec);
  const workspace = createWorkspace(network, createLoss('mse'), 1, (length) => new Float64Array(length));
  workspace.x[0] = x;
  workspace.t[0] = target;
  const gradient = new Float64Array(network.parameterCount);
  const lossSum = new Float64Array(1);
  shardGradient(
    lossSum,
    network,
    workspace,
    bindTensors(network, Float64Array.from(parameters)),
    bindTensors(network, gradient),
    1,
    { kernels: referenceKernels, training: true, seed: 0, step: 0, firstRow: 0 },
  );
  const [dPrediction] = lossOfRow('mse', [prediction], [target]).gradient;
  return { z, prediction, loss: lossSum[0], dPrediction, gradient: [...gradient] };
}

function centralDifference(k: number): number {
  const nudged = (by: number) => pass(start.map((value, j) => (j === k ? value + by : value))).loss;
  return (nudged(NUDGE) - nudged(-NUDGE)) / (2 * NUDGE);
}

const round = (value: number, decimals: number): number => Number(value.toFixed(decimals));
