import { OptionError } from '@gradloom/core';
import { option, show } from '@gradloom/core/internal';

/** Weight of each class: 'balanced', a number for each class, or numbers by name; a class not named counts 1. */
export type WeightOfClasses = 'balanced' | readonly number[] | Readonly<Record<string, number>>;

/** Weight of each class of a target, or of the classes of each of several targets by name. */
export type ClassWeight = WeightOfClasses | Readonly<Record<string, WeightOfClasses>>;

const EXPECTED = "'balanced', a list of numbers, or numbers by class";

/** Whether the weights of classes are those of targets by name. */
export const isByTarget = (value: ClassWeight): value is Readonly<Record<string, WeightOfClasses>> =>
  typeof value === 'object' && !Array.isArray(value) && Object.values(value).some((entry) => typeof entry !== 'number');

/** Returns the option if it is well-formed. @throws OptionError otherwise. */
export function checkClassWeight(where: string, name: string, value: unknown): ClassWeight {
  if (value === 'balanced') return value;
  if (typeof value !== 'object' || value === null) {
    throw new OptionError(where, name, `has ${show(value)}, expected ${EXPECTED}`);
  }
  const isNested = (entry: unknown) => entry === 'balanced' || (typeof entry === 'object' && entry !== null);
  const entries = Object.entries(value);
  if (
    !Array.isArray(value) &&
    entries.length > 0 &&
    entries.every(([, entry]) => isNested(entry) && !isByTarget(entry as ClassWeight))
  ) {
    return Object.fromEntries(
      entries.map(([target, entry]) => [target, checkClassWeight(where, `${name}.${target}`, entry)]),
    ) as ClassWeight;
  }
  for (const weight of Object.values(value)) option.nonNegative.check(where, name, weight);
  return (Array.isArray(value) ? [...value] : { ...value }) as ClassWeight;
}
