import { shells } from './commands/completion/options.ts';
import { commands } from './commands/index.ts';
import { allNames, resolveAlias } from './options/aliases.ts';

const GLOBAL_FLAGS = ['--help', '--version'];

/** Completions of the last word: commands, then flags, then the values of a flag that has few. */
export async function complete(typed: readonly string[]): Promise<string[]> {
  const words = typed[0] === 'gradloom' ? typed.slice(1) : typed;
  const current = words.at(-1) ?? '';
  const name = words.slice(0, -1).find((word) => Object.hasOwn(commands, word));
  const member = words.slice(0, -1).find((word) => Object.hasOwn(commands[name ?? '']?.members ?? {}, word));
  return (await offers(name, member, words.at(-2) ?? '', current)).filter((word) => word.startsWith(current));
}

async function offers(
  name: string | undefined,
  member: string | undefined,
  previous: string,
  current: string,
): Promise<readonly string[]> {
  if (name === undefined) return [...Object.keys(commands), ...GLOBAL_FLAGS];
  if (name === 'completion' && !current.startsWith('-')) return Object.keys(shells);
  const { members = {} } = commands[name];
  const command = member === undefined ? commands[name] : await members[member]();
  const table = await command.options();
  const option = previous.startsWith('--') ? table[resolveAlias(table, previous.slice(2)) ?? ''] : undefined;
  if (option !== undefined && !option.standsAlone) return option.choices ?? [];
  const names = Object.keys(members);
  if (member === undefined && names.length > 0 && !current.startsWith('-')) return names;
  // Nothing is offered for a free word: the shell then completes file names.
  return current.startsWith('-') || current === ''
    ? [...allNames(table).map((name) => `--${name}`), ...GLOBAL_FLAGS]
    : [];
}
