import { createLoss, type LossSpec, losses } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import { precisions } from '@gradloom/runtime/options';
import { memberOf } from '../../options/member.ts';
import { networkFile } from '../../options/network-file.ts';
import type { Kind, OptionTable, Values } from '../../options/option.ts';
import { moduleOption, ownParts } from '../../options/own-parts.ts';
import { keyOf, text, toggle } from '../../options/words.ts';

/** Names with commas between them. */
const names: Kind<readonly string[]> = {
  parse(name, raw) {
    const parts = String(raw).split(',');
    if (parts.every((part) => part !== '') && new Set(parts).size === parts.length) return parts;
    throw new Error(`${name} has ${show(raw)}, expected different names with commas between them, such as cat,dog`);
  },
};

/** 'fc1=0,fc2=2': names of the network for those of a file. */
const renames: Kind<Readonly<Record<string, string>>> = {
  parse(name, raw) {
    const pairs = String(raw)
      .split(',')
      .map((pair) => /^([^=]+)=([^=]+)$/.exec(pair) ?? []);
    if (pairs.every(([whole]) => whole !== undefined)) {
      const from = pairs.map(([, key]) => key);
      if (new Set(from).size === from.length) return Object.fromEntries(pairs.map(([, key, to]) => [key, to]));
    }
    throw new Error(`${name} has ${show(raw)}, expected a layer for each module, such as fc1=0,fc2=2`);
  },
};

export const importOptions = {
  spec: {
    group: 'Model',
    ...networkFile,
    describe:
      'JSON or YAML file with the network, { "input": 4, "layers": [...] } (default: that of a file which export wrote)',
  },
  loss: {
    group: 'Model',
    ...memberOf<LossSpec>(losses, (spec) => createLoss(spec, ownParts()), 'losses'),
    describe: `the loss it was trained with, which says what outputs mean: ${Object.keys(losses).join(', ')} (default: outputs are values)`,
  },
  labels: { group: 'Model', ...names, describe: 'names of the classes, such as cat,dog (default: their numbers)' },
  rename: {
    group: 'Model',
    ...renames,
    describe: 'layers of the network for modules of the file, such as fc1=0,fc2=2 (default: the names are the same)',
  },
  precision: {
    group: 'Model',
    ...keyOf(precisions),
    describe:
      'type of the weights of the model: float64 holds those of every file exactly (default: that of a file which export wrote, else float64)',
  },
  module: moduleOption,
  out: { group: 'Output', ...text('a file to write, such as model.gradloom'), describe: 'the model file to write' },
  json: { group: 'Output', ...toggle, describe: 'print one JSON object' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type ImportValues = Values<typeof importOptions>;
