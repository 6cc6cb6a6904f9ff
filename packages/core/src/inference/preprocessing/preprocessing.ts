/**
 * Encoding of table rows as network inputs, and decoding of outputs as answers. Plain JSON, fitted on training rows.
 * Encoding depends on this and the row alone, so training, prediction and a browser get the same bits.
 */
export interface Preprocessing {
  /** Version of this format. */
  readonly version: 1;
  /** The input columns, in the order of their inputs. */
  readonly columns: readonly ColumnEncoding[];
  /** The target columns. */
  readonly target: readonly TargetDecoding[];
}

/** Encoding of a column as one or more inputs of the network. */
export type ColumnEncoding = NumberEncoding | CategoryEncoding;

/**
 * x = (value - center) / scale. A date is the number of days since 1970-01-01 (UTC), with a fraction for the time of
 * day. A boolean is 0 or 1.
 */
export interface NumberEncoding {
  /** Name of the column. */
  readonly name: string;
  /** Type of the cells. */
  readonly type: 'numeric' | 'date' | 'boolean';
  /** Subtracted from a value. */
  readonly center: number;
  /** Divisor of the difference; not 0. */
  readonly scale: number;
  /** Value used for a gap; null rejects gaps. */
  readonly fill: number | null;
  /** Whether a second input is 1 for a gap, else 0. */
  readonly indicator: boolean;
}

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
}

/** Decoding of outputs as answers in the target's units. */
export type TargetDecoding = ValueDecoding | ClassDecoding;

/** value = y · scale + center. */
export interface ValueDecoding {
  /** Name of the target column. */
  readonly name: string;
  /** The target is a number. */
  readonly type: 'values';
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
}

/** Type of a column's cells. */
export type ColumnType = ColumnEncoding['type'];
