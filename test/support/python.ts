import { execFileSync, type StdioOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The JSON that a program of test/support/python prints, run by Debian's Python, which has the modules. */
export function python(program: string, ...args: readonly string[]): unknown {
  const path = fileURLToPath(new URL(`python/${program}`, import.meta.url));
  // -B: it leaves no compiled files beside the sources. Its stderr, where Debian's onnxruntime lists all of its
  // operators, is in the error if there is one.
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
  const options = { encoding: 'utf8', maxBuffer: 1 << 28, stdio } as const;
  return JSON.parse(execFileSync('/usr/bin/python3', ['-B', path, ...args], options));
}
