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

const PAPER: Rgb = [255, 255, 255];

/** Draws the shares of classes [side, side, C], rows from the bottom: the likelier the answer, the fuller its colour. */
export function drawShares(context: CanvasRenderingContext2D, shares: Float32Array, side: number, C: number): void {
  draw(context, side, (pixel, rgb) => {
    for (let k = 0; k < 3; k++) {
      let value = 0;
      for (let c = 0; c < C; c++) value += shares[pixel * C + c] * colourOf(c)[k];
      rgb[k] = 0.25 * PAPER[k] + 0.75 * value;
    }
  });
}

/** Draws outputs of a unit: orange above 0, blue below, as full as the largest of the map. */
export function drawOutputs(context: CanvasRenderingContext2D, outputs: Float32Array, side: number): void {
  let most = 0;
  for (const value of outputs) most = Math.max(most, Math.abs(value));
  draw(context, side, (pixel, rgb) => {
    const value = most > 0 ? outputs[pixel] / most : 0;
    const own = colourOf(value > 0 ? 1 : 0);
    const part = Math.abs(value);
    for (let k = 0; k < 3; k++) rgb[k] = (1 - part) * PAPER[k] + part * own[k];
  });
}

function draw(
  context: CanvasRenderingContext2D,
  side: number,
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
  context.putImageData(image, 0, 0);
}
