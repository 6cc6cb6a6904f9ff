/**
 * How a row of a table becomes the numbers of a network, and its outputs become answers. Plain JSON, fitted on training
 * rows. Encoding is a function of this and the row alone: the same bits in training, prediction and a browser.
 */
export interface Preprocessing {
  /** Version of this format. */
  readonly version: 1;
  /** The input columns, in the order of their inputs. */
  readonly columns: readonly ColumnEncoding[];
  /** The target columns. */
  readonly target: readonly TargetDecoding[];
}

/** How a column becomes one or more inputs of the network. */
export type ColumnEncoding = NumberEncoding | CategoryEncoding;

/**
 * x = (value - center) / scale. A date is the days since 1970-01-01 (UTC), with a fraction for the time of day. A
 * boolean is 0 or 1.
 */
export interface NumberEncoding {
  /** The column's name. */
  readonly name: string;
  /** How cells are read. */
  readonly type: 'numeric' | 'date' | 'boolean';
  /** Subtracted from a value. */
  readonly center: number;
  /** What the difference is divided by; not 0. */
  readonly scale: number;
  /** The value of a gap; null refuses gaps. */
  readonly fill: number | null;
  /** Whether a second input is 1 for a gap and 0 otherwise. */
  readonly indicator: boolean;
}

/** One input a category: 1 for the category of the row, 0 for the others. An unknown category is 0 in all of them. */
export interface CategoryEncoding {
  /** The column's name. */
  readonly name: string;
  /** How cells are read. */
  readonly type: 'categorical';
  /** The categories, in the order of their inputs. */
  readonly categories: readonly string[];
  /** Whether a gap is a category of its own, the last; else it is 0 in all inputs. */
  readonly missing: boolean;
}

/** How outputs become answers in the units of the target column. */
export type TargetDecoding = ValueDecoding | ClassDecoding;

/** value = y · scale + center. */
export interface ValueDecoding {
  /** The target column's name. */
  readonly name: string;
  /** A number. */
  readonly type: 'values';
  /** Added to the product. */
  readonly center: number;
  /** Factor of the output; not 0. */
  readonly scale: number;
}

/** The names of the classes, in the order of their indices. */
export interface ClassDecoding {
  /** The target column's name. */
  readonly name: string;
  /** One of several classes. */
  readonly type: 'classes';
  /** Names of the classes. */
  readonly labels: readonly string[];
}

/** How a column is read. */
export type ColumnType = ColumnEncoding['type'];
