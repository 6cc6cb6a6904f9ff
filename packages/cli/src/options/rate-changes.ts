import { option, show } from '@gradloom/core/internal';
import type { RateChanges } from '@gradloom/runtime';
import { trainOptions } from '@gradloom/runtime/options';

const WANTED = 'rates by step, such as 300=0.001,500=0.0001';

/** '300=0.001,500=0.0001': the learning rate from each step on; in files also an object. */
export const rateChanges = option.kind((where, name, raw): RateChanges => {
  const value = typeof raw === 'string' ? fromText(raw) : raw;
  if (typeof value !== 'object' || value === null) throw new Error(`${name} has ${show(raw)}, expected ${WANTED}`);
  return trainOptions.table.rateChanges.check(where, name, value);
});

/** Also the JSON of an object, which is how a command line of a run holds it. */
function fromText(text: string): unknown {
  if (text.startsWith('{')) return parsed(text);
  const parts = text.split(',').map((part) => part.split('=').map((word) => word.trim()));
  const isTwice = new Set(parts.map(([step]) => step)).size < parts.length;
  if (isTwice || parts.some((part) => part.length !== 2)) return undefined;
  return Object.fromEntries(parts.map(([step, rate]) => [step, option.numeric(rate)]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
