import { type Elements, type Round, roundingOf } from '../../math/element-type.ts';
import { cos, exp, log, sin } from '../../math/index.ts';
import { philox4x32 } from '../../math/random/index.ts';

/** Numbers that describe the augmentation of an image: the map of its pixels, and the rectangle that is erased. */
export const AUGMENTATION = 10;

/**
 * Draws how each image of a batch is augmented. Overwrites `draws` with rows [a, b, c, d, e, f, top, left, height,
 * width]: the pixel in row i and column j shows the point in row d · j + e · i + f and column a · j + b · i + c of the
 * image, and the rectangle becomes 0. All numbers are double in every run, and a function of key, step and row in the
 * batch: Philox-4x32-10, with one block for the map, one for the zoom and whether to erase, and one for each try of a
 * rectangle. docs/numerics.md has the formulas.
 */
export function drawAugmentation(
  draws: Float64Array, // [B, AUGMENTATION] out
  stepAndRow: Float64Array, // [2] step of the run, and index of row 0 in the batch
  B: number,
  H: number, // height
  V: number, // width
  key0: number, // 32 bits, signed or unsigned
  key1: number,
  flip: boolean, // whether to mirror images, each with probability 1/2
  shift: number, // pixels, at most
  rotate: number, // degrees, at most
  zoom: number, // largest change of the scale
  erase: number, // probability of a rectangle
): void {
  const step = stepAndRow[0];
  const [middleY, middleX] = [(H - 1) / 2, (V - 1) / 2];
  for (let n = 0; n < B; n++) {
    // The counter of Philox: block, row, and the lower and upper 32 bits of the step.
    const draw = (block: number): void =>
      philox4x32(words, block, stepAndRow[1] + n, step, step / 4294967296, key0, key1);
    draw(0);
    const mirror = flip && unit(0) < 0.5 ? -1 : 1;
    const shiftY = Math.floor(unit(1) * (2 * shift + 1)) - shift;
    const shiftX = Math.floor(unit(2) * (2 * shift + 1)) - shift;
    const angle = ((2 * unit(3) - 1) * rotate * 3.141592653589793) / 180;
    draw(1);
    const scale = 1 + (2 * unit(0) - 1) * zoom;
    const erases = unit(1) < erase;
    const along = cos(angle) / scale;
    const across = sin(angle) / scale;
    const y = middleY + shiftY; // the middle of the image is shown here
    const x = middleX + shiftX;
    const row = n * AUGMENTATION;
    draws[row] = mirror * along;
    draws[row + 1] = mirror * across;
    draws[row + 2] = middleX - mirror * (along * x + across * y);
    draws[row + 3] = -across;
    draws[row + 4] = along;
    draws[row + 5] = middleY - (along * y - across * x);
    draws.fill(0, row + 6, row + AUGMENTATION);
    for (let attempt = 0; erases && attempt < ATTEMPTS; attempt++) {
      draw(2 + attempt);
      const area = (MIN_AREA + unit(0) * (MAX_AREA - MIN_AREA)) * H * V;
      const ratio = exp((2 * unit(1) - 1) * LOG_RATIO);
      const height = Math.floor(Math.sqrt(area * ratio) + 0.5);
      const width = Math.floor(Math.sqrt(area / ratio) + 0.5);
      if (height >= H || width >= V) continue;
      draws[row + 6] = Math.floor(unit(2) * (H - height + 1));
      draws[row + 7] = Math.floor(unit(3) * (V - width + 1));
      draws[row + 8] = height;
      draws[row + 9] = width;
      break;
    }
  }
}

const words = new Uint32Array(4);

/** The k-th random word as a number in [0, 1). */
const unit = (k: number): number => words[k] / 4294967296;

// The rectangles of torchvision's RandomErasing (Zhong et al. 2020).
const MIN_AREA = 0.02;
const MAX_AREA = 0.33;
const LOG_RATIO = log(3.3);
const ATTEMPTS = 10;

/**
 * Augments images as `draws` says: each pixel is interpolated between the four around its point, or is one of them if
 * `isWhole`, for points that are pixels. Outside of the image all is 0. Overwrites `x`, and `image` as scratch.
 */
export function augment(
  x: Elements, // [B, H, V, C] in and out
  image: Elements, // [H, V, C] scratch
  draws: Float64Array, // [B, AUGMENTATION] see `drawAugmentation`
  B: number,
  H: number,
  V: number,
  C: number,
  isWhole: boolean,
): void {
  const round = roundingOf(x);
  const size = H * V * C;
  for (let n = 0; n < B; n++) {
    const row = n * AUGMENTATION;
    const a = draws[row];
    const d = draws[row + 3];
    const top = draws[row + 6];
    const bottom = top + draws[row + 8];
    const left = draws[row + 7];
    const right = left + draws[row + 9];
    let to = n * size;
    for (let k = 0; k < size; k++) image[k] = x[to + k];
    for (let i = 0; i < H; i++) {
      const lineX = draws[row + 1] * i + draws[row + 2];
      const lineY = draws[row + 4] * i + draws[row + 5];
      for (let j = 0; j < V; j++, to += C) {
        const pointX = a * j + lineX;
        const pointY = d * j + lineY;
        if (i >= top && i < bottom && j >= left && j < right) for (let k = 0; k < C; k++) x[to + k] = 0;
        else showPoint(x, to, image, pointX, pointY, H, V, C, isWhole, round);
      }
    }
  }
}

/** The pixel of x from `to` on shows a point of the image. Overwrites it. */
export function showPoint(
  x: Elements, // in and out
  to: number,
  image: Elements, // [H, V, C]
  pointX: number,
  pointY: number,
  H: number,
  V: number,
  C: number,
  isWhole: boolean,
  round: Round,
): void {
  if (!(pointX > -1 && pointX < V && pointY > -1 && pointY < H)) {
    for (let k = 0; k < C; k++) x[to + k] = 0;
    return;
  }
  const line = V * C;
  const column = Math.floor(pointX);
  const from = Math.floor(pointY) * line + column * C;
  if (isWhole) {
    for (let k = 0; k < C; k++) x[to + k] = image[from + k];
    return;
  }
  const shareX = round(pointX - column);
  const shareY = round(pointY - Math.floor(pointY));
  const isAbove = pointY >= 0;
  const isBelow = pointY < H - 1;
  const isLeft = pointX >= 0;
  const isRight = pointX < V - 1;
  for (let k = from; k < from + C; k++) {
    const p = isAbove && isLeft ? image[k] : 0;
    const q = isAbove && isRight ? image[k + C] : 0;
    const r = isBelow && isLeft ? image[k + line] : 0;
    const s = isBelow && isRight ? image[k + line + C] : 0;
    const upper = round(p + round(shareX * round(q - p)));
    const lower = round(r + round(shareX * round(s - r)));
    x[to + k - from] = upper + round(shareY * round(lower - upper));
  }
}
