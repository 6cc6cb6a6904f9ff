const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The number that a text writes in decimal. Anything else, including hexadecimal, an empty text and numbers beyond 64
 * bits, stays a text, for a check to refuse as it was typed.
 */
export function numeric(raw: unknown): unknown {
  if (typeof raw !== 'string' || !DECIMAL.test(raw)) return raw;
  const value = Number(raw);
  return Number.isFinite(value) ? value : raw;
}

/** Whether a text writes a number in decimal that is beyond the range of 64 bits. */
export const isTooLarge = (text: string): boolean => DECIMAL.test(text) && !Number.isFinite(Number(text));
