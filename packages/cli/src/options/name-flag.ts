import { UsageError } from '../usage-error.ts';
import { kebabCase } from './member.ts';
import type { OptionTable } from './option.ts';

const OPTION = /^(?:train|splitDataset|evaluateModel): (\w+)( has .*)$/s;
const NO_LIBRARY = /^train: backend blas has no library, expected one: findBlas: (.*)$/s;

/** 'train: batch has 0 …' of the libraries as '--batch has 0 …', where the command has that flag. */
export function nameFlag(error: unknown, table: OptionTable): unknown {
  if (!(error instanceof Error) || error instanceof UsageError) return error;
  const reason = NO_LIBRARY.exec(error.message)?.[1];
  if (reason !== undefined) {
    const sentence = reason.startsWith('path has')
      ? reason.replace('path', '--blas')
      : `--backend has blas, but ${reason}`;
    return new UsageError(sentence, { cause: error });
  }
  const [, place = '', rest = ''] = OPTION.exec(error.message) ?? [];
  const flag = kebabCase(place);
  return Object.hasOwn(table, flag) ? new UsageError(`--${flag}${rest}`, { cause: error }) : error;
}
