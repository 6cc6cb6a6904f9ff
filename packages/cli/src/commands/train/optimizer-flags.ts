import { type OptionTable, optimizerOptions } from '@gradloom/core/internal';
import { type Kebab, kebabCase } from '../../options/flags-of.ts';
import type { FileOption } from '../../options/option.ts';

// Types of a kind's table, of the names of its options, of the option with a name, and of the values of an option.
type TableOf<Kind extends keyof typeof optimizerOptions> = (typeof optimizerOptions)[Kind];
type OptionIn<Table> = Table extends unknown ? Exclude<keyof Table & string, 'lr'> : never;
type OptionOf<Name, Table> = Table extends unknown ? (Name extends keyof Table ? Table[Name] : never) : never;
type CheckOf<O> = O extends { check: (...of: never) => infer T } ? T : never;

type Flags = {
  readonly [Name in OptionIn<TableOf<keyof typeof optimizerOptions>> as Kebab<Name>]: FileOption<
    CheckOf<OptionOf<Name, TableOf<keyof typeof optimizerOptions>>>
  >;
};

const tables = Object.entries<OptionTable>(optimizerOptions);
const ownersOf = (name: string) => tables.filter(([, table]) => Object.hasOwn(table, name));
const names = new Set(tables.flatMap(([, table]) => Object.keys(table).filter((name) => name !== 'lr')));

/** A flag for each option of any optimizer, last the options that all have. Optimizers refuse flags of others. */
export const optimizerFlags = Object.fromEntries(
  [...names]
    .sort((a, b) => Number(isOfAll(a)) - Number(isOfAll(b)))
    .map((name) => {
      const [[, table]] = ownersOf(name);
      return [kebabCase(name), { group: 'Training', effect: 'result', ...table[name], ...helpOf(name) }];
    }),
) as Flags;

function isOfAll(name: string): boolean {
  return ownersOf(name).length === tables.length;
}

/** The help of an option: the lines of its optimizers, with their names for {}, and each list of defaults once. */
function helpOf(option: string): Pick<FileOption<unknown>, 'help' | 'standard'> {
  const owners = ownersOf(option).map(([kind, table]) => ({ kind, ...table[option] }));
  const lines = [...new Set(owners.map(({ help }) => help))].map((line) => {
    const lineOwners = owners.filter(({ help }) => help === line);
    return {
      text: line?.replace('{}', namesOf(lineOwners.map(({ kind }) => kind))),
      defaultText: defaultsOf(lineOwners),
    };
  });
  const help = lines
    .map(({ text, defaultText }, i) => text + (defaultText === lines[i + 1]?.defaultText ? '' : defaultText))
    .join(', and ');
  return { help, standard: undefined };
}

/** 'sgd and rmsprop', 'sgd, adam and lion', or 'all but sgd and lion' if that is shorter. */
function namesOf(kinds: readonly string[]): string {
  const others = Object.keys(optimizerOptions).filter((kind) => !kinds.includes(kind));
  return others.length < kinds.length ? `all but ${inWords(others)}` : inWords(kinds);
}

function inWords(names: readonly string[]): string {
  return names.join(', ').replace(/, (?=[^,]*$)/, ' and ');
}

/** ' (default: 0; 0.01 for adamw)': the default of the first optimizer, and others that differ from it. */
function defaultsOf([first, ...others]: readonly { kind: string; standard: unknown; defaultText?: unknown }[]): string {
  if (typeof first.standard === 'boolean' || first.defaultText !== undefined) return '';
  const different = others.filter(({ standard }) => standard !== first.standard);
  const defaultTexts = [first.standard, ...different.map(({ kind, standard }) => `${standard} for ${kind}`)];
  return ` (default: ${defaultTexts.join('; ')})`;
}
