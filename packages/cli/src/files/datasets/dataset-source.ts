import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { option, show, suggest } from '@gradloom/core/internal';
import { type TableName, tableFiles, tablePath } from '@gradloom/runtime';
import { tableInFolder } from '@gradloom/runtime/internal';
import { formatMember, type Member, parseMember } from '../../options/member.ts';
import { readValue } from '../../options/option.ts';
import { pathsIn } from '../folders.ts';
import { type DatasetName, presets } from './presets.ts';

/** A source of rows: a named dataset and its options, or files and how to read them. */
export type DatasetSource = { readonly name: DatasetName; readonly options: Member } | FileSource;

export interface FileSource {
  readonly path: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly byFlag?: readonly string[]; // options that errors call by flags of their own
  readonly table?: TableName; // the table of the library, if it is one
}

/** Named datasets: generated ones, MNIST, and the tables that come with the library. */
export const datasetNames = { ...presets, ...tableFiles };

/**
 * 'mnist', 'iris', 'spirals:rows=300', or a path: an existing file, or text written as a path (./mnist,
 * cars.csv:target=price). A folder with one table, and no other data, is that table.
 */
export const datasetSource = option.kind(
  (_where, name, raw): DatasetSource => {
    if (typeof raw !== 'string') return namedSource(name, raw);
    const word = readValue(option.text('the name of a dataset or a path'), name, raw);
    if (Object.hasOwn(datasetNames, word.split(':')[0])) return namedSource(name, word);
    if (existsSync(word)) return { path: tableInFolder(word) };
    if (/^\w+:\/\//.test(word)) {
      throw new Error(
        `${name} has ${show(word)}, expected a file: nothing is loaded from a network (download it first)`,
      );
    }
    const [, path, options] = /^(.+?):([\w-]+=.*)$/s.exec(word) ?? [];
    if (path !== undefined && isPath(path)) {
      // The options of a path are written as those of a member, here of one that is called files.
      const { kind: _, ...read } = parseMember(name, `files:${options}`, { files: true });
      return { path: tableInFolder(path), options: read };
    }
    const [, file] = /^(.+):[\w-]+$/.exec(word) ?? [];
    if (file !== undefined && existsSync(file)) {
      throw new Error(`${name} has ${show(word)}, expected ${file}:option=value,option=value`);
    }
    if (isPath(word)) return { path: word };
    const [kind] = word.split(':');
    const names = Object.keys(datasetNames);
    const expected = `one of ${names.join(', ')}, or a file or folder that exists`;
    throw new Error(
      `${name} has ${show(word)}, expected ${expected}${suggest(kind, names) || suggest(kind, pathsIn('.'))}`,
    );
  },
  { choices: Object.keys(datasetNames) },
);

/** Text that names the same source from any folder. */
export function formatSource(source: DatasetSource): string {
  if (!('path' in source)) return formatMember(source.options);
  const path = source.table ?? resolve(source.path);
  return source.options === undefined ? path : formatMember({ ...source.options, kind: path });
}

/** Dataset names have no dot; file names have one before their extension. */
const isPath = (word: string): boolean => /[.\\/]/.test(word) || existsSync(word);

function namedSource(name: string, raw: unknown): DatasetSource {
  const member = parseMember(name, raw, datasetNames);
  const { kind, ...options } = member;
  if (!isTable(kind)) return { name: kind as DatasetName, options: member };
  return { path: tablePath(kind), table: kind, ...(Object.keys(options).length === 0 ? {} : { options }) };
}

const isTable = (name: string): name is TableName => Object.hasOwn(tableFiles, name);
