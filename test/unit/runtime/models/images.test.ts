import { readFileSync } from 'node:fs';
import {
  createModel,
  imageRow,
  loadDataset,
  loadModel,
  type Model,
  saveModel,
  standardizeImages,
} from '@gradloom/runtime';
import { createAnswerPool } from '@gradloom/runtime/internal';
import { encode } from 'fast-png';
import { beforeAll, describe, expect, test } from 'vitest';
import { weightsFor } from '../../../support/every-layer.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const { files }: { files: { name: string; file: string }[] } = JSON.parse(
  readFileSync(new URL('../../../fixtures/images.json', import.meta.url), 'utf8'),
);
const fileOf = (name: string): Buffer => Buffer.from(files.find((file) => file.name === name)?.file ?? '', 'base64');

/** Values of 12 bits in a file of 16. */
const scan = encode({
  width: 13,
  height: 9,
  channels: 3,
  depth: 16,
  data: Uint16Array.from({ length: 351 }, (_, i) => (i * 37) % 4096),
});
const paths: string[] = [];
let model: Model;
let rows: Uint8Array; // of the training set

beforeAll(async () => {
  for (const [name, bytes] of [
    ['cats/scan.png', scan],
    ['dogs/colour.jpg', fileOf('colour.jpg')],
    ['dogs/grey.jpg', fileOf('grey.jpg')],
  ] as const) {
    paths.push(folder.write(`pets/${name}`, bytes));
  }
  const { train } = standardizeImages(await loadDataset(`${folder.path}/pets`, { size: '5x4' }));
  rows = Uint8Array.from(train.inputs.array);
  const spec = { input: [4, 5, 3], layers: [{ kind: 'flatten' as const }, { kind: 'dense' as const, out: 2 }] };
  const parameters = weightsFor(spec);
  const { preprocessing = expect.unreachable() } = train;
  const path = `${folder.path}/pets.gradloom`;
  saveModel(path, { spec, parameters, loss: 'softmax-cross-entropy', preprocessing });
  model = loadModel(path);
});

describe('a picture of any size', () => {
  test('is the row that training makes of it, from its path and from its bytes', async () => {
    for (const [n, path] of paths.entries()) {
      const row = rows.subarray(60 * n, 60 * (n + 1));
      expect(await imageRow(model, path)).toEqual(row);
      expect(await imageRow(model, readFileSync(path))).toEqual(row);
    }
  });

  test('is answered with the name of its class, which the model file has', async () => {
    const [{ prediction, probabilities }] = model.predict([await imageRow(model, paths[0])]);
    expect(Object.keys(probabilities ?? {})).toEqual(['cats', 'dogs']);
    expect(probabilities?.[String(prediction)]).toBeGreaterThanOrEqual(0.5);
  });

  test('in another size than that of the model is refused as bytes', () => {
    expect(() => model.predict([new Uint8Array(61)])).toThrow(
      'predict: row 0 has 61 bytes, expected 60 (5 x 4 pixels of 3 channels)',
    );
  });

  test('is refused by a model that knows no images, and one that is damaged by name', async () => {
    const plain = createModel({ spec: model.spec, parameters: model.parameters });
    await expect(imageRow(plain, paths[0])).rejects.toThrow(
      'imageRow: model takes no images, expected one that was trained on them',
    );
    const broken = folder.write('broken.png', fileOf('colour.png').subarray(0, 60));
    await expect(imageRow(model, broken)).rejects.toThrow(`imageRow: ${broken} has damaged contents (it is cut off)`);
  });
});

test('requests with pictures get the answers of the model, from threads; what is no picture is refused', async () => {
  const pool = await createAnswerPool(model, { threads: 1, maxRows: 3 });
  try {
    const pictures = paths.map((path) => readFileSync(path));
    const answers = model.predict(await Promise.all(paths.map((path) => imageRow(model, path))));
    const image = pictures.map((bytes) => bytes.toString('base64'));
    const numbers = Array.from({ length: 60 }, (_, i) => i / 60);
    const huge = encode({ width: 5000, height: 4000, channels: 1, data: new Uint8Array(2e7) });
    // It has 9 million pixels; two of them are more than a body may have.
    const bytes = encode({ width: 3000, height: 3000, channels: 1, data: new Uint8Array(9e6) });
    const half = Buffer.from(bytes).toString('base64');
    const stripped = ' (it has no line ends: curl drops them with -d, and keeps them with --data-binary)';
    const replies = await pool.answer([
      ...pictures,
      JSON.stringify({ image: image[0] }),
      JSON.stringify([{ image: image[1] }, { image: `data:image/jpeg;base64,${image[2]}` }, numbers]),
      Buffer.from('GIF89a'),
      JSON.stringify([{ image: image[0] }, { image: 'AAAA' }]),
      JSON.stringify({ picture: image[0] }),
      huge,
      JSON.stringify([{ image: half }, { image: half }]),
      ...pictures.slice(0, 2).map((bytes) => bytes.filter((byte) => byte !== 10 && byte !== 13)),
      JSON.stringify({ image: 'cats/colour.png' }),
      JSON.stringify({ rows: [{ image: image[0] }] }),
    ]);
    expect(replies.map(({ text }) => text)).toEqual([
      ...answers.map((answer) => JSON.stringify(answer)),
      JSON.stringify(answers[0]),
      JSON.stringify([answers[1], answers[2], ...model.predict([numbers])]),
      'body has the first bytes 474946383961, expected a PNG or JPEG image',
      'row 1: image has the first bytes 000000, expected a PNG or JPEG image',
      expect.stringMatching(/^row 0 has \{"picture":".*, expected \{"image": "<base64 of a PNG or JPEG file>"\}$/),
      'body has damaged contents (5000 x 4000 pixels, expected 1 to 16000000), expected a whole PNG image',
      'row 1: image has damaged contents (3000 x 3000 pixels, expected 1 to 7000000), expected a whole PNG image',
      `body has the first bytes 89504e471a000000, expected a PNG or JPEG image${stripped}`,
      expect.stringMatching(/^body has damaged contents \(.*\), expected a whole JPEG image \(it has no line ends: /),
      'row 0: image has "cats/colour.png", expected a PNG or JPEG file in base64, or its data URL',
      'body has a list of rows in "rows", expected the list itself: [...]',
    ]);
    expect(replies.slice(5).map(({ fault }) => fault)).toEqual(Array(9).fill('content'));
  } finally {
    await pool.close();
  }
});
