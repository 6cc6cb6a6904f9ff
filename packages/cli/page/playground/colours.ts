/** Red, green and blue, 0 to 255. */
type Rgb = readonly [number, number, number];

/** Colours of the classes, which the colour-blind can tell apart; of more, they repeat. */
const classColours: readonly Rgb[] = [
  [0, 114, 178],
  [230, 130, 0],
  [0, 158, 115],
  [204, 121, 167],
  [86, 180, 233],
  [150, 110, 60],
];

export const colourOf = (c: number): Rgb => classColours[c % classColours.length];
export const cssOf = (c: number): string => `rgb(${colourOf(c).join(' ')})`;

const WHITE: Rgb = [255, 255, 255];

/** Draws the shares of classes [side, side, C], rows from the bottom: the likelier a class, the fuller its colour. */
export function drawShares(context: CanvasRenderingContext2D, shares: Float32Array, side: number, C: number): void {
  paintPixels(context, side, 0, (pixel, rgb) => {
    for (let k = 0; k < 3; k++) {
      let value = 0;
      for (let c = 0; c < C; c++) value += shares[pixel * C + c] * colourOf(c)[k];
      rgb[k] = 0.25 * WHITE[k] + 0.75 * value;
    }
  });
}

/** The full colour stands for at least this share of a unit's largest output, so that tiny differences stay pale. */
const MIN_SCALE_SHARE = 0.05;

/** Draws the outputs of a unit at `left`: orange above their mean, blue below, white if almost the same everywhere. */
export function drawOutputs(
  context: CanvasRenderingContext2D,
  outputs: Float32Array,
  side: number,
  left: number,
): void {
  const mean = outputs.reduce((sum, value) => sum + value, 0) / outputs.length;
  let [maxSize, maxDeviation] = [0, 0];
  for (const value of outputs) {
    maxSize = Math.max(maxSize, Math.abs(value));
    maxDeviation = Math.max(maxDeviation, Math.abs(value - mean));
  }
  const scale = Math.max(maxDeviation, MIN_SCALE_SHARE * maxSize, Number.MIN_VALUE);
  paintPixels(context, side, left, (pixel, rgb) => {
    const value = (outputs[pixel] - mean) / scale;
    const colour = colourOf(value > 0 ? 1 : 0);
    const strength = Math.abs(value);
    for (let k = 0; k < 3; k++) rgb[k] = (1 - strength) * WHITE[k] + strength * colour[k];
  });
}

/** Paints a square of pixels, counted from the bottom row up, with its left edge at `left`. */
function paintPixels(
  context: CanvasRenderingContext2D,
  side: number,
  left: number,
  colour: (pixel: number, rgb: [number, number, number]) => void,
): void {
  const image = context.createImageData(side, side);
  const rgb: [number, number, number] = [0, 0, 0];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      colour((side - 1 - row) * side + column, rgb);
      image.data.set([...rgb, 255], 4 * (row * side + column));
    }
  }
  context.putImageData(image, left, 0);
}
