import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createModel,
  exportModel,
  type LayerSpec,
  loadModel,
  loadParts,
  type ModelContents,
  type NetworkSpec,
  saveModel,
} from '@gradloom/runtime';
import { encode } from 'fast-png';
import { beforeAll, describe, expect, test } from 'vitest';
import { gradloom } from '../../../support/command-line.ts';
import { weightsFor } from '../../../support/every-layer.ts';
import { writeOnnxFile } from '../../../support/onnx-file.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const model: ModelContents = {
  spec: { input: 3, layers: [{ kind: 'dense', out: 2 }] },
  parameters: weightsFor({ input: 3, layers: [{ kind: 'dense', out: 2 }] }),
  loss: 'softmax-cross-entropy',
  metadata: { labels: ['cat', 'dog'] },
};
const path = join(folder.path, 'model.gradloom');
saveModel(path, model);
const { fingerprint } = createModel(model);
const out = join(folder.path, 'back.gradloom');
const spec = folder.write('net.yaml', 'input: 3\nlayers: [{ kind: dense, out: 2 }]\n');

test('an ONNX file becomes a model, whose answers are compared with its operators', async () => {
  const file = join(folder.path, 'sized.onnx');
  writeOnnxFile(file, {
    inputs: { x: ['N', 'T', 2], shift: [2] },
    outputs: ['y', 'z'],
    nodes: [
      ['MatMul', ['x', 'W'], ['product']],
      ['Add', ['product', 'shift'], ['y']],
      ['Relu', ['y'], ['z']],
    ],
    weights: {
      W: [
        [2, 2],
        [1, 0, 0, 1],
      ],
    },
  });
  const command = ['import', file, '--out', out, '--outputs', 'z', '--constants', 'shift=0.5:-1'];
  const refused = await gradloom(command);
  expect(refused.stderr).toContain('has the free extent "T" in input "x", expected a size for it');
  const imported = await gradloom([...command, '--sizes', 'T=3']);
  expect(imported).toMatchObject({ code: 0, stderr: '' });
  expect(imported.stdout).toBe(
    `${out}: 2 layers, 6 parameters of ${file}\ncompared with its 3 operators one by one, on 2 random rows: equal\n`,
  );
  expect(loadModel(out).outputs([[1, -2, 3, 4, -5, 6]])).toEqual([[1.5, 0, 3.5, 3, 0, 5]]);
  const wrong = await gradloom([...command.slice(0, -1), 'shift=a']);
  expect(wrong.stderr).toContain('--constants has "shift=a", expected numbers for each name, such as sr=16000');
});

test.each([
  ['safetensors', []],
  ['npz', ['--spec', spec, '--loss', 'softmax-cross-entropy', '--labels', 'cat,dog']],
])('a model goes out as %s and comes back', async (ending, options) => {
  const file = join(folder.path, `weights.${ending}`);
  const exported = await gradloom(['export', path, file]);
  expect(exported).toMatchObject({ code: 0, stderr: '' });
  expect(exported.stdout).toMatch(
    new RegExp(`weights\\.${ending}: ${ending}, 8 parameters in float64, [\\d,]+ bytes\n$`),
  );
  const imported = await gradloom(['import', file, ...options, '--out', out]);
  expect(imported).toMatchObject({ code: 0, stderr: '', stdout: `${out}: 1 layer, 8 parameters of ${file}\n` });
  const back = loadModel(out);
  expect(back).toMatchObject({ fingerprint, metadata: { labels: ['cat', 'dog'] } });
  const rows = [[1, 2, 3]];
  expect(back.probabilities(rows)).toEqual(createModel(model).probabilities(rows));
});

test('--json describes the written file', async () => {
  const file = join(folder.path, 'weights');
  const exported = await gradloom(['export', path, file, '--format', 'safetensors', '--json']);
  const sizes = { precision: 'float64', bytes: expect.any(Number), parameters: 8 };
  expect(JSON.parse(exported.stdout)).toEqual({ event: 'export', path: file, format: 'safetensors', ...sizes });
  await gradloom(['export', path, `${file}.safetensors`]);
  const imported = await gradloom(['import', `${file}.safetensors`, '--out', out, '--json']);
  expect(JSON.parse(imported.stdout)).toEqual({ event: 'import', path: out, parameters: 8, layers: 1, fingerprint });
});

