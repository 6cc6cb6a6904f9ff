import { listed } from '@gradloom/core/internal';
import { createGrowingNumbers } from '../growing-numbers.ts';
import { sharedArrays } from '../number-types.ts';

/** Far more than any dataset has. */
const MOST_CLASSES = 1_000_000;

/** Classes that rows give by name. */
export interface ClassNames {
  /** Adds a row's class. Returns whether the name is allowed. */
  add(name: string): boolean;
  expected(): string;
  /** The names in order (numeric names by value), and the class index of each row. */
  sorted(): { names: readonly string[]; indices: Int32Array<SharedArrayBuffer> };
}

/**
 * `known` lists the allowed names in the order of their indices. Without it any name is allowed, and names are sorted
 * at the end.
 */
export function createClassNames(known?: readonly string[]): ClassNames {
  const places = new Map((known ?? []).map((name, place) => [name, place]));
  const rows = createGrowingNumbers();
  return {
    add(name) {
      let place = places.get(name);
      if (place === undefined) {
        if (known !== undefined || places.size === MOST_CLASSES) return false;
        place = places.size;
        places.set(name, place);
      }
      rows.push(place);
      return true;
    },
    expected: () => (known === undefined ? `at most ${MOST_CLASSES} classes` : listed(known)),
    sorted() {
      const names = known ?? [...places.keys()].sort(inOrder([...places.keys()]));
      const indexOf = new Int32Array(places.size);
      for (const [index, name] of names.entries()) indexOf[places.get(name) ?? 0] = index;
      const indices = sharedArrays.int32(rows.length);
      for (const [n, place] of rows.take().entries()) indices[n] = indexOf[place];
      return { names, indices };
    },
  };
}

/** Orders names by value if all are numbers, else as text. */
function inOrder(names: readonly string[]): ((a: string, b: string) => number) | undefined {
  return names.every((name) => name.trim() !== '' && Number.isFinite(Number(name)))
    ? (a, b) => Number(a) - Number(b)
    : undefined;
}
