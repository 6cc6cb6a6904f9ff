import {
  buildNetwork,
  type CustomLayer,
  createLoss,
  defineActivation,
  defineLayer,
  defineLoss,
  type LayerPart,
  type LayerSpec,
  type LossSpec,
} from '@gradloom/core';
import { checkGradients, collectParts, complete } from '@gradloom/core/internal';
import { expect, test } from 'vitest';

/** Checks a network of these parts: 3 inputs, `layer`, two outputs. */
function check(parts: Readonly<Record<string, unknown>>, layer: LayerSpec, loss: LossSpec = 'mse'): void {
  const collected = collectParts([{ source: 'parts.js', exports: parts }]);
  const network = buildNetwork(
    { input: 3, layers: [{ kind: 'dense', out: 4 }, layer, { kind: 'dense', out: 2 }] },
    collected,
  );
  const [x, t] = [Float64Array.from({ length: 12 }, Math.cos), Float64Array.of(0.5, 1, 0, 1, 1, 0, 1, 1)];
  complete(checkGradients({ network, loss: createLoss(loss, collected), x, t }));
}

const cube = defineActivation({ name: 'cube', apply: (z) => z * z * z, derivative: (z) => 3 * z * z });
const dense4: LayerSpec = { kind: 'dense', out: 4 };

test('right derivatives pass, those with kinks among them', () => {
  const hard = defineActivation({
    name: 'hard-tanh',
    apply: (z) => Math.max(-1, Math.min(1, z)),
    derivative: (z) => (Math.abs(z) < 1 ? 1 : 0),
  });
  check({ cube }, cube.spec());
  check({ hard }, hard.spec());
});

test('a derivative that is wrong is named with its place and by how much', () => {
  const wrong = defineActivation({ ...cube, derivative: (z) => 2 * z * z });
  expect(() => check({ wrong }, wrong.spec())).toThrow(
    /^checkGradients: activation cube: derivative at z = \S+ has \S+, expected \S+ \(the central difference; it is off by \S+\)$/,
  );
});

test('a derivative that is wrong by a thousandth is found', () => {
  const wrong = defineActivation({ ...cube, derivative: (z) => 3.003 * z * z });
  expect(() => check({ wrong }, wrong.spec())).toThrow('activation cube: derivative at');
});

const pinball = defineLoss({
  name: 'pinball',
  options: { tau: 0.5 },
  value: (y, t, { tau }) => (t > y ? tau * (t - y) : (1 - tau) * (y - t)),
  derivative: (y, t, { tau }) => (t > y ? -tau : 1 - tau),
});

test('a loss is checked with its options, on the targets of the run', () => {
  check({ pinball }, dense4, pinball.spec({ tau: 0.9 }));
  const wrong = defineLoss({ ...pinball, derivative: (y, t) => (t > y ? -0.5 : 0.5) });
  check({ wrong }, dense4, wrong.spec());
  expect(() => check({ wrong }, dense4, wrong.spec({ tau: 0.9 }))).toThrow(
    /loss pinball: the gradient by output 0 at y = \S+, t = 0\.5 has/,
  );
});

test('a loss of whole rows is checked output by output', () => {
  const softmax = (factor: number) =>
    defineLoss({
      name: 'own-softmax',
      targets: 'classes',
      ofRow(dy, y, t, n, O) {
        const outputs = Array.from({ length: O }, (_, o) => y[n * O + o]);
        const sum = outputs.reduce((all, output) => all + Math.exp(output), 0);
        for (const [o, output] of outputs.entries()) {
          dy[n * O + o] = Math.exp(output) / sum - (o === t[n] ? factor : 0);
        }
        return Math.log(sum) - outputs[t[n]];
      },
    });
  const classes = (part: ReturnType<typeof softmax>) => {
    const collected = collectParts([{ source: 'parts.js', exports: { part } }]);
    const network = buildNetwork({ input: 1, layers: [{ kind: 'dense', out: 3 }] }, collected);
    const loss = createLoss(part.spec(), collected);
    complete(checkGradients({ network, loss, x: Float64Array.of(1, 2), t: Float64Array.of(2, 0) }));
  };
  classes(softmax(1));
  expect(() => classes(softmax(2))).toThrow('loss own-softmax: the gradient by output 2 at');
});

