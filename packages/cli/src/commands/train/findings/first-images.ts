import { buildNetwork } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import type { DataMatrix } from '@gradloom/runtime';
import { encodePng, type FirstInputs, firstInputs } from '@gradloom/runtime/internal';
import { ownParts } from '../../../options/own-parts.ts';
import type { Sheet } from '../../../report/findings/findings.ts';
import type { Recipe } from '../recipe.ts';

const ACROSS = 8;
const DOWN = 4;
/** Side of an image on the sheet in pixels; of a larger image, every second or third pixel is shown. */
const MOST_SIDE = 128;
/** Most numbers of all images, unless one has more. */
const MOST_NUMBERS = 1e7;

/** The first images of the run, as the network was given them; null if rows are not images. */
export function firstImages({ spec, sets, options }: Recipe): Sheet | null {
  const network = buildNetwork(spec, ownParts());
  const most = Math.max(1, Math.min(ACROSS * DOWN, Math.floor(MOST_NUMBERS / network.inputs)));
  const found = complete(firstInputs(network, sets.train, options, most));
  return found === null ? null : sheetOf(inOwnColours(found, sets.train.inputs));
}

/** Standardized images in their own colours. */
export function inOwnColours(found: FirstInputs, { scale }: DataMatrix): FirstInputs {
  if (scale === undefined) return found;
  const { mean, deviation } = scale;
  const colour = (value: number, i: number): number => value * deviation[i % mean.length] + mean[i % mean.length];
  return { ...found, images: Float64Array.from(found.images, colour) };
}

/**
 * Images side by side, eight in a row. Numbers from 0 to 1 are from black to white, and further if the images have
 * others; three channels or more are red, green and blue.
 */
export function sheetOf({ shape: [H, W, C], images }: FirstInputs): Sheet {
  const count = images.length / (H * W * C);
  const step = Math.ceil(Math.max(H, W) / MOST_SIDE);
  const [height, width] = [Math.ceil(H / step), Math.ceil(W / step)];
  const gap = Math.max(1, Math.round(width / 16));
  const across = Math.min(ACROSS, count);
  const sheet = {
    width: across * (width + gap) - gap,
    height: Math.ceil(count / across) * (height + gap) - gap,
  };
  let [low, high] = [0, 1];
  for (const value of images) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const pixels = new Uint8Array(sheet.width * sheet.height * 4); // transparent between the images
  for (let n = 0; n < count; n++) {
    const [top, left] = [Math.floor(n / across) * (height + gap), (n % across) * (width + gap)];
    for (let at = 0; at < height * width; at++) {
      const [y, x] = [Math.floor(at / width), at % width];
      const from = ((n * H + y * step) * W + x * step) * C;
      const to = 4 * ((top + y) * sheet.width + left + x);
      for (let k = 0; k < 3; k++) {
        pixels[to + k] = Math.round((255 * (images[from + (C < 3 ? 0 : k)] - low)) / (high - low));
      }
      pixels[to + 3] = 255;
    }
  }
  const png = Buffer.from(encodePng({ ...sheet, channels: 4, pixels })).toString('base64');
  return { images: count, ...sheet, png };
}
