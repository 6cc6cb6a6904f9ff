import { option, show } from '@gradloom/core/internal';
import { moduleOption } from '../../options/custom-parts.ts';
import { grouped, type OptionTable } from '../../options/option.ts';
import { memorySize, runOptions, verbose } from '../../options/run-options.ts';
import { hostNames } from '../http/host-names.ts';
import { LOOPBACK } from '../http/http-server.ts';

/** An origin as browsers send it in `Origin`: without a path. */
const origin = option.kind((_where, name, raw): string => {
  if (raw === '*') return raw;
  const expected = 'an origin such as https://example.com, or *';
  if (typeof raw === 'string' && URL.canParse(raw) && new URL(raw).origin === raw) return raw;
  throw new Error(`${name} has ${show(raw)}, expected ${expected}`);
});

export const serveOptions = {
  module: moduleOption,
  ...grouped(
    { group: 'Server' },
    {
      port: option.wholeNumber(0, 65_535)(8080, 'port to listen on; 0 takes a free one and prints it'),
      host: option.text('an address or a name of this machine')(
        LOOPBACK,
        'address to listen on; any but loopback lets other machines ask',
      ),
      'allow-host': hostNames(
        undefined,
        'names that a request may have for this server, besides localhost and its address, such as gpu.example.com; ' +
          '.example.com is all names below it',
        'none',
      ),
      cors: origin(undefined, 'origin whose pages may ask, such as https://example.com, or * for all', 'none'),
      reload: option.flag(undefined, 'load the model anew when its file is replaced, without losing a request'),
      threads: option.positiveInteger(undefined, 'threads that predict', 'all cores but one, at most 4'),
      queue: option.positiveInteger(1000, 'requests that may wait for a thread; more are refused with 429'),
      delay: option.nonNegative(0, 'milliseconds that a request waits for others to be predicted with'),
      'answer-timeout': option.positive(
        30,
        'seconds for an answer, after which its thread is ended and the request refused with 503',
      ),
      'max-rows': option.positiveInteger(10_000, 'most rows of a request'),
      'max-tokens': option.positiveInteger(10_000, 'most tokens of a text that a model of text writes'),
      'max-body': memorySize(undefined, 'most bytes of a request', '1MiB; 8MiB for images'),
    },
  ),
  'memory-limit': runOptions['memory-limit'],
  verbose,
} satisfies OptionTable;
