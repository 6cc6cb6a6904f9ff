import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildNetwork, createRandom, openModel, shuffle } from '@gradloom/core';
import { partsNetwork, rowPartsOf } from '@gradloom/core/internal';
import {
  createModel,
  type Dataset,
  dense,
  explainModel,
  fit as fitRows,
  imageRow,
  loadModel,
  prepareTable,
  readTable,
  saveModel,
  splitTable,
  type TableOptions,
} from '@gradloom/runtime';
import { createAnswerPool, encodePng, encodeSplit, type Image, readTableAs } from '@gradloom/runtime/internal';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { fitImage } from '../../../../../packages/runtime/src/data/images/resize-image.ts';
import { createTextAnswerer } from '../../../../../packages/runtime/src/models/serving/answer-texts.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
let files = 0;
const read = (lines: readonly string[], options: TableOptions = {}, ending = 'csv') =>
  readTable(folder.write(`parts-${files++}.${ending}`, `${lines.join('\n')}\n`), {
    columns: { message: 'text' },
    ...options,
  });

const lines = [
  'message,age,city,seen',
  'a good film,20,Bonn,yes',
  'a dull film,40,Trier,no',
  'good,30,Bonn,yes',
  'not a good film at all,10,Bonn,no',
];
const rows = [
  { message: 'a good film', age: 20, city: 'Bonn' },
  { message: 'good never', age: null, city: 'Ulm' },
];

/** A model of rows with parts, with weights that tell rows apart. */
function modelOf({ preprocessing, classes }: Dataset) {
  const spec = partsNetwork(rowPartsOf(preprocessing) ?? [], [dense(classes ?? 1)]);
  const parameters = Float64Array.from({ length: buildNetwork(spec).parameterCount }, (_, i) => Math.sin(3 * i));
  return createModel({ spec, parameters, loss: 'softmax-cross-entropy', ...(preprocessing && { preprocessing }) });
}

test('images whose names are numbers are images, not numbers of the unit png', async () => {
  const pixel: Image = { width: 1, height: 1, channels: 1, pixels: Uint8Array.of(7) };
  for (const name of ['1.png', '02.png', '3.png', '4.png']) folder.write(`numbered/images/${name}`, encodePng(pixel));
  const names = ['1.png', '02.png', '3.png', '4.png'];
  const path = folder.write(
    'numbered/labels.csv',
    ['file,label', ...names.map((n, k) => `${n},${'ab'[k % 2]}`)].join('\n'),
  );
  const { inputs } = await readTable(path);
  expect(inputs.map(({ name, type, reason }) => [name, type, reason])).toEqual([
    ['file', 'image', 'its cells name images in images/'],
  ]);
});

test('a text follows numbers and categories as tokens, with a length of its own', async () => {
  const { sets, preprocessing } = splitTable(await read(lines));
  const vocabulary = ['<unk>', ' a', ' film', ' good'];
  expect(preprocessing.columns[0]).toMatchObject({ name: 'message', tokenizer: { vocabulary }, context: 6 });
  expect(rowPartsOf(preprocessing)).toEqual([
    { name: 'cells', shape: [3] },
    { name: 'message', shape: [6], vocabulary: 4 },
  ]);
  const { array, columns } = sets.train.inputs;
  const row = (n: number) => [...array.subarray(n * columns, (n + 1) * columns)];
  const deviation = Math.sqrt(125);
  expect(row(0)).toEqual([-5 / deviation, 1, 0, 1, 3, 2, 0, 0, 0]);
  expect(row(1)).toEqual([15 / deviation, 0, 1, 1, 0, 2, 0, 0, 0]);
  expect([...(sets.train.lengths?.array ?? [])]).toEqual([1, 3, 1, 3, 1, 1, 1, 6]);
});

test('texts in the middle of a table, and a name that a network has for something else', async () => {
  const table = await read(['x,cells,input,y', '1,a,b,2', '2,a,b,3'], {
    columns: { cells: 'text', input: 'text' },
    tokenizer: 'characters',
  });
  expect(rowPartsOf(splitTable(table).preprocessing)).toEqual([
    { name: 'cells', shape: [1] },
    { name: 'column cells', shape: [1], vocabulary: 2 },
    { name: 'column input', shape: [1], vocabulary: 2 },
  ]);
});

