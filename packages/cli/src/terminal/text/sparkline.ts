const LEVELS = [...'▁▂▃▄▅▆▇█'];

/**
 * A curve in one line, of at most `width` columns: each is the mean of the values that fall to it. Between the least
 * and the greatest the scale is logarithmic where all are above 0, else linear.
 */
export function sparkline(values: readonly number[], width: number): string {
  const log = values.every((value) => value > 0);
  const columns = Array.from({ length: Math.min(width, values.length) }, (_, c, n = Math.min(width, values.length)) => {
    const own = values.slice(Math.floor((c * values.length) / n), Math.floor(((c + 1) * values.length) / n));
    const mean = own.reduce((sum, value) => sum + value / own.length, 0);
    return log ? Math.log(mean) : mean;
  });
  const least = Math.min(...columns);
  const range = Math.max(...columns) - least;
  return columns.map((value) => levelOf(range === 0 ? 0.5 : (value - least) / range)).join('');
}

/** The block whose height is nearest to a share of a line's. */
export const levelOf = (share: number): string => LEVELS[Math.round(share * (LEVELS.length - 1))];
