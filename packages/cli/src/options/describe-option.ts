import type { OptionError } from '@gradloom/core';
import { show, suggestOption } from '@gradloom/core/internal';
import { withoutPlace } from '../terminal/failure.ts';
import { kebabCase } from './flags-of.ts';
import type { RawOptions } from './raw-options.ts';
import { isRecord } from './read-object.ts';

/**
 * The message of `error` in terms of the options that were given. Its subject is the flag if the error is about a whole
 * option, or about an inner option with a flag of its own.
 */
export function describeOption(
  flags: readonly RawOptions[string][],
  error: OptionError,
  isDedicatedFlag = false,
): string {
  const { about, problem, options } = error;
  if (options.length === 1 && (about === options[0] || isDedicatedFlag)) return `${flags[0].name} ${problem}`;
  // The problem names the dataset.
  if (about === options[0] && options.length === 2 && options[1] === 'dataset' && flags.length === 2) {
    return `${flags[0].name} ${problem}`;
  }
  return `${flags.map(withValue).join(' with ')}: ${withKebabOptions(error)}`;
}

/** Options of a member are written as flags; in a network they are written as in the file. */
function withKebabOptions(error: OptionError): string {
  const { about, problem, known, options } = error;
  if (/^(spec|layers|input)\b/.test(options[0])) return withoutPlace(error);
  if (known === undefined) return about.includes(' ') ? withoutPlace(error) : `${kebabCase(about)} ${problem}`;
  const option = kebabCase(options[0].split('.').at(-1) ?? '');
  const names = known.map(kebabCase);
  return `option ${show(option)} is unknown, expected ${names.join(', ') || 'none'}${suggestOption(option, names)}`;
}

/**
 * '--optimizer sgd', '--hidden 128,64': enough of the value to recognize it; a whole object would be too long.
 */
function withValue({ name, value }: RawOptions[string]): string {
  const known = isRecord(value) ? value.kind : value === true ? undefined : value;
  const text = String(known ?? '').replace(/^([\w-]+):[\w-]+=.*$/s, '$1');
  return text === '' || text.startsWith('{') ? name : `${name} ${text.slice(0, 60)}`;
}
