/** Points of a side of the paper that digits are drawn on: four for each pixel of a digit of MNIST. */
export const PAPER = 112;
/** Pixels of a side of a digit of MNIST. */
export const SIDE = 28;
/** Side of the square that MNIST scales its digits to, in pixels. */
const BOX = 20;
/** Radius of the pen, in points of the paper. */
const PEN = 5;

/** Draws a dot of the pen at a point of the paper. Adds to `ink` [PAPER, PAPER], 0 to 1. */
export function drawDot(ink: Float64Array, x: number, y: number): void {
  for (let row = Math.floor(y - PEN - 1); row <= y + PEN + 1; row++) {
    for (let column = Math.floor(x - PEN - 1); column <= x + PEN + 1; column++) {
      if (row < 0 || column < 0 || row >= PAPER || column >= PAPER) continue;
      const coverage = Math.min(1, Math.max(0, PEN + 0.5 - Math.hypot(column - x, row - y)));
      ink[row * PAPER + column] = Math.max(ink[row * PAPER + column], coverage);
    }
  }
}

/** A point of the paper, in whole numbers from 0 to PAPER. */
export type PenPoint = readonly [x: number, y: number];

/** Lines of the pen, each with its points. One point is a dot. */
export type Strokes = readonly (readonly PenPoint[])[];

/** Least distance between two points of a stroke. */
const MIN_DISTANCE = 3;

/** Maximum number of points of all strokes: more would make the address too long. */
export const MAX_PEN_POINTS = 2000;

export const penPointAt = (x: number, y: number): PenPoint => [onPaper(x), onPaper(y)];

const onPaper = (value: number): number => Math.round(Math.min(PAPER, Math.max(0, value)));

/** Adds a point to the last stroke, or starts another; no change if it is close to the last or there are too many. */
export function withPenPoint(strokes: Strokes, point: PenPoint, target: 'last stroke' | 'new stroke'): Strokes {
  const isNew = target === 'new stroke';
  const stroke = isNew ? [] : (strokes.at(-1) ?? []);
  const last = stroke.at(-1);
  if (last !== undefined && Math.hypot(point[0] - last[0], point[1] - last[1]) < MIN_DISTANCE) return strokes;
  if (strokes.flat().length >= MAX_PEN_POINTS) return strokes;
  return [...(isNew ? strokes : strokes.slice(0, -1)), [...stroke, point]];
}

/** The ink [PAPER, PAPER] of strokes, 0 to 1. */
export function inkOf(strokes: Strokes): Float64Array {
  const ink = new Float64Array(PAPER * PAPER);
  for (const stroke of strokes) {
    for (const [k, point] of stroke.entries()) drawLine(ink, stroke[Math.max(0, k - 1)], point);
  }
  return ink;
}

/** A point as text in an address: three digits to the base 36. */
const penPointText = ([x, y]: PenPoint): string => (y * (PAPER + 1) + x).toString(36).padStart(3, '0');

/** Strokes as text in an address, separated by full stops. */
export const strokesText = (strokes: Strokes): string =>
  strokes.map((stroke) => stroke.map(penPointText).join('')).join('.');

/** Reads what `strokesText` writes; null for any other text. */
export function readStrokes(text: string): Strokes | null {
  if (text === '') return [];
  if (!/^([0-9a-z]{3})+(\.([0-9a-z]{3})+)*$/.test(text)) return null;
  const strokes = text.split('.').map((part) =>
    Array.from(part.matchAll(/.../g), ([digits]): PenPoint => {
      const index = Number.parseInt(digits, 36);
      return [index % (PAPER + 1), Math.floor(index / (PAPER + 1))];
    }),
  );
  const points = strokes.flat();
  return points.length <= MAX_PEN_POINTS && points.every(([, y]) => y <= PAPER) ? strokes : null;
}

export function drawLine(ink: Float64Array, from: readonly [number, number], to: readonly [number, number]): void {
  const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 2));
  for (let k = 0; k <= steps; k++) {
    const coordinate = (c: 0 | 1) => from[c] + ((to[c] - from[c]) * k) / steps;
    drawDot(ink, coordinate(0), coordinate(1));
  }
}

/** The digit as MNIST has them: scaled to 20 x 20 pixels, its centre of mass in the middle of 28; null if empty. */
export function digitOf(ink: Float64Array): Float64Array | null {
  let [left, right, top, bottom, mass, sumX, sumY] = [PAPER, -1, PAPER, -1, 0, 0, 0];
  for (const [k, value] of ink.entries()) {
    if (value <= 0) continue;
    const [x, y] = [k % PAPER, Math.floor(k / PAPER)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
    [mass, sumX, sumY] = [mass + value, sumX + value * x, sumY + value * y];
  }
  if (mass === 0) return null;
  const step = Math.max(right - left + 1, bottom - top + 1) / BOX; // points of the paper for a pixel
  const pixels = new Float64Array(SIDE * SIDE);
  const SAMPLES = 4; // along each side of a pixel, which is their mean
  for (let p = 0; p < SIDE * SIDE; p++) {
    let sum = 0;
    for (let s = 0; s < SAMPLES * SAMPLES; s++) {
      const across = (p % SIDE) + ((s % SAMPLES) + 0.5) / SAMPLES - SIDE / 2;
      const down = Math.floor(p / SIDE) + (Math.floor(s / SAMPLES) + 0.5) / SAMPLES - SIDE / 2;
      const [x, y] = [Math.round(sumX / mass + across * step), Math.round(sumY / mass + down * step)];
      if (x >= 0 && y >= 0 && x < PAPER && y < PAPER) sum += ink[y * PAPER + x];
    }
    pixels[p] = sum / SAMPLES ** 2;
  }
  return pixels;
}
