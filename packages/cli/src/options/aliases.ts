/** Common alternative names of flags and of keys in config files. Files of runs use the short ones. */
const aliases: Readonly<Record<string, string>> = { 'batch-size': 'batch', 'learning-rate': 'lr', n: 'ranks' };

/** The option of `table` that `key` names, directly or as an alias; undefined if there is none. */
export function resolveAlias(table: object, key: string): string | undefined {
  if (Object.hasOwn(table, key)) return key;
  const name = Object.hasOwn(aliases, key) ? aliases[key] : undefined;
  return name !== undefined && Object.hasOwn(table, name) ? name : undefined;
}

export const aliasesOf = (option: string): string[] =>
  Object.keys(aliases).filter((alias) => aliases[alias] === option);

/** Every name of a table's options, their aliases included. */
export const allNames = (table: object): string[] =>
  Object.keys(table).flatMap((option) => [option, ...aliasesOf(option)]);
