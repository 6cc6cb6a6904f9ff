import { describe, expect, test } from 'vitest';
import { AUGMENTATION, augment, drawAugmentation } from '../../../../packages/core/src/program/reference/augment.ts';

const [H, V, C] = [6, 9, 2];
const SIZE = H * V * C;

/** Draws for `count` rows of a batch from row `first`, each as { a, b, …, width }. */
function drawsOf(options: object, { count = 2000, first = 0, step = 3, height = H, width = V } = {}) {
  const { flip, shift, rotate, zoom, erase } = { flip: false, shift: 0, rotate: 0, zoom: 0, erase: 0, ...options };
  const drawn = new Float64Array(count * AUGMENTATION);
  const stepAndRow = Float64Array.of(step, first);
  drawAugmentation(drawn, stepAndRow, count, height, width, 5, 6, flip, shift, rotate, zoom, erase);
  return drawn;
}

const rowsOf = (drawn: Float64Array) =>
  Array.from({ length: drawn.length / AUGMENTATION }, (_, n) => [
    ...drawn.subarray(n * AUGMENTATION, (n + 1) * AUGMENTATION),
  ]);

/** Augments one image as often as there are draws. */
function imagesOf(drawn: Float64Array, pixels: (i: number, j: number, k: number) => number, isWhole: boolean) {
  const count = drawn.length / AUGMENTATION;
  const image = Float64Array.from({ length: SIZE }, (_, at) => {
    const [i, j, k] = [Math.floor(at / (V * C)), Math.floor(at / C) % V, at % C];
    return pixels(i, j, k);
  });
  const x = new Float64Array(count * SIZE);
  for (let n = 0; n < count; n++) x.set(image, n * SIZE);
  augment(x, new Float64Array(SIZE), drawn, count, H, V, C, isWhole);
  return Array.from({ length: count }, (_, n) => x.subarray(n * SIZE, (n + 1) * SIZE));
}

/** No two pixels are alike, and none is 0. */
const distinct = (i: number, j: number, k: number) => 1 + (i * V + j) * C + k;

test('a draw is a function of step and row, whatever part of a batch is drawn', () => {
  const options = { flip: true, shift: 2, rotate: 20, zoom: 0.2, erase: 0.5 };
  const whole = drawsOf(options, { count: 20 });
  const [left, right] = [drawsOf(options, { count: 7 }), drawsOf(options, { count: 13, first: 7 })];
  expect([...left, ...right]).toEqual([...whole]);
  expect([...drawsOf(options, { count: 20, step: 4 })]).not.toEqual([...whole]);
});

test('images are mirrored or not and moved by whole pixels, in all ways alike, and zeros come in', () => {
  const ways = new Map<string, number>();
  for (const flip of [false, true]) {
    for (const [y, x] of [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => [y, x]))) {
      const moved = Array.from({ length: SIZE }, (_, at) => {
        const [i, j, k] = [Math.floor(at / (V * C)) - y, (Math.floor(at / C) % V) - x, at % C];
        const isInside = i >= 0 && i < H && j >= 0 && j < V;
        return isInside ? distinct(i, flip ? V - 1 - j : j, k) : 0;
      });
      ways.set(moved.join(), 0);
    }
  }
  const images = imagesOf(drawsOf({ flip: true, shift: 1 }), distinct, true).map((image) => image.join());
  for (const image of images) ways.set(image, (ways.get(image) ?? Number.NaN) + 1);
  const expectedCount = 2000 / 18;
  const chiSquare = [...ways.values()].reduce((sum, times) => sum + (times - expectedCount) ** 2 / expectedCount, 0);
  expect(chiSquare).toBeLessThan(50); // of 17 degrees of freedom
});

test('interpolation between whole pixels is copying', () => {
  const drawn = drawsOf({ flip: true, shift: 4, erase: 0.3 }, { count: 50 });
  expect(imagesOf(drawn, distinct, false)).toEqual(imagesOf(drawn, distinct, true));
});

