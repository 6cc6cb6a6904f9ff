import { readNumber } from '@gradloom/core/internal';

/** Names of classes or categories in order: by value where all are numbers, else as texts. */
export function sortedNames(names: Iterable<string>): string[] {
  const sorted = [...names];
  const areNumbers = sorted.every((name) => readNumber(name) !== undefined);
  return sorted.sort(areNumbers ? (a, b) => Number(a) - Number(b) : undefined);
}
