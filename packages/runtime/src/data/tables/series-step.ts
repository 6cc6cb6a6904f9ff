import type { SeriesStep } from '@gradloom/core';
import { counted, DAY_SECONDS } from '@gradloom/core/internal';

const DAY_MS = 1000 * DAY_SECONDS;

/** Errors of one step and of several, as shares of a step: times of day are stored as rounded parts of a day. */
const STEP_ERROR = 1e-6;
const MAX_DRIFT = 1e-5;

const dateOf = (days: number): Date => new Date(Math.round(days * DAY_MS));

/** Whole months from a to b, of the same day and time of day or both on the last day of a month; else NaN. */
export function monthsBetween(a: number, b: number): number {
  const [from, to] = [dateOf(a), dateOf(b)];
  const months = 12 * (to.getUTCFullYear() - from.getUTCFullYear()) + to.getUTCMonth() - from.getUTCMonth();
  const isSameDay = from.getUTCDate() === to.getUTCDate() || (isLastDay(from) && isLastDay(to));
  return isSameDay && from.getTime() % DAY_MS === to.getTime() % DAY_MS ? months : Number.NaN;
}

const isLastDay = (date: Date): boolean => new Date(date.getTime() + DAY_MS).getUTCDate() === 1;

/** Whether b is one step after a, but for rounding. */
export function isNext(a: number, b: number, step: SeriesStep): boolean {
  if (step.unit === 'months') return monthsBetween(a, b) === step.size;
  return Math.abs(b - a - step.size) <= STEP_ERROR * step.size + 4 * Number.EPSILON * Math.abs(b);
}

/** The time one step after another. */
export function nextOf(time: number, { unit, size }: SeriesStep): number {
  if (unit !== 'months') return time + size;
  const date = dateOf(time);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + size, date.getUTCDate()];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const onDay = isLastDay(date) ? last : Math.min(day, last);
  return (Date.UTC(year, month, onDay) + (date.getTime() % DAY_MS)) / DAY_MS;
}

/** Whole steps from a to b; NaN where b is not whole steps after a. */
export function stepsBetween(a: number, b: number, { unit, size }: SeriesStep): number {
  const steps = unit === 'months' ? monthsBetween(a, b) / size : (b - a) / size;
  return steps >= 0.5 && Math.abs(steps - Math.round(steps)) <= MAX_DRIFT ? Math.round(steps) : Number.NaN;
}

/** Monday, 1969-12-29: weeks start on Mondays. */
const WEEK_START = -3;

/** The start of a time's step. Steps are counted from 1970-01-01, weeks from a Monday, numbers from 0. */
export function startOfStep(time: number, { unit, size }: SeriesStep): number {
  if (unit === 'months') {
    const date = dateOf(time);
    const month = size * Math.floor((12 * date.getUTCFullYear() + date.getUTCMonth()) / size);
    return Date.UTC(Math.floor(month / 12), month % 12) / DAY_MS;
  }
  const origin = unit === 'days' && size % 7 === 0 ? WEEK_START : 0;
  // A time such as 10:00 is a part of a day, which may be rounded down.
  return origin + Math.floor((time - origin) / size + STEP_ERROR) * size;
}

const STEP_UNITS = {
  s: { unit: 'days', size: 1 / DAY_SECONDS },
  min: { unit: 'days', size: 60 / DAY_SECONDS },
  h: { unit: 'days', size: 3600 / DAY_SECONDS },
  d: { unit: 'days', size: 1 },
  w: { unit: 'days', size: 7 },
  mo: { unit: 'months', size: 1 },
  y: { unit: 'months', size: 12 },
} as const;

/** The step of a text such as 15min, 1h or 3mo, or 0.5 for times that are numbers; undefined for others. */
export function stepOf(text: unknown): SeriesStep | undefined {
  const [, digits, unit] = /^(\d{1,9}(?:\.\d{1,9})?)(s|min|h|d|w|mo|y)?$/.exec(String(text)) ?? [];
  const count = Number(digits);
  if (!(count > 0)) return undefined;
  if (unit === undefined) return { unit: 'numbers', size: count };
  const step = STEP_UNITS[unit as keyof typeof STEP_UNITS];
  return step.unit === 'months' && !Number.isInteger(count) ? undefined : { unit: step.unit, size: count * step.size };
}

/** '2024-12-31', '2024-12-31T23:59:00Z' or '17'. */
export function timeText(time: number, isDate: boolean): string {
  if (!isDate) return String(Number(time.toPrecision(12)));
  return dateOf(time).toISOString().replace('.000Z', 'Z').replace('T00:00:00Z', '');
}

/** '1 day', '15 minutes', '3 months' or '0.5'. */
export function stepText({ unit, size }: SeriesStep): string {
  if (unit === 'numbers') return String(Number(size.toPrecision(6)));
  if (unit === 'months') return counted(size, 'month');
  const seconds = Math.round(size * DAY_MS) / 1000;
  const units = Object.entries({ day: DAY_SECONDS, hour: 3600, minute: 60 });
  const [word, length] = units.find(([, length]) => seconds % length === 0) ?? ['second', 1];
  return counted(seconds / length, word);
}
