import { option, show } from '@gradloom/core/internal';
import type { CheckpointEvery } from '@gradloom/runtime';

/** '50', '2e' or '30s': steps, epochs or seconds. It stays text, so that a config file can hold it. */
export const checkpointEvery = option.kind((_where, name, raw): string => {
  const text = typeof raw === 'number' ? String(raw) : raw;
  if (typeof text === 'string' && intervalOf(text) !== null) return text;
  throw new Error(`${name} has ${show(raw)}, expected steps (50), epochs (2e) or seconds (30s) above 0`);
});

/** The parsed interval; null if it is invalid. */
export function intervalOf(text: string): CheckpointEvery | null {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([es]?)$/.exec(text) ?? [];
  const value = Number(digits);
  if (!(value > 0)) return null;
  if (unit === 's') return { seconds: value };
  if (!Number.isSafeInteger(value)) return null;
  return unit === 'e' ? { epochs: value } : { steps: value };
}
