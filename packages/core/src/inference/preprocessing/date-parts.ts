import { cos, sin } from '../../math/sin.ts';
import type { DatePart } from './preprocessing.ts';

/** A part of a date as inputs of a network. */
interface DatePartEncoding {
  /** The inputs, as they are named after the column. */
  readonly inputs: readonly string[];
  /** Overwrites these inputs of `x`, from `offset` on. `days` are days since 1970-01-01 (UTC). */
  encode(days: number, x: Float64Array, offset: number): void;
}

/** The double nearest to 2π. */
const TWO_PI = 6.283185307179586;

/** Days of a year on average, over 400 years of the Gregorian calendar. */
const YEAR = 365.2425;

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** 1970-01-01 was a Thursday: so many days after a Monday. */
export const THURSDAY = 3;

/** Sine and cosine of the position in a period, so that its end is beside its start. */
const cycle = (name: string, period: number): DatePartEncoding => ({
  inputs: [`${name} (sine)`, `${name} (cosine)`],
  encode(days, x, offset) {
    const periods = days / period;
    const angle = TWO_PI * (periods - Math.floor(periods));
    x[offset] = sin(angle);
    x[offset + 1] = cos(angle);
  },
});

/** Periods, in days, of the parts of a date that are a sine and a cosine. */
export const periods = { hour: 1, month: YEAR } as const;

export const dateParts: Readonly<Record<DatePart, DatePartEncoding>> = {
  hour: cycle('hour', periods.hour),
  weekday: {
    inputs: WEEKDAYS,
    encode(days, x, offset) {
      x.fill(0, offset, offset + 7);
      x[offset + weekdayOf(days)] = 1;
    },
  },
  month: cycle('month', periods.month),
};

/** 0 for Monday, 6 for Sunday. */
export function weekdayOf(days: number): number {
  const sinceMonday = Math.floor(days) + THURSDAY;
  return sinceMonday - 7 * Math.floor(sinceMonday / 7);
}

/** Number of inputs of the parts of a date. */
export const widthOfParts = (parts: readonly DatePart[] = []): number =>
  parts.reduce((sum, part) => sum + dateParts[part].inputs.length, 0);