test('the vocabulary and the length of a text are those of the training rows', async () => {
  const table = await read([...lines, 'never never seen again by anyone at all here,3,Ulm,yes']);
  const split = { train: Uint32Array.of(0, 1, 2, 3), test: Uint32Array.of(4) };
  const { sets, preprocessing, notes } = prepareTable(table, split);
  expect(preprocessing).toEqual({ ...splitTable(await read(lines)).preprocessing });
  expect([...(sets.test?.inputs.array ?? [])].slice(3)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(notes).toContain(
    '1 of 5 texts in column "message" are cut to the first 6 tokens (--context)'.replace('are', 'is'),
  );
});

test('a model answers a row alike from memory, a file, a server, a browser and beside other rows', async () => {
  const { sets, preprocessing } = splitTable(await read(lines));
  const model = modelOf(sets.train);
  const path = `${folder.path}/parts.gradloom`;
  saveModel(path, model);
  const answers = model.predict(rows);
  expect(answers[0].probabilities).not.toEqual(answers[1].probabilities);
  expect(model.predict(rows.map(({ message, age, city }) => [message, age, city]))).toEqual(answers);
  for (const other of [loadModel(path), openModel(readFileSync(path))])
    expect(rows.map((row) => other.predict([row])[0])).toEqual(answers);
  const [reply] = createTextAnswerer(model, { maxRows: 10 })([JSON.stringify(rows)]);
  expect(JSON.parse(reply.text)).toMatchObject(answers);
  // Rows that are read for the model have the inputs that it gives them.
  const other = folder.write('other.jsonl', rows.map((row) => JSON.stringify({ ...row, seen: 'no' })).join('\n'));
  const table = await readTableAs(other, preprocessing);
  const { train } = encodeSplit(table, preprocessing, { train: Uint32Array.of(0, 1) });
  expect([...train.inputs.array]).toEqual([...model.encode(rows)]);
});

test('fit learns what a text alone tells, and an explanation takes a text as one column', async () => {
  const words = ['good', 'lovely', 'dull', 'poor'];
  const many = Array.from({ length: 160 }, (_, n) => ({
    age: (n * 37) % 50,
    message: `the film was ${words[n % 4]}`,
    seen: n % 4 < 2 ? 'yes' : 'no',
  }));
  const options = { columns: { message: 'text' }, target: 'seen', steps: 60, threads: 2, backend: 'wasm' } as const;
  const model = await fitRows(many, options);
  expect(model.result.test?.accuracy).toBe(1);
  expect((await fitRows(many, { ...options, threads: 1 })).fingerprint).toBe(model.fingerprint);
  const table = await read(
    many.map((row) => JSON.stringify(row)),
    {},
    'jsonl',
  );
  const dataset = splitTable(table).sets.train;
  const { importances } = await explainModel(model, dataset, { threads: 1 });
  expect(importances.map(({ name }) => name)).toEqual(['age', 'message']);
  expect(importances[0].mean).toBe(0);
  expect(importances[1].mean).toBeGreaterThan(0.3);
});

test('a gap in a text beside other columns is a space, and no gap where no row had one', async () => {
  const withGap = [...lines, ',50,Bonn,no'];
  const { sets, preprocessing } = splitTable(await read(withGap));
  const { array, columns } = sets.train.inputs;
  expect([...array.subarray(4 * columns + 3, 5 * columns)]).toEqual([0, 0, 0, 0, 0, 0]);
  expect([...(sets.train.lengths?.array ?? [])].slice(-2)).toEqual([1, 1]);
  const row = { age: 50, city: 'Bonn' };
  const model = modelOf(sets.train);
  const notes: unknown[] = [];
  const [absent, empty, space] = model.predict([row, { ...row, message: '' }, { ...row, message: null }], {
    onNote: (note) => notes.push(note),
  });
  expect([empty, space, notes]).toEqual([absent, absent, []]);
  const others = await readTableAs(folder.write('gap.csv', withGap.join('\n')), preprocessing);
  expect(encodeSplit(others, preprocessing, { train: Uint32Array.of(4) }).train.inputs.array).toEqual(
    array.slice(4 * columns),
  );
  const never = modelOf(splitTable(await read(lines)).sets.train);
  expect(() => never.predict([{ ...row, message: '' }])).toThrow(
    'has no text, expected a text of at least a character',
  );
  expect((await read(withGap, { missing: 'drop' })).rows).toBe(4);
});

test('an explanation shuffles a text with its length', async () => {
  const words = ['a', 'good a good', 'not a good film at all', 'film', 'good'];
  const cells = Array.from({ length: 30 }, (_, n) => ({
    message: words[(n * n) % 5],
    age: n % 7,
    seen: n % 3 ? 'a' : 'b',
  }));
  const dataset = splitTable(
    await read(
      cells.map((row) => JSON.stringify(row)),
      {},
      'jsonl',
    ),
  ).sets.train;
  const model = modelOf(dataset);
  const { baseline, importances } = await explainModel(model, dataset, { threads: 1, repeats: 3, seed: 5 });
  const right = (order: Uint32Array): number => {
    const answers = model.predict(cells.map((row, n) => ({ ...row, message: cells[order[n]].message })));
    return answers.filter(({ prediction }, n) => prediction === cells[n].seen).length / cells.length;
  };
  const ordered = Uint32Array.from(cells, (_, n) => n);
  expect(baseline).toBe(right(ordered));
  const falls = [0, 1, 2].map((repeat) => {
    const order = ordered.slice();
    shuffle(order, createRandom(5, 'explain', 3 + repeat)); // after those of age
    return baseline - right(order);
  });
  expect(importances[1].values).toEqual(falls);
  expect(new Set(falls).size).toBeGreaterThan(1);
});

/** Images of 6 x 5 pixels: a light line that lies or stands, in grey; the last in colour, larger, of 12 bits in 16. */
const images = Array.from({ length: 40 }, (_, n) => {
  const [width, height] = n === 39 ? [12, 10] : [6, 5];
  const channels = n === 39 ? 3 : 1;
  const lies = n % 2 === 0;
  const at = 1 + ((n >> 1) % 3);
  const pixels = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return ((lies ? Math.floor(pixel / width) : pixel % width) === at ? 200 : 20) + (i % channels);
  });
  const image: Image = { width, height, channels, pixels };
  const scan = { ...image, depth: 16, data: Uint16Array.from(pixels, (byte) => 16 * byte + 5) } as const;
  folder.write(`image-${n}.png`, n === 39 ? encode(scan) : encodePng(image));
  return image;
});
const withImages = [
  'age,photo,message,lies',
  ...images.map((_, n) => `${(n * 7) % 11},image-${n}.png,a ${n % 3 === 0 ? 'good' : 'bad'} day,${n % 2 === 0}`),
];
const columns = { photo: 'image', message: 'text' } as const;

