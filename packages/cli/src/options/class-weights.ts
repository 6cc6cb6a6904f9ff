import { option, show } from '@gradloom/core/internal';
import type { ClassWeight } from '@gradloom/runtime';
import { isRecord } from './read-object.ts';

const EXPECTED = 'balanced, numbers of at least 0 such as 1,5, or numbers by class such as yes=5,no=1';

/**
 * 'balanced', '1,5' in the order of the classes, or 'yes=5,no=1'; in a config file also a list or an object. Names with
 * a comma or an equals sign stand in JSON: '{"a,b": 2}'.
 */
export const classWeights = option.kind(
  (_where, name, raw): ClassWeight => {
    const weights = typeof raw === 'string' ? fromText(raw) : raw;
    if (weights === 'balanced') return weights;
    const values = isRecord(weights) || Array.isArray(weights) ? Object.values(weights) : [];
    if (values.length > 0 && values.every(isWeight)) return weights as ClassWeight;
    throw new Error(`${name} has ${show(raw)}, expected ${EXPECTED}`);
  },
  { choices: ['balanced'] },
);

const isWeight = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;

function fromText(text: string): unknown {
  if (text === 'balanced') return text;
  if (text.startsWith('{')) return parsed(text);
  const parts = text.split(',').map((part) => part.split('='));
  if (parts.every((part) => part.length === 1)) return parts.map(([value]) => option.numeric(value.trim()));
  const named = parts.map(([label, ...rest]): [string, unknown] => [
    label.trim(),
    option.numeric(rest.join('=').trim()),
  ]);
  const isTwice = new Set(named.map(([label]) => label)).size < named.length;
  return isTwice ? undefined : Object.fromEntries(named);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
