import type { ColumnEncoding, Json, NumberEncoding, TokenizerSpec } from '@gradloom/core';
import { dateText, inputsOf, ofImages, ofTable, ofText } from '@gradloom/core/internal';
import type { Model } from '@gradloom/runtime';

/**
 * An example of a row for a request, or of a window for a model of a series: values like those of the training rows, as
 * the model reads them. Undefined for a model of images.
 */
export function exampleBody({ preprocessing, spec }: Model): Json | undefined {
  if (ofImages(preprocessing) !== undefined) return undefined;
  const text = ofText(preprocessing)?.text;
  if (text !== undefined) return exampleText(text.tokenizer);
  const table = ofTable(preprocessing);
  if (table === undefined) return new Array<number>(inputsOf(spec)).fill(0);
  const row: Json = Object.fromEntries(table.columns.map((column) => [column.name, exampleCell(column)]));
  return table.series === undefined ? row : new Array<Json>(table.series.context).fill(row);
}

function exampleCell(column: ColumnEncoding): Json {
  if (column.type === 'text') return exampleText(column.tokenizer);
  if (column.type === 'image') return PIXEL;
  if (column.type === 'categorical') return column.categories[0] ?? null;
  if (column.type === 'boolean') return true;
  const value = clamp(column, column.center);
  if (column.type === 'numeric') return clamp(column, Number(value.toPrecision(2)));
  return dateText(value, column.format !== undefined && 'order' in column.format ? column.format : undefined);
}

/** A PNG file of one grey pixel, in base64. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';

/** The value, moved into the range of the training rows. */
const clamp = ({ range }: NumberEncoding, value: number): number =>
  range === undefined ? value : Math.min(range[1], Math.max(range[0], value));

/** Words of the sentence that the vocabulary has, else some of its words or letters; later ones with a space before. */
function exampleText(tokenizer: TokenizerSpec): string {
  if (!('vocabulary' in tokenizer)) return 'a text';
  const { kind, vocabulary } = tokenizer;
  const words = new Set(vocabulary);
  const isKnown = (word: string): boolean =>
    kind === 'words' ? words.has(word) : [...word].every((c) => words.has(c));
  const start = SENTENCE.findIndex(isKnown);
  const laterWords = SENTENCE.slice(start + 1)
    .map((word) => ` ${word}`)
    .filter(isKnown);
  if (start !== -1 && laterWords.length > 1) return [SENTENCE[start], ...laterWords].join('');
  const beginnings = vocabulary.filter((piece) => /^\p{L}+$/u.test(piece)).slice(0, kind === 'words' ? 1 : 3);
  const continuations = vocabulary.filter((piece) => /^ \p{L}+$/u.test(piece)).slice(0, 2);
  const text = [...beginnings, ...continuations].join('').trim();
  return text === '' ? (vocabulary.at(-1) ?? '') : text;
}

/** Frequent words, so that most of them are known to a model of English. */
const SENTENCE = ['It', 'was', 'the', 'best', 'of', 'all', 'that', 'I', 'have', 'seen'];
