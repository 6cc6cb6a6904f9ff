/** Indices of at most `most` of `count` rows, the first and the last among them. */
export function shownRows(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, r) => r);
  return Array.from({ length: most }, (_, k) => Math.round((k * (count - 1)) / (most - 1)));
}
