import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, deflateRawSync } from 'node:zlib';
import { buildNetwork, createRandom, type NetworkSpec } from '@gradloom/core';
import {
  batchNorm,
  conv2d,
  createModel,
  dense,
  exportModel,
  flatten,
  globalAvgPool,
  importModel,
  loadModel,
  loadParts,
  type ModelContents,
  maxPool,
  relu,
  sequential,
  tanh,
} from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeOnnx } from '../../../../../packages/runtime/src/models/formats/onnx/write-onnx.ts';
import { storedZip } from '../../../../../packages/runtime/src/models/formats/stored-zip.ts';
import { firstDifference } from '../../../../support/bits.ts';
import { counted } from '../../../../support/count.ts';
import { encodeNpy } from '../../../../support/encode-npy.ts';
import { everyLayer, weightsFor } from '../../../../support/every-layer.ts';
import { propertySeed } from '../../../../support/seed.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const spec = sequential(3, dense(2), tanh());

/** One sentence that names the file. */
const SENTENCE = /^importModel: [^\n]*\.(safetensors|npz) [^\n]*, expected [^\n]*$/;

/** The sentence of the error that importing the bytes as a file of this ending makes. */
async function refusal(ending: string, bytes: Uint8Array): Promise<string> {
  const path = folder.write(`damaged${ending}`, bytes);
  const outcome = await importModel(path, { spec }).then(
    () => 'none',
    (error: Error) => error.message,
  );
  return outcome.replace(path, `damaged${ending}`);
}

/** A safetensors file of a header as it comes. */
function safetensors(header: string | object, bytes: number): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(bytes)]);
}

const weight = { dtype: 'F64', shape: [2, 3], data_offsets: [0, 48] };
const bias = { dtype: 'F64', shape: [2], data_offsets: [48, 64] };

const npz = (...entries: [name: string, bytes: Buffer][]): Buffer =>
  Buffer.concat([...storedZip(entries.map(([name, bytes]) => ({ name, parts: [bytes] })))]);

const W = encodeNpy('f8', [2, 3], [1, 2, 3, 4, 5, 6]);
const b = encodeNpy('f8', [2], [7, 8]);

describe.each(['safetensors', 'npz'])('a .%s file', (ending) => {
  test.each(Object.entries(everyLayer))('brings the weights of %s back, bit for bit', async (_name, network) => {
    const path = join(folder.path, `model.${ending}`);
    const parameters = weightsFor(network);
    parameters[0] = -0;
    await exportModel(path, { spec: network, parameters });
    const { parameters: back, spec: same } = await importModel(path, { spec: network });
    expect(firstDifference(back, parameters)).toBeNull();
    expect(same).toEqual(buildNetwork(network).spec);
  });

  test('has the weights of a model in its own type, and of another where asked', async () => {
    const path = join(folder.path, `floats.${ending}`);
    const doubles = weightsFor(spec);
    const floats = Float32Array.from(doubles);
    const mark = ending === 'npz' ? "'<f4'" : '"F32"';
    await exportModel(path, { spec, parameters: floats });
    expect(readFileSync(path, 'latin1')).toContain(mark);
    const described = ending === 'npz' ? { spec } : {};
    expect((await importModel(path, { ...described, precision: 'float32' })).parameters).toEqual(floats);
    expect((await importModel(path, { spec, precision: 'float64' })).parameters).toEqual(Float64Array.from(floats));
    // What an export says of itself, where it says something, whether its network is taken or given.
    const weights = ending === 'npz' ? Float64Array.from(floats) : floats;
    for (const options of [described, { spec }]) expect((await importModel(path, options)).parameters).toEqual(weights);
    await exportModel(path, { spec, parameters: doubles }, { precision: 'float32' });
    expect(readFileSync(path, 'latin1')).toContain(mark);
    expect((await importModel(path, { spec, precision: 'float32' })).parameters).toEqual(floats);
    await exportModel(path, { spec, parameters: floats }, { precision: 'float64' });
    expect(readFileSync(path, 'latin1')).not.toContain(mark);
  });

  test('is refused in one sentence wherever it is cut', async () => {
    const path = join(folder.path, `whole.${ending}`);
    await exportModel(path, { spec, parameters: weightsFor(spec) });
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      expect(await refusal(`.${ending}`, whole.subarray(0, length)), `${length} bytes`).toMatch(SENTENCE);
    }
  });

  test('with any bytes changed is read or refused in one sentence', async () => {
    const path = join(folder.path, `whole.${ending}`);
    await exportModel(path, { spec, parameters: weightsFor(spec) });
    const whole = readFileSync(path);
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      value: fc.nat(255),
      count: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const { at, value, count } of changes) bytes.fill(value, at, Math.min(at + count, bytes.length));
        expect(await refusal(`.${ending}`, bytes)).toMatch(new RegExp(`^none$|(${SENTENCE.source})|finite`));
      }),
      { seed: propertySeed, numRuns: counted(120, 5000) },
    );
  });
});

