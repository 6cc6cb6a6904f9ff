import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type DatasetName, presets } from '../datasets/presets.ts';
import { formatMember, type Member, parseMember } from './member.ts';
import type { Kind } from './option.ts';
import { text } from './words.ts';

/** Where rows come from: a set with a name and its options, or files. */
export type DatasetSource = { readonly name: DatasetName; readonly options: Member } | { readonly path: string };

/** 'mnist', 'spirals:rows=300', or a path: what exists as a file, or is written as one (./mnist). */
export const datasetSource: Kind<DatasetSource> = {
  parse(name, raw) {
    if (typeof raw !== 'string') return named(name, raw);
    const word = text('the name of a dataset or a path').parse(name, raw);
    if (!Object.hasOwn(presets, word.split(':')[0]) && (/^\.|[\\/]/.test(word) || existsSync(word)))
      return { path: word };
    return named(name, word);
  },
  choices: Object.keys(presets),
};

/** The text that means the same source from any folder. */
export const formatSource = (source: DatasetSource): string =>
  'path' in source ? resolve(source.path) : formatMember(source.options);

function named(name: string, raw: unknown): DatasetSource {
  const options = parseMember(name, raw, presets);
  return { name: options.kind as DatasetName, options };
}
