import fc from 'fast-check';

/** The value with another value at a random place in it. */
export function withStranger(value: unknown): fc.Arbitrary<unknown> {
  const stranger = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(0, -1, 0.5, 2 ** 53, 1e308, '', '__proto__', null, [], {}),
    fc.constantFrom('dense', 'relu', 'zeros', 'constructor'),
  );
  if (typeof value !== 'object' || value === null) return stranger;
  const entries = Object.entries(value);
  const variants = entries.map(([key, old], at) =>
    withStranger(old).map((other) =>
      Array.isArray(value) ? value.with(at, other) : Object.fromEntries([...entries, [key, other]]),
    ),
  );
  const added = fc
    .tuple(fc.oneof(fc.string(), fc.constantFrom('kind', 'out', 'in', 'alpha', '__proto__')), stranger)
    .map(([key, other]) => Object.fromEntries([...entries, [key, other]]));
  return fc.oneof(stranger, ...variants, ...(Array.isArray(value) ? [] : [added]));
}
