import { OptionError, unknownOption } from '../checks/option-error.ts';
import { oneOf } from '../checks/options/index.ts';
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

/** Builds the member that `spec` names. @throws OptionError naming the nearest known member, or the wrong option. */
export function createMember<Member>(
  where: string,
  builtIn: Family<Member>,
  spec: unknown,
  own: Family<Member> = {}, // the user's own members: see own/
): Member {
  const table = { ...builtIn, ...own };
  if (typeof spec === 'string') return factoryOf(where, table, spec)({});
  if (typeof spec !== 'object' || spec === null || !('kind' in spec)) {
    throw new OptionError(where, 'kind', `${has(spec)}, expected a name or an object with a kind`, {
      about: 'spec',
    });
  }
  const { kind, ...options } = spec;
  return factoryOf(where, table, kind)(options);
}

function factoryOf<Member>(where: string, table: Family<Member>, kind: unknown): (options: object) => Member {
  // Specs may come from files, so every factory checks the names and values of its options itself.
  return table[oneOf(table).check(where, 'kind', kind)] as (options: object) => Member;
}

/** Options of a member without options. */
export type NoOptions = Record<never, never>;

/** @throws Error if any option is given. */
export function noOptions(where: string, options: NoOptions): void {
  for (const key of Object.keys(options)) throw unknownOption(where, key, []);
}