test('a loss that does not look at its own row, or reads outputs that it has written over, is refused', () => {
  const squares = (first: (n: number, O: number) => number, writesEarly: boolean) =>
    defineLoss({
      name: 'squares',
      targets: 'values',
      ofRow(dy, y, t, n, O) {
        let sum = 0;
        for (let i = first(n, O), o = 0; o < O; i++, o++) {
          if (writesEarly) dy[i] = y[i] - t[i];
          sum += ((y[i] - t[i]) * (y[i] - t[i])) / 2;
          if (!writesEarly) dy[i] = y[i] - t[i];
        }
        return sum;
      },
    });
  const right = squares((n, O) => n * O, false);
  check({ right }, dense4, right.spec());
  const sameRow = squares(() => 0, false);
  expect(() => check({ sameRow }, dense4, sameRow.spec())).toThrow(
    /^checkGradients: loss squares: the value of row 1 has \S+ among other rows and \S+ otherwise, expected the same number/,
  );
  const early = squares((n, O) => n * O, true);
  expect(() => check({ early }, dense4, early.spec())).toThrow(
    /^checkGradients: loss squares: the value of row 0 has \S+ if dy is y and \S+ otherwise, expected the same number/,
  );
});

const layer = (changes: Partial<CustomLayer> = {}): LayerPart =>
  defineLayer({
    name: 'scale',
    build: (_options, inputs) => ({
      tensors: [{ name: 'gamma', shape: [inputs], initialize: (out) => void out.fill(0) }],
      forward(y, x, [gamma], B) {
        for (let i = 0; i < B * inputs; i++) y[i] = (1 + gamma[i % inputs]) * x[i];
      },
      backward(dx, dy, x, _y, [gamma], [dGamma], B) {
        dGamma.fill(0);
        for (let i = 0; i < B * inputs; i++) {
          dx[i] = (1 + gamma[i % inputs]) * dy[i];
          dGamma[i % inputs] += dy[i] * x[i];
        }
      },
      ...changes,
    }),
  });

test('a layer is checked by its inputs and by its tensors', () => {
  check({ right: layer() }, layer().spec());
  const noInputs = layer({
    backward(dx, _dy, _x, _y, _tensors, [dGamma]) {
      dx.fill(0);
      dGamma.fill(0);
    },
  });
  expect(() => check({ noInputs }, noInputs.spec())).toThrow(
    /scale\(4->4\) at layer 1: the gradient by the inputs at element 0 has 0\.00000, expected/,
  );
  const forgets = layer({
    backward(dx, dy, _x, _y, [gamma], _gradients, B) {
      for (let i = 0; i < B * 4; i++) dx[i] = (1 + gamma[i % 4]) * dy[i];
    },
  });
  expect(() => check({ forgets }, forgets.spec())).toThrow('the gradient by gamma at element 0 has NaN');
  const adds = layer({
    backward(dx, dy, x, _y, [gamma], [dGamma], B) {
      for (let i = 0; i < B * 4; i++) {
        dx[i] = (1 + gamma[i % 4]) * dy[i];
        dGamma[i % 4] += dy[i] * x[i];
      }
    },
  });
  expect(() => check({ adds }, adds.spec())).toThrow('the gradient by gamma at element 0 has NaN');
});

test('a layer whose rows depend on each other, and functions that give other numbers each time, are refused', () => {
  const mean = layer({
    forward(y, x, _tensors, B) {
      for (let i = 0; i < B * 4; i++) y[i] = x[i] / B;
    },
  });
  expect(() => check({ mean }, mean.spec())).toThrow(
    /scale\(4->4\) at layer 1: output 0 of row 0 has \S+ among other rows and \S+ alone/,
  );
  let calls = 0;
  const noisy = defineActivation({ ...cube, apply: (z) => z + calls++ });
  expect(() => check({ noisy }, noisy.spec())).toThrow(/activation cube: apply\(\S+\) has \S+ and then/);
});