test('a model file in floats says from what it was rounded, and how far', async () => {
  const path = join(folder.path, 'rounded.gradloom');
  const contents: ModelContents = { spec, parameters: Float64Array.from(weightsFor(spec)).fill(0.1, 0, 3) };
  await exportModel(path, contents, { precision: 'float32' });
  const model = loadModel(path);
  expect(model.parameters).toEqual(Float32Array.from(contents.parameters));
  const { from, fingerprint, largestChange } = model.metadata.rounded as Record<string, unknown>;
  expect({ from, fingerprint }).toEqual({ from: 'float64', fingerprint: createModel(contents).fingerprint });
  const changes = Array.from(contents.parameters, (value) => Math.abs(value - Math.fround(value)));
  expect(largestChange).toBe(Math.max(...changes));
  expect(largestChange).toBeGreaterThan(0);
  // Doubles hold floats, and other formats numbers of either type.
  await exportModel(path, model, { precision: 'float64' });
  expect(loadModel(path).parameters).toEqual(Float64Array.from(model.parameters));
  await exportModel(path, contents);
  expect(loadModel(path).parameters).toEqual(contents.parameters);
  const beyond = { spec, parameters: Float64Array.from(contents.parameters).fill(1e39, 2, 3) };
  await expect(exportModel(path, beyond, { precision: 'float32' })).rejects.toThrow(
    'exportModel: W of dense(3->2) at layer 0 has 1e+39, expected numbers that float32 can hold',
  );
});

test('a weight that float32 cannot hold is named as it stands in the file', async () => {
  const parameters = Float64Array.from(weightsFor(spec)).fill(-1e39, 2, 3);
  for (const ending of ['safetensors', 'npz']) {
    const path = join(folder.path, `beyond.${ending}`);
    await exportModel(path, { spec, parameters });
    expect((await importModel(path, { spec })).parameters).toEqual(parameters);
    await expect(importModel(path, { spec, precision: 'float32' })).rejects.toThrow(
      `importModel: ${path} has -1e+39 in 0.weight, expected numbers that float32 can hold`,
    );
  }
});