test('a float64 model becomes a float32 model, and the change is printed', async () => {
  const floats = join(folder.path, 'floats.gradloom');
  const exported = await gradloom(['export', path, floats, '--precision', 'float32', '--json']);
  const { precision, largestChange, format } = JSON.parse(exported.stdout);
  expect({ precision, format }).toEqual({ precision: 'float32', format: 'gradloom' });
  expect(largestChange).toBeGreaterThan(0);
  const { stdout } = await gradloom(['export', path, floats, '--precision', 'float32']);
  expect(stdout).toMatch(/8 parameters in float32, rounded by \S+ at most, \d+ bytes\n$/);
  expect(loadModel(floats).parameters).toEqual(Float32Array.from(model.parameters));
  const before = JSON.parse((await gradloom(['inspect', path, '--json'])).stdout);
  expect(before).toMatchObject({ precision: 'float64', largestChange });
  const after = JSON.parse((await gradloom(['inspect', floats, '--json'])).stdout);
  expect(after).toMatchObject({
    precision: 'float32',
    largestChange: 0,
    metadata: { rounded: { from: 'float64', fingerprint, largestChange } },
  });
  expect((await gradloom(['inspect', path])).stdout).toMatch(/^precision +float64; float32 would change a weight by/m);
  expect((await gradloom(['inspect', floats])).stdout).toMatch(/^precision +float32$/m);
  const diff = JSON.parse((await gradloom(['inspect', path, '--diff', floats, '--json'])).stdout);
  expect(Math.max(...diff.tensors.map(({ largest }: { largest: number }) => largest))).toBe(largestChange);
  // An import of what export wrote keeps the type, unless another is asked for.
  const file = join(folder.path, 'floats.safetensors');
  await gradloom(['export', floats, file]);
  await gradloom(['import', file, '--out', out]);
  expect(loadModel(out).parameters).toEqual(loadModel(floats).parameters);
  await gradloom(['import', file, '--out', out, '--precision', 'float64']);
  expect(loadModel(out).parameters).toBeInstanceOf(Float64Array);
});

test('a network with parts of the user needs their module', async () => {
  const module = fileURLToPath(new URL('../../../../docs/examples/my-parts.mjs', import.meta.url));
  const network = '{ "input": 3, "layers": [{ "kind": "dense", "out": 2 }, { "kind": "activation", "fn": "cube" }] }';
  const file = join(folder.path, 'own.safetensors');
  await gradloom(['export', path, file]);
  const importCommand = ['import', file, '--spec', network, '--out', out];
  expect(await gradloom(importCommand)).toMatchObject({ code: 2, stderr: expect.stringContaining('fn has "cube"') });
  expect(await gradloom([...importCommand, '--module', module])).toMatchObject({ code: 0, stderr: '' });
  const parts = await loadParts(module);
  const y = createModel(model).outputs([[1, 2, 3]]);
  expect(loadModel(out, { parts }).outputs([[1, 2, 3]])).toEqual(y.map((row) => row.map((z) => z * z * z)));
});

