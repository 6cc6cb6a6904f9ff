import { ofText } from '@gradloom/core/internal';
import type { DataSplits } from '@gradloom/runtime';
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

/** Sentences on the automatic decisions about a text. */
export function textDecisions({ train, validation, test }: DataSplits): string[] {
  const encoding = ofText(train.preprocessing)?.text;
  if (encoding === undefined) return [];
  const { tokenizer, context, lines } = encoding;
  const tokens = `tokens are ${tokenizer.kind}: ${whole(train.classes ?? 0)} of them (--tokenizer)`;
  const held = [
    ...(validation === undefined ? [] : [`${plural(validation.rows, 'row')} for validation`]),
    ...(test === undefined ? [] : [`${plural(test.rows, 'row')} for the test`]),
  ].join(' and ');
  const rows = lines
    ? `each line is a row, padded to ${plural(context, 'token')} (--context)`
    : `rows are windows of ${plural(context, 'token')}, drawn at random places of the text (--context)`;
  const how = lines ? 'at random (--validation)' : 'the end of the text (--validation)';
  return [tokens, rows, ...(held === '' ? [] : [`held out: ${held}, ${how}`])];
}