test('the image at a path is a part of its row, as its pixels in one size and in the colours of all', async () => {
  const table = await read(withImages, { columns });
  expect(table.decisions).toContain(
    'column "photo": images of 6 x 5 to 12 x 10 pixels are resized to 6 x 5 (width x height), their median ' +
      '(size=32x32 chooses another)',
  );
  expect(table.decisions).toContain(
    'column "photo": images of 16 bits a value use 12 of them: values are divided by 16, to bytes (bits=16 otherwise)',
  );
  const { sets, preprocessing } = splitTable(table);
  expect(preprocessing.columns[1]).toEqual({
    name: 'photo',
    type: 'image',
    height: 5,
    width: 6,
    channels: 3,
    divisor: 255,
    bits: 12,
  });
  expect(rowPartsOf(preprocessing)).toEqual([
    { name: 'cells', shape: [1] },
    { name: 'photo', shape: [5, 6, 3] },
    { name: 'message', shape: [3], vocabulary: 5 },
  ]);
  const { array, columns: I } = sets.train.inputs;
  for (const n of [3, 39]) {
    const pixels = fitImage(images[n], { height: 5, width: 6, channels: 3 });
    expect([...array.slice(n * I + 1, n * I + 91)]).toEqual([...pixels].map((byte) => byte / 255));
  }
  const grey = splitTable(await read(withImages.slice(0, -1), { columns, size: '4x3' })).preprocessing;
  expect(grey.columns[1]).toMatchObject({ height: 3, width: 4, channels: 1 });
});

test('a model answers an image alike from its pixels, a path, a server, a browser and another table', async () => {
  const { sets, preprocessing } = splitTable(await read(withImages, { columns }));
  const model = modelOf(sets.train);
  const rows = [3, 39].map((n) => ({ age: (n * 7) % 11, photo: `image-${n}.png`, message: 'a bad day' }));
  const pathOf = (name: string) => join(folder.path, name);
  const pixels = await Promise.all(rows.map(({ photo }) => imageRow(model, pathOf(photo))));
  const asked = rows.map((row, n) => ({ ...row, photo: pixels[n] }));
  const answers = model.predict(asked);
  const path = pathOf('images.gradloom');
  saveModel(path, model);
  expect(answers[0]).not.toEqual(answers[1]);
  expect(openModel(readFileSync(path)).predict(asked)).toEqual(answers);
  expect([...model.encode([{ ...asked[0], message: 'a good day' }])]).toEqual([
    ...sets.train.inputs.array.slice(3 * sets.train.inputs.columns, 4 * sets.train.inputs.columns),
  ]);
  // The bytes of files in base64, as objects and as lists of cells.
  const base64 = rows.map((row) => ({ ...row, photo: readFileSync(pathOf(row.photo)).toString('base64') }));
  const secret = { ...rows[0], photo: '../secret.png' };
  const bodies = [base64, base64.map((row) => Object.values(row)), secret].map((body) => JSON.stringify(body));
  const pool = await createAnswerPool(model, { threads: 1, maxRows: 10 });
  try {
    const [objects, cells, refused] = await pool.answer(bodies);
    expect([objects, cells].map(({ text }) => JSON.parse(text))).toEqual([answers, answers]);
    expect(refused.text).toBe(
      'row 0, column "photo" has "../secret.png", expected a PNG or JPEG file in base64, or its data URL',
    );
  } finally {
    await pool.close();
  }
  // A table for the model has images in the size and colours of the model.
  const others = folder.write('others.csv', ['photo,lies,age,message', 'image-3.png,false,10,a good day'].join('\n'));
  const other = encodeSplit(await readTableAs(others, preprocessing), preprocessing, { train: Uint32Array.of(0) });
  expect([...other.train.inputs.array]).toEqual([...model.encode([{ ...asked[0], message: 'a good day' }])]);
});