describe('a network for images', () => {
  const layers: LayerSpec[] = [{ kind: 'conv2d', out: 2, kernel: 2 }, { kind: 'flatten' }, { kind: 'dense', out: 2 }];
  const colour: NetworkSpec = { input: [3, 4, 3], layers };
  const parameters = weightsFor(colour);
  const picture = Uint8Array.from({ length: 3 * 4 * 3 }, (_, i) => (53 * i) % 256);
  const png = folder.write('picture.png', encode({ width: 4, height: 3, channels: 3, data: picture }));
  const file = join(folder.path, 'colour.npz');
  const importCommand = ['import', file, '--spec', folder.write('colour.json', JSON.stringify(colour)), '--out', out];
  beforeAll(() => exportModel(file, { spec: colour, parameters }));

  const [mean, deviation] = [
    [0.5, 0.25, 0.125],
    [0.3, 0.2, 0.1],
  ];
  const scaled = ['--mean', mean.join(), '--deviation', deviation.join()];

  test.each<[string[], (byte: number, c: number) => number]>([
    [['--divisor', '200'], (byte) => byte / 200],
    [scaled, (byte, c) => (byte / 255 - mean[c]) / deviation[c]],
    [['--divisor', '1', ...scaled], (byte, c) => (byte - mean[c]) / deviation[c]],
  ])('imported with %j answers pictures', async (flags, input) => {
    const labels = ['--loss', 'softmax-cross-entropy', '--labels', 'cat,dog'];
    expect(await gradloom([...importCommand, ...labels, ...flags])).toMatchObject({ code: 0, stderr: '' });
    const x = Float64Array.from(picture, (byte, i) => input(byte, i % 3));
    const [cat, dog] = createModel({ spec: colour, parameters, loss: 'softmax-cross-entropy' }).probabilities(x);
    const { stdout } = await gradloom(['predict', out, png, '--json']);
    const probabilities = { cat, dog };
    expect(JSON.parse(stdout)).toEqual({ file: png, prediction: cat > dog ? 'cat' : 'dog', probabilities });
  });

  test('imported without them takes numbers alone', async () => {
    await gradloom(importCommand);
    const sentence = `${png} is an image, expected rows (the model does not say how bytes of an image become its inputs)`;
    expect(await gradloom(['predict', out, png])).toMatchObject({ code: 2, stderr: `gradloom predict: ${sentence}\n` });
  });

  test.each([
    [['--divisor', '0'], '--divisor has 0, expected a number other than 0'],
    [['--mean', '1,2'], '--mean is given without --deviation, expected both'],
    [['--mean', '1,b', '--deviation', '1'], '--mean has "1,b", expected a number for each channel, such as'],
    [['--mean', '1', '--deviation', '1,2,3'], '--mean has [1], expected 3 numbers, one for each channel'],
    [['--mean', '1,2,3', '--deviation', '1,0,3'], '--deviation has 0, expected a number other than 0'],
    [
      ['--divisor', '255', '--spec', spec],
      `--divisor 255 with --spec ${spec}: the network's input has 3, expected [H, W, 1] for grey or [H, W, 3] for`,
    ],
  ])('%j is refused', async (flags, sentence) => {
    const args = flags.includes('--spec') ? [...importCommand.slice(0, 2), ...importCommand.slice(4)] : importCommand;
    const { code, stderr } = await gradloom([...args, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(`gradloom import: ${sentence}`);
  });
});

const weights = join(folder.path, 'weights.npz');

test.each([
  ['export', [path], 2, 'the file to write is missing, expected one that ends in '],
  ['export', [path, 'model.pt'], 2, 'the file model.pt has no known ending, expected '],
  ['export', [path, 'a.npz', 'b.npz'], 2, 'the word "b.npz" is not needed'],
  ['export', [path, 'a.npz', '--format', 'zip'], 2, '--format has "zip", expected one of '],
  ['export', [path, join(folder.path, 'none', 'a.npz')], 1, 'cannot be written'],
  [
    'import',
    [],
    2,
    'the file of weights is missing, expected one that ends in .onnx, .safetensors or .npz, or a folder of Hugging Face',
  ],
  ['import', [weights], 2, '--out is missing'],
  ['import', [weights, '--out', out, '--spec', '{"input":3,"layers":[]}'], 2, '--spec: layers has []'],
  ['import', [weights, '--out', out, '--spec', '{"layers":[{"kind":"relu"}]}'], 2, 'input is missing'],
  ['import', [weights, '--out', out, '--rename', 'fc1'], 2, '--rename has "fc1", expected a layer for each module'],
  ['import', [weights, '--out', out, '--labels', 'a,a'], 2, '--labels has "a,a", expected different names'],
  [
    'import',
    ['none.npz', '--out', out],
    1,
    'none.npz does not exist, expected a file that ends in .onnx, .safetensors or .npz',
  ],
  ['import', ['model.pt', '--out', out, '--spec', spec], 1, 'model.pt does not exist'],
])('%s %j is refused with code %i: %s', async (command, args, code, sentence) => {
  const outcome = await gradloom([command, ...args]);
  expect(outcome).toMatchObject({ code, stdout: '' });
  expect(outcome.stderr).toContain(sentence);
  expect(outcome.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
});
