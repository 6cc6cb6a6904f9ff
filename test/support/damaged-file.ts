/** Text that does harm if it is put into HTML or SVG unescaped. */
export const HARM =
  '"><script>document.title="ran"</script><svg onload="document.title=\'ran\'"><image href="http://127.0.0.1:9/x"/></svg>';

/** JSON values that none of our programs would write. */
const strangers: readonly string[] = [
  ...['null', 'true', '""', '[]', '{}', '0', '-1', '0.5', '1', '3', '40000', '1e308', '-1e308', '5e-324', '1e999'],
  ...['-1e999', '9007199254740992', '134217728', `1${'0'.repeat(400)}`, '[[[[1]]]]', '{"__proto__":{"length":9}}'],
  ...['{"toString":1,"length":3}', '{"kind":"adam","lr":{"toString":1}}', '[{"toString":null}]', '"__proto__"'],
  `${'['.repeat(3000)}${']'.repeat(3000)}`,
  `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`,
  JSON.stringify(HARM),
  JSON.stringify(`url(http://127.0.0.1:9/x)`),
  JSON.stringify('../../../etc/passwd'),
  JSON.stringify('\u0000\u001b[31m\u202e\u2028\ud800'),
  JSON.stringify('\'"<>&'.repeat(20_000)),
];

/** Changes to a value that keep its kind. */
const changes: readonly ((value: unknown) => unknown)[] = [
  (value) => (Array.isArray(value) ? value.slice(1) : value),
  (value) => (Array.isArray(value) ? [...value, ...value] : value),
  (value) => (Array.isArray(value) ? value.flatMap((one) => new Array<unknown>(40).fill(one)) : value),
  (value) => (isObject(value) ? { ...value, [HARM]: Object.values(value)[0] ?? 1 } : value),
  (value) => (isObject(value) ? Object.fromEntries(Object.entries(value).slice(1)) : value),
  (value) => (typeof value === 'number' ? -value : value),
  (value) => (typeof value === 'number' ? value + 0.5 : value),
  (value) => (typeof value === 'number' ? value * 1e6 : value),
  (value) => (typeof value === 'string' ? value.slice(1) : value),
  (value) => (typeof value === 'string' ? `${value}${HARM}` : value),
];

/** Three numbers from 0 that select the place and kind of damage. */
export type Choice = readonly [number, number, number];

/** The value of a text without its checksum, which would reveal any damage before the rest is tested. */
export function parseUnsealed(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) return value;
  const { sum: _, ...unsealed } = value;
  return unsealed;
}

/** A damaged copy of a JSON file, or of one with a JSON value per line, and a description of the damage. */
export function damage(bytes: Buffer, isLines: boolean, choice: Choice): { bytes: Buffer; what: string } {
  const [way, at, how] = choice;
  if (way % 5 === 0) return damageBytes(bytes, at, how);
  if (!isLines) {
    const { text, what } = damageValue(parseUnsealed(bytes.toString()), way % 5 === 1, at, how);
    return { bytes: Buffer.from(text), what };
  }
  const lines = bytes.toString().trimEnd().split('\n');
  const n = (way >> 3) % lines.length;
  const { text, what } = damageValue(parseUnsealed(lines[n]), way % 5 === 1, at, how);
  return { bytes: Buffer.from(`${lines.with(n, text).join('\n')}\n`), what: `line ${n + 1}: ${what}` };
}

function damageBytes(bytes: Buffer, at: number, how: number): { bytes: Buffer; what: string } {
  const offset = at % bytes.length;
  if (how % 3 === 0) return { bytes: bytes.subarray(0, offset), what: `cut at byte ${offset}` };
  const damaged = Buffer.from(bytes);
  if (how % 3 === 1) {
    damaged[offset] ^= 1 << (how % 8);
    return { bytes: damaged, what: `bit ${how % 8} of byte ${offset}` };
  }
  damaged.fill(how % 256, offset, Math.min(offset + 8, bytes.length));
  return { bytes: damaged, what: `bytes from ${offset} are ${how % 256}` };
}

/** Every kind of place is equally likely, however many there are; for harmful text, only places with text. */
function damageValue(root: unknown, isHarm: boolean, at: number, how: number): { text: string; what: string } {
  const all = [...kindsOf(root)];
  const texts = all.filter(([, places]) => typeof valueAt(root, places[0]) === 'string');
  const kinds = isHarm && texts.length > 0 ? texts : all;
  const [kind, places] = kinds[at % kinds.length];
  const path = places[Math.floor(at / kinds.length) % places.length];
  const old = valueAt(root, path);
  const where = path.join('.') || 'the root';
  const ways = strangers.length + changes.length;
  const harmIndex = kinds === texts ? strangers.indexOf(JSON.stringify(HARM)) : how % ways;
  if (harmIndex < strangers.length) {
    // Some damaged values cannot be written by JSON.stringify.
    const text = JSON.stringify(withValue(root, path, PLACEHOLDER)).replace(
      JSON.stringify(PLACEHOLDER),
      () => strangers[harmIndex],
    );
    return { text, what: `${kind}: ${where} is ${strangers[harmIndex].slice(0, 40)}` };
  }
  const changed = changes[harmIndex - strangers.length](old);
  return {
    text: JSON.stringify(withValue(root, path, changed)),
    what: `${kind}: ${where} changed (${harmIndex - strangers.length})`,
  };
}

const PLACEHOLDER = '\u{1f527} a stranger stands here';

export type Path = readonly string[];

/** Paths of all values by kind: the path without array indices. */
export function kindsOf(root: unknown): Map<string, Path[]> {
  const kinds = new Map<string, Path[]>();
  const visit = (value: unknown, path: Path, kind: string): void => {
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [path]);
    else known.push(path);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, one] of Object.entries(value))
      visit(one, [...path, key], `${kind}.${Array.isArray(value) ? '*' : key}`);
  };
  visit(root, [], '');
  return kinds;
}

export const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce((value, key) => (value as Record<string, unknown>)[key], root);

export function withValue(root: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const inside = withValue((root as Record<string, unknown>)[key], rest, value);
  return Array.isArray(root) ? root.with(Number(key), inside) : { ...(root as object), [key]: inside };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
