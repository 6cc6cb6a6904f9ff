import { expect, test } from 'vitest';
import { inOwnColours, sheetOf } from '../../../../packages/cli/src/commands/train/findings/first-images.ts';
import { imageSheet } from '../../../../packages/cli/src/report/charts/image-sheet.ts';
import { decodePng } from '../../../../packages/runtime/src/data/images/png.ts';

/** Images whose number is told by place and channel: from 0 to 1, with `scale` beyond. */
const imagesOf = (count: number, shape: [number, number, number], scale = 1) => {
  const size = shape[0] * shape[1] * shape[2];
  return { shape, images: Float64Array.from({ length: count * size }, (_, at) => (scale * (at % 17)) / 16) };
};

test.each<[number, [number, number, number], number]>([
  [10, [3, 4, 1], 1],
  [3, [5, 2, 3], 1],
  [2, [1, 20, 2], 4],
])('a sheet of %i images of %j has their numbers as brightness', (count, [H, W, C], scale) => {
  const given = imagesOf(count, [H, W, C], scale);
  const sheet = sheetOf(given);
  const { width, height, channels, pixels } = decodePng(Buffer.from(sheet.png, 'base64'));
  expect([width, height, channels]).toEqual([sheet.width, sheet.height, 3]);
  const gap = Math.max(1, Math.round(W / 16));
  expect([width, height]).toEqual([Math.min(8, count) * (W + gap) - gap, Math.ceil(count / 8) * (H + gap) - gap]);
  for (const [at, number] of given.images.entries()) {
    const [n, y, x, k] = [Math.floor(at / (H * W * C)), Math.floor(at / (W * C)) % H, Math.floor(at / C) % W, at % C];
    if (C < 3 && k > 0) continue;
    const [row, column] = [Math.floor(n / 8) * (H + gap) + y, (n % 8) * (W + gap) + x];
    const pixel = pixels.subarray(3 * (row * width + column), 3 * (row * width + column) + 3);
    const brightness = Math.round((255 * number) / scale);
    expect([...(C < 3 ? pixel : [pixel[k]])]).toEqual(C < 3 ? [brightness, brightness, brightness] : [brightness]);
  }
});

test('large images are shown by every second or third pixel', () => {
  const { width, height } = sheetOf(imagesOf(2, [300, 200, 1]));
  expect([width, height]).toEqual([67 * 2 + 4, 100]);
});

test('the picture holds the sheet and says how images were changed', () => {
  const sheet = sheetOf(imagesOf(2, [4, 4, 1]));
  const { sentence, draw } = imageSheet(sheet, '--flip --shift 2');
  expect(sentence).toBe(
    'The first 2 images of the first step, as the network was given them, augmented by --flip --shift 2.',
  );
  const { width, height, markup } = draw(352);
  expect(String(markup)).toContain(`href="data:image/png;base64,${sheet.png}"`);
  expect([width, height]).toEqual([352, 24]);
});

test('standardized images are shown in their own colours', () => {
  const own = imagesOf(2, [2, 3, 3]);
  const scale = { mean: [0.1, 0.5, 0.9], deviation: [0.5, 2, 0.25] };
  const images = own.images.map((value, i) => (value - scale.mean[i % 3]) / scale.deviation[i % 3]);
  const inputs = { array: new Uint8Array(new SharedArrayBuffer(0)), columns: 18, divisor: 255, scale };
  const found = inOwnColours({ ...own, images }, inputs).images;
  for (const [i, value] of own.images.entries()) expect(found[i]).toBeCloseTo(value, 12);
});