test('fit learns what an image alone tells', async () => {
  const many = images.map((_, n) => ({ age: n % 7, photo: join(folder.path, `image-${n}.png`), lies: n % 2 }));
  const model = await fitRows(many, {
    columns: { photo: 'image' },
    target: 'lies',
    size: 6,
    test: 0.2,
    validation: 0,
    steps: 60,
    batch: 16,
    threads: 2,
    backend: 'wasm',
  });
  expect(model.result.test?.accuracy).toBe(1);
});

test('a cell that is no image is refused in one sentence', async () => {
  const broken = folder.write('broken.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 1));
  folder.write('words.png', 'no image');
  const read1 = (photo: string, options: TableOptions = {}) =>
    read(['age,photo,y', '1,image-1.png,a', `2,${photo},b`], { columns: { photo: 'image' }, ...options });
  await expect(read1('none.png')).rejects.toThrow(/column "photo": .*none.png does not exist, expected a PNG or JPEG/);
  await expect(read1('words.png')).rejects.toThrow(/column "photo": .*words.png has the first bytes 6e6f20696d616765,/);
  await expect(read1(broken)).rejects.toThrow(/column "photo": .*broken.png has damaged contents/);
  await expect(read1('')).rejects.toThrow(
    'line 3, column 2 ("photo") has no path, expected the path of a PNG or JPEG image (--missing drop leaves such rows',
  );
  expect((await read1('NA', { missing: 'drop' })).rows).toBe(1);
  await expect(read1('image-2.png', { size: '0x3' })).rejects.toThrow('size has "0x3", expected a width and height of');
  await expect(read1('image-2.png', { stream: true })).rejects.toThrow(
    'stream has true, expected none: the images of a column are held in memory',
  );
  await expect(read(lines, { channels: 1 })).rejects.toThrow(
    'channels has 1, expected none without a column of type i',
  );
  const model = modelOf(splitTable(await read(withImages, { columns })).sets.train);
  const row = { age: 1, message: 'a bad day' };
  expect(() => model.predict([{ ...row, photo: Uint8Array.of(1, 2) }])).toThrow(
    'predict: row 0, column "photo" has 2 bytes, expected the 90 bytes of an image [5, 6, 3]',
  );
  expect(() => model.predict([{ ...row, photo: null }])).toThrow('column "photo" has a gap, expected the 90 bytes of');
  expect(() => model.predict([{ ...row, photo: 'cat.png' }])).toThrow('column "photo" has "cat.png", expected the 90');
  await expect(imageRow(model, 'cat.png', 'age')).rejects.toThrow('column has "age", expected one of "photo"');
});

test.each<[string, readonly string[], TableOptions]>([
  [
    'line 3, column 2 ("photo") has no path, expected the path of a PNG or JPEG image (--missing drop',
    ['x,photo,y', '1,a.png,b', '2,,b'],
    { columns: { photo: 'image' } },
  ],
  [
    'columns has text for "y", expected another type: it is the target',
    lines.map((line) => line.replace('seen', 'y')),
    { columns: { y: 'text' } },
  ],
  ['columns has text for "message", expected another type in a series', lines, { series: 'age' }],
  ['columns has "nothing", expected one of "message", "age", "city", "seen"', lines, { columns: { nothing: 'text' } }],
])('%s', async (sentence, table, options) => {
  await expect(read(table, options)).rejects.toThrow(sentence);
});

test('a row without text is left out where gaps are dropped', async () => {
  const table = await read(['x,message,y', '1,a,b', '2,,b', ',c,b'], { missing: 'drop' });
  expect(table.rows).toBe(1);
  expect(table.decisions.at(-1)).toBe(
    '2 of 3 rows: the rows have gaps and are left out (--missing impute fills gaps in)',
  );
});
