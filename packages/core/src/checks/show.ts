/** Characters of a value or name in a message, at most. */
const MAX_LENGTH = 60;

/** Characters of a path in a message, at most: the limit of operating systems. */
const MAX_PATH_LENGTH = 4096;

/** Characters of a message quoted in another, at most: it may name two paths. */
const MAX_REASON_LENGTH = 10_000;

/**
 * A value as text for an error message: JSON if possible, on one line of at most 60 printable characters. A list of
 * numbers, such as a shape, is written [8, 8, 1]; arrays of bytes or numbers are shown by type and length, as they may
 * have millions. Never throws.
 */
export const show = (value: unknown): string =>
  showName(typeof value === 'number' ? String(value) : (json(value) ?? String(value)));

/** Predicate of a message about a refused value: 'has 0', or 'is missing' for undefined. Never throws. */
export const has = (value: unknown): string => (value === undefined ? 'is missing' : `has ${show(value)}`);

/**
 * A name from a user or a file, for a message: at most 60 printable characters, without quotes. A name that is no
 * string, which JavaScript allows, is shown as a value.
 */
export const showName = (name: string): string => (typeof name === 'string' ? oneLine(name, MAX_LENGTH) : show(name));

/** A path for a message. */
export const showPath = (path: string): string => oneLine(path, MAX_PATH_LENGTH);

/** The message of an error on one line and shortened: a library's message may span lines or quote a whole file. */
export const reasonOf = (error: unknown): string =>
  oneLine((error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' '), MAX_REASON_LENGTH);

/** Joins names: 'a, b, c and 4 more'. */
export function listed(names: readonly string[], max = 20): string {
  const namesText = names.slice(0, max).map(showName).join(', ');
  return names.length > max ? `${namesText} and ${names.length - max} more` : namesText;
}

const oneLine = (text: string, max: number): string =>
  text.length > max ? `${printable(text.slice(0, max - 3))}...` : printable(text);

const printable = (text: string): string => text.replace(UNPRINTABLE, '\ufffd');

// Control characters, and characters that change the direction of text, could manipulate a terminal.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** JSON of a value, or the name of its type where it has none: a function, a bigint, a circular object. */
function json(value: unknown): string | undefined {
  try {
    if (ArrayBuffer.isView(value) && 'length' in value) return `${value.constructor.name} of length ${value.length}`;
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'number')) return `[${value.join(', ')}]`;
    return JSON.stringify(typeof value === 'string' ? value.slice(0, MAX_LENGTH + 1) : value);
  } catch {
    return `a value of type ${typeof value}`;
  }
}

/** A count with its noun: '1 row', '2 rows', '3 classes'. */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : /(s|x|ch)$/.test(noun) ? 'es' : 's'}`;
