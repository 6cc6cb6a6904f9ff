import {
  conv1d,
  conv2d,
  dense,
  embedding,
  flatten,
  layerNorm,
  maxPool,
  type NetworkSpec,
  relu,
  residual,
  sequential,
  sigmoid,
  tanh,
} from '@gradloom/core';
import { findNetwork, networks } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { describeNetwork } from '../../../../../packages/cli/src/commands/train/describe-network.ts';

const image = [12, 10, 3];
const pooled = [conv2d(4, 3, { padding: 1 }), relu(), maxPool(2)];

test.each<[string, NetworkSpec]>([
  ['784-128-10 relu', sequential(784, dense(128), relu(), dense(10))],
  ['6-8-8-3 layer-norm tanh residual', withBlock()],
  ['3-30-9-5 flatten(3x10->30) tanh', sequential(3, embedding(9, 10), flatten(), dense(9), tanh(), dense(5))],
  ['12x10x3 · conv2d 2 12x10', sequential(image, conv2d(2, [12, 10]))],
  ['12x10x3 · flatten 360 · dense 2', sequential(image, flatten(), dense(2))],
  [
    '12x10x3 · conv2d 4 3x3 · relu · max-pool 2x2 · flatten 120 · dense 2 · sigmoid',
    sequential(image, ...pooled, flatten(), dense(2), sigmoid()),
  ],
  [
    '12x10x3 · conv2d 4 3x3 · residual of 1 layer · flatten 480 · dense 2',
    sequential(image, conv2d(4, 3, { padding: 1 }), residual(relu()), flatten(), dense(2)),
  ],
  ['9x2 · conv1d 4 3 · flatten 28 · dense 2', sequential([9, 2], conv1d(4, 3), flatten(), dense(2))],
])('%s', (text, spec) => {
  expect(describeNetwork(spec)).toBe(text);
});

function withBlock(): NetworkSpec {
  return sequential(6, dense(8), layerNorm(), tanh(), residual(layerNorm(), dense(8)), dense(3));
}

const ofRows = Object.entries(networks).filter(([name]) => name !== 'unet');

test.each(ofRows)('%s has its name, whatever its images and outputs', (name, build) => {
  for (const [H, W, C, outputs] of [
    [28, 28, 1, 10],
    [13, 40, 3, 1],
  ]) {
    const { input, layers } = build([H, W, C], outputs);
    expect(describeNetwork({ input, layers })).toBe(`${name} on ${H}x${W}x${C}`);
    expect(describeNetwork({ input, layers: [...layers, sigmoid()] })).toBe(
      `${name} on ${H}x${W}x${C} with sigmoid outputs`,
    );
    expect(describeNetwork({ input, layers: [relu(), ...layers] })).toMatch(/^\d+x\d+x\d · relu · /);
  }
});

test.each([
  ['unet', [16, 48, 3], 2],
  ['unet:2x8', [8, 12, 1], 3],
  ['mobilenet:0.35', [96, 96, 3], 10],
  ['autoencoder:9x4', [6], 6],
])('%s has its name with its sizes', (name, [...input], outputs) => {
  const spec = findNetwork(name)?.builder({})(input, outputs) as NetworkSpec;
  expect(describeNetwork(spec)).toBe(`${name} on ${input.join('x')}`);
  const layers = [...spec.layers, sigmoid()];
  expect(describeNetwork({ ...spec, layers })).toBe(`${name} on ${input.join('x')} with sigmoid outputs`);
});

test('a network of any depth takes 80 columns, and says how many layers are left out', () => {
  for (let depth = 1; depth < 30; depth++) {
    const layers = Array.from({ length: depth }, () => [conv2d(7, 3, { padding: 1 }), relu()]).flat();
    const text = describeNetwork(sequential([30, 30, 3], ...layers, flatten(), dense(10)));
    expect(text.length).toBeLessThanOrEqual(80);
    expect(text).toMatch(/^30x30x3 · conv2d 7 3x3 · relu · .*dense 10$/);
    const words = text.split(' · ');
    const left = /(\d+) more/.exec(text);
    expect(left === null ? words.length : words.length - 1 + Number(left[1])).toBe(2 * depth + 3);
  }
});