describe('turned and scaled images', () => {
  const options = { flip: true, shift: 2, rotate: 30, zoom: 0.25 };
  const drawn = drawsOf(options);

  test('are similar to the image about its middle, by an angle and a scale in the range', () => {
    let [min, max] = [Infinity, 0];
    for (const [a, b, c, d, e, f] of rowsOf(drawn)) {
      const mirror = Math.sign(a);
      expect([a, b]).toEqual([mirror * e, -mirror * d]);
      const [scale, degrees] = [1 / Math.hypot(a, d), (Math.atan2(-d, e) * 180) / Math.PI];
      expect(Math.abs(scale - 1)).toBeLessThanOrEqual(0.25 + 1e-12);
      expect(Math.abs(degrees)).toBeLessThanOrEqual(30 + 1e-12);
      [min, max] = [Math.min(min, scale, degrees / 30), Math.max(max, scale, degrees / 30)];
      // The middle of the image is shown at a place that is whole pixels away.
      const points = [-2, -1, 0, 1, 2].flatMap((y) => [-2, -1, 0, 1, 2].map((x) => [y + 2.5, x + 4]));
      const isMiddle = ([y, x]: number[]) =>
        Math.abs(a * x + b * y + c - 4) < 1e-12 && Math.abs(d * x + e * y + f - 2.5) < 1e-12;
      expect(points.filter(isMiddle)).toHaveLength(1);
    }
    expect(min).toBeLessThan(-0.99);
    expect(max).toBeGreaterThan(1.24);
  });

  test('have the value of their point, of a slope exactly', () => {
    const slope = (y: number, x: number) => 3 + 2 * y - 0.7 * x;
    const rows = rowsOf(drawn);
    let inside = 0;
    for (const [n, image] of imagesOf(drawn, slope, false).entries()) {
      const [a, b, c, d, e, f] = rows[n];
      for (const [at, value] of image.entries()) {
        const [i, j] = [Math.floor(at / (V * C)), Math.floor(at / C) % V];
        const [x, y] = [a * j + b * i + c, d * j + e * i + f];
        if (!(x >= 0 && x <= V - 1 && y >= 0 && y <= H - 1)) continue;
        inside++;
        if (Math.abs(value - slope(y, x)) > 1e-12) expect(value).toBe(slope(y, x));
      }
    }
    expect(inside).toBeGreaterThan(SIZE * 600);
  });
});

test('a rectangle of 2 to 33 % of the area, up to 3.3 times as long as wide, becomes 0 as often as asked', () => {
  const [height, width] = [40, 50];
  const erased = rowsOf(drawsOf({ erase: 0.3 }, { height, width }))
    .map((row) => row.slice(6))
    .filter(([, , h]) => h > 0);
  expect(Math.abs(erased.length - 600)).toBeLessThan(100);
  let [min, max] = [1, 0];
  for (const [top, left, h, w] of erased) {
    expect(top >= 0 && left >= 0 && top + h <= height && left + w <= width).toBe(true);
    const share = (h * w) / (height * width);
    [min, max] = [Math.min(min, share), Math.max(max, share)];
    expect(Math.abs(Math.log(h / w))).toBeLessThan(Math.log(3.3) + 0.15); // rounded to whole pixels
  }
  expect(min).toBeGreaterThan(0.015);
  expect(min).toBeLessThan(0.04);
  expect(max).toBeLessThan(0.35);
  expect(max).toBeGreaterThan(0.31);
  const [image] = imagesOf(Float64Array.of(1, 0, 0, 0, 1, 0, 2, 3, 3, 4), distinct, true);
  const kept = Float64Array.from({ length: SIZE }, (_, at) => {
    const [i, j, k] = [Math.floor(at / (V * C)), Math.floor(at / C) % V, at % C];
    return i >= 2 && i < 5 && j >= 3 && j < 7 ? 0 : distinct(i, j, k);
  });
  expect(image).toEqual(kept);
});
