import { OptionError } from '@gradloom/core';
import { show, suggestOption } from '@gradloom/core/internal';
import { UsageError, withoutCaller } from '../terminal/failure.ts';
import { kebabCase } from './flags-of.ts';
import type { OptionTable } from './option.ts';
import type { RawOptions } from './raw-options.ts';
import { isRecord } from './read-object.ts';

/** Flags for library options that have another name or no flag of their own; errors name the first that was given. */
const flagsByOption: Readonly<Record<string, readonly string[]>> = {
  layers: ['spec', 'network', 'hidden', 'model'],
  input: ['spec', 'network', 'model'],
  init: ['init', 'spec'],
  images: ['divisor', 'mean'],
  loss: ['loss', 'model'],
  threads: ['threads', 'max-threads'],
  modules: ['module'],
  mergeLora: ['merge-lora', 'no-merge-lora'],
};

/** Flags whose availability depends on the machine: errors about them are not usage errors. */
const MACHINE_FLAGS = new Set(['backend', 'blas']);

/**
 * Rewrites an option error of the libraries in terms of the flags in `raw`: '--batch has 0, expected …', or,
 * if the fault is inside a value or between two, '--spec net.json beside --dataset xor: the network's output has …'.
 * The exit code is 2 if any of these flags was typed.
 */
export function nameFlag(error: unknown, table: OptionTable, raw: RawOptions = rawOfAll(table)): unknown {
  if (!(error instanceof OptionError)) return error;
  const keys = error.options.map((path) => keyOf(path, raw)).filter((key) => key !== undefined);
  if (keys.length === 0) return nameDefault(error, table);
  // A subject of several words is a part of the value, not the option.
  const isDedicated = dedicatedFlags(error.options[0]).includes(keys[0]) && !error.about.includes(' ');
  const flags = keys.map((key) => raw[key]);
  const sentence = describeOption(flags, error, isDedicated);
  const isTyped = keys.some((key) => Object.hasOwn(table, key) && !MACHINE_FLAGS.has(key));
  return isTyped ? new UsageError(sentence, { cause: error }) : new Error(sentence, { cause: error });
}

/** An error about the default of a flag that was not given: '--context has 24, expected …'. */
function nameDefault(error: OptionError, table: OptionTable): Error {
  const { options, about, problem } = error;
  const [key] = options;
  return options.length === 1 && about === key && Object.hasOwn(table, key)
    ? new Error(`--${key} ${problem}`, { cause: error })
    : error;
}

/** The key of the given options that the option at `path` comes from. */
function keyOf(path: string, raw: RawOptions): string | undefined {
  const [option] = path.split('.');
  const keys = [...dedicatedFlags(path), ...(flagsByOption[option] ?? [kebabCase(option)])];
  return keys.find((key) => Object.hasOwn(raw, key));
}

/** The flag of an option inside of optimizer, loss or images, or of the initializer of all layers; else none. */
function dedicatedFlags(path: string): string[] {
  const [option, inner] = path.split('.');
  if (/^layers\..*\.init\b/.test(path)) return ['init'];
  return inner !== undefined && /^(optimizer|loss|images)$/.test(option) ? [kebabCase(inner)] : [];
}

const rawOfAll = (table: OptionTable): RawOptions =>
  Object.fromEntries(Object.keys(table).map((key) => [key, { name: `--${key}`, value: undefined }]));

/**
 * The message of `error` in terms of the options that were given. Its subject is the flag if the error is about a whole
 * option, or about an inner option with a flag of its own. `error.about` is the subject of the library's message.
 */
export function describeOption(
  flags: readonly RawOptions[string][],
  error: OptionError,
  isDedicatedFlag = false,
): string {
  const { about, problem, options } = error;
  if (options.length === 1 && (about === options[0] || isDedicatedFlag)) return `${flags[0].name} ${problem}`;
  // The problem of an option that does not fit a dataset names the dataset already.
  if (about === options[0] && options.length === 2 && options[1] === 'dataset' && flags.length === 2) {
    return `${flags[0].name} ${problem}`;
  }
  return `${flags.map(withValue).join(' with ')}: ${withKebabOptions(error)}`;
}

/** Options of a member are written as flags; in a network they are written as in the file. */
function withKebabOptions(error: OptionError): string {
  const { about, problem, known, options } = error;
  if (/^(spec|layers|input)\b/.test(options[0])) return withoutCaller(error);
  if (known === undefined) return about.includes(' ') ? withoutCaller(error) : `${kebabCase(about)} ${problem}`;
  const option = kebabCase(options[0].split('.').at(-1) ?? '');
  const names = known.map(kebabCase);
  return `option ${show(option)} is unknown, expected ${names.join(', ') || 'none'}${suggestOption(option, names)}`;
}

/** '--optimizer sgd', '--hidden 128,64': enough of the value to recognize it; a whole object would be too long. */
function withValue({ name, value }: RawOptions[string]): string {
  const shortValue = isRecord(value) ? value.kind : value === true ? undefined : value;
  const text = String(shortValue ?? '').replace(/^([\w-]+):[\w-]+=.*$/s, '$1');
  return text === '' || text.startsWith('{') ? name : `${name} ${text.slice(0, 60)}`;
}