describe('a description in a safetensors file', () => {
  const contents: ModelContents = {
    spec,
    parameters: weightsFor(spec),
    loss: 'binary-cross-entropy',
    metadata: { labels: ['a', 'b'], note: { seed: 1 } },
  };
  const path = join(folder.path, 'described.safetensors');

  test('is the model that was exported', async () => {
    await exportModel(path, contents);
    const { loss, metadata, spec: same, parameters } = await importModel(path);
    expect({ loss, metadata, spec: same, parameters }).toEqual({ ...contents, spec: buildNetwork(spec).spec });
  });

  test('gives way to what is asked for', async () => {
    await exportModel(path, contents);
    const { loss, metadata } = await importModel(path, { loss: 'mse', metadata: { labels: ['c', 'd'] } });
    expect({ loss, metadata }).toEqual({ loss: 'mse', metadata: { labels: ['c', 'd'], note: { seed: 1 } } });
  });

  test.each([
    ['another version', { version: 3, spec }, /a model of version 3, expected 1 or 2/],
    ['an unknown precision', { version: 1, spec, precision: 'float16' }, /"float16", expected float64 or float32$/],
    ['a precision that is no word', { version: 1, spec, precision: null }, /null, expected float64 or float32$/],
    ['a network without layers', { version: 1, spec: { input: 3, layers: [] } }, /layers has \[\], expected/],
    [
      'a huge network',
      { version: 1, spec: { input: 1e9, layers: [{ kind: 'dense', out: 1e6 }] } },
      /0\.weight \[2, 3\] where/,
    ],
  ])('with %s is refused', async (_name, description, sentence) => {
    const metadata = { __metadata__: { gradloom: JSON.stringify(description) } };
    writeFileSync(path, safetensors({ ...metadata, '0.weight': weight, '0.bias': bias }, 64));
    await expect(importModel(path)).rejects.toThrow(sentence);
  });
});

describe('a file from before rows had shapes has no flatten, and counts its layers without it', () => {
  /** A file of tensors with the numbers 1, 2, 3 and so on. */
  function written(layers: object[], shapes: Record<string, number[]>): string {
    let end = 0;
    const tensors = Object.entries(shapes).map(([name, shape]) => {
      const begin = end;
      end += 8 * shape.reduce((product, extent) => product * extent, 1);
      return [name, { dtype: 'F64', shape, data_offsets: [begin, end] }];
    });
    const gradloom = JSON.stringify({ version: 1, spec: { input: 2, layers } });
    const file = safetensors({ ...Object.fromEntries(tensors), __metadata__: { gradloom } }, end);
    const numbers = Float64Array.from({ length: end / 8 }, (_, i) => i + 1);
    Buffer.from(numbers.buffer).copy(file, file.length - end);
    return folder.write('old.safetensors', file);
  }

  const embedding = { kind: 'embedding', vocabulary: 2, width: 2 };

  test('after an embedding', async () => {
    const layers = [embedding, { kind: 'dense', out: 2 }, { kind: 'relu' }, { kind: 'dense', out: 1 }];
    const shapes = { '0.weight': [2, 2], '1.weight': [2, 4], '1.bias': [2], '3.weight': [1, 2], '3.bias': [1] };
    const model = await importModel(written(layers, shapes));
    expect(model.spec.layers.map(({ kind }) => kind)).toEqual(['embedding', 'flatten', 'dense', 'activation', 'dense']);
    // The vectors of 1 and 0 are [3, 4] and [1, 2].
    const hidden = [3 * 5 + 4 * 6 + 7 + 2 * 8 + 13, 3 * 9 + 4 * 10 + 11 + 2 * 12 + 14];
    expect(model.outputs([[1, 0]])).toEqual([[hidden[0] * 15 + hidden[1] * 16 + 17]]);
  });

  test('in a residual', async () => {
    const block = { kind: 'residual', layers: [embedding, { kind: 'dense', out: 2 }] };
    const shapes = { '0.layers.0.weight': [2, 2], '0.layers.1.weight': [2, 4], '0.layers.1.bias': [2] };
    const last = { '1.weight': [1, 2], '1.bias': [1] };
    const model = await importModel(written([block, { kind: 'dense', out: 1 }], { ...shapes, ...last }));
    const y = [1 + 3 * 5 + 4 * 6 + 7 + 2 * 8 + 13, 3 * 9 + 4 * 10 + 11 + 2 * 12 + 14];
    expect(model.outputs([[1, 0]])).toEqual([[y[0] * 15 + y[1] * 16 + 17]]);
  });

  test('in a residual after another embedding, and at the end of one', async () => {
    const steps = [
      { kind: 'dense', out: 2 },
      { kind: 'activation', fn: 'step' },
    ];
    const inner = { kind: 'residual', layers: [...steps, { kind: 'embedding', vocabulary: 2, width: 1 }] };
    const model = await importModel(
      written([embedding, { kind: 'dense', out: 2 }, inner], {
        '0.weight': [2, 2],
        '1.weight': [2, 4],
        '1.bias': [2],
        '2.layers.0.weight': [2, 2],
        '2.layers.0.bias': [2],
        '2.layers.2.weight': [2, 1],
      }),
    );
    // Both steps are 1, which has the vector [22].
    const y = [3 * 5 + 4 * 6 + 7 + 2 * 8 + 13, 3 * 9 + 4 * 10 + 11 + 2 * 12 + 14];
    expect(model.outputs([[1, 0]])).toEqual([[y[0] + 22, y[1] + 22]]);
  });
});

