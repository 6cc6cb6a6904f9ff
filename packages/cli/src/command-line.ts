import type { Argv } from 'yargs';
import yargs from 'yargs';
import type { Command, Request } from './commands/command.ts';
import { commands } from './commands/index.ts';
import { complete } from './completion.ts';
import type { OptionTable } from './options/option.ts';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

// Of yargs 18; its types stand at 17.
declare module 'yargs' {
  interface Argv<T> {
    usageConfiguration(configuration: { 'hide-types': boolean }): Argv<T>;
  }
}

/** What a command line asks for: a command, or a text (help, the version, completions). */
export type Asked = { readonly command: string; readonly request: Request } | { readonly text: string };

/** Takes a command line apart; values stay as they were typed. @throws UsageError */
export async function readCommandLine(args: readonly string[], columns: number): Promise<Asked> {
  let chosen: Asked | undefined;
  const outcome: { error: Error | null; text: string } = { error: null, text: '' };
  const parser = createParser(args, columns, (command, { _: words, $0: _, ...flags }) => {
    const positionals = words.map(String).slice(command === '' ? 0 : 1);
    chosen = { command, request: { flags, positionals, args } };
  });
  await parser.parseAsync([...args], (error: Error | null, _argv: unknown, text: string) => {
    Object.assign(outcome, { error, text });
  });
  const { error, text } = outcome;
  if (error !== null) throw isYargs(error) ? new UsageError(error.message) : error;
  return chosen ?? { text };
}

/** Of what it refuses itself; a module that does not load comes this way too. */
const isYargs = (error: Error): boolean => error.name === 'YError';

type Choose = (command: string, argv: { _: (string | number)[]; $0: string; [key: string]: unknown }) => void;

function createParser(args: readonly string[], columns: number, choose: Choose): Argv {
  const parser = yargs()
    .scriptName('gradloom')
    .exitProcess(false)
    .locale('en')
    .parserConfiguration({
      // Each flag has one spelling, and its text reaches our own checks untouched: no dots, no numbers, no negations.
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
    })
    .usageConfiguration({ 'hide-types': true })
    .updateStrings({ 'Not enough arguments following: %s': '--%s has no value, expected one' })
    .wrap(Math.min(columns, 110))
    .usage(
      '$0 <command> [options]\n\nTrain neural networks on all cores, with the same result on any number of threads.',
    )
    .epilogue('$0 <command> --help lists the options of a command.')
    .help()
    .alias('help', 'h')
    .version(version)
    .completion('completion', 'Print a completion script for bash, zsh or fish', () => complete(args))
    .command('$0', false, {}, (argv) => choose('', argv));
  for (const [name, command] of Object.entries(commands)) {
    for (const [line, meaning] of command.examples.slice(0, 1)) parser.example(`$0 ${line}`, meaning);
    parser.command(
      name,
      command.describe,
      async (own) => describeCommand(own, name, command, await command.options()),
      (argv) => choose(name, argv),
    );
  }
  return parser;
}

function describeCommand(own: Argv, name: string, command: Command, table: OptionTable): Argv {
  own.usage(`$0 ${name} ${command.usage}\n\n${command.describe}.`);
  for (const [key, { group, describe, takesNothing }] of Object.entries(table)) {
    own.option(key, {
      group: `${group}:`,
      describe,
      // A flag with a value stays untyped: yargs then keeps its text, and tells '' from none.
      ...(takesNothing ? { type: 'boolean' } : { requiresArg: true }),
    });
  }
  for (const [line, meaning] of command.examples) own.example(`$0 ${line}`, meaning);
  return own.epilogue(command.epilogue);
}
