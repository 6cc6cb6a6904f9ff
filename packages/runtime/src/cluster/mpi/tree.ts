/** In a tree over ranks with rank 0 as its root, the one that a rank hears from. Of rank 0: itself. */
export function parentOf(rank: number): number {
  return rank & (rank - 1);
}

/** Those that hear from a rank, the one with the most behind it first. */
export function childrenOf(rank: number, ranks: number): number[] {
  const children: number[] = [];
  for (let step = 1; step < ranks && (rank & step) === 0; step *= 2)
    if (rank + step < ranks) children.push(rank + step);
  return children.reverse();
}
