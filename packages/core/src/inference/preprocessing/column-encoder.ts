import { counted, show } from '../../checks/show.ts';
import { TextError } from '../text/text-error.ts';
import { createTokenizer, type TokenizerLoader } from '../text/tokenizer.ts';
import type { Tokenizer } from '../text/tokenizer-spec.ts';
import { type Cell, CellError, isGap, isNumberGap, readCategory, readText } from './cell.ts';
import { cellReader, dayText, invalidDayHint, isDateFormat, timeText } from './cell-format.ts';
import { dateParts, widthOfParts } from './date-parts.ts';
import { encodeImage, widthOfImage } from './image-encoder.ts';
import {
  type CategoryEncoding,
  type ColumnEncoding,
  type NumberEncoding,
  type PixelEncoding,
  type TokenEncoding,
  textToRead,
} from './preprocessing.ts';

/**
 * A note from encoding, which goes on: a category that no training row had, a number outside of the range of the
 * training rows, a gap in a column where few or none had one, or a text that is cut or at least half unknown.
 */
export interface EncodingNote {
  /** Name of the column. */
  readonly column: string;
  /** The unknown category, the text, or the number, a date in ISO 8601; null for a gap. */
  readonly value: string | null;
  /** For a number: the least and the greatest value of the training rows, as `value` is written. */
  readonly range?: readonly [least: string, greatest: string];
  /** For a text that is cut: the number of its tokens. For one that is half unknown: of those that are read. */
  readonly tokens?: number;
  /** For a text that is half unknown: the number of tokens that the vocabulary lacks. */
  readonly unknown?: number;
}

/** Why a cell is unusual: 'which no training row had', or 'outside of 18 to 90, the range of the training rows'. */
export function whyUnusual({ value, range, tokens, unknown }: EncodingNote): string {
  if (value === null) return 'which few or no training rows had';
  if (unknown !== undefined) {
    return `with ${counted(unknown, 'unknown token')} of ${tokens}: few or no training rows had such`;
  }
  if (tokens !== undefined) return `whose ${tokens} tokens are cut to those that the model reads`;
  return range === undefined
    ? 'which no training row had'
    : `outside of ${range.join(' to ')}, the range of the training rows`;
}

/** Encodes the cells of one column. */
export interface ColumnEncoder {
  /** Name of the column. */
  readonly name: string;
  /** Names of the column's inputs. */
  readonly inputs: readonly string[];
  /**
   * Encodes a cell into the column's inputs in `x`, from `offset` on. Returns the number of inputs without padding.
   * @throws CellError for a cell that cannot be encoded.
   */
  encode(cell: Cell, x: Float64Array, offset: number): number;
}

/** Encodes a column whose cells are read as numbers. */
export interface NumberColumnEncoder extends ColumnEncoder {
  /** Encodes a number that was read from a cell; NaN is a gap. */
  encodeNumber(value: number, x: Float64Array, offset: number): void;
}

/** Encodes a column of categories. */
export interface CategoryColumnEncoder extends ColumnEncoder {
  /** Index of a category's input; -1 if it is unknown. */
  inputOf(category: string): number;
  /** Index of the input for gaps; -1 if there is none. */
  readonly gapInput: number;
  /** Whether no training row had a category. False for all categories if the rarer ones are not listed. */
  isNew(category: string): boolean;
}

/** Encodes a column of texts. */
export interface TokenColumnEncoder extends ColumnEncoder {
  /** The first T tokens of a text, at least one; those of a space for ''. @throws CellError for one without tokens. */
  tokensOf(text: string): Uint32Array;
}

/** Creates the encoder of a column of numbers, booleans or dates. */
export function createNumberEncoder(
  { name, type, format, center, scale, fill, indicator, range, ramps = [], parts = [] }: NumberEncoding,
  onNote?: (note: EncodingNote) => void,
): NumberColumnEncoder {
  const { read, expected } = cellReader(type, format);
  // Without a range, bounds are infinite: no number is outside of them, and neither is NaN.
  const [min, max] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const isTime = isDateFormat(format) && format.order === 'time';
  const dateText = isTime ? timeText : dayText;
  const textOf = (value: number): string => (type === 'date' ? dateText(value) : String(value));
  const rampNames = ramps.slice(1).map((bound, r) => `${name} from ${textOf(ramps[r])} to ${textOf(bound)}`);
  const numbers = [name, ...(indicator ? [`${name} is missing`] : []), ...rampNames];
  const inputs = [...numbers, ...parts.flatMap((part) => dateParts[part].inputs.map((input) => `${name} ${input}`))];
  const partWidth = widthOfParts(parts);
  function encodeNumber(value: number, x: Float64Array, offset: number): void {
    const isMissing = Number.isNaN(value);
    if (isMissing && fill === null) {
      throw new CellError(name, 'has a gap', `${expected} (the model was trained without gaps)`);
    }
    if (isMissing && !indicator) onNote?.({ column: name, value: null });
    const filledValue = isMissing ? (fill as number) : value;
    const encodedValue = (filledValue - center) / scale;
    if (!Number.isFinite(encodedValue)) {
      const smaller = `a smaller number: (value - ${center}) / ${scale} is not finite`;
      throw new CellError(name, `has ${value}`, smaller);
    }
    x[offset] = encodedValue;
    if (value < min || value > max) {
      onNote?.({ column: name, value: textOf(value), range: [textOf(min), textOf(max)] });
    }
    if (indicator) x[offset + 1] = isMissing ? 1 : 0;
    const rampOffset = offset + numbers.length - rampNames.length;
    for (let r = 0; r < rampNames.length; r++) {
      x[rampOffset + r] = Math.min(Math.max((filledValue - ramps[r]) / (ramps[r + 1] - ramps[r]), 0), 1);
    }
    let partOffset = offset + numbers.length;
    if (isMissing) x.fill(0, partOffset, partOffset + partWidth);
    else {
      for (const part of parts) {
        dateParts[part].encode(value, x, partOffset);
        partOffset += dateParts[part].inputs.length;
      }
    }
  }
  return {
    name,
    inputs,
    encodeNumber,
    encode(cell, x, offset) {
      const value = isNumberGap(cell) ? Number.NaN : read(cell);
      if (value === undefined) {
        const invalidDay = type === 'date' ? invalidDayHint(cell) : '';
        throw new CellError(name, `has ${show(cell)}${invalidDay}`, expected);
      }
      encodeNumber(value, x, offset);
      return inputs.length;
    },
  };
}

