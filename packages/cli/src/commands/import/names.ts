import { show } from '@gradloom/core/internal';
import type { Kind } from '../../options/option.ts';

/** Names with commas between them. */
export const names: Kind<readonly string[]> = {
  parse(name, raw) {
    const parts = String(raw).split(',');
    if (parts.every((part) => part !== '') && new Set(parts).size === parts.length) return parts;
    throw new Error(`${name} has ${show(raw)}, expected different names with commas between them, such as cat,dog`);
  },
};

/** 'fc1=0,fc2=2': names of the network for those of a file. */
export const renames: Kind<Readonly<Record<string, string>>> = {
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
