import { option, show } from '@gradloom/core/internal';
import type { ClassWeight, RateChanges } from '@gradloom/runtime';
import { trainOptions } from '@gradloom/runtime/options';
import { isRecord, tryJson } from './read-object.ts';

const CLASS_WEIGHTS =
  'balanced, numbers of at least 0 such as 1,5, numbers by class such as yes=5,no=1, or by target such as buys=balanced';

/**
 * 'balanced', '1,5' in the order of the classes, or 'yes=5,no=1'; in a config file also a list or an object. Names with
 * a comma or an equals sign stand in JSON: '{"a,b": 2}'. Of several targets 'buys=balanced', or '{"buys": {"yes": 5}}'.
 */
export const classWeights = option.kind(
  (_where, name, raw): ClassWeight => {
    const weights = typeof raw === 'string' && raw !== 'balanced' ? weightsOf(raw) : raw;
    if (weights === 'balanced') return weights;
    const values = isRecord(weights) || Array.isArray(weights) ? Object.values(weights) : [];
    const areWeights = (list: readonly unknown[]) => list.length > 0 && list.every(isWeight);
    const isOfTarget = (value: unknown) =>
      value === 'balanced' || ((isRecord(value) || Array.isArray(value)) && areWeights(Object.values(value)));
    if (areWeights(values) || (isRecord(weights) && values.length > 0 && values.every(isOfTarget))) {
      return weights as ClassWeight;
    }
    throw new Error(`${name} has ${show(raw)}, expected ${CLASS_WEIGHTS}`);
  },
  { choices: ['balanced'] },
);

const isWeight = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;

function weightsOf(text: string): unknown {
  if (text.startsWith('{')) return tryJson(text);
  const parts = text.split(',').map((part) => part.split('='));
  if (parts.every((part) => part.length === 1)) return parts.map(([value]) => option.numeric(value.trim()));
  const weights = parts.map(([label, ...value]) => [label.trim(), option.numeric(value.join('=').trim())]);
  const byLabel = Object.fromEntries(weights);
  return Object.keys(byLabel).length < parts.length ? undefined : byLabel; // a label is given twice
}

/** '0=0.1,encoder=0': numbers of layers by names and paths; in files also an object. */
export const layerNumbers = option.kind((_where, name, raw): Readonly<Record<string, number>> => {
  const numbers = typeof raw === 'string' ? weightsOf(raw) : raw;
  const values = isRecord(numbers) ? Object.values(numbers) : [];
  if (values.length > 0 && values.every(isWeight)) return numbers as Record<string, number>;
  throw new Error(`${name} has ${show(raw)}, expected numbers of at least 0 by layer, such as 0=0.1,encoder=0`);
});

/** '0,encoder': names and paths of layers, or a list in JSON for names with a comma; in files also a list. */
export const layerNames = option.kind((where, name, raw): readonly string[] => {
  const names = typeof raw === 'string' ? (raw.startsWith('[') ? tryJson(raw) : raw.split(',')) : raw;
  const texts = [names].flat().map((entry) => (typeof entry === 'number' ? String(entry) : entry));
  return trainOptions.table.freeze.check(where, name, texts);
});

const RATE_CHANGES = 'a rate for each step that changes it, such as 300=0.001,500=0.0001';

/** '300=0.001,500=0.0001': the learning rate from each step on; in files also an object. */
export const rateChanges = option.kind((where, name, raw): RateChanges => {
  const value = typeof raw === 'string' ? changesOf(name, raw) : raw;
  if (typeof value !== 'object' || value === null) {
    throw new Error(`${name} has ${show(raw)}, expected ${RATE_CHANGES}`);
  }
  return trainOptions.table.rateChanges.check(where, name, value);
});

/** Rate changes from a flag, or from the JSON of an object, as the command line in config.json has them. */
function changesOf(name: string, text: string): unknown {
  if (text.startsWith('{')) return tryJson(text);
  const parts = text.split(',').map((part) => part.split('=').map((word) => word.trim()));
  if (parts.some((part) => part.length !== 2)) return undefined;
  const twice = parts.find(([step], k) => parts.findIndex(([other]) => Number(other) === Number(step)) < k);
  if (twice !== undefined) throw new Error(`${name} has step ${show(Number(twice[0]))} twice, expected each step once`);
  return Object.fromEntries(parts.map(([step, learningRate]) => [step, option.numeric(learningRate)]));
}
