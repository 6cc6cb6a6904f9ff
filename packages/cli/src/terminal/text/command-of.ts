import { quote } from './quote.ts';

/** A command line as typed, without output options: it computes the same again. */
export function commandOf(args: readonly string[]): string {
  const words = args.filter((arg, k) => !/^--(out(=.*)?|json|verbose)$/s.test(arg) && args[k - 1] !== '--out');
  return ['gradloom', ...words.map((word) => quote(word))].join(' ');
}