/** Creates the encoder of a column of categories. */
export function createCategoryEncoder(
  { name, categories, missing, others = false }: CategoryEncoding,
  onNote?: (note: EncodingNote) => void,
): CategoryColumnEncoder {
  const indexOf = new Map(categories.map((category, index) => [category, index]));
  const inputs = [...categories.map((category) => `${name}=${category}`), ...(missing ? [`${name} is missing`] : [])];
  const gapInput = missing ? categories.length : -1;
  const inputOf = (category: string): number => indexOf.get(category) ?? -1;
  const listedOthers = new Set(typeof others === 'boolean' ? [] : others);
  const isNew = (category: string): boolean => others !== true && !indexOf.has(category) && !listedOthers.has(category);
  return {
    name,
    inputs,
    gapInput,
    inputOf,
    isNew,
    encode(cell, x, offset) {
      if (typeof cell === 'object' && cell !== null) {
        throw new CellError(name, `has ${show(cell)}`, 'text, a number, true, false, or null for a gap');
      }
      const category = readCategory(cell);
      const categoryInput = inputOf(category);
      // A word for a gap may be a category of an older model.
      const isMissing = categoryInput === -1 && isGap(cell);
      const input = isMissing ? gapInput : categoryInput;
      x.fill(0, offset, offset + inputs.length);
      if (input !== -1) x[offset + input] = 1;
      else if (isMissing || isNew(category)) onNote?.({ column: name, value: isMissing ? null : category });
      return inputs.length;
    },
  };
}

/** Creates the encoder of a column of texts. `load` is called at the first text, since tables take a while. */
export function createTokenEncoder(
  { name, tokenizer: spec, context: T, gaps: takesGaps = false, lowercase = false }: TokenEncoding,
  onNote?: (note: EncodingNote) => void,
  load?: TokenizerLoader,
): TokenColumnEncoder {
  let tokenizer: Tokenizer | undefined;
  function tokensOf(text: string): Uint32Array {
    tokenizer ??= createTokenizer(spec, load);
    try {
      const { frame: { before, after } = { before: [], after: [] } } = tokenizer;
      const room = Math.max(T - before.length - after.length, 0);
      const tokens = tokenizer.encode(textToRead(text, { lowercase }));
      if (tokens.length > room) onNote?.({ column: name, value: text, tokens: tokens.length });
      return Uint32Array.from([...before, ...tokens.slice(0, room), ...after]).slice(0, T);
    } catch (error) {
      throw error instanceof TextError ? new CellError(name, `has ${error.has}`, error.expected) : error;
    }
  }
  return {
    name,
    inputs: Array.from({ length: T }, (_, t) => `${name} ${t + 1}`),
    tokensOf,
    encode(cell, x, offset) {
      const text = readText(cell);
      if (text === undefined && !(takesGaps && isGap(cell))) {
        const has = typeof cell === 'object' && cell !== null ? show(cell) : 'no text';
        throw new CellError(name, `has ${has}`, 'a text of at least a character');
      }
      const tokens = tokensOf(text ?? '');
      const { unknown } = tokenizer ?? {};
      if (text !== undefined && unknown !== undefined && onNote !== undefined) {
        const unknownCount = tokens.filter((token) => token === unknown).length;
        // A few unknown words are no reason for a note: training rows had such, too.
        if (2 * unknownCount >= tokens.length)
          onNote({ column: name, value: text, tokens: tokens.length, unknown: unknownCount });
      }
      x.fill(0, offset, offset + T).set(tokens, offset);
      return tokens.length;
    },
  };
}

/** Creates the encoder of a column of images. */
export function createPixelEncoder(encoding: PixelEncoding): ColumnEncoder {
  const { name, height, width, channels } = encoding;
  const I = widthOfImage(encoding);
  return {
    name,
    inputs: Array.from({ length: I }, (_, i) => `${name} ${i + 1}`),
    encode(cell, x, offset) {
      const isPixels = cell instanceof Uint8Array || cell instanceof Uint8ClampedArray;
      if (!isPixels || cell.length !== I) {
        const has = isPixels ? counted(cell.length, 'byte') : isGap(cell) ? 'a gap' : show(cell);
        throw new CellError(name, `has ${has}`, `the ${I} bytes of an image [${height}, ${width}, ${channels}]`);
      }
      encodeImage(x, offset, cell, encoding, 'float64');
      return I;
    },
  };
}

/** Creates the encoder of a column. */
export function createColumnEncoder(
  encoding: ColumnEncoding,
  onNote?: (note: EncodingNote) => void,
  load?: TokenizerLoader,
): ColumnEncoder {
  if (encoding.type === 'text') return createTokenEncoder(encoding, onNote, load);
  if (encoding.type === 'image') return createPixelEncoder(encoding);
  return encoding.type === 'categorical'
    ? createCategoryEncoder(encoding, onNote)
    : createNumberEncoder(encoding, onNote);
}
