/**
 * Runs the commands of docs/tutorial.md in an empty folder, and writes the page with the real output:
 *   node docs/run-tutorial.mjs          writes the page again
 * A block of `console` has commands after `$ ` and their output; one of `<language> <file>` is a file. A command that
 * ends with ` &` runs until the end of the page.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs/tutorial.md');
const FENCE = /^```(\S+)(?: (\S+))?\n([\s\S]*?)^```$/gm;

/** The port that the page shows; a free one is used. */
const PORT = '8123';

/** Most lines of a server's output that are shown. */
const FIRST_LINES = 4;

/**
 * The page with the current output of each command.
 * @param {{ text?: string, cli?: string, modules?: string | null }} options
 */
export async function runTutorial({
  text = readFileSync(page, 'utf8'),
  cli = join(root, 'packages/cli/bin/gradloom.js'),
  modules = null, // a folder with our packages, for programs of the page; null: the built ones
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'gradloom-tutorial-'));
  const started = [];
  const port = await freePort();
  try {
    prepare(folder, modules);
    let written = '';
    let from = 0;
    for (const { 0: block, 1: language, 2: file, 3: content, index } of text.matchAll(FENCE)) {
      written += text.slice(from, index);
      from = index + block.length;
      if (file !== undefined) writeFileSync(join(folder, file), content);
      written +=
        language === 'console'
          ? `\`\`\`console\n${await runBlock(content.replaceAll(PORT, port), folder, cli, started)}\`\`\``
          : block;
    }
    return (written + text.slice(from))
      .replaceAll(folder, '/home/you')
      .replaceAll(`:${port}`, `:${PORT}`)
      .replaceAll(` ${port}`, ` ${PORT}`);
  } finally {
    for (const child of started) {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return String(port);
}

/** Prepares the folder like that of a program, with the packages installed. */
function prepare(folder, modules) {
  if (modules === null) {
    mkdirSync(join(folder, 'node_modules/@gradloom'), { recursive: true });
    for (const name of ['core', 'runtime']) {
      symlinkSync(join(root, 'packages', name), join(folder, 'node_modules/@gradloom', name), 'dir');
    }
  } else symlinkSync(modules, join(folder, 'node_modules'), 'dir');
  symlinkSync(join(root, 'packages'), join(folder, 'packages'), 'dir');
}

async function runBlock(content, folder, cli, started) {
  let written = '';
  // A command continues after a backslash.
  for (const [, command] of content.matchAll(/^\$ ((?:.*\\\n)*.*)$/gm)) {
    written += `$ ${command}\n${await run(command, folder, cli, started)}`;
  }
  return written;
}

async function run(command, cwd, cli, started) {
  // The program is told that npm runs it, so that it prints commands with npx.
  const env = { ...process.env, npm_config_user_agent: 'npm' };
  const line = command.replaceAll('npx gradloom', `"${process.execPath}" "${cli}"`);
  if (!line.endsWith(' &')) {
    const { stdout, stderr, status } = spawnSync('bash', ['-c', line], { cwd, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ended with ${status}, expected 0: ${stdout}${stderr}`);
    return stdout.endsWith('\n') || stdout === '' ? stdout : `${stdout}\n`;
  }
  const child = spawn('bash', ['-c', `exec ${line.slice(0, -2)}`], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  let text = '';
  for await (const part of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += part;
    if (text.split('\n').length > FIRST_LINES) break;
  }
  if (text === '') throw new Error(`${command} printed nothing, expected a server`);
  child.stdout.resume();
  return text.split('\n').slice(0, FIRST_LINES).join('\n').concat('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, await runTutorial());
