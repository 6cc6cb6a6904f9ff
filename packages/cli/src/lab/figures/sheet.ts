import type { Elements, Shape } from '@gradloom/core';
import { ofTable } from '@gradloom/core/internal';
import type { Dataset } from '@gradloom/runtime';
import { encodePng, type Image, imagesOfRows, resizeImage, shapeOfImages } from '@gradloom/runtime/internal';
import { record, refined } from '../../options/schema/containers.ts';
import { text, whole } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { columnUnits } from './column-units.ts';

/** Images in a row of a sheet. */
const ACROSS = 8;
/** Transparent pixels between images. */
const GAP = 1;
/** Maximum number of pixels along a side of an image. */
const MAX_SIDE = 128;
/** Maximum number of bytes of the pixels of all images: larger images are scaled down, so that a page stays small. */
const MAX_BYTES = 110_000;
/** Maximum number of images of a sheet. */
const MAX_IMAGES = 128;

/** Images of one size, eight in a row, as one PNG in base64. */
export const sheet = refined(
  record({
    images: whole(1, MAX_IMAGES),
    width: whole(1, MAX_SIDE), // of an image
    height: whole(1, MAX_SIDE),
    png: text(2 ** 22),
  }),
  ({ png }, fail) => {
    if (png.length % 4 !== 0 || !/^[A-Za-z\d+/]+={0,2}$/.test(png))
      fail(['png'], `${png.length} characters`, 'bytes in base64');
  },
);

export type Sheet = Read<typeof sheet>;

type Layout = Omit<Sheet, 'png'>;

/** Size of the sheet in pixels. */
export function sizeOf({ images, width, height }: Layout): { readonly width: number; readonly height: number } {
  const across = Math.min(ACROSS, images);
  const down = Math.ceil(images / across);
  return { width: across * (width + GAP) - GAP, height: down * (height + GAP) - GAP };
}

/** The upper left pixel of image `k` on the sheet. */
export const cornerOf = ({ width, height }: Layout, k: number): readonly [x: number, y: number] => [
  (k % ACROSS) * (width + GAP),
  Math.floor(k / ACROSS) * (height + GAP),
];

/**
 * A sheet of the first MAX_IMAGES of images [count, H, W, C]. `range` has the numbers of black and white: by default 0
 * and 1, or the lowest and highest pixel beyond them. The first three channels are red, green and blue; of one or two,
 * the first is shown in grey.
 */
export function sheetOf(images: Elements, [H, W, C]: Shape, range = rangeOf(images)): Sheet {
  const count = Math.min(MAX_IMAGES, images.length / (H * W * C));
  const channels = C < 3 ? 1 : 3;
  const side = Math.min(MAX_SIDE, Math.floor(Math.sqrt(MAX_BYTES / (count * channels))));
  const scale = Math.min(1, side / Math.max(H, W));
  const [width, height] = [W, H].map((pixels) => Math.max(1, Math.round(pixels * scale)));
  const layout = { images: count, width, height };
  const size = sizeOf(layout);
  // Grey or colours, and opacity, which is 0 between the images.
  const pixels = new Uint8Array(size.width * size.height * (channels + 1));
  for (let n = 0; n < count; n++) {
    const image = resizeImage(imageOf(images, n, [H, W, C], range), width, height);
    const [left, top] = cornerOf(layout, n);
    for (let pixel = 0; pixel < width * height; pixel++) {
      const target = ((top + Math.floor(pixel / width)) * size.width + left + (pixel % width)) * (channels + 1);
      for (let c = 0; c < channels; c++) pixels[target + c] = image.pixels[pixel * channels + c];
      pixels[target + channels] = 255;
    }
  }
  const png = encodePng({ ...size, channels: channels === 1 ? 2 : 4, pixels });
  return { ...layout, png: Buffer.from(png).toString('base64') };
}

/** A sheet of some rows of a dataset, as they are stored. Null if the rows are no images. */
export function sheetOfRows(dataset: Dataset, rows: readonly number[]): Sheet | null {
  const [shape, images] = [shapeOfImages(dataset), imagesOfRows(dataset, rows)];
  if (shape === null || images === null || rows.length === 0) return null;
  const { scale: _, ...stored } = dataset.inputs; // `imagesOfRows` does not standardize, so there is nothing to undo
  return sheetOf(inOriginalColours(images, { ...dataset, inputs: stored }), shape);
}

/**
 * Undoes the standardization of images. Images of a table, where each column is a pixel, are also divided by the
 * largest pixel of the training rows, if that is known and above 1.
 */
export function inOriginalColours(
  images: Elements,
  {
    inputs: { columns, scale },
    preprocessing,
  }: { readonly inputs: Pick<Dataset['inputs'], 'columns' | 'scale'> } & Pick<Dataset, 'preprocessing'>,
): Elements {
  if (scale !== undefined) {
    const { mean, deviation } = scale;
    return Float64Array.from(images, (value, i) => value * deviation[i % mean.length] + mean[i % mean.length]);
  }
  const table = ofTable(preprocessing);
  if (table === undefined) return images;
  const { toInputUnits } = columnUnits(table);
  const highest = table.columns.reduce((max, column) => {
    const [, high = 1] = ('range' in column && column.range) || [];
    return Math.max(max, high);
  }, 1);
  return Float64Array.from(images, (value, i) => toInputUnits(value, i % columns) / highest);
}

type Range = readonly [low: number, high: number];

function rangeOf(images: Elements): Range {
  let [low, high] = [0, 1];
  for (const value of images) {
    if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return [low, high];
}

function imageOf(images: Elements, n: number, [H, W, C]: Shape, [low, high]: Range): Image {
  const channels = C < 3 ? 1 : 3;
  const pixels = new Uint8Array(H * W * channels);
  for (let i = 0; i < pixels.length; i++) {
    const value = images[(n * H * W + Math.floor(i / channels)) * C + (i % channels)];
    pixels[i] = Math.min(255, Math.max(0, Math.round((255 * (value - low)) / (high - low))));
  }
  return { width: W, height: H, channels, pixels };
}
