import { basename, relative } from 'node:path';
import { jsRuntime } from './js-runtime.ts';

/** The command to call this program again: through npx if npm started it, else as it was called. */
export function invocation(
  env: Readonly<Record<string, string | undefined>>,
  script: string = process.argv[1] ?? 'gradloom',
): string {
  if (env.npm_config_user_agent !== undefined) return 'npx gradloom';
  return basename(script) === 'gradloom' ? 'gradloom' : `${jsRuntime().command} ${relative(process.cwd(), script)}`;
}

/** A command of a document, as it can be typed here. */
export const typed = (command: string, env: Readonly<Record<string, string | undefined>>): string =>
  command.replace(/^gradloom(?= )/, () => invocation(env));
