import {
  defineOptions,
  type Option as LibraryOption,
  type OptionTable as LibraryTable,
  type OptionValues,
} from '@gradloom/core/internal';
import type { Effect } from './effects.ts';

/** How help sorts options. */
export type Group = 'Data' | 'Text' | 'Model' | 'Training' | 'Figures' | 'Run' | 'Server' | 'Output';

/** An option of a command: an option as the libraries state theirs, in a group of help. */
export type Option<T> = LibraryOption<T, T | undefined, boolean> & { readonly group: Group };

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** An option that may also be set by a file. */
export type FileOption<T> = Option<T> & { readonly effect: Effect }; // says whether files may set it

export type FileOptionTable = Readonly<Record<string, FileOption<unknown>>>;

/** Options that are in the same group of help and, if files may set them, have the same effect. */
export const grouped = <
  const Shared extends { readonly group: Group; readonly effect?: Effect },
  T extends Readonly<Record<string, LibraryOption<unknown, unknown, boolean>>>,
>(
  shared: Shared,
  options: T,
): { readonly [K in keyof T]: T[K] & Shared } =>
  Object.fromEntries(Object.entries(options).map(([name, option]) => [name, { ...option, ...shared }])) as never;

/** The parsed values of a table; options that were not given are absent. */
export type Values<T extends OptionTable> = { -readonly [K in keyof T]?: ReturnType<T[K]['check']> };

type Readable = Pick<LibraryOption<unknown, unknown, boolean>, 'check' | 'fromText'>;

/**
 * The value of an option, from the text of a flag or from a config file.
 * @throws Error naming the option, what it has and what it should have.
 */
export const readValue = <O extends Readable>(option: O, name: string, raw: unknown): ReturnType<O['check']> =>
  option.check(NO_CALLER, name, fromText(option, raw)) as ReturnType<O['check']>;

/** Errors of the libraries begin with the function that was called; those of the command line do not. */
const NO_CALLER = '';
const fromText = ({ fromText }: Pick<Readable, 'fromText'>, raw: unknown): unknown =>
  typeof raw === 'string' && fromText !== undefined ? fromText(raw) : raw;

/**
 * The values of an object in a file, with the defaults of its table.
 * @throws Error naming the first key or value that does not fit.
 */
export function readEntries<T extends LibraryTable>(where: string, table: T, entries: object): OptionValues<T> {
  const typedEntries = Object.entries(entries).map(([key, raw]) => [key, fromText(table[key] ?? {}, raw)]);
  return defineOptions(where, table).read(Object.fromEntries(typedEntries));
}

/** Values, with the defaults of those options that were not given and have one. */
export type Filled<T extends OptionTable> = Values<T> & {
  [K in keyof T as undefined extends T[K]['standard'] ? never : K]: ReturnType<T[K]['check']>;
};

export function withDefaults<T extends OptionTable>(table: T, values: Values<T>): Filled<T> {
  const standards = Object.entries(table).flatMap(([name, { standard }]) =>
    standard === undefined ? [] : [[name, standard]],
  );
  return { ...Object.fromEntries(standards), ...values };
}

/** The help line of an option, with its default. */
export function helpLine({
  help = '',
  standard,
  defaultText,
}: Pick<Option<unknown>, 'help' | 'standard' | 'defaultText'>): string {
  const value = defaultText ?? standard;
  return value === undefined || typeof value === 'boolean' ? help : `${help} (default: ${value})`;
}

/** The values without these options. */
export const without = <T extends object, K extends keyof T>(values: T, ...names: readonly K[]): Omit<T, K> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name as K))) as Omit<T, K>;

/** The entries of an object that have a value: options of a library are left out rather than undefined. */
export const defined = <T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as never;
