import { show } from '@gradloom/core/internal';
import { memorySize } from '../../options/memory-size.ts';
import { nonNegative, wholeNumber } from '../../options/numbers.ts';
import type { Kind, OptionTable, Values } from '../../options/option.ts';
import { moduleOption } from '../../options/own-parts.ts';
import { runOptions } from '../../options/run-options.ts';
import { text, toggle } from '../../options/words.ts';
import { hostNames } from './host-names.ts';

const LAST_PORT = 65_535;

const port: Kind<number> = {
  parse(name, raw) {
    const value = wholeNumber(0).parse(name, raw);
    if (value <= LAST_PORT) return value;
    throw new Error(`${name} has ${value}, expected at most ${LAST_PORT}`);
  },
};

/** What a browser sends as `Origin`: no path behind it. */
const origin: Kind<string> = {
  parse(name, raw) {
    if (raw === '*') return raw;
    const wanted = 'an origin such as https://example.com, or *';
    if (typeof raw === 'string' && URL.canParse(raw) && new URL(raw).origin === raw) return raw;
    throw new Error(`${name} has ${show(raw)}, expected ${wanted}`);
  },
};

export const serveOptions = {
  module: moduleOption,
  port: {
    group: 'Server',
    ...port,
    describe: 'port to listen on; 0 takes a free one and prints it (default: 8080)',
  },
  host: {
    group: 'Server',
    ...text('an address or a name of this machine'),
    describe: 'address to listen on; any but loopback lets other machines ask (default: 127.0.0.1)',
  },
  'allow-host': {
    group: 'Server',
    ...hostNames,
    describe:
      'names that a request may have for this server, besides localhost and its address, such as gpu.example.com; ' +
      '.example.com is all names below it (default: none)',
  },
  cors: {
    group: 'Server',
    ...origin,
    describe: 'origin whose pages may ask, such as https://example.com, or * for all (default: none)',
  },
  threads: {
    group: 'Server',
    ...wholeNumber(1),
    describe: 'threads that predict (default: all cores but one, at most 4)',
  },
  queue: {
    group: 'Server',
    ...wholeNumber(1),
    describe: 'requests that may wait for a thread; more are refused with 429 (default: 1000)',
  },
  delay: {
    group: 'Server',
    ...nonNegative,
    describe: 'milliseconds that a request waits for others to be predicted with (default: 0)',
  },
  'max-rows': { group: 'Server', ...wholeNumber(1), describe: 'most rows of a request (default: 10000)' },
  'max-body': { group: 'Server', ...memorySize, describe: 'most bytes of a request (default: 1MiB)' },
  'memory-limit': runOptions['memory-limit'],
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type ServeValues = Values<typeof serveOptions>;