test('a network with an activation of the user goes out and comes back, as ONNX if it is a formula', async () => {
  const plain = "part: 'activation', name: 'cube', apply: (z) => z ** 3, derivative: (z) => 3 * z ** 2";
  const formula = "part: 'activation', name: 'cube', formula: ({ z }) => z.power(3)";
  const parts = await loadParts(folder.write('plain.mjs', `export const cube = { ${plain} };`));
  const customSpec = { ...spec, layers: [...spec.layers, { kind: 'activation', fn: 'cube' }] } as NetworkSpec;
  const parameters = weightsFor(spec);
  const model = createModel({ spec: customSpec, parameters, parts });
  const path = join(folder.path, 'own.safetensors');
  await exportModel(path, model);
  const back = await importModel(path, { parts });
  expect(back.outputs([[1, 2, 3]])).toEqual(model.outputs([[1, 2, 3]]));
  await expect(importModel(path)).rejects.toThrow(/fn has "cube", expected one of/);
  const onnx = exportModel(join(folder.path, 'own.onnx'), model);
  await expect(onnx).rejects.toThrow('cube(2) at layer 2 has no counterpart in ONNX, expected layers that come with');
  const formulas = await loadParts(folder.write('formula.mjs', `export const cube = { ${formula} };`));
  await exportModel(join(folder.path, 'formula.onnx'), createModel({ spec: customSpec, parameters, parts: formulas }));
});

test.each([
  ['a length that lies', Buffer.alloc(64, 255), /a header of \d+ bytes, expected at most 56/],
  ['no JSON', safetensors('{"0.weight"', 64), /a header that is not JSON/],
  ['a list', safetensors('[]', 64), /the header \[\], expected/],
  ['a tensor without a shape', safetensors({ x: { dtype: 'F64' } }, 64), /the tensor "x" as/],
  ['a negative size', safetensors({ x: { ...bias, shape: [-2] } }, 64), /the tensor "x" as/],
  [
    'sizes whose product is beyond all bounds',
    safetensors({ x: { ...bias, shape: [2 ** 52, 2 ** 52], data_offsets: [0, 64] } }, 64),
    /64 bytes for the tensor "x"/,
  ],
  [
    'tensors that overlap',
    safetensors({ '0.weight': weight, '0.bias': { ...bias, data_offsets: [32, 48] } }, 48),
    /"0.bias" at bytes 32 to 48, expected it to begin at 48/,
  ],
  [
    'a hole',
    safetensors({ '0.weight': weight, '0.bias': { ...bias, data_offsets: [56, 72] } }, 72),
    /"0.bias" at bytes 56 to 72, expected it to begin at 48/,
  ],
  [
    'an end before its beginning',
    safetensors(
      { '0.weight': { ...weight, data_offsets: [0, 48] }, x: { dtype: 'F64', shape: [0], data_offsets: [48, 40] } },
      48,
    ),
    /"x" at bytes 48 to 40/,
  ],
  [
    'bytes after the last tensor',
    safetensors({ '0.weight': weight, '0.bias': bias }, 65),
    /65 bytes of tensors, expected 64/,
  ],
  [
    'whole numbers',
    safetensors({ '0.weight': weight, '0.bias': { ...bias, dtype: 'I64' } }, 64),
    /type "I64", expected one of F64/,
  ],
])('a safetensors file with %s is refused', async (_name, bytes, sentence) => {
  const message = await refusal('.safetensors', bytes);
  expect(message).toMatch(SENTENCE);
  expect(message).toMatch(sentence);
});

