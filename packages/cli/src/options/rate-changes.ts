import { option, show } from '@gradloom/core/internal';
import type { RateChanges } from '@gradloom/runtime';
import { trainOptions } from '@gradloom/runtime/options';

const EXPECTED = 'a rate for each step that changes it, such as 300=0.001,500=0.0001';

/** '300=0.001,500=0.0001': the learning rate from each step on; in files also an object. */
export const rateChanges = option.kind((where, name, raw): RateChanges => {
  const value = typeof raw === 'string' ? fromText(name, raw) : raw;
  if (typeof value !== 'object' || value === null) throw new Error(`${name} has ${show(raw)}, expected ${EXPECTED}`);
  return trainOptions.table.rateChanges.check(where, name, value);
});

/** Also the JSON of an object, which is how a command line of a run holds it. */
function fromText(name: string, text: string): unknown {
  if (text.startsWith('{')) return parsed(text);
  const parts = text.split(',').map((part) => part.split('=').map((word) => word.trim()));
  if (parts.some((part) => part.length !== 2)) return undefined;
  const twice = parts.find(([step], at) => parts.findIndex(([other]) => Number(other) === Number(step)) < at);
  if (twice !== undefined) throw new Error(`${name} has step ${show(Number(twice[0]))} twice, expected each step once`);
  return Object.fromEntries(parts.map(([step, rate]) => [step, option.numeric(rate)]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
