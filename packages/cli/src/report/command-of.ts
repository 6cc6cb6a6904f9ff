import { quote } from './quote.ts';

/** A command line as it was typed, without where its result goes and how that is shown: it makes the same again. */
export function commandOf(args: readonly string[]): string {
  const words = args.filter((arg, k) => !/^--(out(=.*)?|json|verbose)$/s.test(arg) && args[k - 1] !== '--out');
  return ['gradloom', ...words.map(quote)].join(' ');
}