describe('an npz file', () => {
  test.each([
    [
      'an entry that is no array',
      npz(['0.weight.npy', W], ['0.bias.npy', b], ['notes.txt', b]),
      /the file "notes.txt" in it, expected arrays/,
    ],
    ['a name twice', npz(['0.weight.npy', W], ['0.bias.npy', b], ['0.bias.npy', b]), /"0.bias.npy" twice/],
    [
      'whole numbers',
      npz(['0.weight.npy', W], ['0.bias.npy', encodeNpy('i4', [2], [7, 8])]),
      /"0.bias.npy" with the type "<i4", expected f8/,
    ],
    [
      'Python objects',
      npz(['0.weight.npy', W], ['0.bias.npy', encodeObjects()]),
      /Python objects, which are never loaded/,
    ],
    [
      'too few numbers',
      npz(['0.weight.npy', W.subarray(0, -8)], ['0.bias.npy', b]),
      /"0.weight.npy" with 168 bytes, expected 176/,
    ],
  ])('with %s is refused', async (_name, bytes, sentence) => {
    const message = await refusal('.npz', bytes);
    expect(message).toMatch(SENTENCE);
    expect(message).toMatch(sentence);
  });

  test('whose entries share bytes is refused', async () => {
    const bytes = npz(['0.weight.npy', W], ['0.bias.npy', b]);
    // The second record of the directory says that its file stands where the first one does.
    const record = bytes.lastIndexOf(Buffer.from('504b0102', 'hex'));
    bytes.writeUInt32LE(0, record + 42);
    expect(await refusal('.npz', bytes)).toMatch(/"0.bias.npy" at byte 0, inside of another file/);
  });

  test('whose numbers do not have the checksum that it says is refused', async () => {
    const bytes = npz(['0.weight.npy', W], ['0.bias.npy', b]);
    bytes[bytes.indexOf(W) + W.length - 1] ^= 1;
    expect(await refusal('.npz', bytes)).toMatch(/"0.weight.npy" with a wrong checksum/);
  });

  test.each([
    ['more than it says', -1],
    ['less than it says', 1],
    ['a thousand times what DEFLATE can', 1e8],
  ])('that unpacks to %s is refused', async (_name, lie) => {
    const bytes = deflated('0.weight.npy', W, W.length + lie);
    expect(await refusal('.npz', bytes)).toMatch(SENTENCE);
  });

  test('that unpacks to gigabytes is refused before they are there', async () => {
    const many = deflateRawSync(Buffer.alloc(1 << 26));
    const bytes = deflated('0.weight.npy', W, 2 ** 31, Buffer.concat([deflateRawSync(W), many]));
    const before = process.memoryUsage.rss();
    expect(await refusal('.npz', bytes)).toMatch(SENTENCE);
    expect(process.memoryUsage.rss() - before).toBeLessThan(1 << 28);
  });
});

/** An npy file whose header says that Python objects follow. */
function encodeObjects(): Buffer {
  const bytes = Buffer.from(b);
  bytes.write("'|O'", bytes.indexOf("'<f8'"), 'latin1');
  bytes.write(' ', bytes.indexOf("'|O'") + 4, 'latin1');
  return bytes;
}

/** An archive of one deflated file that claims to have `size` bytes. */
function deflated(name: string, bytes: Buffer, size: number, packed = deflateRawSync(bytes)): Buffer {
  const archive = Buffer.concat([...storedZip([{ name, parts: [packed] }])]);
  const record = archive.lastIndexOf(Buffer.from('504b0102', 'hex'));
  for (const [at, sizeAt] of [
    [8, 22],
    [record + 10, record + 24],
  ]) {
    archive.writeUInt16LE(8, at);
    archive.writeUInt32LE(size, sizeAt);
  }
  return archive;
}

