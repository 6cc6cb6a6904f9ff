import type { TokenizerSpec } from '../text/tokenizer-spec.ts';
import type { CellFormat } from './cell-format.ts';

/**
 * Encoding of rows of a table, of images or of text as network inputs, and decoding of outputs as answers. Plain JSON,
 * fitted on training rows. Encoding depends on this and the row alone, so training, prediction and a browser get the
 * same bits.
 */
export type Preprocessing = TablePreprocessing | ImagePreprocessing | TextPreprocessing;

/** Encoding of text. */
export interface TextPreprocessing {
  /** Version of this format. */
  readonly version: 1;
  /** How text becomes rows of tokens. */
  readonly text: TextEncoding;
  /** Outputs are tokens. */
  readonly target?: undefined;
}

/**
 * Text becomes tokens [T], the inputs of an embedding; the target of each position is the token after it. With `lines`
 * each row is a line of its own, after the token of a line end, and ends with that token.
 */
export interface TextEncoding {
  /** The tokenizer, with its vocabulary. */
  readonly tokenizer: TokenizerSpec;
  /** T: tokens of a row. */
  readonly context: number;
  /** Whether each row is a line. */
  readonly lines: boolean;
}

/** Encoding of images. */
export interface ImagePreprocessing {
  /** Version of this format. */
  readonly version: 1;
  /** The images that the network takes. */
  readonly image: ImageEncoding;
  /** Names of the classes. @default classes are numbered from 0, and values are the outputs */
  readonly target?: readonly [ClassDecoding];
}

/**
 * Encoding of the bytes of an image as inputs x [height, width, channels]: x = byte / divisor, and then (x - mean) /
 * deviation of the channel if there is a `scale`. Each of the three results is rounded to the type of the network.
 */
export interface ImageEncoding {
  /** Height in pixels. */
  readonly height: number;
  /** Width in pixels. */
  readonly width: number;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: 1 | 3;
  /** Divisor of the bytes; not 0. */
  readonly divisor: number;
  /** Bits of 16-bit values, 8 to 16: a byte has the upper 8 of these, and is 255 for larger values. @default 16 */
  readonly bits?: number;
  /** Mean and deviation of each channel. @default none */
  readonly scale?: ChannelScale;
}

/** x = (value - mean) / deviation of its channel, the last axis of a row [..., C]. */
export interface ChannelScale {
  /** Subtracted from a value [C]. */
  readonly mean: readonly number[];
  /** Divisor of the difference [C]; not 0. */
  readonly deviation: readonly number[];
}

/** The preprocessing if it is that of a table. */
export const ofTable = (preprocessing: Preprocessing | undefined): TablePreprocessing | undefined =>
  preprocessing !== undefined && 'columns' in preprocessing ? preprocessing : undefined;

/** The classes whose probabilities are the targets; undefined for other targets. */
export const classesOfProbabilities = (target: readonly TargetDecoding[] | undefined): readonly string[] | undefined =>
  target?.[0]?.type === 'classes' && target[0].areProbabilities ? target[0].labels : undefined;

/** The preprocessing if it is that of images. */
export const ofImages = (preprocessing: Preprocessing | undefined): ImagePreprocessing | undefined =>
  preprocessing !== undefined && 'image' in preprocessing ? preprocessing : undefined;

/** The preprocessing if it is that of text. */
export const ofText = (preprocessing: Preprocessing | undefined): TextPreprocessing | undefined =>
  preprocessing !== undefined && 'text' in preprocessing ? preprocessing : undefined;

/** Encoding of rows of a table. */
export interface TablePreprocessing {
  /** Version of this format. */
  readonly version: 1;
  /** The input columns, in the order of their inputs. */
  readonly columns: readonly ColumnEncoding[];
  /** The target columns; of a series, the target at each step after the window. */
  readonly target: readonly TargetDecoding[];
  /** For a series: how rows become windows. @default each row is an input of the network */
  readonly series?: SeriesEncoding;
}

/**
 * Rows of a series become windows [context, C], the inputs of the network: each row encodes the columns as those of a
 * table. The targets are the values of a column in the `horizon` rows after the window.
 */
