import * as core from '@gradloom/core';
import { buildNetwork, sequential } from '@gradloom/core';
import { findNetwork, type NetworkName, networks } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';

const trained = (spec: core.NetworkSpec): number =>
  buildNetwork(spec).tensors.reduce((sum, { length, isTrained }) => sum + (isTrained ? length : 0), 0);

/** Height and width of the smallest images; input, outputs (10) and trained parameters as published. */
const known: Record<NetworkName, { least: number; input: number[]; outputs?: number; parameters: number }> = {
  // 6 · 26 + 16 · 151 + 120 · 401 + 84 · 121 + 10 · 85
  lenet5: { least: 12, input: [28, 28, 1], parameters: 61_706 },
  // These are the parameters in the summary of Keras' example.
  convnet: { least: 10, input: [28, 28, 1], parameters: 34_826 },
  // 269,722 of the paper's network, with shortcuts without weights, and two convolutions of 1x1 with their norms.
  resnet20: { least: 1, input: [32, 32, 3], parameters: 269_722 + (16 * 32 + 64) + (32 * 64 + 128) },
  // torchvision's mobilenet_v2.
  mobilenet: { least: 1, input: [224, 224, 3], outputs: 1000, parameters: 3_504_872 },
  // UNet(n_channels=3, n_classes=2, bilinear=False) of github.com/milesial/Pytorch-UNet.
  unet: { least: 16, input: [64, 48, 3], outputs: 2, parameters: 31_037_698 },
  // 784-128-64-32-64-128-784, the deep autoencoder of Keras' blog.
  autoencoder: { least: 1, input: [784], outputs: 784, parameters: 222_384 },
};

describe.each(Object.entries(known) as [NetworkName, (typeof known)[NetworkName]][])('%s', (name, facts) => {
  const build = networks[name];
  const { least, input, outputs = 10, parameters } = facts;

  test('is exported by its name, with the parameters of its source', () => {
    expect((core as unknown as Record<string, unknown>)[name]).toBe(build);
    expect(trained(build(input, outputs))).toBe(parameters);
  });

  test('takes images down to its smallest, to outputs without positions, or for each pixel', () => {
    const output = name === 'unet' ? [least, least, 7] : [7];
    for (const C of [1, 3, 4]) expect(buildNetwork(build([least, least, C], 7)).output).toEqual(output);
    if (least === 1 || name === 'unet') return;
    const { layers } = build([least, least, 1], 7);
    const smaller = [least - 1, least];
    expect(() => buildNetwork(sequential([...smaller, 1], ...layers))).toThrow(/layer \d+: (conv2d|max-pool)/);
    expect(() => build([...smaller, 1], 7)).toThrow(
      `${name}: input has [${least - 1}, ${least}, 1], expected the shape of an image [H, W, C] of at least ${least} x ${least} pixels`,
    );
  });

  test('refuses rows that are no images, and no outputs', () => {
    const refused = name === 'autoencoder' ? [[], [28, 0, 1]] : [[784], [28, 28], [28, 0, 1]];
    for (const rows of refused) expect(() => build(rows, 2)).toThrow(`${name}: input has [`);
    expect(() => build(input, 0)).toThrow(`${name}: outputs has 0, expected`);
  });
});

