import { type Optimizer, OptionError } from '@gradloom/core';
import { option, show } from '@gradloom/core/internal';

/**
 * Learning rates that replace that of the optimizer, by the number of steps done before: `{ 300: 0.001 }` takes hold
 * after step 300. The factor of the schedule applies to them, too.
 */
export type RateChanges = Readonly<Record<number, number>>;

/** Maximum number of changes of a run: each step searches them. */
const MAX_CHANGES = 1000;

/** @throws OptionError for anything but numbers by whole steps. */
export function checkRateChanges(where: string, name: string, value: unknown): RateChanges {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionError(where, name, `has ${show(value)}, expected rates by step, such as { 300: 0.001 }`);
  }
  const changes = Object.entries(value).map(([key, rate]): [number, number] => {
    const step = /^\d{1,15}$/.test(key) ? Number(key) : Number.NaN;
    if (!Number.isSafeInteger(step)) {
      throw new OptionError(where, name, `has the key ${show(key)}, expected a number of steps`);
    }
    return [step, option.nonNegative.check(where, `${name}.${step}`, rate)];
  });
  if (changes.length > MAX_CHANGES) {
    throw new OptionError(where, name, `has ${changes.length} rates, expected at most ${MAX_CHANGES}`);
  }
  return Object.fromEntries(changes.sort(([a], [b]) => a - b));
}

/** @throws Error if a change after `step` steps would be one too many: no checkpoint could be read with it. */
export function refuseMoreChanges(changes: ReadonlyMap<number, number>, step: number): void {
  if (changes.size < MAX_CHANGES || changes.has(step)) return;
  throw new Error(`steer: the run has ${changes.size} changed rates, expected at most ${MAX_CHANGES}`);
}

/** The rate of the optimizer after `step` steps, before the schedule scales it. */
export function baseRateAfter(changes: ReadonlyMap<number, number>, step: number, { lr }: Optimizer): number {
  let newest = -1;
  for (const changeStep of changes.keys()) if (changeStep <= step && changeStep > newest) newest = changeStep;
  return changes.get(newest) ?? lr;
}

/** Rates by step, as options and records have them. */
export const recordOfChanges = (changes: ReadonlyMap<number, number>): RateChanges =>
  Object.fromEntries([...changes].sort(([a], [b]) => a - b));

/** The inverse of `recordOfChanges`. */
export const changesByStep = (changes: RateChanges): Map<number, number> =>
  new Map(Object.entries(changes).map(([step, rate]) => [Number(step), rate]));
