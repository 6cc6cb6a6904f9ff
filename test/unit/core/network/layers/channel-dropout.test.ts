import type { LayerSpec } from '@gradloom/core';
import { expect, test } from 'vitest';
import { runLayer } from '../../../../support/one-layer.ts';

const rate = 0.3;
const [R, C] = [6, 50];
const layer: LayerSpec = { kind: 'channel-dropout', rate };
const rows = Array.from({ length: 40 }, (_, n) => Array.from({ length: R * C }, (_, i) => 1 + n + i));
const input = [2, 3, C];

test('drops whole channels of a row, and scales the others by 1 / (1 - rate)', () => {
  const { y } = runLayer(layer, rows, () => 1, { input });
  let dropped = 0;
  for (const [n, row] of rows.entries()) {
    for (let c = 0; c < C; c++) {
      const of = Array.from({ length: R }, (_, r) => y[n * R * C + r * C + c]);
      const kept = Array.from({ length: R }, (_, r) => row[r * C + c] * (1 / (1 - rate)));
      if (of.every((value) => value === 0)) dropped++;
      else expect(of).toEqual(kept);
    }
  }
  const channels = rows.length * C;
  expect(Math.abs(dropped / channels - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / channels));
});

test('each row has a mask of its own', () => {
  const { y } = runLayer(layer, rows, () => 1, { input });
  const masks = rows.map((_, n) =>
    y
      .subarray(n * R * C, n * R * C + C)
      .map(Math.sign)
      .join(''),
  );
  expect(new Set(masks).size).toBe(rows.length);
});

test('passes the gradient where it passed the value', () => {
  const x = rows.flat();
  const { y, dx } = runLayer(layer, rows, (o) => x[o], { input });
  expect([...dx]).toEqual([...y]);
});

test('has the mask of dropout, one column a channel', () => {
  const ones = [Array.from({ length: C }, () => 1)];
  const single = runLayer({ kind: 'dropout', rate }, ones, () => 1);
  expect([...runLayer(layer, ones, () => 1, { input: [1, C] }).y]).toEqual([...single.y]);
});

test('does not hide NaN', () => {
  const { y } = runLayer(layer, [rows[0].map(() => Number.NaN)], () => 1, { input });
  expect(y.every(Number.isNaN)).toBe(true);
});
