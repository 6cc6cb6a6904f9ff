import { UsageError } from '../usage-error.ts';
import { kebabCase } from './member.ts';
import type { OptionTable } from './option.ts';

/** 'train: batch has 0 …' of the libraries as '--batch has 0 …', where the command has that flag. */
export function nameFlag(error: unknown, table: OptionTable): unknown {
  if (!(error instanceof Error) || error instanceof UsageError) return error;
  const [, place, rest] = /^(?:train|splitDataset|evaluateModel): (\w+)( has .*)$/s.exec(error.message) ?? [];
  if (place === undefined || !Object.hasOwn(table, kebabCase(place))) return error;
  return new UsageError(`--${kebabCase(place)}${rest}`, { cause: error });
}
