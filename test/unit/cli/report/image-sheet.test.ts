import { tablePath } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { openDataset } from '../../../../packages/cli/src/files/datasets/open-dataset.ts';
import {
  cornerOf,
  inOriginalColours,
  sheetOf,
  sheetOfRows,
  sizeOf,
} from '../../../../packages/cli/src/lab/figures/sheet.ts';
import { firstImages, imageGrid } from '../../../../packages/cli/src/report/charts/image-sheet.ts';
import { decodePng } from '../../../../packages/runtime/src/data/images/png.ts';

type Shape = [H: number, W: number, C: number];

/** Images whose number is told by place and channel: from 0 to 1, with `scale` beyond. */
const imagesOf = (count: number, [H, W, C]: Shape, scale = 1) =>
  Float64Array.from({ length: count * H * W * C }, (_, at) => (scale * (at % 17)) / 16);

test.each<[number, Shape, number]>([
  [10, [3, 4, 1], 1],
  [3, [5, 2, 3], 1],
  [2, [1, 20, 2], 4],
])('a sheet of %i images of %j has their numbers as brightness', (count, [H, W, C], scale) => {
  const images = imagesOf(count, [H, W, C], scale);
  const sheet = sheetOf(images, [H, W, C]);
  const { width, channels, pixels, ...size } = decodePng(Buffer.from(sheet.png, 'base64'));
  expect({ width, ...size }).toEqual(sizeOf(sheet));
  expect({ ...sheet, png: '' }).toEqual({ images: count, width: W, height: H, png: '' });
  for (const [at, number] of images.entries()) {
    const [n, y, x, k] = [Math.floor(at / (H * W * C)), Math.floor(at / (W * C)) % H, Math.floor(at / C) % W, at % C];
    if (k >= channels) continue;
    const [left, top] = cornerOf(sheet, n);
    expect(pixels[((top + y) * width + left + x) * channels + k]).toBe(Math.round((255 * number) / scale));
  }
});

test('many large images are scaled down to a sheet that a page can hold, NaN is black', () => {
  // Noise, which no PNG makes smaller.
  const noise = imagesOf(32, [64, 90, 3]).map((_, at) => ((at * 7919) % 1009) / 1008);
  noise[0] = Number.NaN;
  noise[1] = Number.POSITIVE_INFINITY;
  const { width, height, png } = sheetOf(noise, [64, 90, 3]);
  expect([width, height]).toEqual([33, 23]);
  expect(png.length).toBeLessThan(150_000);
  const { png: few } = sheetOf(Float64Array.of(Number.NaN, 0.5, Number.POSITIVE_INFINITY), [1, 3, 1]);
  expect([...decodePng(Buffer.from(few, 'base64')).pixels]).toEqual([0, 128, 255]);
});

test('a page holds the pixels of a sheet once', () => {
  const sheet = sheetOf(imagesOf(2, [4, 4, 1]), [4, 4, 1]);
  const grid = { name: 'few', sheets: [sheet], across: [3, 2] as const };
  const [wide, narrow] = [720, 352].map((width) => String(imageGrid(grid)(width).markup));
  expect(wide).toContain(
    `<image id="few-sheet-1" width="9" height="4" image-rendering="pixelated" href="data:image/png;base64,${sheet.png}"/>`,
  );
  expect(narrow).not.toContain('<image');
  for (const drawing of [wide, narrow]) {
    expect(Array.from(drawing.matchAll(/viewBox="([^"]*)"><use href="#few-sheet-1"\/>/g), ([, box]) => box)).toEqual([
      '0 0 4 4',
      '5 0 4 4',
    ]);
  }
});

test('long names are cut to the width of their image, probabilities never', () => {
  const sheet = sheetOf(imagesOf(1, [4, 4, 1]), [4, 4, 1]);
  const text = {
    title: 'staffordshire bull terrier',
    note: '→ american pit bull terrier',
    end: ', 99 %',
    hover: 'all',
  };
  const { markup } = imageGrid({ name: 'dog', sheets: [sheet], across: [5, 3], textOf: () => text })(720);
  expect(String(markup)).toMatch(/>staffordshire bul…<.*>→ american p…, 99 %</);
});

test('the picture says how images were changed', () => {
  const { caption: sentence } = firstImages(sheetOf(imagesOf(2, [4, 4, 1]), [4, 4, 1]), '--flip --shift 2');
  expect(sentence).toBe(
    'The first 2 images of the first step, as the network was given them, augmented by --flip --shift 2.',
  );
});

test('standardized images are shown in their own colours', () => {
  const original = imagesOf(2, [2, 3, 3]);
  const scale = { mean: [0.1, 0.5, 0.9], deviation: [0.5, 2, 0.25] };
  const images = original.map((value, i) => (value - scale.mean[i % 3]) / scale.deviation[i % 3]);
  const inputs = { array: new Uint8Array(new SharedArrayBuffer(0)), columns: 18, divisor: 255, scale };
  const restored = inOriginalColours(images, { inputs });
  for (const [i, value] of original.entries()) expect(restored[i]).toBeCloseTo(value, 12);
});

test('images of a table, whose columns are standardized, have the pixels of the table', async () => {
  const open = async (scale: string) => {
    const source = { path: tablePath('digits'), table: 'digits' as const, options: { scale } };
    return (await openDataset(source, {})).sets.test ?? expect.unreachable();
  };
  const [standardized, plain] = [await open('standard'), await open('none')];
  const rows = [...Array(20).keys()];
  const sheet = sheetOfRows(standardized, rows) ?? expect.unreachable();
  const { width, channels, pixels } = decodePng(Buffer.from(sheet.png, 'base64'));
  expect(standardized.inputs.array[1]).not.toBe(plain.inputs.array[1]);
  for (const n of rows) {
    const [left, top] = cornerOf(sheet, n);
    for (let at = 0; at < 64; at++) {
      const grey = pixels[((top + Math.floor(at / 8)) * width + left + (at % 8)) * channels];
      // 16 is white. A half is rounded either way.
      expect(Math.abs(grey - (255 * plain.inputs.array[64 * n + at]) / 16)).toBeLessThan(0.501);
    }
  }
});
