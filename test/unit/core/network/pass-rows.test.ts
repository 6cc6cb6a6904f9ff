import { batchNorm, buildNetwork, conv2d, dense, flatten, type NetworkSpec, sequential } from '@gradloom/core';
import { leafCount, leafRowsOf, maxPassRows } from '@gradloom/core/internal';
import { expect, test } from 'vitest';

const flat: NetworkSpec = { input: 784, layers: [{ kind: 'dense', out: 10 }] };
const images = sequential([28, 28, 1], conv2d(32, 3), flatten(), dense(10));

test.each([
  [12, 1],
  [64, 2],
  [128, 4],
  [600, 16],
  [5000, 64],
])('a batch of %i images has leaves of %i rows: at least 32 leaves, or one row each', (batch, rows) => {
  expect(leafRowsOf(buildNetwork(images), batch)).toBe(rows);
  expect(leafCount(batch, rows)).toBeGreaterThanOrEqual(Math.min(32, batch));
});

test('a network without weights at positions keeps the leaves of its batch size', () => {
  for (const [batch, rows] of [
    [12, 16],
    [1024, 32],
    [5000, 64],
  ])
    expect(leafRowsOf(buildNetwork(flat), batch)).toBe(rows);
  const flattened = { input: [28, 28, 1], layers: [{ kind: 'relu' }, { kind: 'flatten' }, ...flat.layers] } as const;
  expect(leafRowsOf(buildNetwork(flattened as unknown as NetworkSpec), 12)).toBe(16);
});

test('a pass takes as many rows as have 4 MiB of activations at positions, from 1 to 256', () => {
  expect(maxPassRows(buildNetwork(flat), 'float64')).toBe(256);
  const bytes = 26 * 26 * 32 * 8;
  expect(maxPassRows(buildNetwork(images), 'float64')).toBe(Math.floor(4194304 / bytes));
  expect(maxPassRows(buildNetwork(images), 'float32')).toBe(Math.floor(4194304 / (bytes / 2)));
  expect(maxPassRows(buildNetwork({ ...images, input: [1000, 1000, 1] }), 'float64')).toBe(1);
});

test('in training, a pass has 4 MiB of activations between two batch-norms', () => {
  const conv = conv2d(32, 3, { padding: 1 });
  const network = buildNetwork(
    sequential([28, 28, 1], conv, batchNorm(), conv, conv, batchNorm(), flatten(), dense(10)),
  );
  const bytes = 28 * 28 * 32 * 8;
  expect(maxPassRows(network, 'float64')).toBe(Math.floor(4194304 / (5 * bytes)));
  expect(maxPassRows(network, 'float64', true)).toBe(Math.floor(4194304 / (3 * bytes)));
});
