/** Addresses of arrays in scratch, one after the other from `start` on. Sizes are in bytes. */
export function placeArrays<Name extends string>(
  start: number,
  sizes: Readonly<Record<Name, number>>,
): Readonly<Record<Name, number>> {
  let next = start;
  const addresses = Object.entries<number>(sizes).map(([name, size]) => {
    const address = next;
    next += size;
    return [name, address];
  });
  return Object.fromEntries(addresses) as Record<Name, number>;
}
