/** Share of the size of a derivative, or of 1 where that is more, by which it may differ from the difference. */
const TOLERANCE = 1e-4;

/** Distance of the points of a difference, for numbers of about 1. */
const STEP = 1e-5;

/**
 * 'has 2, expected 3 (…)' where `derivative` is not the slope of `f` at `at`; undefined where it is, and where nobody
 * can tell: at a kink, and where `f` is not finite.
 */
export function wrongSlope(f: (z: number) => number, at: number, derivative: number): string | undefined {
  const h = STEP * Math.max(1, Math.abs(at));
  const [low, middle, high] = [f(at - h), f(at), f(at + h)];
  const [left, right] = [(middle - low) / h, (high - middle) / h];
  const slope = (high - low) / (2 * h);
  if (!Number.isFinite(slope)) return undefined;
  // What the rounding of f leaves of a difference.
  const noise = (1e-14 * Math.max(Math.abs(low), Math.abs(high))) / h;
  const most = noise + TOLERANCE * Math.max(1, Math.abs(slope));
  if (Math.abs(derivative - slope) <= most) return undefined;
  // Curvature changes a one-sided slope by little; a kink by much.
  if (Math.abs(right - left) > 20 * (noise + STEP * Math.max(1, Math.abs(slope)))) return undefined;
  const off = Math.abs(derivative - slope).toPrecision(2);
  return `has ${derivative.toPrecision(6)}, expected ${slope.toPrecision(6)} (the central difference; it is off by ${off})`;
}

/** The sentence of a part whose function gives two results for the same arguments. */
export const notPure = (where: string, first: number, second: number): Error =>
  new Error(`checkGradients: ${where} has ${first} and then ${second}, expected the same number each time`);
