import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { datasetSource, formatSource } from '../../../../packages/cli/src/files/datasets/dataset-source.ts';
import { readValue } from '../../../../packages/cli/src/options/option.ts';

const read = (raw: unknown) => readValue(datasetSource, '--dataset', raw);

test.each(['docs', './docs', 'test/fixtures', resolve('docs'), './nowhere'])(
  '%s is a path, the same from any folder',
  (path) => {
    expect(read(path)).toEqual({ path });
    expect(formatSource(read(path))).toBe(resolve(path));
  },
);

test.each([
  ['docs:target=price', { path: 'docs', options: { target: 'price' } }],
  ['./a b.csv:target=price in €,header=true', { path: './a b.csv', options: { target: 'price in €', header: true } }],
  ['./a:b/c.csv:target=3', { path: './a:b/c.csv', options: { target: 3 } }],
  ['./a=b.csv', { path: './a=b.csv' }],
])('%s is a path and how to read it', (raw, source) => {
  expect(read(raw)).toEqual(source);
  expect(read(formatSource(read(raw)))).toEqual({ ...source, path: resolve(source.path) });
});

test.each(['xor', 'spirals:rows=9', { kind: 'spirals', rows: 9 }])('%j is a dataset with a name', (raw) => {
  expect(read(raw)).toHaveProperty('name');
  expect(read(formatSource(read(raw)))).toEqual(read(raw));
});

test.each(['nowhere', 'mnits', '', 5, null])('%j is neither, and refused', (raw) => {
  expect(() => read(raw)).toThrow(/^--dataset has /);
});

test.each([
  ['iri', 'iris'],
  ['package', 'package.json'],
])('%s is taken for the name of a dataset or of a file here: %s', (word, meant) => {
  expect(() => read(word)).toThrow(`or a file or folder that exists (did you mean ${meant}`);
});
