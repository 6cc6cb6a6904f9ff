import { shortNumber } from './axes.ts';

/** Values that differ by a smaller ratio are treated as equal. */
const SAME_RATIO = 1.05;
/** A value outside both ends by a smaller ratio does not count as a turn. */
const TURN_RATIO = 1.2;

/**
 * Describes how a positive value changes from first to last, in words that hold for all values between: 'falls from 2
 * to 0.1' or, if it turns, the extreme and where it is. `positionOf` names the position of a value, such as 'epoch 3'.
 */
export function courseOf(values: readonly number[], positionOf: (k: number) => string): string {
  const [first, last] = [values[0], values[values.length - 1]];
  let [lowIndex, highIndex] = [0, 0];
  for (const [k, value] of values.entries()) {
    if (value < values[lowIndex]) lowIndex = k;
    if (value > values[highIndex]) highIndex = k;
  }
  const peak = values[highIndex] / Math.max(first, last);
  const trough = Math.min(first, last) / values[lowIndex];
  const ends = `from ${shortNumber(first)} to ${shortNumber(last)}`;
  const [lowest, highest] = [shortNumber(values[lowIndex]), shortNumber(values[highIndex])];
  const stayText = lowest === highest ? `stays at ${lowest}` : `stays between ${lowest} and ${highest}`;
  if (values[highIndex] <= SAME_RATIO * values[lowIndex]) return stayText;
  if (peak > TURN_RATIO && !(trough > peak))
    return `goes ${ends}, with a peak of ${highest} at ${positionOf(highIndex)}`;
  if (trough > TURN_RATIO) return `goes ${ends}, with its lowest value, ${lowest}, at ${positionOf(lowIndex)}`;
  if (last * SAME_RATIO < first) return `falls ${ends}`;
  return first * SAME_RATIO < last ? `rises ${ends}` : stayText;
}
