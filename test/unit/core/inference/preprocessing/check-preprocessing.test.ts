import { checkPreprocessing, OptionError, type Preprocessing } from '@gradloom/core';
import { expect, test } from 'vitest';

const valid: Preprocessing = {
  version: 1,
  columns: [
    { name: 'age', type: 'numeric', center: 40, scale: 10, fill: null, indicator: true },
    { name: 'city', type: 'categorical', categories: ['Bonn', 'Köln'], missing: false },
  ],
  target: [{ name: 'price', type: 'values', center: 1, scale: 2 }],
};

const [age, city] = valid.columns;
const [price] = valid.target;
const withColumn = (column: object) => ({ ...valid, columns: [{ ...age, ...column }, city] });
const classes = { name: 'left', type: 'classes', labels: ['no', 'yes'] };

test('a valid preprocessing is itself, through JSON too', () => {
  expect(checkPreprocessing('f', valid)).toEqual(valid);
  expect(checkPreprocessing('f', JSON.parse(JSON.stringify(valid)))).toEqual(valid);
  const ranged = withColumn({ range: [18, 90.5] });
  expect(checkPreprocessing('f', ranged)).toEqual(ranged);
  const gaps = { ...valid, columns: valid.columns.map((column) => ({ ...column, gaps: true })) };
  expect(checkPreprocessing('f', gaps)).toEqual(gaps);
  const several = { ...valid, target: [price, classes] };
  expect(checkPreprocessing('f', several)).toEqual(several);
});

const images = {
  version: 1,
  image: { height: 2, width: 3, channels: 3, divisor: 255, scale: { mean: [0, 0.5, 1], deviation: [1, 2, -1] } },
  target: [classes],
};
const withImage = (image: object) => ({ ...images, image: { ...images.image, ...image } });

test('so is one of images, whose scale and names may be missing', () => {
  const { scale: _, ...image } = images.image;
  for (const value of [images, { version: 1, image }]) expect(checkPreprocessing('f', value)).toEqual(value);
});

const refused: [value: unknown, problem: string][] = [
  [null, 'f: preprocessing has null, expected an object with version, columns, target'],
  [{ ...valid, version: 2 }, 'f: preprocessing.version has 2, expected 1 (a newer Gradloom may read it)'],
  [{ ...valid, more: 1 }, 'f: preprocessing has ["version","columns","target","more"], expected the keys'],
  [{ version: 1, columns: valid.columns }, 'f: preprocessing has ["version","columns"], expected the keys'],
  [{ ...valid, columns: [] }, 'f: preprocessing.columns has [], expected a list with at least one entry'],
  [{ ...valid, target: {} }, 'f: preprocessing.target has {}, expected a list with at least one entry'],
  [
    withColumn({ type: 'words' }),
    'f: preprocessing.columns.0.type has "words", expected one of numeric, date, boolean',
  ],
  [withColumn({ name: 1 }), 'f: preprocessing.columns.0.name has 1, expected text'],
  [withColumn({ center: null }), 'f: preprocessing.columns.0.center has null, expected a finite number'],
  [withColumn({ center: Infinity }), 'f: preprocessing.columns.0.center has Infinity, expected a finite number'],
  [withColumn({ scale: 0 }), 'f: preprocessing.columns.0.scale has 0, expected a number other than 0'],
  [withColumn({ fill: '1' }), 'f: preprocessing.columns.0.fill has "1", expected a finite number'],
  [withColumn({ indicator: 1 }), 'f: preprocessing.columns.0.indicator has 1, expected true or false'],
  [withColumn({ gaps: 1 }), 'f: preprocessing.columns.0.gaps has 1, expected true or false'],
  [withColumn({ range: [1] }), 'f: preprocessing.columns.0.range has [1], expected a least and a greatest number'],
  [
    withColumn({ range: [2, 1] }),
    'f: preprocessing.columns.0.range has [2, 1], expected a least and a greatest number',
  ],
  [withColumn({ range: [0, null] }), 'f: preprocessing.columns.0.range.1 has null, expected a finite number'],
  [withColumn({ name: 'city' }), 'f: preprocessing.columns.1.name has "city", expected each name once'],
  [{ ...valid, columns: [{ ...city, categories: ['a', 'a'] }] }, 'has ["a","a"], expected a list of texts, each of'],
  [{ ...valid, columns: [{ ...city, categories: [1] }] }, 'f: preprocessing.columns.0.categories has [1], expected'],
  [{ ...valid, columns: [{ ...city, missing: 0 }] }, 'f: preprocessing.columns.0.missing has 0, expected true'],
  [{ ...valid, target: [{ ...price, scale: 0 }] }, 'f: preprocessing.target.0.scale has 0, expected a number other'],
  [{ ...valid, target: [{ ...classes, labels: 2 }] }, 'f: preprocessing.target.0.labels has 2, expected a list'],
  [{ ...images, version: 2 }, 'f: preprocessing.version has 2, expected 1 (a newer Gradloom may read it)'],
  [{ ...images, columns: [] }, 'f: preprocessing has ["version","image","target","columns"], expected the keys'],
  [{ ...images, target: [price] }, 'f: preprocessing.target has [{"name":"price"'],
  [withImage({ width: 0 }), 'f: preprocessing.image.width has 0, expected a whole number of at least 1'],
  [withImage({ channels: 2 }), 'f: preprocessing.image.channels has 2, expected 1 or 3'],
  [withImage({ divisor: 0 }), 'f: preprocessing.image.divisor has 0, expected a number other than 0'],
  [withImage({ scale: { mean: [0], deviation: [1] } }), 'image.scale.mean has [0], expected 3 numbers, one for each'],
  [withImage({ scale: { mean: [0, 0, 0], deviation: [1, 0, 1] } }), 'scale.deviation.1 has 0, expected a number other'],
  [{ ...valid, target: [price, price] }, 'f: preprocessing.target.1.name has "price", expected each name once'],
];

test.each(refused)('%j is refused', (value, problem) => {
  expect(() => checkPreprocessing('f', value)).toThrow(OptionError);
  expect(() => checkPreprocessing('f', value)).toThrow(problem);
});
