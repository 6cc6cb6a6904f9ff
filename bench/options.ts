import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { ElementType } from '@gradloom/core';
import { elementTypes, show } from '@gradloom/core/internal';

/** Ends this process with one sentence: a wrong argument needs no stack. */
export function refuse(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

/** Returns the result of `read`; if it throws, refuses with its message. */
export function orRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const [sentence] = (error instanceof Error ? error.message : String(error)).split('\n');
    return refuse(`bench: ${sentence.replace(/^bench: /, '')}`);
  }
}

/** Parses a number above 0. */
export function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  return refuse(`bench: --${option} has ${show(text)}, expected a number above 0`);
}

/** Parses a whole number above 0. */
export function count(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isSafeInteger(value)) return value;
  return refuse(`bench: --${option} has ${show(text)}, expected a whole number above 0`);
}

/** Parses a type of numbers. */
function elementType(text: string): ElementType {
  const type = elementTypes.find((name) => name === text);
  return type ?? refuse(`bench: --precision has ${show(text)}, expected ${elementTypes.join(' or ')}`);
}

const MAX_NAMES = 12; // in a sentence

/** The items whose names contain `part`. */
export function matching<T extends { readonly name: string }>(option: string, part: string, all: readonly T[]): T[] {
  const matches = all.filter(({ name }) => name.includes(part));
  if (matches.length > 0) return matches;
  const names = all.slice(0, MAX_NAMES).map(({ name }) => show(name));
  const others = all.length > MAX_NAMES ? ` and ${all.length - MAX_NAMES} others` : '';
  return refuse(`bench: --${option} has ${show(part)}, expected part of one of ${names.join(', ')}${others}`);
}

/** Options of a suite. */
export interface SuiteOptions {
  readonly rounds: number;
  readonly threads: number;
  readonly only: string; // part of a row's name
  readonly backends: string | undefined; // list for backendsHere; undefined: the suite's default
  readonly precisions: readonly ElementType[];
  readonly timeMs: number | undefined; // time of each figure
  readonly isWhole: boolean; // no option restricts or changes the rows
  readonly record: boolean;
}

/**
 * All suites know the same options, so that they can be run with the same arguments; each reads those that it needs.
 */
export function readOptions(): SuiteOptions {
  const { values } = orRefuse(() =>
    parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        threads: { type: 'string' },
        only: { type: 'string' },
        backends: { type: 'string' },
        precision: { type: 'string' },
        time: { type: 'string' },
        'no-record': { type: 'boolean' },
      },
    }),
  );
  const { rounds, threads, only, backends, precision, time, 'no-record': noRecord = false } = values;
  return {
    rounds: count('rounds', rounds ?? '5'),
    threads: count('threads', threads ?? String(availableParallelism())),
    only: only ?? '',
    backends,
    precisions: precision?.split(',').map(elementType) ?? elementTypes,
    timeMs: time === undefined ? undefined : positive('time', time),
    isWhole: [rounds, threads, only, backends, precision, time].every((value) => value === undefined),
    record: !noRecord,
  };
}
