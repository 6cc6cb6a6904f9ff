import type { MeanField } from './mean-field.ts';

/** How ln of the factor a layer of one random net, as fitted, lies about the theory for endless widths. */
export interface WidthEffect {
  /** Its mean, at most 0: a mean of logarithms lies below the logarithm of the mean. */
  readonly shift: number;
  readonly deviation: number; // standard, over weights
}

/**
 * Of a row's gradient: dz² of a layer over that of the next is a mean over units, spread by `gradientSpread` about
 * theory. Taken as log-normal of mean 1, its logarithm has variance ln(1 + spread) and mean minus half of that; the RMS
 * has half the logarithm. So ln of the sizes is a random walk over the layers, in whose slope the steps average out. On
 * the way forward each layer's mean square goes astray likewise, and with it, through the layers after it, the slopes;
 * the deviations of both ways are added as if they went together. Rows that agree less than wholly are closer to
 * theory: so the shift is the most there is. Null where a spread is above 1: the sum over so few units that it is as
 * far off as it is large is not log-normal. Likewise where outputs are so large that their fourth power is not finite.
 * [Hanin & Nica 2020](https://arxiv.org/abs/1812.05994)
 */
export function widthEffect(
  fields: readonly MeanField[], // from the input on
  fit: readonly number[], // weights of each ln v in the slope, as `fitWeights` gives them
): WidthEffect | null {
  const steps = fields.slice(0, -1);
  if (!steps.every(({ gradientSpread }) => gradientSpread <= 1)) return null;
  // Of each step's ln factor in that of the line; together 1.
  let before = 0;
  const shares = steps.map((_, l) => {
    before -= fit[l];
    return before;
  });
  const variances = steps.map(({ gradientSpread }) => Math.log1p(gradientSpread) / 4);
  const shift = -sum(shares.map((share, l) => share * variances[l]));
  const back = sum(shares.map((share, l) => share ** 2 * variances[l]));
  let forward = 0;
  let pull = 0; // what 1 more in ln q of a layer adds to ln of the fitted factor
  for (let l = steps.length - 1; l > 0; l--) {
    pull = (shares[l] * steps[l].slopeResponse) / 2 + steps[l].nextResponse * pull;
    forward += steps[l - 1].squareSpread * pull ** 2;
  }
  const deviation = Math.sqrt(back) + Math.sqrt(forward);
  return Number.isFinite(deviation) ? { shift, deviation } : null;
}

/** One start as measured, as theory for endless widths expects it, and how far its width may take it from there. */
export interface StartBesideTheory {
  readonly factor: number | null;
  readonly expected: number | null;
  readonly effect: WidthEffect | null;
}

/** The factor of some starts, their geometric mean, and where theory has it for nets of this width. */
export interface FactorRange {
  readonly factor: number;
  readonly low: number; // three standard errors below the lowest mean there is, and above the highest
  readonly high: number;
}

/** Null where no start has a factor, or the units are too few. */
export function factorRange(starts: readonly StartBesideTheory[]): FactorRange | null {
  const found = starts.flatMap(({ factor, expected, effect }) =>
    factor === null || expected === null || effect === null
      ? []
      : [{ log: Math.log(factor), theory: Math.log(expected), ...effect }],
  );
  const S = found.length;
  if (S === 0) return null;
  const error = Math.sqrt(sum(found.map(({ deviation }) => deviation ** 2))) / S;
  const theory = sum(found.map((start) => start.theory)) / S;
  const shift = sum(found.map((start) => start.shift)) / S;
  return {
    factor: Math.exp(sum(found.map(({ log }) => log)) / S),
    low: Math.exp(theory + shift - 3 * error),
    high: Math.exp(theory + 3 * error),
  };
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
