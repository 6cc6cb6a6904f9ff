/** '██████░░░░': the whole columns of `width` that are done, and the others. Full at a share of 1 alone. */
export function bar(share: number, width: number): [done: string, left: string] {
  const done = Math.floor(share * width);
  return ['█'.repeat(done), '░'.repeat(width - done)];
}

/** '37 %'; 100 % at a share of 1 alone. */
export const wholePercent = (share: number): string => `${share === 1 ? 100 : Math.min(99, Math.round(share * 100))} %`;
