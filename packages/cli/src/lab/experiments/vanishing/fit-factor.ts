/** The fit of sizes by layer, towards the input: v[h] ≈ c · factor^(H - h). */
export interface FactorFit {
  readonly factor: number | null; // null if fewer than two layers have a size
  readonly spread: number | null; // RMS of ln v about the line
  readonly layersUsed: number;
  readonly layersTooSmall: number; // layers left out, since their size is 0 or close to the smallest double
}

/** A square of less than this leaves the range in which doubles are exact to 53 bits, so its RMS means nothing. */
const SMALLEST = 1e-150;

/** Least squares of ln v over the layers, given from the input on. */
export function fitFactor(sizes: readonly number[]): FactorFit {
  const logs = sizes.map((size, h): [number, number] => [h, Math.log(size)]).filter(([h]) => sizes[h] > SMALLEST);
  const layersUsed = logs.length;
  const layersTooSmall = sizes.length - layersUsed;
  if (layersUsed < 2) return { factor: null, spread: null, layersUsed, layersTooSmall };
  const weights = fitWeights(sizes);
  const slope = logs.reduce((sum, [h, log]) => sum + weights[h] * log, 0);
  const meanH = mean(logs.map(([h]) => h));
  const meanLog = mean(logs.map(([, log]) => log));
  const residuals = logs.map(([h, log]) => (log - meanLog - slope * (h - meanH)) ** 2);
  return { factor: Math.exp(-slope), spread: Math.sqrt(mean(residuals)), layersUsed, layersTooSmall };
}

/**
 * Weight of the ln v of each layer in the slope of the line; 0 for a layer that is left out, and for all if fewer than
 * two remain.
 */
export function fitWeights(sizes: readonly number[]): number[] {
  const used = sizes.map((_, h) => h).filter((h) => sizes[h] > SMALLEST);
  const centre = mean(used);
  const square = used.reduce((sum, h) => sum + (h - centre) ** 2, 0);
  return sizes.map((size, h) => (size > SMALLEST && square > 0 ? (h - centre) / square : 0));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
