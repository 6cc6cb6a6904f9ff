import { basename, dirname } from 'node:path';
import { ofText } from '@gradloom/core/internal';
import type { DataSplits, Dataset } from '@gradloom/runtime';
import { separatorIn } from '@gradloom/runtime/internal';
import { plural, whole } from '../../terminal/text/format.ts';
import type { Preset } from './presets.ts';

/** Defaults for a text: those of [nanoGPT](https://github.com/karpathy/nanoGPT) on a processor. */
export const textPreset: Preset = {
  options: {},
  validation: 0.1,
  test: 0,
  testsItself: false,
  network: 'gpt:4x4x128',
  hidden: [],
  activation: 'gelu',
  optimizer: { kind: 'adamw', lr: 0.001 },
  schedule: 'cosine',
  batch: 12,
  epochs: 1,
  steps: 2000,
};

/** Parameters of a network that a minute is enough for. */
const PARAMETERS_OF_A_MINUTE = 450_000;
/** Maximum number of parameters for each token of the text. */
const PARAMETERS_OF_A_TOKEN = 4;

/**
 * Defaults for a text of so many training tokens that has some minutes: a network of about 450,000 · √minutes
 * parameters, but at most four for each token, in 4 blocks with a head for each 32 numbers of the width.
 * docs/writing.md has the measurements.
 */
export function timedTextPreset(tokens: number, minutes: number): Preset {
  const parameters = Math.min(PARAMETERS_OF_A_TOKEN * tokens, PARAMETERS_OF_A_MINUTE * Math.sqrt(minutes));
  const heads = Math.max(1, Math.round(Math.sqrt(parameters / (4 * 12)) / 32));
  return {
    ...textPreset,
    network: `gpt:4x${heads}x${32 * heads}`,
    optimizer: { kind: 'muon', lr: 0.005 },
    batch: 32,
    precision: 'float32',
    patience: 10,
  };
}

/** Sentences on the automatic decisions about a text. */
export function textDecisions(sets: DataSplits): string[] {
  const { train, validation, test } = sets;
  const encoding = ofText(train.preprocessing)?.text;
  if (encoding === undefined) return [];
  const { tokenizer, context, lines } = encoding;
  const tokens = `tokens are ${tokenizer.kind}: ${whole(train.classes ?? 0)} of them (--tokenizer)`;
  const heldText = [
    ...(validation === undefined ? [] : [`${plural(validation.rows, 'row')} for validation`]),
    ...(test === undefined ? [] : [`${plural(test.rows, 'row')} for the test`]),
  ].join(' and ');
  const cut = lines ? cutLines(sets, context) : 0;
  const longer = cut === 0 ? '' : `; ${plural(cut, 'line')} longer than that ${cut === 1 ? 'is' : 'are'} cut`;
  const rows = lines
    ? `each line is a row, padded to ${plural(context, 'token')}${longer} (--context)`
    : `rows are windows of ${plural(context, 'token')}, drawn at random places of the text (--context)`;
  const flags = [...(validation === undefined ? [] : ['--validation']), ...(test === undefined ? [] : ['--test'])];
  const how = `${lines ? 'at random' : 'the end of the text'} (${flags.join(', ')})`;
  return [tokens, rows, ...(heldText === '' ? [] : [`held out: ${heldText}, ${how}`]), ...textBlocks(train)];
}

/** Says of a text that looks like a table how it is read as one. */
export async function tableAmongTexts(path: string): Promise<string[]> {
  const separator = await separatorIn(path).catch(() => undefined);
  if (separator === undefined) return [];
  const { lines, name, count } = separator;
  const has = `each of its ${lines === 100 ? 'first 100' : lines} lines has ${plural(count, name)}`;
  return [`${basename(path)} looks like a table: ${has} (--target names the column to learn, and reads it as one)`];
}

/** Says which file tokens are streamed from, if it is not the text itself. */
function textBlocks({ inputs: { file } }: Dataset): string[] {
  if (file === undefined || !file.path.includes('.gradloom-cache')) return [];
  return [`tokens are streamed from ${dirname(file.path)} (it may be deleted, and is then made anew)`];
}

/** The target of a position after the end of its line. */
const PADDING = -1;

/** Number of lines that rows cut off: their last target is not a line end. 0 for rows that are streamed. */
function cutLines(sets: DataSplits, T: number): number {
  if (sets.train.targets.file !== undefined) return 0;
  const [lineEnd] = sets.train.inputs.array; // the first token of each row
  let cut = 0;
  for (const set of [sets.train, sets.validation, sets.test]) {
    for (let row = 1; set !== undefined && row <= set.rows; row++) {
      const target = set.targets.array[row * T - 1];
      if (target !== lineEnd && target !== PADDING) cut++;
    }
  }
  return cut;
}