describe('networks with sizes', () => {
  test('a unet has the channels and levels of its name, and joins what it has seen at each size', () => {
    const spec = core.unet([16, 24, 2], 3, { levels: 2, channels: 4 });
    expect(findNetwork('unet:2x4')?.builder({})([16, 24, 2], 3)).toEqual(spec);
    const { allLayers, output } = buildNetwork(spec);
    expect(output).toEqual([16, 24, 3]);
    const joins = allLayers.filter(({ spec }) => spec.kind === 'concat');
    expect(joins.map(({ layer }) => layer.in)).toEqual([
      [
        [8, 12, 8],
        [8, 12, 8],
      ],
      [
        [16, 24, 4],
        [16, 24, 4],
      ],
    ]);
  });

  test('a unet without norms has the biases and parameters of the paper', () => {
    // Ronneberger et al. 2015, fig. 1: convolutions with biases, from 1 channel to 2.
    const pair = (from: number, to: number) => 9 * from * to + to + 9 * to * to + to;
    const channels = [64, 128, 256, 512, 1024];
    const down = channels.reduce((sum, to, l) => sum + pair(l === 0 ? 1 : channels[l - 1], to), 0);
    const up = channels
      .slice(1)
      .reduce((sum, from) => sum + (4 * from * (from / 2) + from / 2) + pair(from, from / 2), 0);
    expect(trained(core.unet([16, 16, 1], 2, { norm: false }))).toBe(down + up + 64 * 2 + 2);
  });

  test.each([
    // timm's mobilenetv2_050.
    ['mobilenet:0.5', 1_968_680],
  ])('%s has the parameters of others', (name, parameters) => {
    expect(trained(findNetwork(name)?.builder({})([96, 96, 3], 1000) as core.NetworkSpec)).toBe(parameters);
  });

  test('a mobilenet halves the size five times, and adds its input to ten of its blocks', () => {
    const { allLayers, layers } = buildNetwork(core.mobilenet([96, 64, 3], 5, { dropout: 0 }));
    const sizes = layers.map(({ out }) => out.join('x')).filter((out) => out.includes('x'));
    expect(sizes.at(-1)).toBe('3x2x1280');
    expect(allLayers.filter(({ spec }) => spec.kind === 'residual')).toHaveLength(10);
    expect(layers.some(({ label }) => label.startsWith('dropout'))).toBe(false);
  });

  test('an autoencoder narrows to its code and widens again', () => {
    const spec = core.autoencoder([4, 5, 1], 20, { hidden: [12, 3] });
    expect(findNetwork('autoencoder:12x3')?.builder({})([4, 5, 1], 20)).toEqual(spec);
    const { layers, allLayers } = buildNetwork(spec);
    expect(layers.flatMap(({ label }) => (label.startsWith('dense') ? [label] : []))).toEqual([
      ...['dense(20->12)', 'dense(12->3)', 'dense(3->12)', 'dense(12->20)'],
    ]);
    expect(allLayers.find(({ spec }) => spec.name === 'code')?.layer.out).toEqual([3]);
  });

  test.each([
    [
      () => core.unet([24, 16, 1], 2),
      'unet: input has [24, 16, 1], expected a height and a width that are multiples of 16',
    ],
    [() => core.unet([24, 24, 1], 2, { levels: 2000 }), 'multiples of Infinity for 2000 levels'],
    [() => core.mobilenet([9, 9, 1], 2, { width: 0 }), 'mobilenet: width has 0, expected a number above 0'],
    [() => core.autoencoder([9], 9, { hidden: [] }), 'autoencoder: hidden has [], expected a list of at least 1 whole'],
    [() => core.autoencoder([9], 9, { hidden: [3, 0] }), 'autoencoder: hidden has [3, 0], expected a list of'],
    [() => findNetwork('unet:4'), 'network has "unet:4", expected levels x channels: unet:4x64'],
    [() => findNetwork('unet:1.5x4'), 'network has "unet:1.5x4", expected levels x channels: unet:4x64'],
    [() => findNetwork('mobilenet:0'), 'network has "mobilenet:0", expected width: mobilenet:0.35'],
    [() => findNetwork('autoencoder:8x0'), 'network has "autoencoder:8x0", expected sizes of hidden layers: auto'],
  ])('%#: what does not fit is refused', (make, sentence) => {
    expect(make).toThrow(sentence);
  });
});

