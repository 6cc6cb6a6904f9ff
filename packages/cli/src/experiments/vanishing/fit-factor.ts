/** How sizes change from layer to layer towards the input: v[h] ≈ c · factor^(H - h). */
export interface FactorFit {
  readonly factor: number | null; // null where fewer than two layers have a size
  readonly spread: number | null; // RMS of ln v about the line
  readonly layersUsed: number;
  readonly layersTooSmall: number; // left out, since they are 0 or next to the smallest double
}

/** A square of less than this leaves the range in which doubles are exact to 53 bits, so its RMS means nothing. */
const SMALLEST = 1e-150;

/** Least squares of ln v over the layers, given from the input on. */
export function fitFactor(sizes: readonly number[]): FactorFit {
  const points = sizes.map((size, h): [number, number] => [h, Math.log(size)]).filter(([h]) => sizes[h] > SMALLEST);
  const layersUsed = points.length;
  const layersTooSmall = sizes.length - layersUsed;
  if (layersUsed < 2) return { factor: null, spread: null, layersUsed, layersTooSmall };
  const meanH = mean(points.map(([h]) => h));
  const meanLog = mean(points.map(([, log]) => log));
  const slope =
    mean(points.map(([h, log]) => (h - meanH) * (log - meanLog))) / mean(points.map(([h]) => (h - meanH) ** 2));
  const residuals = points.map(([h, log]) => (log - meanLog - slope * (h - meanH)) ** 2);
  return { factor: Math.exp(-slope), spread: Math.sqrt(mean(residuals)), layersUsed, layersTooSmall };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
