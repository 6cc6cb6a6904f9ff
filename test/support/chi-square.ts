/**
 * z-score of Σ (observed - expected)² / expected with equal expectations, by Wilson and Hilferty's cube root. About
 * standard normal if the counts come from equally likely cells, else large.
 */
export function chiSquareScore(observed: ArrayLike<number>): number {
  const counts = Array.from(observed);
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const freedom = counts.length - 1;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(chiSquare / freedom) - (1 - spread)) / Math.sqrt(spread);
}