describe('networks for tokens', () => {
  test('gpt has the parameters of nanoGPT: the outputs are the embedding', () => {
    // 65 · 128 of the tokens and 64 · 128 of the positions; four blocks of 12 · 128² and two norms; the last norm.
    const spec = core.gptNetwork(4, 4, 128)([64], 65);
    expect(trained(spec)).toBe(65 * 128 + 64 * 128 + 4 * (12 * 128 ** 2 + 2 * 128) + 128);
    expect(buildNetwork(spec).output).toEqual([64, 65]);
    expect(findNetwork('gpt:4x4x128')?.builder({})([64], 65)).toEqual(spec);
  });

  test('gru has those of its layers', () => {
    const spec = core.gruNetwork(2, 8)([5], 7);
    expect(trained(spec)).toBe(7 * 8 + 2 * (6 * 8 * 8 + 6 * 8) + 8 * 7 + 7);
    expect(buildNetwork(spec).output).toEqual([5, 7]);
    expect(findNetwork('gru:2x8')?.builder({})([5], 7)).toEqual(spec);
  });

  test.each(['gpt:2x2x8', 'gru:2x8'])(
    '%s of rows with one answer reads tokens of its own, and puts out the last',
    (name) => {
      const network = buildNetwork(findNetwork(name)?.builder({ vocabulary: 9 })([5], 3) as core.NetworkSpec);
      expect(network.layers[0].label).toBe('embedding(9x8)');
      expect(network.layers.at(-1)?.label).toBe('dense(8->3)');
      const { parameterCount } = buildNetwork(findNetwork(name)?.builder({})([5], 9) as core.NetworkSpec);
      // The outputs of nanoGPT are the embedding, without biases.
      const outputs = name.startsWith('gpt') ? -(8 * 3 + 3) : 8 * 9 + 9 - (8 * 3 + 3);
      expect(network.parameterCount).toBe(parameterCount - outputs);
    },
  );

  test('projections into the sum begin with 0.02 / √(2 · layers), all other weights with 0.02', () => {
    const network = buildNetwork(core.gptNetwork(8, 1, 64)([16], 50));
    const theta = new Float64Array(network.parameterCount);
    core.initializeParameters(network, theta, 3);
    for (const { name, shape, offset, length } of network.tensors) {
      const tensorName = name.split('.').at(-1);
      if (tensorName === 'gamma') continue;
      const deviation = Math.sqrt(theta.slice(offset, offset + length).reduce((sum, w) => sum + w * w, 0) / length);
      const adds = tensorName === 'Wo' || (tensorName === 'W' && shape[0] === 4 * 64);
      expect(deviation / (adds ? 0.02 / 4 : 0.02), `${name} ${shape}`).toBeCloseTo(1, 1);
    }
  });

  test('options go to every block', () => {
    const { layers } = core.gptNetwork(1, 1, 4, { dropout: 0.5, activation: 'relu', init: 'zeros' })([3], 5);
    const text = JSON.stringify(layers);
    expect(text.match(/"rate":0.5/g)).toHaveLength(3);
    expect(text).toContain('"dropout":0.5');
    expect(text).toContain('"fn":"relu"');
    expect(text).not.toContain('normal');
  });

  test('options go to every layer', () => {
    const { layers } = core.gruNetwork(2, 4, { dropout: 0.5, init: 'zeros' })([3], 5);
    expect(JSON.stringify(layers).match(/"rate":0.5/g)).toHaveLength(3);
    expect(JSON.stringify(layers).match(/"init":"zeros"/g)).toHaveLength(4);
  });

  test.each([
    [() => core.gptNetwork(1, 3, 4), 'gptNetwork: width has 4, expected a multiple of the 3 heads'],
    [() => findNetwork('gpt:2x3'), 'network has "gpt:2x3", expected layers x heads x width: gpt:4x4x128'],
    [() => core.gruNetwork(0, 4), 'gruNetwork: layers has 0, expected a whole number of at least 1'],
    [() => core.gruNetwork(1, 2)([28, 28, 1], 3), 'gruNetwork: input has [28, 28, 1], expected the shape of a row of'],
    [() => core.gruNetwork(1, 2)([4], 0), 'gruNetwork: outputs has 0, expected a whole number of at least 1'],
    [() => findNetwork('gru:2x3x4'), 'network has "gru:2x3x4", expected layers x width: gru:2x256'],
    [() => findNetwork('gru:0x3'), 'network has "gru:0x3", expected layers x width: gru:2x256'],
  ])('%#: what does not fit is refused', (make, sentence) => {
    expect(make).toThrow(sentence);
  });

  test('other names are unknown', () => {
    for (const name of ['gpt2', 'lenet', 'toString', 'gr:1x2']) expect(findNetwork(name)).toBeUndefined();
  });
});

test('resnet20 has 20 layers of weights beside those of shortcuts, and its stages end at 8 x 8 of 32 x 32', () => {
  const { allLayers } = buildNetwork(networks.resnet20([32, 32, 3], 10));
  const products = allLayers.filter(({ layer: { products } }) => products !== undefined);
  expect(products.filter(({ path }) => !path.includes('shortcut')).length).toBe(20);
  const shapes = allLayers.filter(({ spec }) => spec.kind === 'residual').map(({ layer }) => layer.out.join('x'));
  expect(shapes).toEqual([32, 16, 8].flatMap((size) => Array(3).fill(`${size}x${size}x${512 / size}`)));
});