describe('a model that is too large', () => {
  const huge = { length: 2 ** 32 } as Uint8Array;

  test.each([
    ['4 GiB', [{ name: 'a.npy', parts: [huge] }]],
    ['65,535 arrays', Array.from({ length: 65_536 }, (_, n) => ({ name: `${n}.npy`, parts: [] }))],
  ])('is refused as an archive of %s', (_name, entries) => {
    expect(() => [...storedZip(entries)]).toThrow('is too large, expected safetensors for such a model');
  });

  test('is refused as ONNX of 2 GiB', () => {
    const network = buildNetwork(spec);
    const contents = { spec, parameters: { byteLength: 2 ** 31 } as Float64Array };
    expect(() => writeOnnx({ contents, network, loss: null })).toThrow(
      'the weights have 2147483648 bytes, expected at most',
    );
  });
});

test.each<[unknown, string]>([
  [255, 'images has 255, expected an object such as { divisor: 255 }'],
  [{ size: 28 }, 'images: option "size" is unknown, expected divisor, mean, deviation'],
  [{}, "the network's input has 3, expected [H, W, 1] for grey or [H, W, 3] for colour images (flatten then"],
])('images given as %j are refused', async (images, sentence) => {
  const path = folder.write('plain.npz', npz(['0.weight.npy', W], ['0.bias.npy', b]));
  await expect(importModel(path, { spec, images: images as object })).rejects.toThrow(`importModel: ${sentence}`);
});

describe('a table that two layers share', () => {
  const tied = sequential(2, { kind: 'embedding', vocabulary: 3, width: 2 }, dense(3, { bias: false, tiedTo: '0' }));
  const numbers = [1, 2, 3, 4, 5, 6];
  const table = encodeNpy('f8', [3, 2], numbers);
  const imported = (name: string, ...others: [string, Buffer][]) =>
    importModel(folder.write(name, npz(['0.weight.npy', table], ...others)), { spec: tied });

  test("is written under both of PyTorch's names, and read under one of them or both", async () => {
    const path = join(folder.path, 'tied.json');
    await exportModel(path, { spec: tied, parameters: Float64Array.from(numbers) });
    const shared = { shape: [3, 2], values: numbers };
    expect(JSON.parse(readFileSync(path, 'utf8')).tensors).toEqual({ '0.weight': shared, '1.weight': shared });
    expect([...(await imported('once.npz')).parameters]).toEqual(numbers);
    expect([...(await imported('twice.npz', ['1.weight.npy', table])).parameters]).toEqual(numbers);
  });

  test('is refused in one sentence where the two differ', async () => {
    const other: [string, Buffer] = ['1.weight.npy', encodeNpy('f8', [3, 2], [1, 2, 3, 4, 5, 7])];
    await expect(imported('other.npz', other)).rejects.toThrow(
      'other numbers in 1.weight than in 0.weight, expected the same, as dense(2->3, tied to 0) shares them',
    );
  });
});

