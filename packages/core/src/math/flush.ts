/**
 * Smallest magnitude that gradients and optimizer state keep: 2⁻⁹³⁰, about 1.1e-280. Below it a value becomes 0, so
 * that no later product of two of them is subnormal: one subnormal operand slows a product 200-fold, and 0.9 · 5e-324
 * rounds back to 5e-324, so that a dead unit's moment would never reach 0.
 */
export const TINY = 1.101803207925311e-280;

/** x, or 0 where |x| < 2⁻⁹³⁰. NaN stays NaN. */
export const flush = (x: number): number => (Math.abs(x) < TINY ? 0 : x);