export interface SeriesEncoding {
  /** Name of the column with the time of a row. */
  readonly time: string;
  /** Name of the column that tells several series apart. @default all rows are one series */
  readonly key?: string;
  /** Name of the column to forecast. It is also one of the columns. */
  readonly target: string;
  /** T: rows of a window. */
  readonly context: number;
  /** Number of rows after the window that are forecast. */
  readonly horizon: number;
  /** Time from a row to the next. */
  readonly step: SeriesStep;
  /** How the times are written. @default plain: 1234.5 and 2024-12-31 */
  readonly format?: CellFormat;
  /** Whether rows are the means of those in each step. @default false */
  readonly means?: boolean;
  /** How steps without a row are treated. @default 'refuse' */
  readonly gaps?: SeriesGaps;
}

/** Steps of a series without a row are an error, are interpolated, or no window crosses them. */
export type SeriesGaps = 'refuse' | 'interpolate' | 'skip';

/** Time from a row of a series to the next, in units of its column. */
export interface SeriesStep {
  /** Dates have days or months, and numbers are numbers. */
  readonly unit: 'days' | 'months' | 'numbers';
  /** Number of them, more than 0. */
  readonly size: number;
}

/** Inputs of the network, of `width` for each row: those of a window, or of one row. */
export const widthOfTable = ({ series }: TablePreprocessing, width: number): number => (series?.context ?? 1) * width;

/** The names of the forecast values: 'sales' for one, or 'sales+1', 'sales+2' and so on. */
export const forecastNames = (target: string, horizon: number): string[] =>
  horizon === 1 ? [target] : Array.from({ length: horizon }, (_, h) => `${target}+${h + 1}`);

/** Encoding of a column as one or more inputs of the network. */
export type ColumnEncoding = NumberEncoding | CategoryEncoding | TokenEncoding | PixelEncoding;

/**
 * A text becomes its first T tokens [T], the inputs of an embedding, padded on the right with 0. Spaces at both ends of
 * the text are left out. Beside other columns it is a part of the row, with a length of its own.
 */
export interface TokenEncoding {
  /** Name of the column. */
  readonly name: string;
  /** Type of the cells. */
  readonly type: 'text';
  /** The tokenizer, with its vocabulary. */
  readonly tokenizer: TokenizerSpec;
  /** T: tokens of a row. */
  readonly context: number;
  /** Whether a cell may be a gap, which is read as a space, since rows of the table had some. @default false */
  readonly gaps?: boolean;
  /**
   * Whether texts are read in lower case with a space before them, so that a word is one token wherever it stands.
   * @default false
   */
  readonly lowercase?: boolean;
}

/** A text as its tokenizer reads it. */
export const textToRead = (text: string, { lowercase }: Pick<TokenEncoding, 'lowercase'>): string =>
  lowercase ? ` ${text.toLowerCase()}` : text || ' ';

/** An image becomes its pixels [height, width, channels], a part of the row: x = byte / divisor. */
export interface PixelEncoding extends Omit<ImageEncoding, 'scale'> {
  /** Name of the column. */
  readonly name: string;
  /** Type of the cells, which are paths in a table. */
  readonly type: 'image';
}

/** The column of texts, if it is the only column of a table. */
export function tokensOf(preprocessing: Preprocessing | undefined): TokenEncoding | undefined {
  const [column, ...others] = ofTable(preprocessing)?.columns ?? [];
  return column?.type === 'text' && others.length === 0 ? column : undefined;
}

/**
 * Parts of a date that repeat. The hour, which is the time of day, and the month, which is the position in the year,
 * have a sine and a cosine, so that December is beside January; a weekday has an input each, from Monday on.
 */
export type DatePart = 'hour' | 'weekday' | 'month';

