import type { Argv } from 'yargs';
import yargs from 'yargs';
import type { Command } from './commands/command.ts';
import { shells } from './commands/completion/options.ts';
import { commands } from './commands/index.ts';
import { aliasesOf, allNames, resolveAlias } from './options/aliases.ts';
import { helpLine, type OptionTable } from './options/option.ts';
import type { Request } from './options/raw-options.ts';
import { UsageError } from './terminal/failure.ts';
import { version } from './terminal/invocation.ts';

// yargs is version 18, its types 17.
declare module 'yargs' {
  interface Argv<T> {
    usageConfiguration(configuration: { 'hide-types': boolean }): Argv<T>;
  }
}

/** The request of a command line: a command, or a text to print (help, the version, completions). */
export type CommandLine = { readonly command: string; readonly request: Request } | { readonly text: string };

/** Parses a command line; values stay as they were typed. @throws UsageError */
export async function readCommandLine(args: readonly string[], columns: number): Promise<CommandLine> {
  // Completion scripts pass this flag. Otherwise yargs would run the command as well.
  if (args[0] === '--get-yargs-completions') return { text: (await complete(args.slice(1))).join('\n') };
  refuseInheritedNames(args);
  let command = '';
  let text = '';
  const parser = createParser(args, columns, (name) => {
    command = name;
  });
  try {
    // With a callback, yargs hands over what it would print.
    const argv = await parser.parseAsync([...args], (_error: unknown, _argv: unknown, output: string) => {
      text = output;
    });
    const { _: words, $0: _, ...flags } = argv;
    const positionals = words.map(String).slice(command === '' ? 0 : 1);
    return text === '' ? { command, request: { flags, positionals, args } } : { text };
  } catch (error) {
    throw error instanceof Error && isRefusal(error) ? new UsageError(error.message) : error;
  }
}

/** yargs mistakes names that every object inherits for known options, and throws. */
function refuseInheritedNames(args: readonly string[]): void {
  const flag = args.find((arg) => arg.startsWith('--') && arg.replace(/^--|=.*$/gs, '') in {});
  if (flag !== undefined) throw new UsageError(`${flag.replace(/=.*$/s, '')} is unknown, expected a flag from --help`);
}

const NO_VALUE = 'has no value, expected one';

/** Whether yargs refuses the command line; a module that does not load throws through the same callback. */
const isRefusal = (error: Error): boolean => error.name === 'YError' || error.message.endsWith(NO_VALUE);

/** Whether yargs may show help, also for -h among other letters. A false positive only costs a little time. */
const mayShowHelp = (args: readonly string[]): boolean => args.some((arg) => /^-(-help|[^-]*h)/.test(arg));

/**
 * yargs lays out help for every command, even if none is asked for. Leaving out the texts, which only help shows,
 * halves the time.
 */
function createParser(args: readonly string[], columns: number, choose: (command: string) => void): Argv {
  const showsHelp = mayShowHelp(args);
  const parser = yargs()
    .scriptName('gradloom')
    .exitProcess(false)
    .locale('en')
    .parserConfiguration({
      // Each flag has one spelling, and our own checks get its text unchanged: no dots, numbers or negations.
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'strip-aliased': true,
      'parse-numbers': false,
    })
    .usageConfiguration({ 'hide-types': true })
    .updateStrings({ 'Not enough arguments following: %s': `--%s ${NO_VALUE}` })
    .wrap(showsHelp ? Math.min(columns, 110) : null)
    .help()
    .alias('help', 'h')
    .version(version);
  if (showsHelp) describeProgram(parser);
  for (const [name, command] of Object.entries(commands)) {
    parser.command(
      name,
      command.describe,
      async (subparser) => {
        const member = await memberOf(command, args);
        if (showsHelp) describeCommand(subparser, name, member);
        return addOptions(subparser, await member.options(), showsHelp);
      },
      () => choose(name),
    );
  }
  return parser;
}

/** The subcommand that the word after the command names. */
async function memberOf(command: Command, args: readonly string[]): Promise<Command> {
  const { members = {} } = command;
  const word = args.slice(1).find((arg) => Object.hasOwn(members, arg));
  return word === undefined ? command : members[word]();
}

function describeProgram(parser: Argv): void {
  parser
    .usage(
      '$0 <command> [options]\n\nTrain neural networks on all cores, with the same result on any number of threads.',
    )
    .epilogue('$0 <command> --help lists the options of a command.');
  for (const { examples } of Object.values(commands)) {
    for (const [line] of examples.slice(0, 1)) parser.example(`$0 ${line}`, '');
  }
}

function describeCommand(subparser: Argv, name: string, { usage, describe, examples, epilogue }: Command): void {
  subparser.usage(`$0 ${name} ${usage}\n\n${describe}.`).epilogue(epilogue);
  for (const [line, meaning] of examples) subparser.example(exampleText(line, meaning), '');
}

function addOptions(subparser: Argv, table: OptionTable, showsHelp: boolean): Argv {
  for (const [key, option] of Object.entries(table)) {
    subparser.option(key, {
      alias: aliasesOf(key),
      group: `${option.group}:`,
      describe: helpLine(option),
      hidden: !showsHelp,
      // A flag with a value has no type, so that yargs keeps its text and distinguishes an empty value from none.
      ...(option.standsAlone ? { type: 'boolean' } : { requiresArg: true }),
    });
  }
  return subparser;
}

/** The comment stands above the command: side by side, both would wrap and could not be copied. */
const exampleText = (line: string, meaning: string): string => `# ${meaning}\n$0 ${line}`;

const GLOBAL_FLAGS = ['--help', '--version'];

/** Completions of the last word: commands, then flags, then the values of a flag that has few. */
async function complete(typedWords: readonly string[]): Promise<string[]> {
  const words = typedWords[0] === 'gradloom' ? typedWords.slice(1) : typedWords;
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
