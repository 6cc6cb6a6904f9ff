import { number, onlyKeys, positiveInteger } from '@gradloom/core';

export interface SyntheticOptions {
  rows?: number; // N
  noise?: number; // standard deviation of the normal noise on the inputs; on the targets where these are values
  seed?: number; // default 0
}

export interface ClassOptions extends SyntheticOptions {
  classes?: number;
}

/** The options with their defaults filled in. @throws Error naming the option, what it has and what it should have. */
export function withDefaults<T extends ClassOptions>(where: string, options: T, defaults: Required<T>): Required<T> {
  onlyKeys(where, options, Object.keys(defaults));
  const filled = { ...defaults, ...options };
  positiveInteger(where, 'rows', filled.rows);
  number(where, 'noise', filled.noise, '>= 0', (noise) => noise >= 0);
  if (filled.classes !== undefined) positiveInteger(where, 'classes', filled.classes);
  return filled;
}
