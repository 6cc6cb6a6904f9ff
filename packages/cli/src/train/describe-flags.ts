import { formatSource } from '../options/dataset-source.ts';
import { formatMember, type Member } from '../options/member.ts';
import { isRecord } from '../options/read-object.ts';
import { quote } from '../report/quote.ts';
import { type TrainValues, trainOptions } from './options.ts';

/** Options that say where a run goes, how it is shown and what it may take, not what it is. */
const ABOUT_OUTPUT = new Set(['memory-limit', 'out', 'no-out', 'config', 'resume', 'quiet', 'json', 'verbose']);

/** The options that make a run, in the order of help, as a config file holds them. */
export function configOf(values: TrainValues): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const key of Object.keys(trainOptions) as (keyof TrainValues)[]) {
    if (ABOUT_OUTPUT.has(key) || values[key] === undefined || values[key] === false) continue;
    config[key] = key === 'dataset' && values.dataset !== undefined ? formatSource(values.dataset) : values[key];
  }
  return config;
}

/** The same as a command line, quoted for a shell. */
export function commandOf(values: TrainValues): string {
  const words = Object.entries(configOf(values)).map(([key, value]) =>
    value === true ? `--${key}` : `--${key} ${quote(formatValue(value))}`,
  );
  return ['gradloom train', ...words].join(' ');
}

/** A value as it is typed. */
export function formatValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(',');
  return isMember(value) ? formatMember(value) : isRecord(value) ? JSON.stringify(value) : String(value);
}

const isMember = (value: unknown): value is Member => isRecord(value) && typeof value.kind === 'string';
