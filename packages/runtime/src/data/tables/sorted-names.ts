import { readNumber } from '@gradloom/core/internal';

/** Class or category names in order: by value if all are numbers, else as text. */
export function sortedNames(names: Iterable<string>): string[] {
  const sorted = [...names];
  const areNumbers = sorted.every((name) => readNumber(name) !== undefined);
  return sorted.sort(areNumbers ? (a, b) => Number(a) - Number(b) : undefined);
}
