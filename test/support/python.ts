import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The JSON that a program of test/support/python prints, run by Debian's Python, which has the modules. */
export function python(program: string, ...args: readonly string[]): unknown {
  const path = fileURLToPath(new URL(`python/${program}`, import.meta.url));
  // -B: it leaves no compiled files beside the sources.
  return JSON.parse(execFileSync('/usr/bin/python3', ['-B', path, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 }));
}
