/** Deeper objects stay as they are, and are refused as cells: an object may hold itself. */
const MAX_DEPTH = 16;

/** An object of names, as JSON has it: no list, date or array of numbers. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** A row whose objects are columns: { to: { city: 'Oslo' } } becomes { 'to.city': 'Oslo' }. Lists stay as they are. */
export function flattenRow(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!Object.values(row).some(isRecord)) return row;
  const flat: Record<string, unknown> = Object.create(null); // no prototype: __proto__ is a name like any other
  const add = (object: Readonly<Record<string, unknown>>, start: string, depth: number): void => {
    for (const [key, value] of Object.entries(object)) {
      if (isRecord(value) && depth < MAX_DEPTH) add(value, `${start}${key}.`, depth + 1);
      else flat[start + key] = value;
    }
  };
  add(row, '', 1);
  return flat;
}
