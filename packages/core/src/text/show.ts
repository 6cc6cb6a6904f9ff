/**
 * A value as text for an error message: JSON if possible, one line of at most 60 printable characters. Of an array of
 * bytes or numbers its type and length, as it may have millions. Never throws.
 */
export function show(value: unknown): string {
  const text = (typeof value === 'number' ? String(value) : (json(value) ?? String(value))).replace(
    UNPRINTABLE,
    '\ufffd',
  );
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

// Control characters, and characters that change the direction of text, could manipulate a terminal.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Undefined for a function, a symbol or undefined itself. A bigint and an object in a circle have no JSON: their type
 * stands for them.
 */
function json(value: unknown): string | undefined {
  try {
    if (ArrayBuffer.isView(value) && 'length' in value) return `${value.constructor.name} of length ${value.length}`;
    return JSON.stringify(value);
  } catch {
    return `a value of type ${typeof value}`;
  }
}
