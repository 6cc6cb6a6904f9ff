import { OptionError, unknownOption } from '../checks/option-error.ts';
import { type OptionTable, oneOf } from '../checks/options/index.ts';
import { has } from '../checks/show.ts';

/** A table of factories, with one entry per member of the family. */
export type Family<Member> = Record<string, (options: never) => Member>;

/** The name of a member in its spec. */
export interface KindOf<K> {
  /** Name of the member. */
  kind: K;
}

/** JSON that rebuilds a member in any thread: its name, or an object with its name as `kind` and its options. */
export type SpecOf<T extends Family<unknown>> = keyof T | { [K in keyof T]: KindOf<K> & OptionsOf<T[K]> }[keyof T];

/** For a factory without options this is `unknown`, which adds nothing to `{ kind }`. */
type OptionsOf<F> = F extends (options?: infer O) => unknown ? O : never;

/** Two tables from one that has both by name: the members, and the options of each. */
export function withOptions<const T extends Readonly<Record<string, readonly [member: unknown, options: OptionTable]>>>(
  table: T,
) {
  const column = (k: 0 | 1) => Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, entry[k]]));
  type Column<K extends 0 | 1> = { readonly [Name in keyof T]: T[Name][K] };
  return [column(0), column(1)] as unknown as readonly [members: Column<0>, options: Column<1>];
}

/** Builds the member that `spec` names. @throws OptionError naming the nearest known member, or the wrong option. */
export function createMember<Member>(
  where: string,
  builtIn: Family<Member>,
  spec: unknown,
  custom: Family<Member> = {}, // the user's members: see custom/
): Member {
  const isObject = typeof spec === 'object' && spec !== null && 'kind' in spec;
  if (typeof spec !== 'string' && !isObject) {
    throw new OptionError(where, 'kind', `${has(spec)}, expected a name or an object with a kind`, { about: 'spec' });
  }
  const { kind, ...options } = isObject ? spec : { kind: spec };
  const family = Object.hasOwn(custom, String(kind)) ? custom : builtIn;
  // Only an error lists the names: a network may look up a hundred thousand members.
  const name = isKeyOf(family, kind) ? kind : oneOf({ ...builtIn, ...custom }).check(where, 'kind', kind);
  // Specs may come from files, so every factory checks the names and values of its options itself.
  return (family[name] as (options: object) => Member)(options);
}

const isKeyOf = (table: object, key: unknown): key is string => typeof key === 'string' && Object.hasOwn(table, key);

/** Options of a member without options. */
export type NoOptions = Record<never, never>;

/** @throws Error if any option is given. */
export function noOptions(where: string, options: NoOptions): void {
  for (const key of Object.keys(options)) throw unknownOption(where, key, []);
}
