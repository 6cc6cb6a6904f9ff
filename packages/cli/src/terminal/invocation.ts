import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { basename, relative } from 'node:path';

/** The command to call this program again: through npx if npm started it, else as it was called. */
export function invocation(
  env: Readonly<Record<string, string | undefined>>,
  script: string = process.argv[1] ?? 'gradloom',
): string {
  if (env.npm_config_user_agent !== undefined) return 'npx gradloom';
  return basename(script) === 'gradloom' ? 'gradloom' : `${jsRuntime().command} ${relative(process.cwd(), script)}`;
}

/** A command from a document, as it can be typed here. */
export const asTyped = (command: string, env: Readonly<Record<string, string | undefined>>): string =>
  command.replace(/^gradloom(?= )/, () => invocation(env));

/** The program that runs this one. */
export interface JsRuntime {
  readonly name: 'Node' | 'Deno' | 'Bun';
  readonly version: string;
  /** Command that runs a script. */
  readonly command: string;
}

/** Recognised by its own version: Deno and Bun also report the Node that they are compatible with. */
export function jsRuntime(versions: Readonly<Record<string, string | undefined>> = process.versions): JsRuntime {
  const { deno, bun, node = '' } = versions;
  if (deno !== undefined) return { name: 'Deno', version: deno, command: 'deno run -A' };
  if (bun !== undefined) return { name: 'Bun', version: bun, command: 'bun' };
  return { name: 'Node', version: node, command: 'node' };
}

/** The machine that computed a result, as stored in the files of a run. */
export function describeMachine() {
  const { platform, arch } = process;
  const { command: _command, ...runtime } = jsRuntime();
  return {
    machine: { cpu: cpus()[0]?.model.trim() ?? null, cores: availableParallelism(), platform, arch },
    runtime,
    versions: { gradloom: version, node: process.versions.node, v8: process.versions.v8 },
  };
}

/** Relative to this source file, or to the bundle in `dist`. */
const manifestPath = import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json';

const manifest: { version: string; engines: { node: string } } = JSON.parse(
  readFileSync(new URL(manifestPath, import.meta.url), 'utf8'),
);

export const version = manifest.version;

/** The oldest supported Node. */
export const neededNode = manifest.engines.node.replace('>=', '');
