import { describe, expect, test } from 'vitest';
import { commands } from '../../../packages/cli/src/commands/index.ts';
import { gradloom } from '../../support/command-line.ts';

const names = Object.keys(commands);

describe('help', () => {
  test('names every command, and is shown without a command', async () => {
    const help = await gradloom(['--help']);
    for (const name of names) expect(help.stdout).toContain(`gradloom ${name}`);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(await gradloom([])).toEqual(help);
  });

  test.each(names)('of %s lists each of its flags and examples that can be copied', async (name) => {
    const { code, stdout } = await gradloom([name, '--help']);
    expect(code).toBe(0);
    for (const key of Object.keys(await commands[name].options())) expect(stdout).toMatch(new RegExp(`--${key}[,\\s]`));
    expect(commands[name].examples.length).toBeGreaterThan(1);
    for (const [line] of commands[name].examples) expect(stdout).toContain(`  gradloom ${line}\n`);
  });

  test.each([
    ['batch', 'batch-size', 'size'],
    ['lr', 'learning-rate', '-1'],
  ])('lists --%s with its alias --%s, which works wherever it does', async (flag, alias, bad) => {
    for (const [name, command] of Object.entries(commands)) {
      const { stdout } = await gradloom([name, '--help']);
      const has = flag in (await command.options());
      expect(stdout.includes(`--${flag}, --${alias} `), name).toBe(has);
      if (!has) continue;
      const { stderr, code } = await gradloom([name, `--${alias}`, bad]);
      expect({ stderr, code }).toMatchObject({ stderr: expect.stringContaining(`: --${alias} has `), code: 2 });
    }
  });

  test('is asked for by -h, beside other letters too', async () => {
    const help = await gradloom(['train', '--help']);
    expect(await gradloom(['train', '-h'])).toEqual(help);
    expect(await gradloom(['train', '-vh'])).toEqual(help);
  });

  test.each(names)('of %s keeps to the width of the terminal', async (name) => {
    const { stdout } = await gradloom([name, '--help'], { terminal: 80 });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test.each(names)('of %s has examples of flags that the command knows', async (name) => {
    const unknownIn = async (command: string, line: string): Promise<string[]> => {
      const known = new Set(Object.keys(await commands[command].options()));
      return [...line.matchAll(/--([\w-]+)/g)].map(([, flag]) => flag).filter((flag) => !known.has(flag));
    };
    for (const [line] of commands[name].examples) {
      const [commandLine, nestedLine = ''] = line.split(' -- '); // which is another command with its own flags
      expect(await unknownIn(name, commandLine)).toEqual([]);
      if (nestedLine !== '') expect(await unknownIn(nestedLine.split(' ')[0], nestedLine)).toEqual([]);
    }
  });
});

test.each([
  [['help'], ['--help']],
  [
    ['help', 'train'],
    ['train', '--help'],
  ],
  [
    ['train', 'help'],
    ['train', '--help'],
  ],
  [['version'], ['--version']],
])('%j stands for %j', async (words, flags) => {
  expect(await gradloom(words)).toEqual(await gradloom(flags));
  expect((await gradloom(words)).stdout).not.toBe('');
});

test('--version prints the version of the package alone', async () => {
  const { code, stdout } = await gradloom(['--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(code).toBe(0);
});

describe('completion', () => {
  const complete = async (...words: string[]) => {
    const { stdout } = await gradloom(['--get-yargs-completions', 'gradloom', ...words]);
    return stdout.trimEnd().split('\n');
  };

  test('offers commands first, then flags, then the values of a flag', async () => {
    expect(await complete('')).toEqual([...names, '--help', '--version']);
    expect(await complete('ev')).toEqual(['evaluate']);
    expect(await complete('train', '--opt')).toEqual(['--optimizer']);
    expect(await complete('train', '--optimizer', 'ada')).toEqual(['adam', 'adamw', 'adagrad']);
    expect(await complete('train', '--bat')).toEqual(['--batch', '--batch-size']);
    expect(await complete('train', '--batch-size', '')).toEqual(['full']);
    expect(await complete('train', '--learn')).toEqual(['--learning-rate']);
  });

  test('leaves words of the user to the shell', async () => {
    expect(await complete('evaluate', 'ru')).toEqual(['']);
  });

  test.each([
    ['bash', 'complete -o bashdefault', 'gradloom completion bash >> ~/.bashrc'],
    ['zsh', '#compdef gradloom', 'gradloom completion zsh >> ~/.zshrc'],
    ['fish', 'complete -f -c gradloom', 'gradloom completion fish > ~/.config/fish/completions/gradloom.fish'],
  ])('prints a script for %s that asks the program itself', async (shell, start, installation) => {
    const script = await gradloom(['completion', shell]);
    expect(script).toMatchObject({ code: 0, stderr: '' });
    for (const part of [start, installation, 'gradloom --get-yargs-completions']) expect(script.stdout).toContain(part);
    expect(await gradloom(['completion'], { env: { SHELL: `/usr/bin/${shell}` } })).toEqual(script);
  });

  test('is for bash if SHELL is none of these, and does not change the environment', async () => {
    const { SHELL } = process.env;
    expect(await gradloom(['completion'], { env: { SHELL: '/bin/dash' } })).toEqual(
      await gradloom(['completion', 'bash']),
    );
    expect(process.env.SHELL).toBe(SHELL);
  });

  test('offers the shells', async () => {
    expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });
});