describe('tensors that do not fit', () => {
  const network: NetworkSpec = { input: 3, layers: [{ kind: 'dense', out: 2 }, { kind: 'layer-norm' }] };
  const tensors = (...names: [name: string, shape: readonly number[]][]): [string, Buffer][] => {
    const random = createRandom(1, 'tensors');
    return names.map(([name, shape]) => {
      const length = shape.reduce((product, extent) => product * extent, 1);
      return [
        `${name}.npy`,
        encodeNpy(
          'f8',
          shape,
          Array.from({ length }, () => random.normal()),
        ),
      ];
    });
  };

  async function sentence(...entries: [string, Buffer][]): Promise<string> {
    const path = folder.write('other.npz', npz(...entries));
    const error = await importModel(path, { spec: network }).then(
      () => new Error('none'),
      (thrown: Error) => thrown,
    );
    return error.message.replace(path, 'other.npz');
  }

  test('are all named in one sentence', async () => {
    const message = await sentence(
      ...tensors(['0.weight', [3, 2]], ['1.weight', [2]], ['1.bias', [2]], ['fc.bias', [2]]),
    );
    expect(message).toBe(
      'importModel: other.npz has 0.weight [3, 2] where dense(3->2) needs [2, 3]; and no tensor 0.bias [2]; and fc.bias ' +
        "[2] that the network does not have, expected one tensor for each of the network's 4 (other names can be " +
        'given, such as fc1=0)',
    );
  });

  test('find their place by other names', async () => {
    const named = tensors(['net.fc.weight', [2, 3]], ['net.fc.bias', [2]], ['norm.weight', [2]], ['norm.bias', [2]]);
    const path = folder.write('renamed.npz', npz(...named));
    const plain = tensors(['0.weight', [2, 3]], ['0.bias', [2]], ['1.weight', [2]], ['1.bias', [2]]);
    const same = folder.write('plain.npz', npz(...plain));
    const renamed = await importModel(path, { spec: network, rename: { 'net.fc': '0', norm: '1' } });
    expect(renamed.fingerprint).toBe((await importModel(same, { spec: network })).fingerprint);
  });

  test('go by the longest module that is renamed', async () => {
    const path = folder.write(
      'longest.npz',
      npz(...tensors(['a.weight', [2, 3]], ['a.bias', [2]], ['a.b.weight', [2]], ['a.b.bias', [2]])),
    );
    const { spec: same } = await importModel(path, { spec: network, rename: { a: '0', 'a.b': '1' } });
    expect(same).toEqual(buildNetwork(network).spec);
    const other = await importModel(path, { spec: network, rename: { 'a.b': '1', a: '0' } });
    expect(other.spec).toEqual(same);
  });

  test('may not be renamed by a module that the file does not have', async () => {
    const plain = tensors(['0.weight', [2, 3]], ['0.bias', [2]], ['1.weight', [2]], ['1.bias', [2]]);
    const path = folder.write('idle.npz', npz(...plain));
    const imported = importModel(path, { spec: network, rename: { 0: '0', fc: '1' } });
    await expect(imported).rejects.toThrow('idle.npz has no module fc to rename, expected one of 0, 1');
  });

  test('may not be two of one name', async () => {
    const path = folder.write('twice.npz', npz(...tensors(['a.bias', [2]], ['0.bias', [2]])));
    const imported = importModel(path, { spec: network, rename: { a: '0' } });
    await expect(imported).rejects.toThrow(
      'has a.bias and 0.bias, which are both renamed to 0.bias, expected one tensor',
    );
  });

  test('are not unpacked, however small their bytes', async () => {
    const header = encodeNpy('f8', [2 ** 25], []);
    const packed = Buffer.concat([
      deflateRawSync(header, { finishFlush: constants.Z_SYNC_FLUSH }),
      deflateRawSync(Buffer.alloc(2 ** 28)),
    ]);
    const bomb = deflated('2.weight.npy', header, header.length + 2 ** 28, packed);
    const path = folder.write('bomb.npz', bomb);
    const before = process.memoryUsage.rss();
    await expect(importModel(path, { spec: network })).rejects.toThrow(
      '2.weight [33554432] that the network does not have',
    );
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 27);
  });

  test('that are not finite are refused', async () => {
    const entries = tensors(['1.weight', [2]], ['1.bias', [2]], ['0.bias', [2]]);
    entries.push(['0.weight.npy', encodeNpy('f8', [2, 3], [0, 0, Number.NaN, 0, 0, 0])]);
    expect(await sentence(...entries)).toMatch(/^importModel: W of dense\(3->2\) at layer 0 has NaN, expected finite/);
  });
});

