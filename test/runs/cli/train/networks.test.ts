import { join } from 'node:path';
import { buildNetwork, convnet } from '@gradloom/core';
import { networks } from '@gradloom/core/internal';
import { loadModel } from '@gradloom/runtime';
import { encode } from 'fast-png';
import { beforeAll, describe, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../../support/command-line.ts';
import { counted } from '../../../support/count.ts';
import { encodeNpy } from '../../../support/encode-npy.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

/** Pictures with a bar that lies or stands somewhere. */
function write(name: string, size: number, each: number): string {
  for (const [c, label] of ['lying', 'standing'].entries()) {
    for (let n = 0; n < each; n++) {
      const at = 1 + ((5 * n + 3 * c) % (size - 2));
      const data = Uint8Array.from({ length: 3 * size * size }, (_, i) => {
        const pixel = Math.floor(i / 3);
        const position = c === 0 ? Math.floor(pixel / size) : pixel % size;
        return (position === at ? 180 : 40) + ((7 * n + 11 * i) % 40);
      });
      folder.write(`${name}/${label}/${n}.png`, encode({ width: size, height: size, channels: 3, data }));
    }
  }
  return join(folder.path, name);
}

const bars = write('bars', 12, 30);
const quick = ['--threads', '1', '--backend', 'wasm'];
const run = join(folder.path, 'run');

beforeAll(async () => {
  const args = ['train', '--dataset', bars, '--epochs', '20', '--out', run, '--quiet', ...quick];
  expect(await gradloom(args)).toMatchObject({ code: 0, stderr: '' });
});

const reads = async (...args: string[]) => jsonLines((await gradloom([...args, '--json'])).stdout);

test('a folder of images trains a convnet, which learns what a few pictures have in common', async () => {
  const { spec, preprocessing } = loadModel(join(run, 'model.gradloom'));
  expect(spec).toEqual(convnet([12, 12, 3], 2));
  expect(preprocessing).toMatchObject({ image: { height: 12, width: 12, channels: 3 } });
  const [{ figures }] = await reads('evaluate', run);
  expect(figures).toMatchObject({ accuracy: { value: 1 } });
});

test('inspect lists the layers with the shape after each', async () => {
  const [description] = await reads('inspect', run);
  const layers = description.layers as { layer: string; output: number[]; parameters: number }[];
  const { allLayers, parameterCount } = buildNetwork(convnet([12, 12, 3], 2));
  expect(layers.map(({ output }) => output)).toEqual(allLayers.map(({ layer }) => [...layer.out]));
  expect(layers.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(parameterCount);
  const { stdout } = await gradloom(['inspect', run]);
  expect(stdout).toContain('network      convnet on 12x12x3, 19,522 parameters\n');
  expect(stdout).toMatch(/^3 {2,}conv2d\(32->64, 3x3\) {2,}3x3x64 {2,}18,496 {2,}\d+ %$/m);
});

test('inspect lists a known network without a file, and has its spec', async () => {
  const args = ['inspect', '--network', 'resnet20', '--input', '9x8x3', '--outputs', '4'];
  const spec = networks.resnet20([9, 8, 3], 4);
  const { allLayers, parameterCount } = buildNetwork(spec);
  expect(await reads(...args)).toEqual([
    expect.objectContaining({ event: 'network', spec, parameters: parameterCount, layers: expect.any(Array) }),
  ]);
  const { stdout } = await gradloom(args);
  expect(stdout).toMatch(/^resnet20 on 9x8x3: .* of them not trained$/m);
  for (const { path, layer } of allLayers) {
    expect(stdout).toMatch(new RegExp(`^ *${path} .* ${layer.out.join('x')} `, 'm'));
  }
});

test.each([
  [
    ['--network', 'lenet5', '--input', '9x28x1'],
    '--input has [9, 28, 1], expected the shape of an image [H, W, C] of at least 12 x 12 pixels',
  ],
  [
    ['--network', 'lenet5', '--input', '28x2'],
    '--input has "28x2", expected height x width x channels such as 28x28x1, or a number of tokens',
  ],
  [['--network', 'gpt:4x3x128'], '--network gpt:4x3x128: width has 128, expected a multiple of the 3 heads'],
  [['--network', 'gru:4'], '--network has "gru:4", expected layers x width: gru:2x256'],
  [
    ['--network', 'gru:2x8', '--input', '9x9x1'],
    '--input has [9, 9, 1], expected the shape of a row of tokens [T] or of a series [T, C]',
  ],
  [['--network', 'lenet5', 'a.gradloom'], '--network is given with a.gradloom, expected it alone'],
  [['a.gradloom', '--outputs', '3'], '--outputs is given without --network, expected both'],
])('inspect %j is refused', async (args, sentence) => {
  expect(await gradloom(['inspect', ...args])).toMatchObject({ code: 2, stderr: `gradloom inspect: ${sentence}\n` });
});

test('the config of a run repeats it', async () => {
  const [{ fingerprint }] = await reads('inspect', run);
  const args = ['--config', join(run, 'config.json'), '--no-out', '--quiet', '--threads', '2'];
  expect((await reads('train', ...args))[0].fingerprint).toBe(fingerprint);
});

/** Networks whose steps take long, even on small pictures. */
const slow = ['mobilenet', 'resnet20'];
test.each(Object.entries(networks).filter(([name]) => name !== 'unet' && counted(Number(!slow.includes(name)), 1) > 0))(
  '%s trains by its name, in a search too',
  async (network, build) => {
    const [out, searchFolder] = ['run', 'search'].map((what) => join(folder.path, `${what}-${network}`));
    const length = ['--steps', '2', '--out', out, '--quiet', '--batch', '4', ...quick];
    await gradloom(['train', '--dataset', bars, '--network', network, ...length]);
    expect(loadModel(join(out, 'model.gradloom')).spec).toEqual(build([12, 12, 3], 2));
    const config = { options: { dataset: bars, steps: 2, batch: 4 }, search: { network: [network] }, method: 'grid' };
    const file = folder.write(`${network}.json`, JSON.stringify(config));
    const searched = await reads('search', file, '--threads', '1', '--out', searchFolder);
    expect(JSON.stringify(searched)).toContain(`"network":"${network}"`);
  },
);

describe('networks of arrays', () => {
  const [N, H, W] = [24, 8, 4];
  const x = Array.from({ length: N * H * W }, (_, k) => ((7 * k) % 11) / 10);
  const dataset = (
    name: string,
    inputs: number[],
    y: number[],
    targets: number[],
    type: 'f4' | 'i4' = 'f4',
  ): string[] => {
    folder.write(`${name}/x.npy`, encodeNpy('f4', inputs, x));
    folder.write(`${name}/y.npy`, encodeNpy(type, targets, y));
    const files = ['--dataset', join(folder.path, name), '--out', join(folder.path, `run-${name}`)];
    return ['train', ...files, '--validation', '0', '--test', '0', '--steps', '60', '--batch', '8', ...quick];
  };
  const losses = async (args: string[]) =>
    (await reads(...args)).flatMap(({ trainLoss }) => (typeof trainLoss === 'number' ? [trainLoss] : []));
  const pixels = x.map((value) => (value > 0.5 ? 1 : 0));

  test('a unet learns a class of each pixel, and values of each', async () => {
    const classes = dataset('masks', [N, H, W, 1], pixels, [N, H * W], 'i4');
    const fallen = await losses([...classes, '--network', 'unet:1x4']);
    expect(fallen.at(-1)).toBeLessThan(0.5 * fallen[0]);
    expect((await gradloom(['inspect', join(folder.path, 'run-masks')])).stdout).toContain('unet:1x4 on 8x4x1, ');
    const values = dataset(
      'pictures',
      [N, H, W, 1],
      x.flatMap((value) => [value, 1 - value]),
      [N, 2 * H * W],
    );
    await gradloom([...values, '--network', 'unet:1x4']);
    expect(buildNetwork(loadModel(join(folder.path, 'run-pictures', 'model.gradloom')).spec).output).toEqual([8, 4, 2]);
  });

  test('a unet refuses targets that are not those of pixels', async () => {
    const few = dataset('few', [N, H, W, 1], pixels.slice(0, N), [N], 'i4');
    const { code, stderr } = await gradloom([...few, '--network', 'unet:1x4']);
    expect(stderr).toContain('a row of few has 1 target, expected one for each of its 32 pixels');
    expect(code).toBe(2);
  });

  test('an autoencoder learns rows whose targets are their inputs', async () => {
    const rows = dataset('rows', [N, H * W], x, [N, H * W]);
    const fallen = await losses([...rows, '--network', 'autoencoder:16x4', '--output-activation', 'identity']);
    expect(fallen.at(-1)).toBeLessThan(0.5 * fallen[0]);
    expect((await gradloom(['inspect', join(folder.path, 'run-rows')])).stdout).toContain('autoencoder:16x4 on 32, ');
  });
});

test('options of hidden layers ask for hidden layers, and so do images too small for a convnet', async () => {
  const start = async (dataset: string, ...flags: string[]) => {
    const args = ['train', '--dataset', dataset, '--steps', '1', '--no-out', ...quick, ...flags];
    return (await gradloom(args)).stdout;
  };
  expect(await start(bars, '--hidden', '5')).toContain('\n432-5-2 gelu: 2,177 parameters');
  expect(await start(bars, '--dropout', '0.2')).toContain('\n432-256-2 gelu dropout(0.2): ');
  expect(await start(write('tiny', 9, 3))).toContain('\n243-256-2 gelu: ');
});

describe('what does not fit is refused in a sentence', () => {
  const data = ['--dataset', bars];
  test.each([
    [[...data, '--network', 'lenet5', '--hidden', '9'], '--network is given with --hidden, expected one of the two'],
    [
      [...data, '--network', 'lenet5', '--dropout', '0.5'],
      '--network lenet5 is given with --dropout, expected one of the two',
    ],
    [
      [...data, '--network', 'gru:2x8', '--activation', 'tanh'],
      '--network gru:2x8 is given with --activation, expected options that it has: --dropout, --init',
    ],
    [[...data, '--network', 'lenet5', '--spec', 'a.json'], '--spec is given with --network, expected one of the two'],
    [
      [...data, '--network', 'lenet'],
      '--network has "lenet", expected one of lenet5, convnet, resnet20, mobilenet, unet, autoencoder, gpt:4x4x128, gru:2x256 (did you mean lenet5?)',
    ],
    [
      [...data, '--network', 'nets/own.json'],
      '--network has "nets/own.json", expected one of lenet5, convnet, resnet20, mobilenet, unet, autoencoder, gpt:4x4x128, gru:2x256 (--spec takes a file)',
    ],
    [
      ['--dataset', 'digits', '--network', 'lenet5'],
      '--network lenet5 with --dataset digits: a row of digits has [8, 8, 1], expected the shape of an image [H, W, C] of at least 12 x 12 pixels',
    ],
    [
      ['--dataset', 'iris', '--network', 'resnet20'],
      '--network resnet20 with --dataset iris: a row of iris has 4 numbers, expected an image of height, width and channels (without --network, iris gets a network for its rows)',
    ],
  ])('%j', async (args, sentence) => {
    const { code, stderr } = await gradloom(['train', '--no-out', ...args]);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(`gradloom train: ${sentence}`);
    expect(code).toBe(2);
  });

  test.each([
    ['--network', 'network'],
    ['--batch-size', 'batch'],
  ])('search %s, which is in its file', async (flag, option) => {
    const config = folder.write('moons.json', JSON.stringify({ options: { dataset: 'moons' }, search: { lr: [1] } }));
    const advice = `options: { ${option}: ... } fixes it, search: { ${option}: [...] } tries several`;
    const sentence = `${flag} is an option of train, expected it in the file (${advice})`;
    const searched = await gradloom(['search', config, flag, '3']);
    expect(searched).toMatchObject({ code: 2, stderr: `gradloom search: ${sentence}\n` });
  });

  test('a search of networks for smaller images than they take', async () => {
    const content = { options: { dataset: 'digits', steps: 1 }, search: { network: ['lenet5'] } };
    const { code, stderr } = await gradloom(['search', folder.write('digits.json', JSON.stringify(content))]);
    const sentence =
      'trial 1 (network lenet5): a row of digits has [8, 8, 1], expected the shape of an image [H, W, C]';
    expect(code).toBe(2);
    expect(stderr).toContain(`digits.json: ${sentence}`);
  });

  test('a resume with another network', async () => {
    const { stderr } = await gradloom(['train', '--resume', run, '--network', 'lenet5']);
    expect(stderr).toBe('gradloom train: --network has lenet5, expected convnet: --resume continues the same run\n');
  });
});

describe('a module that exports a network with branches', () => {
  const write = (name: string, text: string) => folder.write(name, text);
  const core = import.meta.resolve('@gradloom/core');
  const graph = write(
    'graph.mjs',
    `import { conv2d, dense, globalAvgPool, input, network, relu } from '${core}';
     const x = input([12, 12, 3]);
     const a = x.through(conv2d(4, 3, { padding: 'same' }), relu()).as('wide');
     const b = x.through(conv2d(4, 1));
     export default network(a.plus(b).through(globalAvgPool(), dense(2)));`,
  );

  test('trains to the same bits on any threads, and its table says what each layer reads', async () => {
    const train = ['train', '--dataset', bars, '--spec', graph, '--steps', '5', '--json'];
    const prints = await Promise.all(
      ['1', '3'].map(async (threads) => {
        const out = join(folder.path, `graph-${threads}`);
        return jsonLines((await gradloom([...train, '--threads', threads, '--out', out])).stdout).at(-1)?.fingerprint;
      }),
    );
    expect(prints[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(prints[1]).toBe(prints[0]);
    const { stdout } = await gradloom(['inspect', join(folder.path, 'graph-1')]);
    expect(stdout).toMatch(/^3 +plus\(.*\) +wide, 2 +12x12x4 +0$/m);
  });

  test('is refused in a sentence where there is no file', async () => {
    const { stderr } = await gradloom(['train', '--dataset', bars, '--spec', 'nowhere.mjs']);
    expect(stderr).toBe('gradloom train: --spec nowhere.mjs does not exist, expected a file\n');
  });

  test.each([
    ['export default 5', 'has the default export 5, expected a network, such as export default network('],
    ['export default (', 'cannot be imported, expected a module with a network ('],
    [
      `import { input } from '${core}';\nconst a = input(4);\nexport default a.plus(input(3, 'b'));`,
      'at line 3 cannot be imported, expected a module with a network (',
    ],
  ])('is refused in a sentence: %s', async (text, sentence) => {
    const path = write(`bad-${text.length + text.charCodeAt(15)}.mjs`, text); // modules are imported once
    const { code, stderr } = await gradloom(['train', '--dataset', bars, '--spec', path]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`gradloom train: --spec ${path} ${sentence}`)]);
  });
});