/** x = (value - center) / scale. A date is days since 1970-01-01 (UTC) with the time as fraction, a boolean 0 or 1. */
export interface NumberEncoding {
  /** Name of the column. */
  readonly name: string;
  /** Type of the cells. */
  readonly type: 'numeric' | 'date' | 'boolean';
  /** How its numbers or dates are written. @default plain: 1234.5 and 2024-12-31 */
  readonly format?: CellFormat;
  /** Subtracted from a value. */
  readonly center: number;
  /** Divisor of the difference; not 0. */
  readonly scale: number;
  /** Value used for a gap; null rejects gaps. */
  readonly fill: number | null;
  /** Whether a second input is 1 for a gap, else 0. */
  readonly indicator: boolean;
  /** Without such an input: whether training rows had gaps, so that an object may lack the column. @default false */
  readonly gaps?: boolean;
  /**
   * The least and the greatest value of the training rows. A value outside leads to a note; its inputs do not change.
   * @default unknown
   */
  readonly range?: ValueRange;
  /**
   * Ascending bounds of ramps [R + 1]: R further inputs, after the indicator. Ramp r is 0 up to bound r, rises linearly
   * to 1 at the next bound, and stays there: min(max((value - a) / (b - a), 0), 1). @default no ramps
   */
  readonly ramps?: readonly number[];
  /** Parts of a date that have inputs. These follow all others, and are 0 for a gap. @default none */
  readonly parts?: readonly DatePart[];
}

/** A least and a greatest value. */
export type ValueRange = readonly [least: number, greatest: number];

/** One input per category: 1 for the category of the row, 0 for the others. For an unknown category all are 0. */
export interface CategoryEncoding {
  /** Name of the column. */
  readonly name: string;
  /** Type of the cells. */
  readonly type: 'categorical';
  /** The categories, in the order of their inputs. */
  readonly categories: readonly string[];
  /** Whether gaps have an input of their own, the last one. Otherwise all inputs are 0 for a gap. */
  readonly missing: boolean;
  /** Without such an input: whether training rows had gaps, so that an object may lack the column. @default false */
  readonly gaps?: boolean;
  /**
   * Rarer categories of the training rows, which have no input: all inputs are 0, as for a category that no row had,
   * but there is no note. True if they are not listed: then no category leads to a note. @default false
   */
  readonly others?: boolean | readonly string[];
}

/** Decoding of outputs as answers in the target's units. */
export type TargetDecoding = ValueDecoding | ClassDecoding;

/** value = y · scale + center, or its exponential with `transform`. */
export interface ValueDecoding {
  /** Name of the target column. */
  readonly name: string;
  /** The target is a number. */
  readonly type: 'values';
  /** How its numbers are written in a table. @default plain: 1234.5 */
  readonly format?: CellFormat;
  /** With 'log', center and scale are those of the logarithms, and the value is their exponential. @default none */
  readonly transform?: 'log';
  /** Added to the product. */
  readonly center: number;
  /** Factor of the output; not 0. */
  readonly scale: number;
}

/** Class names of a target. */
export interface ClassDecoding {
  /** Name of the target column. */
  readonly name: string;
  /** The target is one of several classes. */
  readonly type: 'classes';
  /** Names of the classes, in the order of their indices. */
  readonly labels: readonly string[];
  /** The target is a label: the second class if the list in a cell has it. @default the target is a column itself */
  readonly list?: LabelList;
  /** The target is a probability of each class, in the column of its name. @default the target is the class itself */
  readonly areProbabilities?: boolean;
}

/** Characters that separate labels. */
export const LABEL_SEPARATORS = [';', '|', ','] as const;

/** A column whose cells are lists of labels, such as 'sports;tech'. */
export interface LabelList {
  /** Name of the column. */
  readonly column: string;
  /** The character between two labels of a cell. */
  readonly separator: (typeof LABEL_SEPARATORS)[number];
}

/** The labels in a cell, each once. */
export const labelsIn = (cell: string, separator: string): readonly string[] => [
  ...new Set(
    cell
      .split(separator)
      .map((label) => label.trim())
      .filter((label) => label !== ''),
  ),
];

/** The list that a target is a label of; undefined for other targets. */
export const labelListOf = (target: TargetDecoding): LabelList | undefined =>
  target.type === 'classes' ? target.list : undefined;

/** The names of answers, each once: labels of one list have one. */
export const namesOfAnswers = (target: readonly TargetDecoding[]): readonly string[] => [
  ...new Set(target.map((decoding) => labelListOf(decoding)?.column ?? decoding.name)),
];

/** The columns that targets are read from, each once. */
export const columnsOfTargets = (target: readonly TargetDecoding[]): readonly string[] =>
  classesOfProbabilities(target) ?? namesOfAnswers(target);

/** Type of a column's cells. */
export type ColumnType = ColumnEncoding['type'];
