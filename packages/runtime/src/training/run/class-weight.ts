import { OptionError } from '@gradloom/core';
import { option, show } from '@gradloom/core/internal';

/** Weight of each class: 'balanced', a number for each class, or numbers by name; a class not named counts 1. */
export type ClassWeight = 'balanced' | readonly number[] | Readonly<Record<string, number>>;

const EXPECTED = "'balanced', a list of numbers, or numbers by class";

/** Returns the option if it is well-formed. @throws OptionError otherwise. */
export function checkClassWeight(where: string, name: string, value: unknown): ClassWeight {
  if (value === 'balanced') return value;
  if (typeof value !== 'object' || value === null) {
    throw new OptionError(where, name, `has ${show(value)}, expected ${EXPECTED}`);
  }
  for (const weight of Object.values(value)) option.nonNegative.check(where, name, weight);
  return (Array.isArray(value) ? [...value] : { ...value }) as ClassWeight;
}
