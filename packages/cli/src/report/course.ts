import { shortNumber } from './axes.ts';

/** Values that differ by a smaller ratio are treated as equal. */
const SAME = 1.05;
/** A value outside both ends by a smaller ratio does not count as a turn. */
const TURN = 1.2;

/**
 * Describes how a positive value changes from first to last, in words that hold for all values between: 'falls from 2
 * to 0.1' or, if it turns, the extreme and where it is. `positionOf` names the position of a value, such as 'epoch 3'.
 */
export function courseOf(values: readonly number[], positionOf: (k: number) => string): string {
  const [first, last] = [values[0], values[values.length - 1]];
  let [low, high] = [0, 0];
  for (const [k, value] of values.entries()) {
    if (value < values[low]) low = k;
    if (value > values[high]) high = k;
  }
  const peak = values[high] / Math.max(first, last);
  const trough = Math.min(first, last) / values[low];
  const ends = `from ${shortNumber(first)} to ${shortNumber(last)}`;
  const [lowest, highest] = [shortNumber(values[low]), shortNumber(values[high])];
  const stays = lowest === highest ? `stays at ${lowest}` : `stays between ${lowest} and ${highest}`;
  if (values[high] <= SAME * values[low]) return stays;
  if (peak > TURN && !(trough > peak)) return `goes ${ends}, with a peak of ${highest} at ${positionOf(high)}`;
  if (trough > TURN) return `goes ${ends}, with its lowest value, ${lowest}, at ${positionOf(low)}`;
  if (last * SAME < first) return `falls ${ends}`;
  return first * SAME < last ? `rises ${ends}` : stays;
}
