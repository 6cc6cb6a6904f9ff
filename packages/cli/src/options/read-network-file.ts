import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { show } from '@gradloom/core/internal';
import { UsageError } from '../terminal/failure.ts';
import { isRecord, readObject } from './read-object.ts';
import { readText } from './read-text.ts';

/** Enough for a module that writes its layers one by one. */
const MAX_MODULE_BYTES = 1 << 22;

/** A module exports the network by default: `export default network(input(784).through(...))`. */
export async function readNetworkFile(path: string): Promise<Record<string, unknown>> {
  if (!/\.[cm]?[jt]s$/.test(path)) return readObject('--spec', path);
  readText('--spec', path, MAX_MODULE_BYTES); // says plainly what cannot be read
  let exports: { readonly default?: unknown };
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = MAX_CALLS;
    exports = await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    const line = lineIn(error, resolve(path));
    const where = line === undefined ? '' : ` at line ${line}`;
    throw new UsageError(`--spec ${path}${where} cannot be imported, expected a module with a network (${reason})`, {
      cause: error,
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  const { default: network } = exports;
  if (isRecord(network)) return network;
  const expected = 'expected a network, such as export default network(input(784).through(dense(10)))';
  throw new UsageError(`--spec ${path} has the default export ${show(network)}, ${expected}`);
}

/** Calls between the line of a module that makes a layer and the check that refuses it, and more. */
const MAX_CALLS = 50;

/** The line of the module in which an error was made, such as that of a layer whose shape does not fit. */
function lineIn(error: unknown, path: string): string | undefined {
  const { stack = '' } = error instanceof Error ? error : {};
  const names = [`${pathToFileURL(path).href}:`, `${path}:`];
  const name = names.find((each) => stack.includes(each));
  return name === undefined ? undefined : stack.slice(stack.indexOf(name) + name.length).split(':', 1)[0];
}
