import type { Argv } from 'yargs';
import yargs from 'yargs';
import type { Command, Request } from './commands/command.ts';
import { commands } from './commands/index.ts';
import { complete } from './completion/complete.ts';
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
  // What the scripts of `completion` ask for: yargs would run the command on the way to its answer.
  if (args[0] === '--get-yargs-completions') return { text: (await complete(args.slice(1))).join('\n') };
  refuseInherited(args);
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

/** What every object inherits, yargs takes for options that it knows, and falls over them. */
function refuseInherited(args: readonly string[]): void {
  const flag = args.find((arg) => arg.startsWith('--') && arg.replace(/^--|=.*$/gs, '') in {});
  if (flag !== undefined) throw new UsageError(`${flag.replace(/=.*$/s, '')} is unknown, expected a flag from --help`);
}

const NO_VALUE = 'has no value, expected one';

/** What yargs itself refuses; a module that does not load comes the same way. */
const isRefusal = (error: Error): boolean => error.name === 'YError' || error.message.endsWith(NO_VALUE);

function createParser(args: readonly string[], columns: number, choose: (command: string) => void): Argv {
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
    .updateStrings({ 'Not enough arguments following: %s': `--%s ${NO_VALUE}` })
    .wrap(Math.min(columns, 110))
    .usage(
      '$0 <command> [options]\n\nTrain neural networks on all cores, with the same result on any number of threads.',
    )
    .epilogue('$0 <command> --help lists the options of a command.')
    .help()
    .alias('help', 'h')
    .version(version);
  for (const [name, command] of Object.entries(commands)) {
    for (const [line] of command.examples.slice(0, 1)) parser.example(`$0 ${line}`, '');
    parser.command(
      name,
      command.describe,
      async (own) => {
        const asked = await memberOf(command, args);
        return describeCommand(own, name, asked, await asked.options());
      },
      () => choose(name),
    );
  }
  return parser;
}

/** The command that the word behind its name makes of it. */
async function memberOf(command: Command, args: readonly string[]): Promise<Command> {
  const { members = {} } = command;
  const word = args.slice(1).find((arg) => Object.hasOwn(members, arg));
  return word === undefined ? command : members[word]();
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
  for (const [line, meaning] of command.examples) own.example(exampleText(line, meaning), '');
  return own.epilogue(command.epilogue);
}

/** Below each other: beside each other, both would be cut into pieces that nobody can copy. */
const exampleText = (line: string, meaning: string): string => `# ${meaning}\n$0 ${line}`;
