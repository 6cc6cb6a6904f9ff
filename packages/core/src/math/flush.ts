/**
 * The smallest magnitude that gradients and optimizer state keep: 2⁻⁹³⁰, about 1.1e-280. It is 2⁹² above the
 * subnormals, so its product with any factor of 2⁻⁹² (2e-28) or more is normal: one subnormal operand slows a product
 * 200-fold. Without flushing a moment would never decay to 0, as 0.9 · 5e-324 rounds back to 5e-324.
 */
export const TINY = 1.101803207925311e-280;

/**
 * This limit for each element type. For float32 it is 2⁻¹⁰⁰, about 7.9e-31: 2²⁶ above its subnormals, so the product
 * with any factor of 2⁻²⁶ (1.5e-8) or more is normal.
 */
export const FLUSH_BELOW = { float64: TINY, float32: 7.888609052210118e-31 } as const;

/** x, or +0 if |x| < 2⁻⁹³⁰. NaN stays NaN. */
export const flush = (x: number): number => (Math.abs(x) < TINY ? 0 : x);
