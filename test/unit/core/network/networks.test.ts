import * as core from '@gradloom/core';
import { buildNetwork, sequential } from '@gradloom/core';
import { type NetworkName, networks } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';

const trained = (spec: core.NetworkSpec): number =>
  buildNetwork(spec).tensors.reduce((sum, { length, isTrained }) => sum + (isTrained ? length : 0), 0);

/** Height and width of the smallest images; input and trained parameters as published. */
const known: Record<NetworkName, { least: number; input: number[]; parameters: number }> = {
  // 6 · 26 + 16 · 151 + 120 · 401 + 84 · 121 + 10 · 85
  lenet5: { least: 12, input: [28, 28, 1], parameters: 61_706 },
  // These are the parameters in the summary of Keras' example.
  convnet: { least: 10, input: [28, 28, 1], parameters: 34_826 },
  // 269,722 of the paper's network, with shortcuts without weights, and two convolutions of 1x1 with their norms.
  resnet20: { least: 1, input: [32, 32, 3], parameters: 269_722 + (16 * 32 + 64) + (32 * 64 + 128) },
};

describe.each(Object.entries(known) as [NetworkName, (typeof known)[NetworkName]][])('%s', (name, facts) => {
  const build = networks[name];
  const { least, input, parameters } = facts;

  test('is exported by its name, with the parameters of its source', () => {
    expect((core as unknown as Record<string, unknown>)[name]).toBe(build);
    expect(trained(build(input, 10))).toBe(parameters);
  });

  test('takes images down to its smallest, to outputs without positions', () => {
    for (const C of [1, 3, 4]) expect(buildNetwork(build([least, least, C], 7)).output).toEqual([7]);
    if (least === 1) return;
    const { layers } = build([least, least, 1], 7);
    const smaller = [least - 1, least];
    expect(() => buildNetwork(sequential([...smaller, 1], ...layers))).toThrow(/layer \d+: (conv2d|max-pool)/);
    expect(() => build([...smaller, 1], 7)).toThrow(
      `${name}: input has [${least - 1}, ${least}, 1], expected the shape of an image [H, W, C] of at least ${least} x ${least} pixels`,
    );
  });

  test('refuses rows that are no images, and no outputs', () => {
    for (const rows of [[784], [28, 28], [28, 0, 1]]) expect(() => build(rows, 2)).toThrow(`${name}: input has [`);
    expect(() => build(input, 0)).toThrow(`${name}: outputs has 0, expected`);
  });
});

test('resnet20 has 20 layers of weights beside those of shortcuts, and its stages end at 8 x 8 of 32 x 32', () => {
  const { places } = buildNetwork(networks.resnet20([32, 32, 3], 10));
  const products = places.filter(({ layer: { products, inner } }) => products !== undefined && inner === undefined);
  expect(products.filter(({ path }) => !path.includes('shortcut')).length).toBe(20);
  const shapes = places.filter(({ spec }) => spec.kind === 'residual').map(({ layer }) => layer.out.join('x'));
  expect(shapes).toEqual([32, 16, 8].flatMap((size) => Array(3).fill(`${size}x${size}x${512 / size}`)));
});