describe('a file of weights alone', () => {
  const dir = join(folder.path, 'alone.npz');

  test('is a network of dense layers with relu between them, if each reads what the one before gives', async () => {
    const widths = [12, 4, 5, 6, 7];
    const hidden = widths.flatMap((width, k) => [dense(width, k === 1 ? { bias: false } : {}), relu()]);
    const spec = sequential(3, ...hidden, dense(2)); // modules 0, 2, ... 10: numbers are not sorted as texts
    const parameters = weightsFor(spec);
    await exportModel(dir, { spec, parameters });
    const notes: string[] = [];
    const model = await importModel(dir, { onNote: (note) => notes.push(note) });
    expect(model.spec).toEqual(buildNetwork(spec).spec);
    expect(model.parameters).toEqual(parameters);
    expect(notes).toEqual([
      'Guessed from names and shapes: dense layers 3 -> 12 -> 4 -> 5 -> 6 -> 7 -> 2, with relu between them (a file does not tell; --spec states other layers).',
    ]);
  });

  const padding = 'same';
  test.each<[string, NetworkSpec, object]>([
    ['convolutions', sequential([8, 8, 2], conv2d(3, 3), relu(), conv2d(4, [3, 1]), relu(), flatten(), dense(5)), {}],
    [
      'convolutions, norms and pools',
      sequential(
        [9, 8, 2],
        ...[conv2d(4, 3, { padding, bias: false }), batchNorm(), relu(), maxPool(2)],
        ...[conv2d(4, 3, { padding, groups: 4 }), relu(), conv2d(6, 1), relu(), maxPool(2), flatten()],
        ...[dense(7), batchNorm(), relu(), dense(3)],
      ),
      {},
    ],
    [
      'convolutions and a mean',
      sequential([8, 8, 1], conv2d(4, 3), relu(), conv2d(4, 3), relu(), globalAvgPool(), dense(3)),
      { padding: 'none' },
    ],
  ])('is a network of %s of the size that is said, if one alone fits', async (_name, network, known) => {
    const { spec } = buildNetwork(network);
    const parameters = weightsFor(network);
    await exportModel(dir, { spec: network, parameters });
    const notes: string[] = [];
    const imageSize = buildNetwork(network).input.slice(0, 2);
    const model = await importModel(dir, { imageSize, ...known, onNote: (note) => notes.push(note) });
    const kindsOf = (layers: NetworkSpec['layers']) => layers.map((layer) => layer.kind);
    expect(kindsOf(model.spec.layers)).toEqual(kindsOf(spec.layers));
    const row = Array.from({ length: buildNetwork(spec).inputs }, (_, k) => Math.sin(k));
    const [answer] = createModel({ spec, parameters }).outputs([row]);
    expect(model.outputs([row])[0]).toEqual(answer);
    expect(notes[0]).toMatch(/^Guessed from names and shapes: conv2d.*with strides of 1, paddings, pools and relu as/);
  });

  test('of convolutions is refused without the size of images, and if several networks fit, or none', async () => {
    const spec = sequential([8, 8, 1], conv2d(4, 3), relu(), globalAvgPool(), dense(3));
    await exportModel(dir, { spec, parameters: weightsFor(spec) });
    await expect(importModel(dir)).rejects.toThrow(/has weights of convolutions alone, expected the size of their ima/);
    await expect(importModel(dir, { imageSize: [8, 8] })).rejects.toThrow(
      /has weights that fit 2 networks, expected the padding, 'same' or 'none', too, or a spec/,
    );
    await expect(importModel(dir, { imageSize: [2, 2], padding: 'none' })).rejects.toThrow(
      /has weights that fit no guess of a network, expected a spec/,
    );
  });

  test.each([
    ['layers that do not follow each other', { '0.weight': [2, 3], '1.weight': [2, 3] }],
    ['a bias of another length', { '0.weight': [2, 3], '0.bias': [3] }],
    ['a norm', { '0.weight': [3], '0.bias': [3] }],
    ['no module', { weight: [2, 3] }],
    ['nothing', {}],
  ])('is refused with %s', async (_name, shapes) => {
    let end = 0;
    const tensors = Object.entries(shapes as Record<string, number[]>).map(([name, shape]) => {
      const from = end;
      end += 8 * shape.reduce((product, extent) => product * extent, 1);
      return [name, { dtype: 'F64', shape, data_offsets: [from, end] }];
    });
    const path = folder.write('alone.safetensors', safetensors(Object.fromEntries(tensors), end));
    await expect(importModel(path)).rejects.toThrow(/no description of a network, expected a spec/);
  });
});
