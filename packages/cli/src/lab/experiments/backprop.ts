import {
  activations,
  buildNetwork,
  createLoss,
  createOptimizer,
  createTrainStep,
  type LossSpec,
  mathOf,
  type NetworkSpec,
  referenceKernels,
} from '@gradloom/core';
import { bindTensors, createWorkspace, nodeGradient } from '@gradloom/core/internal';
import { columns } from '../../terminal/text/columns.ts';
import { whole } from '../../terminal/text/format.ts';
import { defineExperiment } from './experiment.ts';
import { chapterFigure, chapterFigureFromRounded, claim } from './finding.ts';
import { lossOfRow, referencePass, runRow } from './reference-passes.ts';

const x = 2;
const target = 1;
const start = [0.5, 0.1]; // w, b
const RATE = 0.1;
const NUDGE = 1e-5;

const unit = { kind: 'dense', out: 1 } as const;
const spec: NetworkSpec = { input: 1, layers: [unit, { kind: 'activation', fn: 'sigmoid' }] };

/** The chapter's chain rule, dh/dw = 0.02 and dy/dh = 0.5: weight w, then two neurons with these slopes as weights. */
const chain = { spec: { input: 1, layers: [unit, unit, unit] } satisfies NetworkSpec, slopes: [0.02, 0.5] };

export const backprop = defineExperiment({
  describe: 'One neuron learns: forward, backward by the chain rule, one step',
  options: {},
  run() {
    const before = pass(start);
    const slope = activations.sigmoid.derivative(mathOf('float64'), before.z, before.prediction);
    const [dw, db] = before.gradient;
    const [w, b] = step(start);
    const after = pass([w, b]);
    const numeric = start.map((_, k) => centralDifference(k));
    const error = Math.max(...numeric.map((value, k) => Math.abs(value - before.gradient[k])));
    // The chapter goes on with its rounded prediction, 0.750, so do the gradients and the step.
    const book = { prediction: 0.75, dw: -0.5 * 0.1875 * x, db: -0.5 * 0.1875 };
    const bookStep = { w: start[0] - RATE * book.dw, b: start[1] - RATE * book.db };
    // The gradient of mae is dy/dw, since y is above its target 0. Biases are 0, the input is 1.
    const [product] = lossAndGradient(chain.spec, 'mae', [1, 0, ...chain.slopes.flatMap((w) => [w, 0])], 1, 0).gradient;
    const tokens = 2048 * 4096;
    return {
      sections: [
        {
          title: `Forward: x = ${x}, w = ${start[0]}, b = ${start[1]}, sigmoid, target ${target}`,
          lines: columns([
            ['z = w x + b', before.z.toFixed(7)],
            ['prediction', before.prediction.toFixed(7)],
            ['loss', `(prediction - ${target})^2 = ${before.loss.toFixed(7)}`],
          ]),
        },
        {
          title: 'Backward: multiply the slopes from the loss back to each weight',
          lines: columns([
            ['dL/dprediction', before.dPrediction.toFixed(7), `2 (prediction - ${target})`],
            ['dprediction/dz', slope.toFixed(7), 'p (1 - p)'],
            ['dL/dw', dw.toFixed(7), 'both, times x'],
            ['dL/db', db.toFixed(7), 'both, times 1'],
          ]),
        },
        {
          title: `Check: change each value by ${NUDGE} up and down, and compare the losses`,
          lines: columns([
            ['', `L(+) - L(-), over ${2 * NUDGE}`, 'backward'],
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
          title: 'The same at the size of a language model',
          lines: [`  2,048 sequences of 4,096 tokens: ${whole(tokens)} predictions per step.`],
        },
      ],
      findings: [
        chapterFigure('z', '1.1', before.z),
        chapterFigure('prediction', '0.750', before.prediction),
        chapterFigureFromRounded('loss', '0.0625', before.loss, (book.prediction - target) ** 2),
        chapterFigureFromRounded('dL/dprediction', '-0.500', before.dPrediction, 2 * (book.prediction - target)),
        chapterFigureFromRounded('dprediction/dz', '0.1875', slope, book.prediction * (1 - book.prediction)),
        chapterFigureFromRounded('dL/dw', '-0.1875', dw, book.dw),
        chapterFigureFromRounded('dL/db', '-0.09375', db, book.db),
        chapterFigureFromRounded('step of w, rate x dL/dw', '0.01875', -RATE * dw, -RATE * book.dw),
        chapterFigureFromRounded('step of b, rate x dL/db', '0.009375', -RATE * db, -RATE * book.db),
        chapterFigureFromRounded('w after the step', '0.51875', w, bookStep.w),
        chapterFigureFromRounded('b after the step', '0.109375', b, bookStep.b),
        chapterFigureFromRounded('z after the step', '1.14688', after.z, round(bookStep.w * x + bookStep.b, 6)),
        chapterFigure('prediction after', '0.759', after.prediction),
        chapterFigureFromRounded('loss after', '0.0581', after.loss, round((0.759 - target) ** 2, 6)),
        chapterFigure('chain rule, 0.5 x 0.02', '0.01', product),
        claim('central differences are the gradient', `differ by ${error.toExponential(1)}`, error < 1e-9),
        chapterFigure('tokens per step', '8,388,608', tokens),
      ],
      json: {
        before: { w: start[0], b: start[1], z: before.z, prediction: before.prediction, loss: before.loss },
        gradient: { dPrediction: before.dPrediction, dPredictionByZ: slope, dw, db },
        numeric: { dw: numeric[0], db: numeric[1] },
        after: { w, b, z: after.z, prediction: after.prediction, loss: after.loss },
        chainRule: product,
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
  const [dPrediction] = lossOfRow('mse', [prediction], [target]).gradient;
  return { z, prediction, dPrediction, ...lossAndGradient(spec, 'mse', parameters, x, target) };
}

/** Loss and gradient of one row of a network with one input and one output. */
function lossAndGradient(
  network: NetworkSpec,
  loss: LossSpec,
  parameters: readonly number[],
  input: number,
  expected: number, // target
): { readonly loss: number; readonly gradient: readonly number[] } {
  const built = buildNetwork(network);
  const workspace = createWorkspace(built, createLoss(loss), 1, (length) => new Float64Array(length));
  workspace.x[0] = input;
  workspace.t[0] = expected;
  const gradient = new Float64Array(built.parameterCount);
  const lossSum = new Float64Array(1);
  const [theta, g] = [Float64Array.from(parameters), gradient].map((values) => bindTensors(built, values));
  nodeGradient(lossSum, built, workspace, theta, g, 1, referencePass({ training: true, leafRows: 1 }));
  return { loss: lossSum[0], gradient: [...gradient] };
}

/** w and b after one step of plain gradient descent. */
function step(parameters: readonly number[]): readonly number[] {
  const trainStep = createTrainStep({
    network: buildNetwork(spec),
    loss: createLoss('mse'),
    optimizer: createOptimizer({ kind: 'sgd', lr: RATE }),
    kernels: referenceKernels,
    batch: 1,
    seed: 0,
  });
  trainStep.parameters.set(parameters);
  trainStep.step(Float64Array.of(x), Float64Array.of(target), 1);
  return [...trainStep.parameters];
}

function centralDifference(k: number): number {
  const lossWhenMoved = (by: number) => pass(start.map((value, j) => (j === k ? value + by : value))).loss;
  return (lossWhenMoved(NUDGE) - lossWhenMoved(-NUDGE)) / (2 * NUDGE);
}

const round = (value: number, decimals: number): number => Number(value.toFixed(decimals));
