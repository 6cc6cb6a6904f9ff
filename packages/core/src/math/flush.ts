/**
 * The smallest magnitude that gradients and optimizer state keep: 2⁻⁹³⁰, about 1.1e-280. What stays is 2⁹² above the
 * subnormals, so its product with any factor of 2⁻⁹² (2e-28) or more is normal: one subnormal operand slows a product
 * 200-fold. And a moment decays to 0, while 0.9 · 5e-324 rounds back to 5e-324.
 */
export const TINY = 1.101803207925311e-280;

/** x, or +0 where |x| < 2⁻⁹³⁰. NaN stays NaN. */
export const flush = (x: number): number => (Math.abs(x) < TINY ? 0 : x);
