import { buildNetwork, createLoss, type LossName, layers, type Network, referenceKernels } from '@gradloom/core';
import {
  bindGradients,
  bindTensors,
  createWorkspace,
  forward,
  gradientLength,
  nodeGradient,
  writeLengths,
} from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { B, checkedNetworks, networkWith, wide } from '../../support/checked-networks.ts';
import { counted } from '../../support/count.ts';
import { maxError } from '../../support/errors.ts';
import {
  allocate,
  fns,
  H,
  linkPass,
  lossNames,
  nestedStart,
  pass,
  type Start,
  start,
  targetsAt,
} from '../../support/gradient-passes.ts';
import { numericGradient } from '../../support/numeric-gradient.ts';

let turn = 0;

/** The losses of a network's checks: few in turn, since no layer knows the loss; all of them in `npm run test:all`. */
const lossesInTurn = (): LossName[] =>
  Array.from({ length: counted(2, lossNames.length) }, () => lossNames[turn++ % lossNames.length]);

test('the checked networks have layers of every kind', () => {
  const specs = [networkWith('tanh', wide), ...checkedNetworks.map(([, specOf]) => specOf(wide))];
  const kinds = specs.flatMap((spec) => spec.layers).map((layer) => layer.kind);
  expect(new Set(kinds)).toEqual(new Set(Object.keys(layers)));
});

function checkDoubles(network: Network, lossName: LossName, start: Start): void {
  const { theta, lengths, gradient, run } = linkPass('float64', referenceKernels, network, createLoss(lossName));
  const t = targetsAt(network, lossName, start);
  theta.set(start.theta);
  writeLengths(lengths, network, start.lengths, 0, B);
  const expected = numericGradient(() => run(start.x, t), theta, H);
  run(start.x, t);
  expect(maxError(gradient(), expected)).toBeLessThan(1e-8);
  expect(gradient().every((value) => value === 0)).toBe(false);
}

describe.each(fns)('dense, %s and dropout', (fn) => {
  const network = buildNetwork(networkWith(fn, wide));
  const drawn = start(network);

  test.each(lossNames)('have the gradient that central differences find, under %s', (lossName) => {
    checkDoubles(network, lossName, drawn);
  });
});

describe.each(checkedNetworks)('%s', (_title, specOf, inputs, lengths) => {
  const network = buildNetwork(specOf(wide));
  const theta = nestedStart(network);

  test.each(lossesInTurn())('have the gradient that central differences find, under %s', (lossName) => {
    checkDoubles(network, lossName, { theta, x: Float64Array.from(inputs), lengths });
  });

  test('overwrite their gradients with zeros where a pass has no rows', () => {
    const loss = createLoss('mse');
    const g = allocate(gradientLength(network)).fill(Number.NaN);
    const workspace = createWorkspace(network, loss, B, allocate);
    const gradients = bindGradients(network, g);
    nodeGradient(allocate(1), network, workspace, bindTensors(network, theta), gradients, 0, pass);
    expect(g.every((value) => value === 0)).toBe(true);
  });
});

test.each([5, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('index %s of an embedding is refused', (index) => {
  const network = buildNetwork(checkedNetworks[0][1](wide));
  const parameters = bindTensors(network, nestedStart(network));
  const workspace = createWorkspace(network, createLoss('mse'), B, allocate);
  workspace.x.set([0, 1, 2, index]);
  expect(() => forward(network, workspace, parameters, B, pass)).toThrow(
    `row 1: embedding(5x3) at layer 0: index at place 1 has ${index}, expected a whole number from 0 to 4`,
  );
});
