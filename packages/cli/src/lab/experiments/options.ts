import { option } from '@gradloom/core/internal';
import type { OptionTable } from '../../options/option.ts';
import { runOptions, verbose } from '../../options/run-options.ts';

/** Every experiment takes these. The backend is wasm unless told otherwise, so that everyone sees the same digits. */
export const commonOptions = {
  ...runOptions,
  backend: { ...runOptions.backend, shown: 'wasm, so that everyone sees the same digits' },
  out: {
    group: 'Output',
    ...option.text('a directory')(
      undefined,
      'directory to write the full numbers (<experiment>.json) and the page (report.html) to',
    ),
  },
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON document') },
  verbose,
} satisfies OptionTable;
